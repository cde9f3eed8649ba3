"""SCTP."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Checksum, Computed
from umpa.core.case import CaseU16, CaseU32
from umpa.core.checksum import crc32c
from umpa.core.field import U8, U16, U32, Enum8, Enum16
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.overlay import OverFlag, only
from umpa.core.parts import Filling
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols.names import PORTS

__all__ = ["SCTP", "SCTPChunk"]

CHUNKS = {
    0: "data", 1: "init", 2: "init ack", 3: "sack", 4: "heartbeat", 5: "heartbeat ack",
    6: "abort", 7: "shutdown", 8: "shutdown ack", 9: "error", 10: "cookie echo",
    11: "cookie ack", 12: "ecne", 13: "cwr", 14: "shutdown complete", 15: "auth", 64: "i-data",
    128: "asconf ack", 130: "re-config", 132: "pad", 192: "forward tsn", 193: "asconf",
    194: "i-forward tsn",
}  # fmt: skip
_DATA, _SACK, _SHUTDOWN = 0, 3, 7
_INITS = (1, 2)


_FIXED = {_DATA: 16, 1: 20, 2: 20, _SACK: 16, _SHUTDOWN: 8}
"""The least length of chunks that have fields of their own; 4 for the others."""


def _left(chunk: Any, other: int) -> int:
    """The words of `value` that are not the `other` ones."""
    return max(0, len(chunk.w_value) // 4 - other)


class SCTP(Protocol, name="sctp", follows={"ip.proto": 132, "ipv6.nxt": 132, "udp.port": 9899}):
    """Stream Control Transmission Protocol (RFC 9260). What it says is in its chunks."""

    srcport: Enum16 = Enum16(names=PORTS, doc="Source port.")
    dstport: Enum16 = Enum16(names=PORTS, doc="Destination port.")
    verification_tag: U32 = U32(hexadecimal=True, doc="The receiver's tag; 0 with an init chunk.")
    checksum: U32 = U32(auto=Checksum(crc32c), hexadecimal=True, doc="CRC32c of all chunks.")

    mirror = (srcport, dstport)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "sctp.chunk"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("sctp.chunk")


class SCTPChunk(Protocol, name="sctp.chunk", follows={"sctp.body": 1}):
    """SCTP chunk (RFC 9260, section 3.2)."""

    type: Enum8 = Enum8(names=CHUNKS, doc="Kind of chunk.")
    flags: U8 = U8(hexadecimal=True, default=3, doc="What the kind makes of them.")
    length: U16 = U16(
        auto=Computed(lambda self, *_: _FIXED.get(self.w_type, 4) + len(self.w_value)),
        doc="Of the chunk without its filling, bytes.",
    )
    e_bit: OverFlag = OverFlag(flags, 7, applies=only(type, _DATA), doc="Last piece of a message.")
    b_bit: OverFlag = OverFlag(flags, 6, applies=only(type, _DATA), doc="First piece.")
    u_bit: OverFlag = OverFlag(flags, 5, applies=only(type, _DATA), doc="Unordered.")
    i_bit: OverFlag = OverFlag(flags, 4, applies=only(type, _DATA), doc="Acknowledge at once.")
    data_tsn: U32 = CaseU32(only(type, _DATA), doc="Transmission sequence number.")
    data_sid: U16 = CaseU16(only(type, _DATA), doc="Stream.")
    data_ssn: U16 = CaseU16(only(type, _DATA), doc="Number within the stream.")
    data_payload_proto_id: U32 = CaseU32(only(type, _DATA), doc="What the message is (IANA).")
    initiate_tag: U32 = CaseU32(only(type, *_INITS), hexadecimal=True, doc="The sender's tag.")
    credit: U32 = CaseU32(only(type, *_INITS), doc="Bytes the sender will take.")
    nr_out_streams: U16 = CaseU16(only(type, *_INITS), doc="Streams out.")
    nr_in_streams: U16 = CaseU16(only(type, *_INITS), doc="Streams in, at most.")
    initial_tsn: U32 = CaseU32(only(type, *_INITS), doc="First number the sender will use.")
    cumulative_tsn_ack: U32 = CaseU32(
        only(type, _SACK, _SHUTDOWN), doc="Everything up to it was received."
    )
    a_rwnd: U32 = CaseU32(only(type, _SACK), doc="Bytes the receiver will take.")
    number_of_gap_blocks: U16 = CaseU16(
        only(type, _SACK),
        auto=Computed(lambda self, *_: _left(self, self.w_number_of_duplicated_tsns)),
        doc="Gap blocks in `value`: what no duplicate takes.",
    )
    number_of_duplicated_tsns: U16 = CaseU16(
        only(type, _SACK), doc="Duplicates in `value`, behind the gap blocks."
    )
    value: Blob = Blob(
        lambda layer: max(0, layer.w_length - _FIXED.get(layer.w_type, 4)),
        doc="The rest of the chunk: user data, parameters, gap blocks.",
    )
    filling: Filling = Filling(value, 4, doc="Zeros up to a multiple of four.")

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper is cls

    def _invalid(self) -> str:
        least = _FIXED.get(self.type, 4)
        return "" if self.length >= least else f"chunk length {self.length} is less than {least}"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("sctp.chunk")
