"""How the values of options read and write."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from umpa.core import text

__all__ = [
    "ADDRESS", "ADDRESSES", "ADDRESS_LIST6", "NOTHING", "RAW", "TEXT", "U8", "U16", "U32",
    "U32_LIST", "Codec", "packed",
]  # fmt: skip


class Codec(NamedTuple):
    """How the value of an option reads and writes; `decode` may raise for bytes it cannot take.

    `encode` raises what Python raises for what it cannot take. It is never asked about bytes: they
    stand for themselves.
    """

    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    expected: str = ""
    """What may be written, in words; where it is empty, what `encode` raised says it."""


_LETTERS = {"B": 8, "H": 16, "I": 32, "Q": 64}


def packed(format: str) -> Codec:
    """Numbers laid out by `struct`: one as itself, several as a tuple."""
    layout = struct.Struct(">" + format)
    most = [str((1 << _LETTERS[letter]) - 1) for letter in format if letter in _LETTERS]
    several = f"a tuple of {len(most)} numbers, the largest of them {', '.join(most)}"

    def decode(data: bytes) -> Any:
        values = layout.unpack(data)
        return values[0] if len(values) == 1 else values

    def encode(value: Any) -> bytes:
        return layout.pack(*(value if isinstance(value, (tuple, list)) else (value,)))

    return Codec(decode, encode, f"a number from 0 to {most[0]}" if len(most) == 1 else several)


def _u32s(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 4}I", data)


def _from_u32s(values: Iterable[Any]) -> bytes:
    """Of numbers one after the other, or in pairs, as the edges of SACK's blocks."""
    numbers: list[int] = []
    for value in values:
        numbers += value if isinstance(value, (tuple, list)) else (value,)
    return struct.pack(f">{len(numbers)}I", *numbers)


def _one_address(data: bytes) -> str:
    (found,) = _addresses(data)
    return found


def _addresses(data: bytes) -> tuple[str, ...]:
    return tuple(text.ipv4_text(word) for word in _u32s(data))


def _from_addresses(values: Any) -> bytes:
    values = (values,) if isinstance(values, str) else values
    return _from_u32s([text.ipv4_word(value) for value in values])


def _addresses6(data: bytes) -> tuple[str, ...]:
    if len(data) % 16:
        raise ValueError(data)
    return tuple(text.ipv6_text(data[at : at + 16]) for at in range(0, len(data), 16))


def _from_addresses6(values: Any) -> bytes:
    values = (values,) if isinstance(values, str) else values
    return b"".join(text.ipv6_word(value) for value in values)


def _nothing(data: bytes) -> None:
    if data:
        raise ValueError(data)


def _from_nothing(value: Any) -> bytes:
    if value is not None:
        raise ValueError(value)
    return b""


def _from_raw(value: Any) -> bytes:
    """Of hexadecimal digits, or the numbers of bytes. One number would be taken for a size."""
    if value is None:
        return b""
    if isinstance(value, int):
        raise TypeError(value)
    return bytes.fromhex(value) if isinstance(value, str) else bytes(value)


def _from_text(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError(value)
    return value.encode()


NOTHING = Codec(_nothing, _from_nothing, "no value, or bytes")
RAW = Codec(bytes, _from_raw, "bytes, or hexadecimal digits")
TEXT = Codec(bytes.decode, _from_text, "text, or bytes")
U8 = packed("B")
U16 = packed("H")
U32 = packed("I")
U32_LIST = Codec(_u32s, _from_u32s, "numbers from 0 to 4294967295, or pairs of them")
ADDRESS = Codec(
    _one_address,
    lambda value: text.ipv4_word(value).to_bytes(4, "big"),
    "an IPv4 address, as in '10.0.0.1'",
)
ADDRESSES = Codec(_addresses, _from_addresses, "IPv4 addresses, as in ['10.0.0.1', '10.0.0.2']")
ADDRESS_LIST6 = Codec(_addresses6, _from_addresses6, "IPv6 addresses, as in ['2001:db8::1']")
