"""What a header says of the one that follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from umpa.core.registry import load, table
from umpa.errors import FieldError

if TYPE_CHECKING:
    from umpa.core.field import Field
    from umpa.core.protocol import Protocol

__all__ = ["Follow", "NextBy", "PortTable"]


class Follow:
    """A table, and the fields whose values are looked up in it, in that order."""

    certain: ClassVar[bool] = True
    """Whether the number decides by itself; a port only suggests."""
    tunnels: bool = True

    def __init__(self, name: str, *fields: Any) -> None:
        for field in fields:
            if not hasattr(field, "bits"):
                raise FieldError(
                    f"{type(self).__name__}({name!r}): {field!r} is no field; expected one that "
                    "stands above"
                )
        self.table = table(name)
        self.fields: tuple[Field[Any, Any], ...] = fields

    def next_class(self, layer: Any) -> type[Protocol] | None:
        """The protocol that the layer's fields announce; None where the table has none."""
        look_up = self.table.found
        for field in self.fields:
            found = look_up(getattr(layer, field.name))
            if found is not None:
                found = load(found) if found.__class__ is str else found
                return cast("type[Protocol]", found)
        return None

    def leading_to(self, protocol: type[Protocol]) -> frozenset[int]:
        """The numbers after which there may be a layer of `protocol`, at once or further in."""
        return frozenset(
            number
            for number, found in self.table.classes.items()
            if found.__class__ is str or found is protocol or not found.leaf
        )


class NextBy(Follow):
    """A field that says what follows, such as `ip.proto`."""


class PortTable(Follow):
    """Ports, which suggest what follows; it is looked at when somebody asks for it."""

    certain = False

    def __init__(self, name: str, *fields: Any, tunnels: bool = True) -> None:
        super().__init__(name, *fields)
        self.tunnels = tunnels
        """Whether what follows may carry packets of its own, or is always an application."""
