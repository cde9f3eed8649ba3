"""NetBIOS datagram service."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Computed
from umpa.core.case import CaseU8, CaseU16
from umpa.core.field import U16, Bits, Enum8, EnumBits, Flag, IPv4Address
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.overlay import only
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.protocols.fragments import is_fragment
from umpa.protocols.netbios_names import behind_name, decoded_name
from umpa.protocols.segments import MeasuredUpTo

__all__ = ["NBDatagram"]

TYPES = {
    0x10: "direct unique", 0x11: "direct group", 0x12: "broadcast", 0x13: "error",
    0x14: "query request", 0x15: "positive query response", 0x16: "negative query response",
}  # fmt: skip
_DATAGRAMS, _ERROR, _QUERIES = (0x10, 0x11, 0x12), 0x13, (0x14, 0x15, 0x16)
_MAGIC = b"\xffSMB"


def _names(layer: Any, data: bytes, at: int) -> int:
    """The bytes of the names at `at`: two in a datagram, one in a query."""
    end = at
    if layer.w_type in _DATAGRAMS:
        end = behind_name(data, at)
    if layer.w_type in _DATAGRAMS + _QUERIES:
        end = behind_name(data, end)
    return end - at


def _length(layer: Any, layers: Any, i: int, size: int, body: bytes) -> int:
    here = len(layer.w_names) + len(body)
    return max(here, layer.w_dgram_len) if is_fragment(layers, i) else here


def _source(layer: Any) -> str | None:
    return decoded_name(layer.names, 0) if layer.type in _DATAGRAMS else None


def _destination(layer: Any) -> str | None:
    names = layer.names
    return decoded_name(names, behind_name(names, 0) if layer.type in _DATAGRAMS else 0)


class NBDatagram(Protocol, name="nbdgm", follows={"udp.port": 138}):
    """NetBIOS datagram service (RFC 1002, section 4.4)."""

    type: Enum8 = Enum8(default=0x11, names=TYPES, hexadecimal=True, doc="Kind of message.")
    reserved: Bits = Bits(4, doc="Zero.")
    node_type: EnumBits = EnumBits(
        2, names={0: "B node", 1: "P node", 2: "M node", 3: "NBDD"}, doc="Kind of the sender."
    )
    first: Flag = Flag(default=True, doc="The first piece.")
    next: Flag = Flag(doc="More pieces follow.")
    dgram_id: U16 = U16(hexadecimal=True, doc="The same for all pieces.")
    src_ip: IPv4Address = IPv4Address(key="src.ip", doc="Who sent it.")
    src_port: U16 = U16(default=138, key="src.port", doc="From which port.")
    dgram_len: CaseU16 = CaseU16(
        only(type, *_DATAGRAMS), auto=Computed(_length), doc="Of names and data, bytes."
    )
    pkt_offset: CaseU16 = CaseU16(only(type, *_DATAGRAMS), doc="Where the piece goes.")
    error_code: CaseU8 = CaseU8(only(type, _ERROR), doc="0x82: the name is not there.")
    names: MeasuredUpTo = MeasuredUpTo(_names, doc="Source and destination, or the name asked for.")
    source_name: View[str | None, str] = View(_source, doc="The name of the sender.")
    destination_name: View[str | None, str] = View(_destination, doc="The name it is for.")

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return data[start] in TYPES

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "smb"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("smb") if data.startswith(_MAGIC, start, end) else None
