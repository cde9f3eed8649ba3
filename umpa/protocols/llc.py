"""Logical link control, and SNAP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from umpa.core.auto import Computed, Kept, NextProtocol
from umpa.core.case import CaseEnum16, CaseNumber
from umpa.core.field import Enum8
from umpa.core.follow import NextBy
from umpa.core.following import Following, ProtocolClass, by_name, by_number
from umpa.core.protocol import Protocol
from umpa.core.registry import table
from umpa.core.tail import Tail
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
OUIS = {
    0x000000: "Encapsulated Ethernet", 0x0000F8: "Cisco 90-compatible", 0x00000C: "Cisco",
    0x00E02B: "Extreme", 0x0080C2: "802.1 bridging", 0x080007: "Apple", 0x000081: "Nortel",
}  # fmt: skip
_ETHERNET = (0x000000, 0x0000F8)
"""Identifiers with which `pid` is an EtherType."""
_PIDS = {0x00000C: "llc.cisco_pid", 0x00E02B: "llc.extreme_pid"}
"""Identifiers whose `pid` has a table of its own."""
_BRIDGED = 0x0080C2
_BRIDGED_ETHERNET = (1, 7)


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
        return f"from_bytes({word}, 'big')"

    def read(self, word: Any) -> int:
        return int.from_bytes(word, "big")

    def parse(self, value: Any) -> bytes:
        if isinstance(value, (bytes, bytearray)) and len(value) in (1, 2):
            return bytes(value)
        if not isinstance(value, int) or not 0 <= value <= 0xFFFF:
            self.reject(value, "a number from 0 to 65535, or one or two bytes")
        return value.to_bytes(1 if value < 256 and value & 3 == 3 else 2, "big")


def _announcing(upper: Any) -> str:
    """The table of an organisation that has a number for `upper`; empty where none has one."""
    return next((name for name in _PIDS.values() if upper in table(name).numbers), "")


def _upper(layers: Any, i: int) -> Any:
    return layers[i + 1].__class__ if i + 1 < len(layers) else None


def _organisation(layer: Any, layers: Any, i: int, size: int, body: bytes) -> int:
    name = _announcing(_upper(layers, i))
    organisations = (oui for oui, own in _PIDS.items() if own == name)
    return next(organisations, layer.w_oui)


def _type(layer: Any, layers: Any, i: int, size: int, body: bytes) -> int:
    """The number of what follows with its organisation; as it stands where that has none."""
    upper = _upper(layers, i)
    name = _announcing(upper) or ("eth.type" if layer.w_oui in _ETHERNET else "")
    return NextProtocol(name).number(layer.w_pid, upper) if name else layer.w_pid


def _snap(layer: Any) -> bool:
    return bool(layer.w_dsap & 0xFE == layer.w_ssap & 0xFE == SNAP and layer.w_control == b"\x03")


def _shows_snap(layer: Any) -> bool:
    """Whether there is a SNAP header, the fields read as they will be on the wire."""
    return bool(layer.dsap & 0xFE == layer.ssap & 0xFE == SNAP and layer.control == UNNUMBERED)


def _announce(layer: Any, upper: ProtocolClass) -> Mapping[str, Any]:
    """The access points and the control field before `upper`, in this order: as they stand, one of
    its own, SNAP. What has been set of a SNAP header asks for SNAP.
    """
    chosen = LLC.fields["oui"].auto_bit | LLC.fields["pid"].auto_bit
    by_snap = LLC.carries(upper)
    if _snap(layer) and (by_snap or ~layer._auto & chosen):
        return {}
    number = announced("llc.dsap", layer.w_dsap, upper)
    if number is None:
        return {"dsap": SNAP, "ssap": SNAP, "control": b"\x03"} if by_snap else {}
    ssap, response = layer.w_ssap & 0xFE, layer.w_ssap & 1
    other = number == layer.w_dsap and ssap != SNAP
    return {
        "dsap": number,
        "ssap": (ssap if other else number) | response,
        "control": b"\x03",
    }


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
        auto=Computed(_organisation),
        names=OUIS,
        hexadecimal=True,
        doc="Whose `pid` it is (SNAP).",
    )
    pid: CaseEnum16 = CaseEnum16(
        _snap,
        applies=_shows_snap,
        auto=Computed(_type),
        names=ETHER_TYPES,
        hexadecimal=True,
        doc="Protocol of what follows (SNAP).",
    )

    next_by = NextBy("llc.dsap", dsap)
    _assemble = settling(_announce)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return any(upper in table(name).numbers for name in ("eth.type", *_PIDS.values()))

    def _next(self, data: bytes, start: int, end: int) -> Following:
        if not _snap(self):
            return super()._next(data, start, end) if self.control == UNNUMBERED else None
        if self.oui in _ETHERNET:
            return by_number("eth.type", self.pid)
        if self.oui in _PIDS:
            return by_number(_PIDS[self.oui], self.pid)
        if self.oui == _BRIDGED and self.pid in _BRIDGED_ETHERNET:
            return by_name("eth")
        return None
