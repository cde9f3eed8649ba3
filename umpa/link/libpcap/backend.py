"""One narrow way to libpcap, whichever binding there is.

Nothing of a caller's runs inside libpcap's callback, and nothing blocks inside libpcap: a handle
is non-blocking from the start, and `Handle.read`, bounded, is the only way to take frames.
A handle is one thread's at a time and knows neither `close` twice nor `fork`: `LiveLink` sees to
that.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, Protocol, TypeAlias

from umpa.errors import LinkDown, LinkError, PermissionDenied
from umpa.link.base import Frame
from umpa.link.device import LONGEST_NAME, no_such_device

__all__ = [
    "MAX_SNAPLEN",
    "SPARE",
    "CannotServe",
    "Direction",
    "Handle",
    "Options",
    "as_link_error",
    "cut",
    "open_live",
]

_LINUX = sys.platform == "linux"
_SOL_PACKET, _PACKET_IGNORE_OUTGOING = 263, 23  # linux/socket.h, linux/if_packet.h

Direction: TypeAlias = Literal["in", "out", "inout"]

MAX_SNAPLEN = 262144  # libpcap's MAXIMUM_SNAPLEN
SPARE = 64  # in immediate mode, Linux's rings cut some bytes more than they were asked to
_USUAL = 2048  # with this, frames of an Ethernet are whole and slots of the ring still small
_MOST = (1 << 31) - 1  # an int of C
_RING = 16 << 20
_IMMEDIATE_RING = 64 << 20  # its slots are as large as the largest frame, so there are few of them


@dataclass(frozen=True)
class Options:
    """How a device is opened."""

    snaplen: int = MAX_SNAPLEN
    """Bytes kept of a frame."""
    promisc: bool = True
    timeout_ms: int = 10
    """How long the kernel may gather frames before it tells of them. Never 0: it never would."""
    immediate: bool = False
    """Tell of each frame at once, at the price of drops under load."""
    buffer_size: int | None = None
    """The kernel's ring in bytes: by default 16 MiB, and 64 MiB where `immediate`."""
    filter: str = ""
    direction: Direction = "inout"
    monitor: bool = False
    """Wireless devices: frames as they are in the air, with a radiotap header."""

    def __post_init__(self) -> None:
        if not _whole(self.snaplen, MAX_SNAPLEN):
            raise LinkError(f"snaplen is 1 to {MAX_SNAPLEN} bytes, got {self.snaplen!r}")
        if not _whole(self.timeout_ms):
            raise LinkError(f"timeout_ms is 1 or more, got {self.timeout_ms!r}")
        if self.buffer_size is not None and not _whole(self.buffer_size):
            raise LinkError(f"buffer_size is 1 to {_MOST} bytes, got {self.buffer_size!r}")
        if self.direction not in ("in", "out", "inout"):
            raise LinkError(f"direction is 'in', 'out' or 'inout', got {self.direction!r}")

    @property
    def ring(self) -> int:
        """The kernel's ring in bytes."""
        return self.buffer_size or (_IMMEDIATE_RING if self.immediate else _RING)

    @property
    def asked(self) -> int:
        """What libpcap is asked to keep of a frame: enough, so that it can be cut here."""
        return min(max(self.snaplen + SPARE, _USUAL), MAX_SNAPLEN)


def _whole(value: object, most: int = _MOST) -> bool:
    """Whether an option is a whole number that libpcap can take."""
    return isinstance(value, int) and 1 <= value <= most


