"""How the values of options read and write."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from umpa.core import text

__all__ = [
    "ADDRESSES", "ADDRESS_LIST6", "NOTHING", "RAW", "U8", "U16", "U32", "U32_LIST", "Codec",
    "packed",
]  # fmt: skip


class Codec(NamedTuple):
    """How the value of an option reads and writes; `decode` may raise for bytes it cannot take."""

    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]


def packed(format: str) -> Codec:
    """Numbers laid out by `struct`: one as itself, several as a tuple."""
    layout = struct.Struct(">" + format)

    def decode(data: bytes) -> Any:
        values = layout.unpack(data)
        return values[0] if len(values) == 1 else values

    def encode(value: Any) -> bytes:
        return layout.pack(*(value if isinstance(value, (tuple, list)) else (value,)))

    return Codec(decode, encode)


def _u32s(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 4}I", data)


def _from_u32s(values: Any) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


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


NOTHING = Codec(_nothing, lambda value: b"" if value is None else bytes(value))
RAW = Codec(bytes, lambda value: bytes.fromhex(value) if isinstance(value, str) else bytes(value))
U8 = packed("B")
U16 = packed("H")
U32 = packed("I")
U32_LIST = Codec(_u32s, _from_u32s)
ADDRESSES = Codec(_addresses, _from_addresses)
ADDRESS_LIST6 = Codec(_addresses6, _from_addresses6)
