"""TLS: what its first handshake message says, as far as a segment has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umpa import IP, TCP, TLS, Packet
from umpa.link.file import read


def sized(data: bytes, size: int = 2) -> bytes:
    return len(data).to_bytes(size, "big") + data


NAME = b"\0\0" + sized(sized(b"\0" + sized(b"example.com")))
PROTOCOLS = b"\0\x10" + sized(sized(sized(b"h2", 1) + sized(b"http/1.1", 1)))
PADDING = b"\0\x15" + sized(bytes(2000))
HEAD = b"\x03\x03" + bytes(32) + sized(b"session", 1)
CLIENT = HEAD + sized(b"\x13\x01\x13\x02") + sized(b"\0", 1)
SERVER = HEAD + b"\xc0\x2f\0"


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + sized(body, 3)


def tls(data: bytes, length: int | None = None, kind: str = "handshake") -> TLS:
    layer = TLS(record_content_type=kind, record_length=length or len(data), data=data)
    return Packet.dissect(bytes(IP() / TCP(dstport=443) / layer), 228).tls


def test_a_client_hello() -> None:
    found = tls(message(1, CLIENT + sized(NAME + PROTOCOLS)))
    assert found.handshake_type == 1
    assert found.handshake_version == 0x0303
    assert found.handshake_extensions_server_name == "example.com"
    assert found.handshake_extensions_alpn_str == ("h2", "http/1.1")
    assert found.handshake_ciphersuite is None
    assert Packet(found).summary() == "TLS client hello example.com"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (message(2, SERVER + sized(b"")), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        (message(2, HEAD + b"\x99\x99\0"), "0x9999"),
    ],
)
def test_a_server_hello(data: bytes, name: str) -> None:
    found = tls(data)
    assert (found.handshake_type, found.handshake_ciphersuite) == (2, name)


def test_a_client_hello_longer_than_the_segment_says_what_is_before_the_cut() -> None:
    whole = message(1, CLIENT + sized(NAME + PADDING + PROTOCOLS))
    found = tls(whole[:1000], length=len(whole))
    assert found.handshake_extensions_server_name == "example.com"
    assert found.handshake_extensions_alpn_str is None


def test_every_cut_of_a_hello_says_what_it_has() -> None:
    whole = message(1, CLIENT + sized(PROTOCOLS + NAME))
    kinds = {tls(whole[:end], len(whole)).handshake_type for end in range(4, len(whole))}
    assert kinds == {1}
    names = [tls(whole[:end], len(whole)).handshake_extensions_server_name for end in range(200)]
    assert [name for name in names if name and not "example.com".startswith(name)] == []


@pytest.mark.parametrize(
    "data",
    [
        bytes(40),  # as of GCM, with its nonce first
        b"\x01\xf0\0\0" + bytes(36),  # a client hello longer than its record
        b"\x14\0\0\0" + bytes(36),  # a "finished" that holds nothing
        b"\x63\0\0\x24" + bytes(36),
    ],
)
def test_what_is_encrypted_has_no_type(data: bytes) -> None:
    assert tls(data).handshake_type is None
    assert Packet(tls(data)).summary() == "TLS handshake"


def test_other_records_have_no_handshake() -> None:
    assert tls(message(1, CLIENT), kind="alert").handshake_type is None


def test_a_conversation(captures: Path) -> None:
    kinds = [
        layer.handshake_type
        for packet in read(captures / "tls.pcap")
        for layer in packet.layers
        if isinstance(layer, TLS) and layer.record_content_type == 22
    ]
    assert kinds[:8] == [1, 2, 11, 12, 14, 16, None, None]


@given(st.binary(max_size=300), st.integers(0, 65535))
def test_any_bytes_may_be_a_record(data: bytes, length: int) -> None:
    layer = TLS(record_content_type=22, record_length=length, data=b"\x01" + data)
    Packet(layer).summary()
    assert layer.handshake_extensions_alpn_str != ()
