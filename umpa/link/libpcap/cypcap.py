"""libpcap by cypcap: lengths on the wire, monitor mode, times in microseconds.

cypcap's times in nanoseconds are wrong, so it is asked for microseconds, which it gives as a
float, exact to the microsecond.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from umpa.errors import LinkError, WouldBlock
from umpa.link.base import Frame
from umpa.link.libpcap.backend import Options, as_link_error, cut
from umpa.link.libpcap.filter import linktype_of, may_optimize, refused

__all__ = ["CypcapHandle", "open_live"]

cypcap: Any = import_module("cypcap")  # it has no types

_DIRECTIONS = {
    "in": cypcap.Direction.IN,
    "out": cypcap.Direction.OUT,
    "inout": cypcap.Direction.INOUT,
}
_FULL = ("temporarily unavailable", "No buffer space")


def open_live(name: str, options: Options) -> CypcapHandle:
    """See `umpa.link.libpcap.backend.open_live`."""
    return CypcapHandle(name, options)


class CypcapHandle:
    """A device opened by cypcap: see `Handle`."""

    unsure = 0

    def __init__(self, name: str, options: Options) -> None:
        self._name = name
        self._snaplen = options.snaplen
        # By their headers, which are equal to none but themselves. A method written in C takes
        # them from libpcap, so that no handler of a signal can run in between and lose one.
        self._raw: dict[Any, bytes] = {}
        self._pcap = cypcap.create(name)
        try:
            self._pcap.set_snaplen(options.asked)
            self._pcap.set_promisc(options.promisc and name != "any")  # a warning there
            self._pcap.set_timeout(options.timeout_ms / 1000)
            self._pcap.set_immediate_mode(options.immediate)
            self._pcap.set_buffer_size(options.ring)
            if options.monitor:
                self._pcap.set_rfmon(True)
            self._pcap.activate()
            self._pcap.setnonblock(True)
            if options.direction != "inout":
                self._pcap.setdirection(_DIRECTIONS[options.direction])
            self.linktype = linktype_of(int(self._pcap.datalink()))
        except BaseException as error:
            self._pcap.close()
            if isinstance(error, cypcap.Error):
                raise _translated(name, error) from None
            raise

    def fileno(self) -> int:
        """See `Handle`."""
        number: int = self._pcap.get_selectable_fd()
        return number

    def read(self, into: list[Frame], count: int) -> None:
        """See `Handle`."""
        try:
            self._pcap.dispatch(count, self._raw.__setitem__)
        except cypcap.Error as error:
            raise _translated(self._name, error) from None
        finally:
            start, raw = len(into), self._raw
            into += [
                (round(head.ts * 1e6) * 1000, data, None if head.len == len(data) else head.len)
                for head, data in raw.items()
            ]
            self._raw = {}
            cut(into, start, self._snaplen)

    def inject(self, data: bytes) -> None:
        """See `Handle`."""
        try:
            self._pcap.inject(data)
        except cypcap.Error as error:
            if any(full in error.msg for full in _FULL):
                raise WouldBlock(f"'{self._name}': {error.msg}") from None
            raise _translated(self._name, error) from None

    def set_filter(self, text: str) -> None:
        """See `Handle`."""
        optimize = may_optimize(text)
        try:
            # 0: no netmask, as everywhere. Without it cypcap looks for one, aloud.
            self._pcap.setfilter(text, optimize=optimize, netmask=0)
        except cypcap.Error as error:
            raise refused(error.msg, text, self.linktype) from None

    def stats(self) -> tuple[int, int, int]:
        """See `Handle`."""
        try:
            stat = self._pcap.stats()
        except cypcap.Error as error:
            raise _translated(self._name, error) from None
        return stat.recv, stat.drop, stat.ifdrop

    def close(self) -> None:
        """See `Handle`."""
        self._pcap.close()


def _translated(name: str, error: Any) -> LinkError:
    if error.code == cypcap.ErrorCode.PROMISC_PERM_DENIED:
        return as_link_error(name, f"no permission for promiscuous mode: {error.msg}")
    return as_link_error(name, error.msg or str(error.code))
