"""libpcap's filters, applied to bytes in memory: no device, no handle, no privileges.

libpcap compiles them, through pypcap where it can be imported and else through cypcap.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import NamedTuple, TypeAlias

from umpa.errors import FilterError

__all__ = ["Filter", "compile_filter", "compile_with_length", "uses_length"]

_LONG = 2000  # characters: beyond, libpcap's optimiser takes seconds, soon minutes
_DLT = {100: 11, 101: 12, 102: 15, 103: 16, 106: 19, 246: 18}
# link types of capture files that libpcap has other numbers for inside (its pcap-common.c)
_LENGTH = re.compile(r"\b(len|greater|less)\b")


class Filter(NamedTuple):
    """A compiled filter, as two tests."""

    whole: Callable[[bytes], object]
    """Of a packet that is kept whole."""
    cut: Callable[[bytes, int], object]
    """Of a packet's bytes and its length on the wire. Slower."""


_Compile: TypeAlias = "Callable[[str, int, int, bool], Filter]"


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
    if "\0" in text or not text.isprintable():
        raise FilterError(f"a filter is one line of text, got {text!r}")
    optimize = optimize and len(text) <= _LONG
    try:
        return _binding()(text, _DLT.get(linktype, linktype), snaplen, optimize)
    except FilterError as error:
        raise FilterError(f"{error}: in the filter {text!r}, for link type {linktype}") from None


def uses_length(text: str) -> bool:
    """Whether a filter may ask for the length on the wire, so that `Filter.cut` is needed."""
    return _LENGTH.search(text) is not None


def _binding() -> _Compile:
    """How the preferred binding compiles."""
    try:
        import pcap

        if hasattr(pcap, "bpf"):  # else it is another package of that name
            return _by_pypcap
    except ImportError:
        pass
    try:
        import cypcap  # noqa: F401
    except ImportError:
        raise FilterError(
            "no binding to libpcap can be imported: pip install pypcap (before Python 3.12) or cypcap"
        ) from None
    return _by_cypcap


def _by_pypcap(text: str, dlt: int, snaplen: int, optimize: bool) -> Filter:
    import pcap

    from umpa.link.libpcap.native import Libpcap, Program

    source = text.encode()
    ...
