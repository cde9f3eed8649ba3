"""NetFlow."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Computed
from umpa.core.field import U16, U32
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols.flowsets import count_of_sets
from umpa.protocols.fragments import is_fragment

__all__ = ["NetFlow"]

_VERSIONS = {1: 16, 5: 24, 7: 24, 9: 20}
_RECORDS = {1: 52, 5: 48, 7: 52}
_FIXED = 12
"""Bytes of the fields that all versions have."""


def _count(layer: Any, layers: Any, i: int, size: int, body: bytes) -> int:
    """The records; as it stands where templates that are not here say how long they are."""
    version: int = layer.w_version
    count: int | None = None
    if version in _VERSIONS and not is_fragment(layers, i):
        rest = layer.w_data[_VERSIONS[version] - _FIXED :]
        count = count_of_sets(rest) if version == 9 else len(rest) // _RECORDS[version]
    return layer.w_count if count is None else count


class NetFlow(Protocol, name="cflow", follows={"udp.port": (2055, 9995, 9996)}):
    """Cisco NetFlow, versions 1, 5, 7 and 9 (RFC 3954): what all of them begin with."""

    version: U16 = U16(default=5, doc="1, 5, 7 or 9.")
    count: U16 = U16(auto=Computed(_count), doc="Records that follow, templates among them.")
    sysuptime: U32 = U32(doc="Of the exporter, milliseconds.")
    unix_secs: U32 = U32(doc="When it was sent, seconds since 1970.")
    data: Blob = Blob(doc="The rest of the header, which the versions differ in, and the records.")

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        header = _VERSIONS.get(int.from_bytes(data[start : start + 2], "big"))
        return header is not None and end - start >= header

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
