"""libpcap by pypcap (the module `pcap`): exact times in nanoseconds, no lengths on the wire.

pypcap does not tell how long a frame was that libpcap cut. So libpcap is asked for more than is
kept, and frames are cut here, where both lengths are known. Only frames as long as what libpcap
was asked for may have been longer still; they are counted as `unsure`. By default none can be: all
is asked for but in immediate mode, where that would leave room for few frames in the ring.
"""

from __future__ import annotations

import os
import stat
from importlib import import_module
from itertools import count as counted
from types import TracebackType
from typing import Any

from umpa.errors import WouldBlock
from umpa.link.base import Frame
from umpa.link.libpcap.backend import (
    MAX_SNAPLEN,
    SPARE,
    CannotServe,
    Options,
    as_link_error,
    cut,
)
from umpa.link.libpcap.filter import linktype_of, may_optimize, refused

__all__ = ["PypcapHandle", "open_live"]

pcap: Any = import_module("pcap")  # it has no types
if not hasattr(pcap, "bpf"):  # other packages are called `pcap` too
    raise ImportError("the module pcap is not pypcap's")

_DIRECTIONS = {"in": pcap.PCAP_D_IN, "out": pcap.PCAP_D_OUT, "inout": pcap.PCAP_D_INOUT}
_FULL = ("temporarily unavailable", "No buffer space")


def open_live(name: str, options: Options) -> PypcapHandle:
    """See `umpa.link.libpcap.backend.open_live`.

    :raises CannotServe: where pypcap has no such option, or would take a file for the device.
    """
    if options.monitor:
        raise CannotServe("pypcap has no monitor mode: pip install cypcap")
    if os.path.lexists(name):
        raise CannotServe(
            f"there is a file '{name}' in the working directory, which pypcap would open instead "
            "of the device: change the directory, or pip install cypcap"
        )
    return PypcapHandle(name, options)


class PypcapHandle:
    """A device opened by pypcap. Any call after `close` would end the process: see `Handle`."""

    def __init__(self, name: str, options: Options) -> None:
        self._name = name
        self._snaplen = options.snaplen
        self._asked = options.asked if options.immediate else MAX_SNAPLEN
        self.unsure = 0
        try:
            self._pcap: Any = pcap.pcap(
                name,
                snaplen=self._asked,
                promisc=options.promisc and name != "any",  # a warning there, taken for an error
                timeout_ms=options.timeout_ms,
                immediate=options.immediate,
                timestamp_in_ns=True,
                buffer_size=options.ring,
            )
        except OSError as error:
            raise as_link_error(name, _words(error)) from None
        try:
            self._settle(options)
        except BaseException:
            self.close()
            raise

    def _settle(self, options: Options) -> None:
        if stat.S_ISREG(os.fstat(self._pcap.fileno()).st_mode):
            raise CannotServe(f"a file '{self._name}' appeared, and pypcap opened it")
        self._pcap.setnonblock(True)
        if not self._pcap.getnonblock():
            raise as_link_error(self._name, f"cannot be read without blocking: {self._geterr()}")
        if options.direction != "inout" and not self._pcap.setdirection(
            _DIRECTIONS[options.direction]
        ):
            raise as_link_error(self._name, f"no direction can be set: {self._geterr()}")
        self.linktype = linktype_of(self._pcap.datalink())

    def _geterr(self) -> str:
        words: bytes = self._pcap.geterr()
        return words.decode(errors="replace")

    def fileno(self) -> int:
        """See `Handle`."""
        number: int = self._pcap.fileno()
        return number

    def read(self, into: list[Frame], count: int) -> None:
        """See `Handle`."""
        append, start = into.append, len(into)

        def keep(time_ns: int, data: bytes) -> None:
            append((time_ns, data, None))

        try:
            got = self._pcap.dispatch(count, keep)
        except BaseException as error:
            _rescue(error.__traceback__, keep.__code__, into, start)
            raise
        finally:
            if self._asked < MAX_SNAPLEN:
                enough = self._asked - SPARE
                self.unsure += sum(len(data) > enough for _, data, _ in into[start:])
            cut(into, start, self._snaplen)
        if got < 0:
            raise as_link_error(self._name, self._geterr())

    def inject(self, data: bytes) -> None:
        """See `Handle`."""
        try:
            self._pcap.sendpacket(data)
        except OSError as error:
            words = _words(error)
            if any(full in words for full in _FULL):
                raise WouldBlock(f"'{self._name}': {words}") from None
            raise as_link_error(self._name, words) from None

    def set_filter(self, text: str) -> None:
        """See `Handle`."""
        optimize = may_optimize(text)
        try:
            self._pcap.setfilter(text, optimize)
        except OSError as error:
            raise refused(_words(error), text, self.linktype) from None

    def stats(self) -> tuple[int, int, int]:
        """See `Handle`."""
        try:
            received, dropped, by_interface = self._pcap.stats()
        except OSError as error:
            raise as_link_error(self._name, _words(error)) from None
        return received, dropped, by_interface

    def close(self) -> None:
        """See `Handle`."""
        self._pcap.close()
        del self._pcap


def _words(error: OSError) -> str:
    """libpcap's own words in an error of pypcap's."""
    said = error.args[0] if error.args else ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    # Opening says: "… Error returned by packet capture library was b'No such device exists'"
    return text.partition(" library was b")[2].strip("'\"") or text


def _rescue(trace: TracebackType | None, code: object, frames: list[Frame], start: int) -> None:
    """Put back the frame whose callback was interrupted by a signal's handler.

    Python runs handlers where a function is entered, so before that frame was kept. libpcap goes
    on with the rest of the batch, then the handler's exception surfaces.
    """
    while trace is not None:
        if trace.tb_frame.f_code is code:
            time_ns, data = (trace.tb_frame.f_locals[name] for name in ("time_ns", "data"))
            if all(kept[1] is not data for kept in frames[start:]):
                later = (n for n in counted(start) if n == len(frames) or frames[n][0] > time_ns)
                frames.insert(next(later), (time_ns, data, None))
            return
        trace = trace.tb_next
