"""The libpcap that pypcap is linked with, for what pypcap does not pass on.

`pcap.bpf` gives neither libpcap's words for a bad filter, nor the choice not to optimise, nor a
packet's length on the wire. The same library has them, a call of `ctypes` away.
"""

from __future__ import annotations

from ctypes import CDLL, POINTER, Structure, byref, c_char_p, c_int, c_uint, c_void_p
from functools import lru_cache

from umpa.errors import FilterError

__all__ = ["Program"]


class _Code(Structure):
    """`struct bpf_program`."""

    _fields_ = (("length", c_uint), ("instructions", c_void_p))


class Program:
    """A filter compiled by the libpcap behind the shared object at `path`.

    :raises FilterError: libpcap refuses the text; the words are its own.
    """

    def __init__(self, path: str, text: bytes, dlt: int, snaplen: int, optimize: bool) -> None:
        library = _load(path)
        self._code = _Code()
        self._free, self._run = library.pcap_freecode, library.bpf_filter
        handle = library.pcap_open_dead(dlt, snaplen)
        if not handle:
            raise FilterError("libpcap cannot make a handle to compile with")
        try:
            # 0: no netmask, like pcap.bpf, and like tcpdump on a file
            if library.pcap_compile(handle, byref(self._code), text, optimize, 0) < 0:
                raise FilterError(library.pcap_geterr(handle).decode(errors="replace"))
        finally:
            library.pcap_close(handle)

    def __del__(self) -> None:
        if self._code.instructions:
            self._free(byref(self._code))

    def accepts(self, data: bytes, wire_length: int) -> object:
        """Whether the filter accepts a packet of which `data` was kept."""
        return self._run(self._code.instructions, data, wire_length, len(data))


@lru_cache(maxsize=1)
def _load(path: str) -> CDLL:
    library = CDLL(path)
    for name, result, *arguments in (
        ("pcap_open_dead", c_void_p, c_int, c_int),
        ("pcap_compile", c_int, c_void_p, POINTER(_Code), c_char_p, c_int, c_uint),
        ("pcap_geterr", c_char_p, c_void_p),
        ("pcap_close", None, c_void_p),
        ("pcap_freecode", None, POINTER(_Code)),
        ("bpf_filter", c_uint, c_void_p, c_char_p, c_uint, c_uint),
    ):
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library
