"""An interface of this machine whose other end is a link: what the kernel sends is read here."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import struct
import sys
from threading import get_ident
from typing import TypeAlias

from umpa.core.packet import Packet
from umpa.errors import LinkDown, LinkError, PermissionDenied, WouldBlock
from umpa.link.base import BATCH, Frame, Link, LinkStats
from umpa.link.frame import ETHERNET, RAW_IP, frame_of, longest_frame
from umpa.link.ready import Ready
from umpa.link.turns import Turns

__all__ = ["TapLink"]

_PATH = "/dev/net/tun"
_SET_INTERFACE, _TUN, _TAP, _NO_HEADER = 0x400454CA, 1, 2, 0x1000  # linux/if_tun.h
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1  # linux/sockios.h
_SET_ADDRESS, _SET_MASK, _SET_MTU, _GET_MTU = 0x8916, 0x891C, 0x8922, 0x8921
_NAME_AT_MOST = 15  # IFNAMSIZ, less the NUL behind it
_HELD_AT_MOST = 1 << 16

Address: TypeAlias = "str | ipaddress.IPv4Interface | ipaddress.IPv6Interface"


class TapLink(Link):
    """Makes an interface of Linux and is its other end; `close` removes it.

    What the kernel sends through the interface is read here, and what is sent here the kernel
    receives on it: frames, or packets of IP with `tun`. A name with %d gets a number:
    `TapLink("tap%d").name`. `address` is the kernel's own, with the length of its network
    ("10.9.0.1/24"). The interface is up. Source: Documentation/networking/tuntap.rst.

    :raises PermissionDenied: the process may not; the message says what would allow it.
    :raises LinkError: /dev/net/tun is not there, the name is taken, or this is not Linux.
    :raises ValueError: `address` is none.
    """

    def __init__(
        self,
        name: str = "tap%d",
        *,
        tun: bool = False,
        address: Address | None = None,
        mtu: int | None = None,
    ) -> None:
        if sys.platform != "linux":
            raise LinkError("TAP and TUN interfaces are made on Linux only")
        own = None if address is None else ipaddress.ip_interface(address)
        raw = name.encode()
        if not raw or len(raw) > _NAME_AT_MOST or b"\0" in raw or b"/" in raw:
            raise LinkError(f"'{name}' is no name of an interface: 1 to {_NAME_AT_MOST} bytes")
        self.name = name
        self.linktype = RAW_IP if tun else ETHERNET
        self._received = self._sent = self._refused = 0
        self._fd = _open()
        self._ready = Ready()
        self._turns = Turns(name, self._free)
        try:
            kind = (_TUN if tun else _TAP) | _NO_HEADER
            answer = self._control(self._fd, _SET_INTERFACE, raw, struct.pack("H", kind))
            self.name = answer[:16].partition(b"\0")[0].decode()
            self._set_up(own, mtu)
            self._ready.add(self._fd)
        except BaseException:
            self.close()
            raise
        self._longest = longest_frame(self.linktype, self.mtu)

    def _set_up(
        self, own: ipaddress.IPv4Interface | ipaddress.IPv6Interface | None, mtu: int | None
    ) -> None:
        name = self.name.encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            if mtu is not None:
                self._control(sock.fileno(), _SET_MTU, name, struct.pack("i", mtu))
            answer = self._control(sock.fileno(), _GET_MTU, name, b"")
            self.mtu = int.from_bytes(answer[16:20], sys.byteorder)
            flags = self._control(sock.fileno(), _GET_FLAGS, name, b"")[16:18]
            up = int.from_bytes(flags, sys.byteorder) | _UP
            if isinstance(own, ipaddress.IPv4Interface):
                for code, value in ((_SET_ADDRESS, own.ip), (_SET_MASK, own.netmask)):
                    ask = struct.pack("=HH4s", socket.AF_INET, 0, value.packed)
                    self._control(sock.fileno(), code, name, ask)
            self._control(sock.fileno(), _SET_FLAGS, name, struct.pack("H", up))
        if isinstance(own, ipaddress.IPv6Interface):
            index = socket.if_nametoindex(self.name)
            ask = struct.pack("=16sIi", own.ip.packed, own.network.prefixlen, index)  # in6_ifreq
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
                self._control(sock.fileno(), _SET_ADDRESS, b"", ask)

    def _control(self, fd: int, code: int, name: bytes, value: bytes) -> bytes:
        """An ioctl about an interface; what it answers."""
        from fcntl import ioctl

        ask = name.ljust(16, b"\0") + value if name else value
        try:
            return ioctl(fd, code, ask.ljust(40, b"\0"))
        except OSError as error:
            if error.errno == errno.EBUSY:
                raise LinkError(f"'{self.name}' exists already and is in use") from error
            if error.errno == errno.EPERM:
                raise _denied(f"make the interface '{self.name}'", error) from error
            if code == _SET_INTERFACE and error.errno == errno.EINVAL:
                raise LinkError(f"'{self.name}' exists already and is of another kind") from error
            if code == _SET_MTU:
                raise LinkError(f"{self.name}: the kernel refuses this MTU") from error
            raise LinkError(f"{self.name}: {error.strerror}") from error

    def send(self, packet: Packet | bytes) -> None:
        """See `Link.send`."""
        self._turns.refuse_fork()
        with self._turns.lock:
            try:
                self._turns.refuse_closed()
                os.write(self._fd, frame_of(packet, self.linktype, self._longest, self.name))
            except BlockingIOError as error:
                self._refused += 1
                raise WouldBlock(f"{self.name}: the queue is full") from error
            except OSError as error:
                self._refused += 1
                raise self._as_link_error(error) from error
            except ValueError:  # an EncodeError
                self._refused += 1
                raise
            self._sent += 1

    def read(self, max_packets: int = BATCH) -> list[Frame]:
        """See `Link.read`."""
        frames: list[Frame] = []
        self._turns.refuse_fork()
        with self._turns.lock:
            self._turns.refuse_closed()
            self._ready.hush()
            try:
                while len(frames) < max_packets:
                    data = os.read(self._fd, _HELD_AT_MOST)
                    frames.append((self.clock.time_ns(), data, None))
            except BlockingIOError:
                pass  # that is all there is
            except OSError as error:
                if not frames:
                    raise self._as_link_error(error) from error
            self._received += len(frames)
        return frames

    def _as_link_error(self, error: OSError) -> LinkError:
        if isinstance(error, LinkError):
            return error
        if error.errno == errno.EIO:
            return LinkDown(f"{self.name} is down; to bring it up: ip link set {self.name} up")
        if error.errno == errno.EBADFD:
            return LinkDown(f"{self.name} was removed; open a new link")
        return LinkError(f"{self.name}: {error.strerror}")

    def wait(self, timeout: float | None = None) -> bool:
        """See `Link.wait`."""
        me = object()
        try:
            with self._turns.lock:
                self._turns.refuse_closed()
                self._turns.waiting[me] = get_ident()
            return self._ready.wait(timeout)
        finally:
            with self._turns.lock:
                self._turns.waiting.pop(me, None)
                self._turns.settle()

    def wait_writable(self, timeout: float | None = None) -> bool:
        """See `Link.wait_writable`. The kernel takes or drops a frame, but never makes it wait."""
        return True

    def fileno(self) -> int:
        """See `Link.fileno`."""
        self._turns.refuse_closed()
        return self._ready.fileno()

    def wakeup(self) -> None:
        """See `Link.wakeup`."""
        with self._turns.lock:
            if not self._turns.closed:
                self._ready.ring()

    @property
    def stats(self) -> LinkStats:
        """See `Link.stats`. Frames that the kernel dropped before are in the interface's own."""
        return LinkStats(received=self._received, sent=self._sent, refused=self._refused)

    @property
    def closed(self) -> bool:
        """See `Link.closed`."""
        return self._turns.closed

    def close(self) -> None:
        """Remove the interface. Threads that wait leave first; a second call does nothing."""
        self._turns.close(self._ready.ring)

    def _free(self) -> None:
        self._ready.close()
        os.close(self._fd)


def _open() -> int:
    try:
        return os.open(_PATH, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError as error:
        raise _denied(f"open {_PATH}", error) from error
    except OSError as error:
        raise LinkError(
            f"{_PATH}: {error.strerror}: this kernel or container offers no TAP interfaces; "
            "load the module (modprobe tun), or start the container with "
            "--device /dev/net/tun --cap-add NET_ADMIN"
        ) from error


def _denied(what: str, error: OSError) -> PermissionDenied:
    return PermissionDenied(
        f"this process may not {what} ({error.strerror}): run it as root, give the interpreter the "
        f"capability once: sudo setcap cap_net_admin=ep {os.path.realpath(sys.executable)}, or "
        "make an interface for your user before: ip tuntap add tap0 mode tap user NAME"
    )
