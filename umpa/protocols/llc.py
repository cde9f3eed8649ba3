"""Logical link control, and SNAP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from umpa.core.auto import Kept
from umpa.core.case import CaseBytes, CaseEnum16, CaseNumber
from umpa.core.field import Enum8
from umpa.core.follow import NextBy
from umpa.core.following import Following, ProtocolClass
from umpa.core.protocol import Protocol
from umpa.core.registry import table
from umpa.core.tail import Tail
from umpa.protocols import snap
from umpa.protocols.names import ETHER_TYPES
from umpa.protocols.settling import announced, settling

__all__ = ["LLC"]

SAPS = {
    0x00: "null", 0x02: "management", 0x06: "IP", 0x0E: "PROWAY", 0x42: "STP", 0x4E: "MMS",
    0x7E: "X.25", 0x80: "XNS", 0x8E: "PROWAY ASL", 0x98: "ARP", 0xAA: "SNAP", 0xBC: "VINES",
    0xE0: "NetWare", 0xF0: "NetBIOS", 0xF4: "LAN manager", 0xFE: "ISO", 0xFF: "global",
}  # fmt: skip
SNAP = 0xAA
UNNUMBERED = 3
_INFORMATION = b"\x03"
"""Unnumbered information: the only frames of which it is known what follows."""
OUIS = {
    0x000000: "Encapsulated Ethernet", 0x0000F8: "Cisco 90-compatible", 0x00000C: "Cisco",
    0x00E02B: "Extreme", 0x0080C2: "802.1 bridging", 0x080007: "Apple", 0x000081: "Nortel",
}  # fmt: skip
_PADDED = (1, 7)
"""Numbers for bridged frames that stand behind a pad."""


class _TwoBytes(int):
    """A control field of two bytes whose number would do with one: `00 03`."""

    __str__ = int.__repr__

    def __repr__(self) -> str:
        """As it would be written, so that the width is not lost."""
        return repr(self.to_bytes(2, "big"))


class Control(Tail[int, int]):
    """The control field: one byte for unnumbered frames, two for the others (IEEE 802.2, 5.2)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(0, default=b"\x03", **options)

    def unpack_source(self) -> Iterator[str]:
        yield "n = 1 if from_bytes(data[p:p + 1], 'big') & 3 == 3 else 2"
        yield f"self.{self.slot} = data[p:p + n]; p += n"

    def size_source(self) -> str:
        return f"(1 if from_bytes(self.{self.slot}[:1], 'big') & 3 == 3 else 2)"

    def read_source(self, word: str) -> str:
        return f"{self.name}_field.read({word})"

    def read(self, word: Any) -> Any:
        value = int.from_bytes(word, "big")
        return _TwoBytes(value) if len(word) == 2 and _in_one_byte(value) else value

    def parse(self, value: Any) -> bytes:
        if isinstance(value, (bytes, bytearray)) and len(value) in (1, 2):
            return bytes(value)
        if not isinstance(value, int) or not 0 <= value <= 0xFFFF:
            self.reject(value, "a number from 0 to 65535, or one or two bytes")
        one = _in_one_byte(value) and not isinstance(value, _TwoBytes)
        return value.to_bytes(1 if one else 2, "big")


def _in_one_byte(value: int) -> bool:
    return value < 256 and value & 3 == 3


def _informs(layer: Any) -> bool:
    return bool(layer.w_control == _INFORMATION)


def _snap(layer: Any) -> bool:
    return bool(layer.w_dsap & 0xFE == layer.w_ssap & 0xFE == SNAP and _informs(layer))


def _shows_snap(layer: Any) -> bool:
    """Whether there is a SNAP header, the fields read as they will be on the wire."""
    control = layer.control
    unnumbered = control == UNNUMBERED and not isinstance(control, _TwoBytes)
    return bool(unnumbered and layer.dsap & 0xFE == layer.ssap & 0xFE == SNAP)


