"""L2TP."""

from __future__ import annotations

from umpa.core.auto import Kept, Length, Present, SizeOf
from umpa.core.case import CaseU16, always
from umpa.core.field import U16, Bits, Flag
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob, OptionalU16

__all__ = ["L2TP"]


class L2TP(Protocol, name="l2tp", follows={"udp.port": 1701}):
    """Layer Two Tunneling Protocol, version 2 (RFC 2661).

    The length is optional: with `length_bit=True` it is computed.
    """

    type: Flag = Flag(doc="Set: a control message.")
    length_bit: Flag = Flag(auto=Present("length"), doc="`length` is there.")
    reserved1: Bits = Bits(2, doc="Zero.")
    seq_bit: Flag = Flag(auto=Present("Ns"), doc="`Ns` and `Nr` are there.")
    reserved2: Flag = Flag(doc="Zero.")
    offset_bit: Flag = Flag(auto=Present("offset_size"), doc="`offset_size` is there.")
    priority: Flag = Flag(doc="To be preferred.")
    reserved3: Bits = Bits(4, doc="Zero.")
    version: Bits = Bits(4, default=2, doc="2.")
    length: OptionalU16 = OptionalU16(
        when=length_bit, auto=Length(limits=False), doc="Header and all it carries, bytes."
    )
    tunnel: U16 = CaseU16(always, doc="Tunnel, by its receiver's number.")
    session: U16 = CaseU16(always, doc="Session, by its receiver's number.")
    Ns: OptionalU16 = OptionalU16(when=seq_bit, doc="Number of this message.")
    Nr: OptionalU16 = OptionalU16(when=seq_bit, auto=Kept(), doc="Number expected next.")
    offset_size: OptionalU16 = OptionalU16(
        when=offset_bit,
        auto=SizeOf("offset_pad"),
        key="offset",
        doc="Bytes of padding that follow.",
    )
    offset_pad: Blob = Blob(lambda layer: layer.w_offset_size or 0, doc="Padding.")

    telling = (tunnel, session)

    def _invalid(self) -> str:
        return "" if self.version == 2 else f"version {self.version} instead of 2"

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "ppp"

    def _limit(self, start: int, header: int) -> int | None:
        return start + self.length if self.length else None

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None if self.type else by_name("ppp")
