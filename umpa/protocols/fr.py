"""Frame Relay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from umpa.core.auto import Kept
from umpa.core.case import CaseEnum8, CaseEnum16, CaseNumber
from umpa.core.field import Bits, Flag
from umpa.core.follow import NextBy
from umpa.core.following import Following, ProtocolClass, by_name, by_number
from umpa.core.parts import Measured, Prefix, Sensed, TailNextProtocol
from umpa.core.protocol import Protocol
from umpa.core.registry import table
from umpa.protocols import snap
from umpa.protocols.names import ETHER_TYPES
from umpa.protocols.settling import announced, settling

__all__ = ["FrameRelay"]

NLPIDS = {
    0x08: "Q.933", 0x80: "SNAP", 0x81: "CLNP", 0x82: "ES-IS", 0x83: "IS-IS", 0x8E: "IPv6",
    0xB0: "FRF.9", 0xB1: "FRF.12", 0xCC: "IPv4", 0xCF: "PPP",
}  # fmt: skip
_UNNUMBERED = 3
_SNAP = 0x80


def _address_rest(layer: Any, data: bytes, at: int) -> int:
    """Bytes of the address beyond two: it ends with a byte that has its lowest bit set."""
    if layer.w_second_dlci_fecn & 1:
        return 0
    return 1 if data[at : at + 1] and data[at] & 1 else 2


def _bridged(layer: Any, data: bytes, at: int) -> int:
    """1 where an Ethernet frame is what makes most sense: the long address, and no known type."""
    number = int.from_bytes(data[at : at + 2], "big")
    known = number in table("eth.type").classes
    return int(len(layer.w_address_rest) == 2 and not _rfc2427(layer) and not known)


def _rfc2427(layer: Any) -> bool:
    """Whether there is a control field, and an NLPID."""
    return bool(layer.w_control)


def _padding(layer: Any, data: bytes, at: int) -> int:
    return int(_rfc2427(layer) and data[at : at + 1] == b"\0")


def _cisco(layer: Any) -> bool:
    """Whether an EtherType follows the address, and no control field."""
    return not _rfc2427(layer) and not layer.w_bridged


def _snap(layer: Any) -> bool:
    return _rfc2427(layer) and bool(layer.w_nlpid == _SNAP)


def _shows_snap(layer: Any) -> bool:
    """The same, the NLPID read as it will be on the wire."""
    return _rfc2427(layer) and bool(layer.nlpid == _SNAP)


def _nlpid(layer: Any, upper: ProtocolClass) -> int | None:
    """The NLPID of `upper`; SNAP's where that stands there, or only SNAP can say it."""
    by_snap = FrameRelay.carries(upper)
    if layer.w_nlpid == _SNAP and by_snap:
        return _SNAP
    number = announced("fr.nlpid", layer.w_nlpid, upper)
    return _SNAP if number is None and by_snap else number


def _announce(layer: Any, upper: ProtocolClass) -> Mapping[str, Any]:
    """The fields that say that `upper` follows; none where there is no number for it."""
    number = _nlpid(layer, upper)
    if number is None:
        return {}
    words = {"nlpid": number}
    if number == _SNAP:
        oui, pid = layer.w_snap_oui, layer.w_snap_pid
        if layer._auto & FrameRelay.fields["snap_oui"].auto_bit:
            order = (snap.BRIDGED, oui, snap.ETHERNET)
            words["snap_oui"] = oui = snap.organisation(oui, pid, upper, order)
        words["snap_pid"] = snap.number(oui, pid, upper)
    return words


class FrameRelay(Protocol, name="fr", follows={"linktype": 107}):
    """Frame Relay (ITU-T Q.922; what it carries: RFC 2427, or Cisco's EtherTypes)."""

    upper_dlci: Bits = Bits(6, doc="Data link connection identifier, its high bits.")
    cr: Flag = Flag(doc="Command or response.")
    first_ea: Flag = Flag(doc="Clear: the address goes on.")
    second_dlci: Bits = Bits(4, doc="Data link connection identifier, its low bits.")
    fecn: Flag = Flag(doc="Congestion ahead.")
    becn: Flag = Flag(doc="Congestion behind.")
    de: Flag = Flag(doc="Discard eligible.")
    second_ea: Flag = Flag(default=True, doc="Clear: the address goes on.")
    address_rest: Measured = Measured(_address_rest, doc="The third and fourth byte of an address.")
    control: Prefix = Prefix(b"\x03", default=b"\x03", doc="3: RFC 2427; empty: Cisco's way.")
    bridged: Sensed = Sensed(_bridged, doc="1: an Ethernet frame follows, with nothing between.")
    chdlctype: CaseEnum16 = CaseEnum16(
        _cisco,
        auto=TailNextProtocol("eth.type"),
        names=ETHER_TYPES,
        hexadecimal=True,
        doc="EtherType of what follows (Cisco).",
    )
    padding: Measured = Measured(_padding, doc="A zero that makes what follows even.")
    nlpid: CaseEnum8 = CaseEnum8(
        _rfc2427,
        default=0xCC,
        auto=Kept(),
        names=NLPIDS,
        hexadecimal=True,
        doc="What follows; 0x80 where SNAP says it.",
    )
    snap_oui: CaseNumber = CaseNumber(
        _snap,
        24,
        applies=_shows_snap,
        auto=Kept(),
        hexadecimal=True,
        key="snap.oui",
        doc="Whose `snap_pid` it is.",
    )
    snap_pid: CaseEnum16 = CaseEnum16(
        _snap,
        applies=_shows_snap,
        auto=Kept(),
        names=ETHER_TYPES,
        hexadecimal=True,
        key="snap.pid",
        doc="What follows (SNAP).",
    )

    next_by = NextBy("fr.nlpid", nlpid)
    _assemble = settling(_announce)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return any(upper in table(name).numbers for name in ("eth.type", "snap.bridged_pid"))

    def _invalid(self) -> str:
        last = self.address_rest[-1:] or bytes([self.second_ea])
        whole = not self.first_ea and last[0] & 1
        return "" if whole else "an address that is not of two to four bytes"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        if self.bridged:
            return by_name("eth")
        if _cisco(self):
            return by_number("eth.type", self.chdlctype)
        if not _snap(self):
            return super()._next(data, start, end)
        return snap.follower(self.snap_oui, self.snap_pid)
