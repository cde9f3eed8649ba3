"""Checksums again, in the plainest way: what the library's fast ones are compared with."""

from __future__ import annotations

import ipaddress


def ones_complement(data: bytes) -> int:
    """The Internet checksum word by word, carry by carry (RFC 1071, section 1)."""
    total = 0
    for at in range(0, len(data), 2):
        total += int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
        if total > 0xFFFF:
            total = (total & 0xFFFF) + 1
    return total ^ 0xFFFF


def pseudo_header(src: str, dst: str, protocol: int, segment: bytes) -> bytes:
    """A segment behind its pseudo-header (RFC 9293, section 3.1; RFC 8200, section 8.1)."""
    addresses = ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed
    if len(addresses) == 8:
        rest = b"\0" + bytes([protocol]) + len(segment).to_bytes(2, "big")
    else:
        rest = len(segment).to_bytes(4, "big") + bytes([0, 0, 0, protocol])
    return addresses + rest + segment


def crc32c_bits(data: bytes) -> int:
    """CRC-32 with Castagnoli's polynomial, bit by bit, as a number."""
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            mixed = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ (0x82F63B78 if mixed else 0)
    return crc ^ 0xFFFFFFFF
