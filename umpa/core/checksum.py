"""Checksums: the Internet's (RFC 1071, RFC 1624) and SCTP's CRC32c (RFC 9260, appendix A).

The Internet checksum is a sum modulo 0xffff, and 2^16 is 1 modulo 0xffff: so data of any length
is one big number to be reduced once, and a header's words add up without being laid out as
bytes. So is any 2^(16 n): a long number folds in half by an addition, where a division costs ten
times as much. For data that is not all zero `-sum % 0xffff` is exactly the one's complement that
goes on the wire; 0 and 0xffff, the two zeros of that arithmetic, never get confused.
"""

from __future__ import annotations

__all__ = [
    "LAST_SUM",
    "crc32c",
    "fresh_sum",
    "internet_checksum",
    "internet_sum",
    "update_checksum",
]


_from_bytes = int.from_bytes
_SHORT = 48
_DIVIDED = 384
"""Up to so many bytes one division is quicker than folding."""
_LONGEST = 1 << 16
_FOLDS = [
    tuple((8 << n, (1 << (8 << n)) - 1) for n in range(length - 1, 5, -1))
    for length in range(_LONGEST.bit_length())
]
"""Where to fold, in bits, with the mask of what is below; by the bit length of the data's size."""


LAST_SUM: list[tuple[bytes, int]] = [(b"", 0)]
"""What was summed last: a payload that goes out again and again is summed once."""


def internet_sum(data: bytes | bytearray) -> int:
    """The sum of the 16-bit words of `data` in 16 bits; an odd end is padded by zero.

    It is 0 for data that is all zero, and 0xffff, the other zero, for other multiples of that.
    """
    known, total = LAST_SUM[0]
    if data is known:
        return total
    total = fresh_sum(data)
    if len(data) > _SHORT and isinstance(data, bytes):  # nothing else is sure to stay as it is
        LAST_SUM[0] = data, total
    return total


def fresh_sum(data: bytes | bytearray) -> int:
    """The same for data that was not summed before."""
    size = len(data)
    total = _from_bytes(data, "big")
    if size & 1:
        total <<= 8
    if size > _DIVIDED:
        for bits, mask in _FOLDS[size.bit_length()] if size < _LONGEST else _FOLDS[-1]:
            total = (total >> bits) + (total & mask)
    return total and (total % 0xFFFF or 0xFFFF)


def internet_checksum(data: bytes, start: int = 0) -> int:
    """The checksum (RFC 1071) of `data` added to the sum `start`, as it stands in a header."""
    total = internet_sum(data) + start
    return -total % 0xFFFF if total else 0xFFFF


def update_checksum(checksum: int, old: int, new: int) -> int:
    """The checksum after a covered word changed from `old` to `new` (RFC 1624, eqn. 3)."""
    total = (~checksum & 0xFFFF) + (~old & 0xFFFF) + new
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC32C = _crc_table()


def crc32c(data: bytes) -> int:
    """CRC-32 with Castagnoli's polynomial, in SCTP's order of bytes (least significant first)."""
    crc = 0xFFFFFFFF
    table = _CRC32C
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return int.from_bytes((crc ^ 0xFFFFFFFF).to_bytes(4, "little"), "big")
