"""RTCP."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Computed
from umpa.core.field import U16, U32, Bits, Enum8, Flag
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["RTCP"]

TYPES = {
    200: "sender report", 201: "receiver report", 202: "source description", 203: "goodbye",
    204: "application", 205: "transport feedback", 206: "payload feedback", 207: "extended report",
}  # fmt: skip


_REPORTS = {200: 20, 201: 0}
"""The bytes of `data` before the reports."""
_REPORT = 24


def _reports(layer: Any, *_: Any) -> int:
    """The reports that `data` has room for, unless fewer are there, before an extension."""
    count = layer.w_version_padding & 31
    if layer.w_pt not in _REPORTS:
        return count  # type: ignore[no-any-return]
    room = (len(layer.w_data) - _REPORTS[layer.w_pt]) // _REPORT
    return count if 0 < count <= room else max(0, room)


class RTCP(Protocol, name="rtcp", follows={"udp.port": 5005}):
    """RTP Control Protocol (RFC 3550, section 6); the first packet of a compound one."""

    version: Bits = Bits(2, default=2, doc="2.")
    padding: Flag = Flag(doc="Padding at the end; its last byte counts it.")
    rc: Bits = Bits(
        5,
        auto=Computed(_reports),
        doc="Reports (counted), sources or a subtype, as the type says.",
    )
    pt: Enum8 = Enum8(default=201, names=TYPES, doc="Kind of packet.")
    length: U16 = U16(
        auto=Computed(lambda self, layers, i, size, body: size // 4 - 1),
        doc="Words of 32 bits, less one.",
    )
    senderssrc: U32 = U32(hexadecimal=True, doc="The sender's synchronization source.")
    data: Blob = Blob(
        lambda layer: max(0, layer.w_length * 4 - 4), doc="What the kind of packet says."
    )

    terminal = True

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        size = (int.from_bytes(data[start + 2 : start + 4], "big") + 1) * 4
        return data[start] >> 6 == 2 and 192 <= data[start + 1] <= 223 and 8 <= size <= end - start

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
