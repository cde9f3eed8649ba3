"""Network devices as a link sees them: what they are called, and what becomes of them.

Linux: by ioctl and by the netlink group that tells of changes. A `DeviceWatch` asks in the network
namespace it was made in, whatever thread uses it.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from ipaddress import ip_address
from typing import NamedTuple

from umpa.errors import NoSuchDevice, suggest

__all__ = [
    "LONGEST_NAME",
    "DeviceWatch",
    "Status",
    "check_name",
    "device_of",
    "no_such_device",
    "number_of",
]

_GET_FLAGS, _GET_MTU, _GET_MAC, _GET_INDEX, _GET_NAME = 0x8913, 0x8921, 0x8927, 0x8933, 0x8910
_GET_ADDRESSES = 0x8912  # SIOCGIFCONF; all of them in linux/sockios.h
LONGEST_NAME = 15  # bytes: Linux's IFNAMSIZ, less the NUL
_UP = 1  # IFF_UP
_CHANGES = 1  # RTMGRP_LINK
_ETHERNET = 1  # ARPHRD_ETHER


def no_such_device(name: str) -> NoSuchDevice:
    """The error that lists the devices there are."""
    names = [name for _, name in socket.if_nameindex()]
    there = ", ".join(names) or "none at all"
    return NoSuchDevice(f"no device '{name}'{suggest(name, names)}; there are: {there}")


def check_name(device: object) -> None:
    """:raises NoSuchDevice: it is no text."""
    if not isinstance(device, str):
        raise NoSuchDevice(f"{device!r} is no device; expected the name of one, or its address")


def number_of(device: str) -> int:
    """The kernel's index of a device, by which one that was made again is told; 0 for none."""
    with suppress(OSError, ValueError):
        return socket.if_nametoindex(device)
    return 0


def device_of(text: str) -> str:
    """The device that owns an address, for a text that is one; else the text itself.

    :raises NoSuchDevice: no device has that address, or it is no text.
    """
    check_name(text)
    try:
        wanted = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    addresses = _addresses()
    for address, name in addresses:
        if address == str(wanted):
            return name
    there = ", ".join(f"{address} ({name})" for address, name in addresses) or "none at all"
    raise NoSuchDevice(f"no device has the address {text}; there are: {there}")


def _addresses() -> list[tuple[str, str]]:
    """Each address of this machine with the name of its device."""
    if sys.platform != "linux":
        import cypcap

        return [
            (str(address.addr).partition("%")[0], device.name)
            for device in cypcap.findalldevs()
            for address in device.addresses
        ]
    import ctypes
    import fcntl
    import struct

    room = 64 << 10  # for 1600 addresses
    buffer = ctypes.create_string_buffer(room)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        request = struct.pack("iP", room, ctypes.addressof(buffer))
        size, _ = struct.unpack("iP", fcntl.ioctl(asker, _GET_ADDRESSES, request))
    found = [
        # an alias is called eth0:1
        (socket.inet_ntoa(buffer.raw[at + 20 : at + 24]), _text(buffer.raw[at : at + 16], b":\0"))
        for at in range(0, size, 40)
    ]
    with suppress(FileNotFoundError), open("/proc/thread-self/net/if_inet6") as table:
        for line in table:
            digits, *_, name = line.split()
            found.append((socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits)), name))
    return found


def _text(name: bytes, ends: bytes) -> str:
    for end in ends:
        name = name.partition(bytes([end]))[0]
    return name.decode(errors="replace")


class Status(NamedTuple):
    """A device at this moment."""

    number: int
    """The kernel's index of it: another one, once it was removed and made again."""
    up: bool


class DeviceWatch:
    """What becomes of a device of Linux. Its descriptor becomes readable when one changes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
        )
        self._socket.bind((0, _CHANGES))

    def fileno(self) -> int:
        """Readable when some device may have changed."""
        return self._socket.fileno()

    def changed(self) -> bool:
        """Whether any device changed since the last call: then it is time for a look."""
        found = False
        while True:
            try:
                self._socket.recv(65536)
            except BlockingIOError:
                return found
            except OSError:  # ENOBUFS: too many changes to tell each
                found = True
            else:
                found = True

    def look(self) -> Status | None:
        """The device now; None where there is none of that name."""
        flags, index = self._ask(_GET_FLAGS), self._ask(_GET_INDEX)
        if flags is None or index is None:
            return None
        return Status(
            int.from_bytes(index[:4], sys.byteorder),
            bool(int.from_bytes(flags[:2], sys.byteorder) & _UP),
        )

    def name_of(self, index: int) -> str | None:
        """What the device of that index is called now; None where it is gone."""
        answer = self._ioctl(_GET_NAME, bytes(16) + index.to_bytes(4, sys.byteorder) + bytes(20))
        return None if answer is None else _text(answer[:16], b"\0")

    def mtu(self) -> int | None:
        """The longest packet it takes."""
        answer = self._ask(_GET_MTU)
        return None if answer is None else int.from_bytes(answer[:4], sys.byteorder)

    def mac(self) -> str | None:
        """Its hardware address, where it is Ethernet's."""
        answer = self._ask(_GET_MAC)
        if answer is None or int.from_bytes(answer[:2], sys.byteorder) != _ETHERNET:
            return None
        return answer[2:8].hex(":")

    def _ask(self, request: int) -> bytes | None:
        name = self.name.encode(errors="replace")
        if len(name) > LONGEST_NAME:
            return None
        answer = self._ioctl(request, name.ljust(40, b"\0"))
        return None if answer is None else answer[16:]

    def _ioctl(self, request: int, argument: bytes) -> bytes | None:
        from fcntl import ioctl

        try:
            return ioctl(self._socket, request, argument)
        except OSError:
            return None

    def close(self) -> None:
        """Give the descriptor back."""
        self._socket.close()