def _bridged(layer: Any) -> bool:
    return _snap(layer) and layer.w_oui == snap.BRIDGED and layer.w_pid in _PADDED


def _shows_bridged(layer: Any) -> bool:
    return _shows_snap(layer) and layer.oui == snap.BRIDGED and layer.pid in _PADDED


def _access_point(layer: Any, upper: ProtocolClass) -> int | None:
    """The number of `upper`: as it stands, one of its own, or that of SNAP.

    Where something of a SNAP header is set or says so already, SNAP is what is meant.
    """
    chosen = LLC.fields["oui"].auto_bit | LLC.fields["pid"].auto_bit
    by_snap = LLC.carries(upper)
    stands = snap.follower(layer.w_oui, layer.w_pid) is upper
    if _snap(layer) and (by_snap or stands or ~layer._auto & chosen):
        return SNAP
    number = announced("llc.dsap", layer.w_dsap, upper)
    return SNAP if number is None and by_snap else number


def _announce(layer: Any, upper: ProtocolClass) -> Mapping[str, Any]:
    """The fields that say that `upper` follows; none where LLC has no number for it."""
    number = _access_point(layer, upper)
    if number is None:
        return {}
    dsap, ssap = layer.w_dsap, layer.w_ssap
    words: dict[str, Any] = {"control": _INFORMATION}
    if dsap & 0xFE != number:
        words["dsap"] = dsap = number
    if dsap != layer.w_dsap or ssap & 0xFE == SNAP or number == SNAP:
        words["ssap"] = number | ssap & 1  # the lowest bit says whether it is a response
    if number == SNAP:
        oui = layer.w_oui
        if layer._auto & LLC.fields["oui"].auto_bit:
            order = (snap.CISCO, snap.EXTREME, oui, snap.ETHERNET)
            words["oui"] = oui = snap.organisation(oui, layer.w_pid, upper, order)
        words["pid"] = snap.number(oui, layer.w_pid, upper)
    return words


class LLC(Protocol, name="llc", follows={
    "linktype": 106, "arcnet.protID": 0xCD, "sll.etype": 4, "wlan.body": 1,
}):  # fmt: skip
    """Logical Link Control (IEEE 802.2).

    With both service access points 0xaa and control 3, a SNAP header follows (IEEE 802,
    section 9.2): `oui` and `pid`, which for `oui` 0 is an EtherType. The access points are those
    of what follows, or of SNAP where only that can say it.
    """

    dsap: Enum8 = Enum8(default=SNAP, auto=Kept(), names=SAPS, hexadecimal=True, doc="Destination.")
    ssap: Enum8 = Enum8(default=SNAP, auto=Kept(), names=SAPS, hexadecimal=True, doc="Source.")
    control: Control = Control(
        auto=Kept(), hexadecimal=True, doc="Kind of frame, and its sequence numbers."
    )
    oui: CaseNumber = CaseNumber(
        _snap,
        24,
        applies=_shows_snap,
        auto=Kept(),
        names=OUIS,
        hexadecimal=True,
        doc="Whose `pid` it is (SNAP).",
    )
    pid: CaseEnum16 = CaseEnum16(
        _snap,
        applies=_shows_snap,
        auto=Kept(),
        names=ETHER_TYPES,
        hexadecimal=True,
        doc="Protocol of what follows (SNAP).",
    )
    pad: CaseBytes = CaseBytes(
        _bridged, 2, applies=_shows_bridged, doc="Zeros before a bridged frame (RFC 2684, 5.2)."
    )

    next_by = NextBy("llc.dsap", dsap)
    _assemble = settling(_announce)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        names = ("eth.type", "llc.cisco_pid", "llc.extreme_pid")
        return any(upper in table(name).numbers for name in names)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        if not _snap(self):
            return super()._next(data, start, end) if _informs(self) else None
        return snap.follower(self.oui, self.pid)
