"""Fields of the variable part of a header: optional numbers, addresses of any size, bytes.

The variable part is kept as it came, one value a field; what has structure (options) is decoded
when it is read (`umpa.core.options`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from umpa.core import text
from umpa.core.field import Field, Integer, Read, Write

__all__ = [
    "Blob",
    "HardwareAddress",
    "HeaderBlob",
    "HeaderRest",
    "OptionalInteger",
    "OptionalU16",
    "OptionalU32",
    "Position",
    "ProtocolAddress",
    "SizedAddress",
    "Tail",
]


class Tail(Field[Read, Write]):
    """The base: it stands behind the fixed part, and says how many bytes it takes."""

    tail: ClassVar[bool] = True
    kind = "bytes"

    def source_names(self) -> dict[str, Any]:
        """What its expressions speak of."""
        return {}

    def unpack_source(self) -> Iterator[str]:
        """Statements that set its slot from `data` at `p`, and move `p` on."""
        raise NotImplementedError

    def size_source(self) -> str:
        """The expression for its size, in bytes, by what the fields before it say."""
        raise NotImplementedError

    def pack_source(self) -> str:
        """The expression for its bytes; its slot is a local name."""
        return self.slot


class OptionalInteger(Tail["int | None", "int | None"]):
    """A number that is there when the flag `when` says so; None where it is not."""

    kind = "int"

    def __init__(self, bits: int, *, when: Field[Any, Any], **options: Any) -> None:
        super().__init__(bits, when=when, default=None, **options)
        self.flag = when

    def unpack_source(self) -> Iterator[str]:
        size = self.bits // 8
        yield f"self.{self.slot} = None"
        yield f"if self.{self.flag.slot} & {self.flag.mask << self.flag.shift}:"
        yield f"    self.{self.slot} = from_bytes(data[p:p + {size}], 'big'); p += {size}"

    def size_source(self) -> str:
        flag = f"self.{self.flag.slot} & {self.flag.mask << self.flag.shift}"
        return f"({self.bits // 8} if {flag} else 0)"

    def pack_source(self) -> str:
        return f"(b'' if {self.slot} is None else {self.slot}.to_bytes({self.bits // 8}, 'big'))"

    def parse(self, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, int) or not 0 <= value <= self.mask:
            self.reject(value, f"a number from 0 to {self.mask}, or None")
        return value


class OptionalU16(OptionalInteger):
    """An optional number of 16 bits."""

    def __init__(self, *, when: Field[Any, Any], **options: Any) -> None:
        super().__init__(16, when=when, **options)


class OptionalU32(OptionalInteger):
    """An optional number of 32 bits."""

    def __init__(self, *, when: Field[Any, Any], **options: Any) -> None:
        super().__init__(32, when=when, **options)


class Blob(Tail["bytes", "bytes | str"]):
    """Bytes: as many as the field `size` says, or that function of the layer, or all there are.

    In a protocol with a header length (`HeaderLength`), the bytes up to it.
    """

    in_hex = True

    def __init__(
        self,
        size: int | Integer[Any, Any] | Callable[[Any], int] | None = None,
        *,
        default: bytes = b"",
        **options: Any,
    ) -> None:
        super().__init__(0, default=default, **options)
        self.size = size

    def source_names(self) -> dict[str, Any]:
        return {f"{self.name}_size": self.size}

    def size_source(self) -> str:
        if self.size is None:
            return f"len(self.{self.slot})"
        if isinstance(self.size, int):
            return str(self.size)
        if isinstance(self.size, Integer):
            field = self.size
            word = f"self.{field.slot}"
            if field.partial:
                word = f"({word} >> {field.shift} & {field.mask})"
            return f"{word} * {field.scale}" if field.scale != 1 else word
        return f"{self.name}_size(self)"

    def unpack_source(self) -> Iterator[str]:
        if self.size is None:
            yield "stop = end if end is not None else len(data)"
            yield f"self.{self.slot} = data[p:stop]; p = stop"
        else:
            yield f"n = {self.size_source()}"
            yield f"self.{self.slot} = data[p:p + n]; p += n"

    def parse(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return bytes.fromhex(value)
            except ValueError:
                self.reject(value, "bytes, or hexadecimal digits")
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value)
        self.reject(value, "bytes, or hexadecimal digits")


class HeaderRest(Tail[Read, Write]):
    """What stands between the fixed part and the length that the header declares."""

    rest_source: str
    """The expression for its size, set by the compiler."""
    filling: ClassVar[str] = "bytes"
    """The function, by its name among `source_names`, for bytes up to a whole unit of length."""

    def size_source(self) -> str:
        return f"max(0, {self.rest_source})"

    def unpack_source(self) -> Iterator[str]:
        yield f"n = {self.rest_source}"
        yield f"self.{self.slot} = data[p:p + n] if n > 0 else b''"


class HeaderBlob(HeaderRest["bytes", "bytes | str"], Blob):
    """The rest of the header, as bytes."""


class SizedAddress(Tail["str", "str | bytes | int | tuple[int, ...]"]):
    """An address whose size another field tells."""

    usual: ClassVar[int]
    """Bytes."""

    def __init__(self, size: Integer[Any, Any], **options: Any) -> None:
        super().__init__(0, default=bytes(self.usual), **options)
        self.size = size

    def size_source(self) -> str:
        return f"self.{self.size.slot}"

    def unpack_source(self) -> Iterator[str]:
        yield f"n = self.{self.size.slot}; self.{self.slot} = data[p:p + n]; p += n"

    def read_source(self, word: str) -> str:
        return f"{self.name}_field.read({word})"


class HardwareAddress(SizedAddress):
    """A hardware address of any size, read as pairs of hexadecimal digits with colons."""

    usual = 6

    def read(self, word: Any) -> str:
        return text.mac_text(word) if word else ""

    def parse(self, value: Any) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value)
        try:
            if isinstance(value, str):
                digits = value.translate({ord(c): None for c in ":-."})
                if len(digits) != 12 and value.count(":") != 5:
                    return bytes.fromhex(digits)
            return text.mac_word(value)
        except (ValueError, TypeError):
            self.reject(value, "bytes, or pairs of hexadecimal digits, as in '02:00:00:00:00:01'")


class ProtocolAddress(SizedAddress):
    """A protocol address: IPv4 text where it has four bytes, IPv6 with sixteen, else digits."""

    usual = 4

    def read(self, word: Any) -> str:
        if len(word) == 4:
            return text.ipv4_text(int.from_bytes(word, "big"))
        return text.ipv6_text(word) if len(word) == 16 else word.hex()

    def parse(self, value: Any) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value)
        try:
            if isinstance(value, str) and ":" in value:
                return text.ipv6_word(value)
            if isinstance(value, str) and "." not in value:
                return bytes.fromhex(value)
            return text.ipv4_word(value).to_bytes(4, "big")
        except (ValueError, TypeError):
            self.reject(value, "an address, as in '10.0.0.1' or '2001:db8::1', or bytes")


class Position(Tail["int", "int"]):
    """A number that is kept beside the bytes and takes none of them."""

    kind = "int"

    def __init__(self, **options: Any) -> None:
        super().__init__(0, **options)

    def size_source(self) -> str:
        return "0"

    def unpack_source(self) -> Iterator[str]:
        yield f"self.{self.slot} = 0"

    def pack_source(self) -> str:
        return "b''"

    def parse(self, value: Any) -> Any:
        if not isinstance(value, int) or value < 0:
            self.reject(value, "an index from 0")
        return value
