"""The libpcap that pypcap is linked with, for what pypcap does not pass on.

`pcap.bpf` gives neither libpcap's words for a bad filter, nor the choice not to optimise, nor a
packet's length on the wire. The same library has them, a call of `ctypes` away.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_uint, c_void_p

from umpa.errors import FilterError

__all__ = ["Libpcap", "Program"]


class _Code(Structure):
    """`struct bpf_program`."""

    _fields_ = (("length", c_uint), ("instructions", c_void_p))


class Libpcap:
    """The few functions of libpcap that compile and run a filter.

    :raises AttributeError: the shared object at `path` gives no way to them.
    :raises OSError: it cannot be loaded.
    """

    def __init__(self, path: str) -> None:
        library = ctypes.CDLL(path)
        self.open_dead = library.pcap_open_dead
        self.open_dead.argtypes, self.open_dead.restype = [c_int, c_int], c_void_p
        self.close = library.pcap_close
        self.close.argtypes, self.close.restype = [c_void_p], None
        self.error = library.pcap_geterr
        self.error.argtypes, self.error.restype = [c_void_p], c_char_p
        self.compile = library.pcap_compile
        self.compile.argtypes = [c_void_p, POINTER(_Code), c_char_p, c_int, c_uint]
        self.free = library.pcap_freecode
        self.free.argtypes, self.free.restype = [POINTER(_Code)], None
        self.run = library.bpf_filter
        self.run.argtypes, self.run.restype = [c_void_p, c_char_p, c_uint, c_uint], c_uint


class Program:
    """A compiled filter.

    :raises FilterError: libpcap refuses the text.
    """

    def __init__(
        self, libpcap: Libpcap, text: bytes, dlt: int, snaplen: int, optimize: bool
    ) -> None:
        self._libpcap = libpcap
        self._code = _Code()
        handle = libpcap.open_dead(dlt, snaplen)
        if not handle:
            raise MemoryError("libpcap: no memory for a handle")
        try:
            if libpcap.compile(handle, byref(self._code), text, optimize, 0) < 0:
                raise FilterError(libpcap.error(handle).decode(errors="replace"))
        finally:
            libpcap.close(handle)

    def __del__(self) -> None:
        self._libpcap.free(byref(self._code))

    def accepts(self, data: bytes, wire_length: int) -> object:
        """Whether the filter accepts a packet, of which `data` was kept."""
        return self._libpcap.run(self._code.instructions, data, wire_length, len(data))
