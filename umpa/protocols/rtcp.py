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
_DESCRIPTION, _GOODBYE = 202, 203
_MOST = 31


def _count(layer: Any, *_: Any) -> int:
    """Reports, described sources, or sources that leave; as it stands where `data` does not say."""
    count: int = layer.w_version_padding & _MOST
    data: bytes = layer.w_data
    if layer.w_version_padding & 0x20 and data:
        data = data[: max(0, len(data) - data[-1])]
    if layer.w_pt in _REPORTS:
        return _reports(count, (len(data) - _REPORTS[layer.w_pt]) // _REPORT)
    if layer.w_pt == _DESCRIPTION:
        described = _described(data)
        return count if described is None else described
    return _leaving(count, data) if layer.w_pt == _GOODBYE else count


def _reports(count: int, room: int) -> int:
    """The reports there is room for, unless fewer are there, before an extension."""
    return count if 0 < count <= room else max(0, room)


def _described(data: bytes) -> int | None:
    """The sources that are described, the first one's number not in `data`; None: malformed."""
    count, at = 1, 0
    while True:
        while at < len(data) and data[at]:  # an item: type, length, text
            at += 2 + data[at + 1] if at + 1 < len(data) else 2
        if at >= len(data):  # not even the zero that ends a source's items
            return None if data else count
        at += 4 - at % 4
        if at >= len(data):
            return count if at == len(data) else None
        at += 4
        count += 1


def _leaving(count: int, data: bytes) -> int:
    """The sources that leave, the first one's number not in `data`, before a reason if any."""
    after = data[max(0, count - 1) * 4 :]
    if count and count <= len(data) // 4 + 1 and (not after or after[0] < len(after)):
        return count
    words = range(min(_MOST, len(data) // 4 + 1))
    return next((n + 1 for n in words if _is_reason(data[n * 4 :])), count)


def _is_reason(data: bytes) -> bool:
    """Whether it is nothing, or a text behind its length, filled up to a word with zeros."""
    if not data:
        return True
    size = 1 + data[0]
    text = data[1:size].decode("utf-8", "replace")
    filled = size <= len(data) == -(-size // 4) * 4 and not any(data[size:])
    return filled and bool(text) and text.isprintable() and "\ufffd" not in text


class RTCP(Protocol, name="rtcp", follows={"udp.port": 5005}):
    """RTP Control Protocol (RFC 3550, section 6); the first packet of a compound one."""

    version: Bits = Bits(2, default=2, doc="2.")
    padding: Flag = Flag(doc="Padding at the end; its last byte counts it.")
    rc: Bits = Bits(
        5,
        auto=Computed(_count),
        doc="Reports or sources (counted), or a subtype, as the type says.",
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
