"""IEEE 802.11."""

from __future__ import annotations

from typing import Any

from umpa.core.case import CaseLittleU16, CaseLittleU32, CaseMAC
from umpa.core.field import MAC, Bits, EnumBits, Flag
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.little import LittleU16
from umpa.core.protocol import Protocol

__all__ = ["WLAN"]

KINDS = {0: "management", 1: "control", 2: "data", 3: "extension"}
_MANAGEMENT, _CONTROL, _DATA = 0, 1, 2
_NULL, _QOS = 4, 8
_AGGREGATED = 0x0080
_ONE_ADDRESS = (12, 13)
"""Control frames to one station only: clear to send, acknowledgment."""


def _kind(layer: Any) -> tuple[int, int]:
    word: int = layer.w_subtype_kind_of_frame
    return word >> 2 & 3, word >> 4


def _has_second(layer: Any) -> bool:
    kind, subtype = _kind(layer)
    return not (kind == _CONTROL and subtype in _ONE_ADDRESS)


def _has_third(layer: Any) -> bool:
    return _kind(layer)[0] in (_MANAGEMENT, _DATA)


def _has_fourth(layer: Any) -> bool:
    return _kind(layer)[0] == _DATA and layer.w_order_protected & 3 == 3


def _has_qos(layer: Any) -> bool:
    kind, subtype = _kind(layer)
    return kind == _DATA and bool(subtype & _QOS)


def _has_ht(layer: Any) -> bool:
    kind = _kind(layer)[0]
    return bool(layer.w_order_protected & 0x80) and (_has_qos(layer) or kind == _MANAGEMENT)


class WLAN(Protocol, name="wlan", follows={"linktype": 105}):
    """IEEE 802.11 frame header (IEEE 802.11, 9.2). What data frames carry is shown where plain."""

    subtype: Bits = Bits(4, key="fc.subtype", doc="What of that kind.")
    kind_of_frame: EnumBits = EnumBits(2, default=2, names=KINDS, key="fc.type", doc="Kind.")
    version: Bits = Bits(2, key="fc.version", doc="0.")
    order: Flag = Flag(key="fc.order", doc="HT control is there, or strictly ordered.")
    protected: Flag = Flag(key="fc.protected", doc="Encrypted.")
    moredata: Flag = Flag(key="fc.moredata", doc="More is waiting for the station.")
    pwrmgt: Flag = Flag(key="fc.pwrmgt", doc="The station will sleep.")
    retry: Flag = Flag(key="fc.retry", doc="Sent again.")
    frag_more: Flag = Flag(key="fc.frag", doc="More fragments follow.")
    fromds: Flag = Flag(key="fc.fromds", doc="From the distribution system.")
    tods: Flag = Flag(key="fc.tods", doc="To the distribution system.")
    duration: LittleU16 = LittleU16(doc="Microseconds the medium is taken, or an identifier.")
    addr1: MAC = MAC(key="ra", doc="Receiver.")
    addr2: CaseMAC = CaseMAC(_has_second, key="ta", doc="Transmitter.")
    addr3: CaseMAC = CaseMAC(_has_third, doc="BSS, source or destination, by the flags.")
    seq_control: CaseLittleU16 = CaseLittleU16(
        _has_third, hexadecimal=True, doc="Fragment number (4 bits), and sequence number above it."
    )
    addr4: CaseMAC = CaseMAC(_has_fourth, doc="Source, between access points.")
    qos: CaseLittleU16 = CaseLittleU16(
        _has_qos, hexadecimal=True, doc="QoS control: the traffic class in its lowest bits."
    )
    htc: CaseLittleU32 = CaseLittleU32(_has_ht, hexadecimal=True, doc="HT control.")

    telling = (kind_of_frame, subtype)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "llc"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        plain = self.kind_of_frame == _DATA and not self.subtype & _NULL and not self.protected
        aggregated = _has_qos(self) and self.qos & _AGGREGATED
        return by_name("llc") if plain and not aggregated else None
