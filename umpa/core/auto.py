"""The rules of derived fields: length, header length, checksum, next protocol.

A rule stands on its field. While the field is *auto* the rule says its value each time the
packet is written; a value that a person sets pins the field, and the rule is silent.

A rule is an expression in the generated `assemble` (see `umpa.core.compiler`), over these names:

    self    the layer            layers, i  the stack and the layer's place in it
    size    header, in bytes     rest       the variable part of the header, as bytes
    body    all that follows the header, as bytes
    value   the field's own word, as it stands
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from umpa.core.registry import Table, table

if TYPE_CHECKING:
    from umpa.core.field import Field

__all__ = [
    "Auto",
    "Checksum",
    "Computed",
    "CountOf",
    "HeaderLength",
    "InternetChecksum",
    "Kept",
    "Length",
    "NextProtocol",
    "Present",
    "PseudoChecksum",
    "SizeOf",
    "TransportChecksum",
]


class Auto:
    """A rule for one field."""

    sums: ClassVar[bool] = False
    """Whether it covers the bytes of the finished header: such rules come last."""

    fits: ClassVar[bool] = False
    """Whether its values are sure to fit the field."""

    names: dict[str, Any]
    """What the expression speaks of, beside the names above."""

    def __init__(self) -> None:
        self.names = {}

    def source(self, field: Field[Any, Any]) -> str:
        raise NotImplementedError


class HeaderLength(Auto):
    """The header's own length, counted in units of `unit` bytes, less `bias` of them."""

    def __init__(self, unit: int = 1, bias: int = 0) -> None:
        super().__init__()
        self.unit = unit
        self.bias = bias

    def source(self, field: Field[Any, Any]) -> str:
        return f"size // {self.unit} - {self.bias}" if self.bias else f"size // {self.unit}"

    def units(self, size: int) -> int:
        """The field's word for a header of `size` bytes."""
        return size // self.unit - self.bias

    def declared(self, word: str) -> str:
        """The expression for the header's length in bytes, given the field's word."""
        return f"({word} + {self.bias}) * {self.unit}" if self.bias else f"{word} * {self.unit}"


class Length(Auto):
    """Bytes of the header and all it carries; without `header`, of what it carries.

    `limits` says that nothing beyond that length belongs to what it carries; `fixed` are bytes of
    the header that the field does not count.
    """

    def __init__(self, *, header: bool = True, limits: bool = True, fixed: int = 0) -> None:
        super().__init__()
        self.header = header
        self.limits = limits
        self.fixed = fixed

    def source(self, field: Field[Any, Any]) -> str:
        length = "size + len(body)" if self.header else "len(body)"
        return f"{length} - {self.fixed}" if self.fixed else length

    def end(self, layer: Any, start: int, header: int, field: Field[Any, Any]) -> int:
        """Where on the wire that which the field counts ends."""
        counted = int(getattr(layer, field.name))
        return start + self.fixed + counted if self.header else start + header + counted


class NextProtocol(Auto):
    """The number that announces the next layer; as it stands where that has none."""

    fits = True

    def __init__(self, name: str) -> None:
        super().__init__()
        self.table: Table = table(name)

    def source(self, field: Field[Any, Any]) -> str:
        name = f"{field.name}_number"
        self.names[name] = self.number
        return f"{name}(value, layers[i + 1].__class__) if i + 1 < len(layers) else value"

    def number(self, value: int, upper: Any) -> int:
        """What announces `upper`: the value itself where it does, for there may be several."""
        if self.table.classes.get(value) is upper:
            return value
        return self.table.numbers.get(upper, value)

    def static(self, upper: Any) -> bool:
        """Whether the value from the wire stays right as long as `upper` follows."""
        return True

    def constant(self, upper: Any) -> int | None:
        """The one number that announces `upper`; None where there are several, or none."""
        numbers = [n for n, other in self.table.classes.items() if other is upper]
        return numbers[0] if len(numbers) == 1 else None


class Present(Auto):
    """1 where the optional field of that name is there."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.fields = names

    def source(self, field: Field[Any, Any]) -> str:
        there = " or ".join(f"self.w_{name} is not None" for name in self.fields)
        return f"1 if {there} else 0"


class Kept(Auto):
    """The value as it stands: 0 for an optional field that is there but was not set."""

    fits = True

    def source(self, field: Field[Any, Any]) -> str:
        return "value"


class SizeOf(Auto):
    """The size of another field, in bytes."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.field = name

    def source(self, field: Field[Any, Any]) -> str:
        return f"len(self.w_{self.field})"


class Computed(Auto):
    """What a function of (layer, layers, index, header size, body) says.

    Among the layers, payload may be plain bytes.
    """

    def __init__(self, function: Callable[[Any, Any, int, int, bytes], int]) -> None:
        super().__init__()
        self.function = function

    def source(self, field: Field[Any, Any]) -> str:
        name = f"{field.name}_computed"
        self.names[name] = self.function
        return f"{name}(self, layers, i, size, body)"


class CountOf(Computed):
    """How many layers of the protocol `name` stand right behind the header."""

    def __init__(self, name: str) -> None:
        super().__init__(self.count)
        self.counted = name

    def count(self, layer: Any, layers: Any, i: int, size: int, body: bytes) -> int:
        number = 0
        for upper in layers[i + 1 :]:
            if getattr(upper, "name", "") != self.counted:  # payload may be plain bytes
                break
            number += 1
        return number


class Checksum(Auto):
    """A function over the finished header (this field zero) and all it carries."""

    sums = True

    def __init__(self, function: Callable[[bytes], int]) -> None:
        super().__init__()
        self.function = function

    def source(self, field: Field[Any, Any]) -> str:
        name = f"{field.name}_function"
        self.names[name] = self.function
        return f"{name}(pack(WORDS) + rest + body)"


class PseudoChecksum(Checksum):
    """A function over what a `Checksum` covers, and the sum of the pseudo-header for `protocol`.

    That is None where the layer below has none.
    """

    def __init__(self, function: Callable[[bytes, int | None], int], protocol: int) -> None:
        Auto.__init__(self)
        self.function = function  # type: ignore[assignment]
        self.protocol = protocol

    def source(self, field: Field[Any, Any]) -> str:
        pseudo = f"layers[i - 1]._pseudo(layers, i - 1, {self.protocol}, size + len(body))"
        return f"{super().source(field)[:-1]}, {pseudo})"


class InternetChecksum(Checksum):
    """RFC 1071 over the header and, with `body`, over all that it carries."""

    def __init__(self, *, body: bool = True) -> None:
        Auto.__init__(self)
        self.body = body

    def source(self, field: Field[Any, Any]) -> str:
        # The generated code has the sum of the header's words in `total` (see the compiler).
        return "-total % 65535 if total else 65535"


class TransportChecksum(InternetChecksum):
    """RFC 1071 with the pseudo-header that the layer below hands up.

    Left as it stands where the layer below says that there is none to be had (a fragment).
    With `zero_means_none` a sum of 0 is written as 0xffff (RFC 768).
    """

    def __init__(self, protocol: int, *, zero_means_none: bool = False) -> None:
        super().__init__()
        self.protocol = protocol
        self.zero_means_none = zero_means_none

    def known(self) -> str:
        """The expression where there is a pseudo-header for sure."""
        return "-total % 65535 or 65535" if self.zero_means_none else "-total % 65535"

    def source(self, field: Field[Any, Any]) -> str:
        return f"{self.known()} if pseudo is not None else value"
