"""NetFlow."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Computed
from umpa.core.field import U16, U32
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols.fragments import is_fragment

__all__ = ["NetFlow"]

_VERSIONS = {1: 16, 5: 24, 7: 24, 9: 20}
_RECORDS = {1: 52, 5: 48, 7: 52}


def _count(layer: Any, layers: Any, i: int, size: int, body: bytes) -> int:
    """The records, where all are of one size; version 9 mixes templates and data."""
    version: int = layer.w_version
    if version not in _RECORDS or is_fragment(layers, i):
        return layer.w_count  # type: ignore[no-any-return]
    return max(0, size - _VERSIONS[version]) // _RECORDS[version]


class NetFlow(Protocol, name="cflow", follows={"udp.port": (2055, 9995, 9996)}):
    """Cisco NetFlow, versions 1, 5, 7 and 9 (RFC 3954): what all of them begin with."""

    version: U16 = U16(default=5, doc="1, 5, 7 or 9.")
    count: U16 = U16(auto=Computed(_count), doc="Records that follow; derived but for version 9.")
    sysuptime: U32 = U32(doc="Of the exporter, milliseconds.")
    unix_secs: U32 = U32(doc="When it was sent, seconds since 1970.")
    data: Blob = Blob(doc="The rest of the header, which the versions differ in, and the records.")

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        header = _VERSIONS.get(int.from_bytes(data[start : start + 2], "big"))
        return header is not None and end - start >= header

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