class Handle(Protocol):
    """An opened device, as a binding gives it."""

    linktype: int
    """As capture files number it."""
    unsure: int
    """Frames read whose length on the wire may be more than is said, since no one tells."""

    def fileno(self) -> int:
        """The descriptor that becomes readable."""
        ...

    def read(self, into: list[Frame], count: int) -> None:
        """Append the frames that are there, `count` at most. What was appended stays on an error.

        :raises LinkError: of the device.
        """

    def inject(self, data: bytes) -> None:
        """Send a frame.

        :raises WouldBlock: the queue is full.
        :raises LinkError: it was not taken.
        """

    def set_filter(self, text: str) -> None:
        """Let only those frames in, from now on; frames in the ring are filtered too.

        :raises FilterError: libpcap refuses it. The filter of before stays.
        """

    def stats(self) -> tuple[int, int, int]:
        """Received, dropped, dropped by the interface: libpcap's counters of 32 bits."""
        ...

    def close(self) -> None:
        """Give it back. No other call may follow."""


def cut(frames: list[Frame], start: int, snaplen: int) -> None:
    """Keep so many bytes of each frame from `start` on; the length on the wire stays known."""
    if snaplen >= MAX_SNAPLEN:
        return
    for place in range(start, len(frames)):
        time_ns, data, wire_length = frames[place]
        if len(data) > snaplen:
            frames[place] = time_ns, data[:snaplen], wire_length or len(data)


class CannotServe(LinkError):
    """A binding cannot open the device in this way; another one may."""


def open_live(name: str, options: Options) -> Handle:
    """Open a device by the preferred binding that can.

    :raises NoSuchDevice: there is none of that name; the message lists those there are.
    :raises PermissionDenied: with what would allow it.
    :raises LinkDown: the device is down.
    :raises FilterError: libpcap refuses the filter.
    :raises LinkError: anything else, such as no binding that can be imported.
    """
    length = len(name.encode(errors="replace"))
    too_long = _LINUX and length > LONGEST_NAME
    if not name.isprintable() or name == "" or too_long or (_LINUX and "/" in name):
        raise no_such_device(name)
    reasons: list[str] = []
    for binding in ("pypcap", "cypcap"):
        try:
            module = import_module(f"umpa.link.libpcap.{binding}")
            handle: Handle = module.open_live(name, options)
        except ImportError:
            continue
        except CannotServe as error:
            reasons.append(str(error))
            continue
        try:
            if _LINUX and options.direction == "in":
                _ignore_outgoing(handle.fileno())
            if options.filter:
                handle.set_filter(options.filter)
        except BaseException:
            handle.close()
            raise
        return handle
    raise LinkError(
        "; ".join(reasons)
        or "no binding to libpcap can be imported: pip install pypcap (Python 3.10, 3.11) or cypcap"
    )


def _ignore_outgoing(descriptor: int) -> None:
    """Let the kernel not copy what is sent, for libpcap would throw it away: senders are faster."""
    with suppress(OSError):  # before Linux 4.20
        sock = socket.socket(fileno=descriptor)
        try:
            sock.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        finally:
            sock.detach()  # it is libpcap's


def as_link_error(name: str, words: str) -> LinkError:
    """What libpcap said about a device, as the error that it is."""
    said = words.lower()
    if "no such device" in said:
        return no_such_device(name)
    if "permi" in said or "cap_net_raw" in said or "not permitted" in said:
        return PermissionDenied(f"this process may not open '{name}': {_remedy()} ({words})")
    if "not up" in said or "network is down" in said:
        return LinkDown(
            f"'{name}' is down ({words}): bring it up, on Linux by: ip link set {name} up"
        )
    if "disappeared" in said:
        return LinkDown(f"'{name}' disappeared: it was removed or renamed")
    return LinkError(f"'{name}': {words}")


def _remedy() -> str:
    if sys.platform == "darwin":
        return (
            "run it as root, or let your group read and write /dev/bpf* (Wireshark's ChmodBPF "
            "does so for the group access_bpf)"
        )
    if sys.platform == "win32":
        return "install Npcap, or run it as administrator where Npcap is restricted to them"
    from os.path import realpath

    return (
        "run it as root, or give the interpreter the capabilities once: "
        f"sudo setcap cap_net_raw,cap_net_admin=eip {realpath(sys.executable)}"
    )
