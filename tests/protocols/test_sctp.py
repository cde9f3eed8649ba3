"""SCTP."""

from __future__ import annotations

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.core.status import checksum_status
from umpa.protocols import IP, SCTP, Ethernet, SCTPChunk


def test_data() -> None:
    # Data 1 on stream 2, and an acknowledgment
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / SCTP(srcport=1024, dstport=9, verification_tag=0x11223344)
        / SCTPChunk(type="data", data_tsn=1, data_sid=2, data_ssn=3, value=b"hello")
        / SCTPChunk(type="sack", flags=0, cumulative_tsn_ack=9, a_rwnd=1000),
        "020000000002020000000001080045000048000100004084662f0a0000010a000002040000091122"
        "3344580206f00003001500000001000200030000000068656c6c6f00000003000010000000090000"
        "03e800000000",
        sctp__verification_tag=287454020,
        sctp_chunk__length=21,
        sctp_chunk__data_tsn=1,
        sctp_chunk__value=b"hello",
        sctp_chunk__filling=b"\x00\x00\x00",
        sctp_chunk__e_bit=True,
    )


def test_init() -> None:
    # Association of 10 streams each way
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / SCTP(srcport=1024, dstport=9)
        / SCTPChunk(
            type="init",
            flags=0,
            initiate_tag=5,
            credit=65536,
            nr_out_streams=10,
            nr_in_streams=10,
            initial_tsn=7,
        ),
        "02000000000202000000000108004500003400010000408466430a0000010a000002040000090000"
        "00007805e916010000140000000500010000000a000a00000007",
        sctp_chunk__type=1,
        sctp_chunk__initiate_tag=5,
        sctp_chunk__length=20,
    )


def test_the_checksum_is_crc32c() -> None:
    packet = Packet.dissect(bytes(IP() / SCTP() / SCTPChunk(type="cookie ack", flags=0)), 228)
    assert checksum_status(packet.sctp) == "good"
    packet.sctp.checksum = packet.sctp.checksum ^ 1
    assert checksum_status(packet.sctp) == "bad"


def test_a_chunk_without_room_is_an_error() -> None:
    packet = Packet.dissect(bytes(IP() / SCTP() / b"\x00\x03\x00\x02"), 228)
    assert str(packet.error) == "sctp.chunk at offset 32: chunk length 2 is less than 16"
    packet = Packet.dissect(bytes(IP() / SCTP() / b"\x0b\x00\x00\x02"), 228)
    assert str(packet.error) == "sctp.chunk at offset 32: chunk length 2 is less than 4"


def test_filling_that_is_not_zero_is_kept() -> None:
    packet = Packet.dissect(bytes(IP() / SCTP() / b"\x04\x00\x00\x05umpa"), 228)
    packet.ip.ttl = 1
    assert bytes(packet)[-8:] == b"\x04\x00\x00\x05umpa"
