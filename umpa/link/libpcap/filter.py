"""libpcap's filters, applied to bytes in memory: no device, no handle, no privileges.

libpcap compiles them, through pypcap where it can be imported and else through cypcap.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial
from importlib import import_module
from typing import Any, NamedTuple, TypeAlias

from umpa.errors import FilterError

__all__ = [
    "Filter",
    "compile_filter",
    "compile_with_length",
    "linktype_of",
    "may_optimize",
    "refused",
    "uses_length",
]

_LONG = 2000  # characters: beyond, libpcap's optimiser takes seconds, soon minutes
_DLT = {100: 11, 101: 12, 102: 15, 103: 16, 106: 19, 246: 18}
# link types of capture files that libpcap has other numbers for inside (its pcap-common.c)
_LINKTYPE = {dlt: linktype for linktype, dlt in _DLT.items()}
_LENGTH = re.compile(r"\b(len|greater|less)\b")


class Filter(NamedTuple):
    """A compiled filter, as two tests."""

    whole: Callable[[bytes], object]
    """Of a packet that is kept whole."""
    cut: Callable[[bytes, int], object]
    """Of a packet's bytes and its length on the wire. Slower."""


_Compile: TypeAlias = Callable[[str, int, int, bool], Filter]


def compile_filter(
    text: str, linktype: int = 1, snaplen: int = 262144, optimize: bool = True
) -> Callable[[bytes], object]:
    """The test of a packet's bytes that a libpcap filter stands for.

    The bytes are taken for the whole packet: `len`, `greater` and `less` see their number, less
    than the length on the wire where a packet was cut (`compile_with_length` knows both).
    No netmask is known, so `ip broadcast` means 255.255.255.255 and 0.0.0.0, as for tcpdump
    reading a file. A text of more than 2000 characters is not optimised, whatever `optimize` says:
    that would take libpcap minutes. Names of hosts are looked up by libpcap.

    `linktype` is a capture file's, 1 for Ethernet.

    :raises FilterError: libpcap refuses the filter for that link type; the text is its own.
    """
    return compile_with_length(text, linktype, snaplen, optimize).whole


def compile_with_length(
    text: str, linktype: int = 1, snaplen: int = 262144, optimize: bool = True
) -> Filter:
    """The same as a pair of tests, one of which sees the length on the wire.

    :raises FilterError: as `compile_filter` does.
    """
    optimize = may_optimize(text) and optimize
    try:
        return _binding()(text, _DLT.get(linktype, linktype), snaplen, optimize)
    except FilterError as error:
        raise refused(str(error), text, linktype) from None


def may_optimize(text: str) -> bool:
    """Whether libpcap's optimiser would be through with this text in a moment.

    :raises FilterError: this can be no filter at all.
    """
    if "\0" in text or not text.isascii():
        raise FilterError(f"a filter is ASCII text without NUL, got {text!r}")
    return len(text) <= _LONG


def refused(words: str, text: str, linktype: int) -> FilterError:
    """The error for a filter that libpcap refused with these words."""
    return FilterError(f"{words}: in the filter {text!r}, for link type {linktype}")


def linktype_of(dlt: int) -> int:
    """The link type of capture files for libpcap's own number."""
    return _LINKTYPE.get(dlt, dlt)


def uses_length(text: str) -> bool:
    """Whether a filter may ask for the length on the wire, so that `Filter.cut` is needed."""
    return _LENGTH.search(text) is not None


def _binding() -> _Compile:
    """How the preferred binding compiles."""
    for name, attribute, compiler in (
        ("pcap", "bpf", _by_pypcap),
        ("cypcap", "compile", _by_cypcap),
    ):
        with suppress(ImportError):
            module = import_module(name)
            if hasattr(module, attribute):  # other packages are called `pcap` too
                return partial(compiler, module)
    raise FilterError(
        "no binding to libpcap can be imported: pip install pypcap (before Python 3.12) or cypcap"
    )


def _by_pypcap(pcap: Any, text: str, dlt: int, snaplen: int, optimize: bool) -> Filter:
    from umpa.link.libpcap.native import Program

    source = text.encode()
    cut = Program(pcap.__file__, source, dlt, snaplen, optimize).accepts
    if not optimize:
        return Filter(lambda data: cut(data, len(data)), cut)
    return Filter(pcap.bpf(source, dlt).filter, cut)  # ten times as fast as `cut`


def _by_cypcap(cypcap: Any, text: str, dlt: int, snaplen: int, optimize: bool) -> Filter:
    try:
        accepts = cypcap.compile(dlt, snaplen, text, optimize, 0).offline_filter
    except cypcap.Error as error:
        raise FilterError(error.msg) from None
    header = cypcap.Pkthdr

    @lru_cache(maxsize=4096)
    def header_of(length: int) -> object:
        return header(0.0, length, length)

    def whole(data: bytes) -> object:
        return accepts(header_of(len(data)), data)

    def cut(data: bytes, wire_length: int) -> object:
        return accepts(header(0.0, len(data), wire_length), data)

    return Filter(whole, cut)
