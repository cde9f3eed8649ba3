"""Sending by raw sockets: whole frames on Linux, packets of IP on any device.

A socket here is bound for no protocol, so the kernel copies nothing to it: it only sends.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import TYPE_CHECKING

from umpa.core.packet import Packet
from umpa.errors import (
    EncodeError,
    LinkDown,
    LinkError,
    NoSuchDevice,
    PermissionDenied,
    UmpaError,
    WouldBlock,
)
from umpa.link.base import LinkStats
from umpa.link.batch import AT_ONCE, Batch
from umpa.link.device import check_name, no_such_device
from umpa.link.frame import ETHERNET, RAW_IP, Frames, linktype_of_hardware, longest_frame
from umpa.link.quick import Quick
from umpa.link.sending import SendingLink

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["RawIPLink", "RawLink"]

_GET_MTU = 0x8921  # SIOCGIFMTU


class RawLink(SendingLink):
    """Sends whole frames through a device of Linux (AF_PACKET), and receives nothing.

    One socket stays open, so a frame costs about a microsecond; `send_many` sends hundreds in
    one system call. Frames sent to `lo` reach captures, but the kernel accepts none for 127.0.0.0/8
    from there: `RawIPLink` serves for these. Source: packet(7), sendmmsg(2).

    :raises NoSuchDevice: there is no such device; the message lists those there are.
    :raises PermissionDenied: the process may not; the message says what would allow it.
    :raises LinkError: this is not Linux.
    """

    def __init__(self, device: str) -> None:
        if sys.platform != "linux":
            raise LinkError(
                "raw frames are sent by sockets on Linux only; umpa.link.open sends them "
                "through libpcap on every platform"
            )
        self._start(device, _opened(device, socket.AF_PACKET, 0))

    @classmethod
    def from_fd(cls, fd: int, device: str) -> Self:
        """A link over a socket that was opened elsewhere, by a process that may: it owns it now.

        The socket is of AF_PACKET and SOCK_RAW, with protocol 0. No privilege is needed here.

        :raises LinkError: the descriptor is no such socket, or there is no such device.
        """
        try:
            sock = socket.socket(fileno=fd)
        except OSError as error:
            raise LinkError(f"descriptor {fd} is no socket: {error.strerror}") from error
        if (sock.family, sock.type & ~_FLAGS) != (socket.AF_PACKET, socket.SOCK_RAW):
            sock.detach()  # it stays whose it was
            raise LinkError(f"descriptor {fd} is no socket of AF_PACKET and SOCK_RAW")
        link = cls.__new__(cls)
        link._start(device, sock)
        return link

    def _start(self, device: str, sock: socket.socket) -> None:
        try:
            check_name(device)
            sock.bind((device, 0))
            _, _, _, hardware, address = sock.getsockname()
        except NoSuchDevice:
            sock.close()
            raise
        except (OSError, ValueError) as error:
            sock.close()
            if isinstance(error, OSError) and error.errno == errno.ENETDOWN:
                raise LinkDown(f"{device} is down") from error
            raise no_such_device(device) from error
        super().__init__(device, sock)
        self.linktype = linktype_of_hardware(hardware)
        self.mac = address.hex(":") if self.linktype == ETHERNET and len(address) == 6 else None
        self._batch = Batch.for_this_libc()
        self._longest = self._measure()
        self._quick = Quick.to(sock.fileno(), super().send)
        if type(self).send is RawLink.send:
            vars(self)["send"] = self._quick.send  # no method, and no call, in between

    def _hand_over(self, data: bytes) -> None:
        self._socket.send(data)

    def send(self, packet: Packet | bytes) -> None:
        """See `Link.send`."""
        self._quick.send(packet)

    def close(self) -> None:
        """See `Link.close`."""
        self._quick.stop()
        super().close()

    @property
    def stats(self) -> LinkStats:
        """See `Link.stats`."""
        with self._lock:
            return LinkStats(sent=self._sent + self._quick.sent(), refused=self._refused)

    def _measure(self) -> int:
        self.mtu = _mtu(self._socket, self.name)
        return longest_frame(self.linktype, self.mtu)

    def send_many(self, packets: Sequence[Packet | bytes]) -> int:
        """See `Link.send_many`."""
        if self._batch is None:
            return super().send_many(packets)
        known = packets if isinstance(packets, Frames) else Frames.of(packets)
        total = 0
        while total < len(packets):
            part = slice(total, total + AT_ONCE)
            if known is None:
                chunk = self._frames(packets[part])
                lengths: AbstractSet[int] = set(map(len, chunk))
            else:
                chunk, lengths = known[part], known.lengths
            taken = self._send_batch(self._batch, chunk, lengths)
            total += taken
            if taken < AT_ONCE:
                break
        if total == 0 and packets:
            with suppress(WouldBlock):  # that is told by the number
                self.send(packets[0])  # tells what is wrong with it, and counts it
                total = 1
        return total

    def _frames(self, packets: Sequence[Packet | bytes]) -> tuple[bytes, ...]:
        """The bytes of these, up to the first that cannot be sent."""
        frames: list[bytes] = []
        with suppress(EncodeError):  # told when it is the first
            for packet in packets:
                frames.append(self._frame(packet))
        return tuple(frames)

    def _send_batch(
        self, batch: Batch, frames: tuple[bytes, ...], lengths: AbstractSet[int]
    ) -> int:
        """How many of these were taken; `lengths` are those that may occur among them."""
        with self._lock:
            if lengths and not 0 < min(lengths) <= max(lengths) <= self._longest:
                frames = self._frames(frames)
                lengths = set(map(len, frames))
            if not frames:
                return 0
            try:
                taken = batch.send(self._socket.fileno(), frames, lengths)
            except OSError as error:
                self._full = error.errno == errno.ENOBUFS
                return 0
            self._sent += taken
            return taken


class RawIPLink(SendingLink):
    """Sends packets of IPv4 and IPv6, headers included; the kernel routes them and adds the rest.

    For devices without frames of their own, and for whoever wants the kernel's routes. The kernel
    always writes IPv4's total length and header checksum, and fills the source address and
    the identification where they are zero (raw(7)). With `device` packets leave through that one.

    :raises NoSuchDevice: there is no such device; the message lists those there are.
    :raises PermissionDenied: the process may not; the message says what would allow it.
    """

    linktype = RAW_IP

    def __init__(self, device: str | None = None) -> None:
        four = _opened(device or "IP", socket.AF_INET, socket.IPPROTO_RAW)
        super().__init__(device or "IP", four)
        self._six: socket.socket | None = None
        self._scope = 0
        try:
            four.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            if socket.has_ipv6:
                # IPPROTO_RAW means that the header is included, for IPv6 too
                self._six = _opened(self.name, socket.AF_INET6, socket.IPPROTO_RAW)
                self._six.setblocking(False)
            if device is not None:
                self._bind(device)
        except BaseException:
            self.close()
            raise

    def _bind(self, device: str) -> None:
        try:
            self._scope = socket.if_nametoindex(device)
        except (OSError, ValueError) as error:
            raise no_such_device(device) from error
        self.mtu = _mtu(self._socket, device)
        self._longest = self.mtu
        for sock in (self._socket, self._six):
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode() + b"\0")

    def _measure(self) -> int:
        if self._scope:
            self.mtu = _mtu(self._socket, self.name)
            return self.mtu
        return self._longest

    def _hand_over(self, data: bytes) -> None:
        version = data[0] >> 4
        if version == 4 and len(data) >= 20:
            self._socket.sendto(data, (socket.inet_ntoa(data[16:20]), 0))
        elif version == 6 and len(data) >= 40 and self._six is not None:
            address = socket.inet_ntop(socket.AF_INET6, data[24:40])
            self._six.sendto(data, (address, 0, 0, self._scope))
        else:
            raise EncodeError(f"{self.name}: neither a packet of IPv4 nor of IPv6")

    def _refusal(self, error: OSError, length: int) -> UmpaError:
        if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return LinkError(f"{self.name}: no route for this packet: {error.strerror}")
        return super()._refusal(error, length)

    def close(self) -> None:
        """See `Link.close`."""
        if self._six is not None:
            self._six.close()
        super().close()


_FLAGS = getattr(socket, "SOCK_NONBLOCK", 0) | getattr(socket, "SOCK_CLOEXEC", 0)


def _opened(name: str, family: int, protocol: int) -> socket.socket:
    try:
        return socket.socket(family, socket.SOCK_RAW, protocol)
    except PermissionError as error:
        raise PermissionDenied(
            f"this process may not send raw packets ({name}): run it as root, or give the "
            "interpreter the capability once: sudo setcap cap_net_raw=ep "
            f"{os.path.realpath(sys.executable)}"
        ) from error
    except OSError as error:
        raise LinkError(f"{name}: no raw socket: {error.strerror}") from error


def _mtu(sock: socket.socket, device: str) -> int:
    from fcntl import ioctl

    try:
        answer = ioctl(sock, _GET_MTU, device.encode().ljust(40, b"\0"))
    except OSError as error:
        raise LinkDown(f"{device} disappeared; when it is back, open a new link") from error
    return int.from_bytes(answer[16:20], sys.byteorder)
