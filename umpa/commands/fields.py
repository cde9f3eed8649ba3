"""`umpa fields`: the protocols there are, and the fields of each."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from umpa.core.field import Field
    from umpa.core.protocol import Protocol

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Its arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "fields",
        help="list the protocols, or the fields of one",
        description="List the protocols, or the fields of one: name, type, default, meaning.",
    )
    parser.add_argument(
        "protocol", metavar="PROTOCOL", nargs="?", help="its class or Wireshark's name: TCP, ip"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the list.

    :raises LayerError: there is no such protocol.
    """
    import_module("umpa.protocols")  # they register themselves
    from umpa.core.plugins import plug_ins
    from umpa.core.registry import all_protocols

    plug_ins()
    if arguments.protocol is None:
        rows = [(cls.name, cls.__name__, purpose(cls)) for cls in all_protocols()]
        lines = columns(("name", "class", "protocol"), sorted(rows))
    else:
        lines = describe(find(arguments.protocol, all_protocols()))
    print("\n".join(lines))
    return 0


def find(wanted: str, known: Iterable[type[Protocol]]) -> type[Protocol]:
    """The protocol of that name.

    :raises LayerError: there is none.
    """
    from umpa.errors import LayerError, suggest

    names = {name.lower(): cls for cls in known for name in (cls.__name__, cls.name)}
    found = names.get(wanted.lower())
    if found is None:
        protocol = wanted.lower().rpartition(".")[0]
        if protocol in names:
            raise LayerError(f"no protocol '{wanted}'; umpa fields {protocol} lists its fields")
        hint = suggest(wanted.lower(), names)
        raise LayerError(f"no protocol '{wanted}'{hint or '; umpa fields lists them'}")
    return found


def purpose(protocol: type[Protocol]) -> str:
    """The first line of its docstring."""
    return (protocol.__doc__ or protocol.title).partition("\n")[0].rstrip(".")


def describe(protocol: type[Protocol]) -> Iterator[str]:
    """What the protocol is, and a line for each field."""
    yield f"{protocol.__name__} ({protocol.name}): {purpose(protocol)}"
    yield ""
    header = ("attribute", "Wireshark's name", "type", "default", "auto", "meaning")
    blank = protocol._construct()
    yield from columns(header, [cells(field, blank) for field in protocol.fields.values()])


def cells(field: Field[Any, Any], blank: Protocol) -> tuple[str, ...]:
    """The line of one field; `blank` is a layer in which nothing was set."""
    from umpa.core.rows import shown

    rule = spaced(type(field.auto).__name__) if field.auto is not None else ""
    default = shown(blank, field)[0] if not rule else ""
    return field.name, field.full_key, type_of(field), default, rule, field.doc


def type_of(field: Field[Any, Any]) -> str:
    """The class of the field, with its bits where the class does not say how many."""
    name = type(field).__name__
    return name if name[-1].isdigit() or not field.bits else f"{name} ({field.bits})"


def spaced(name: str) -> str:
    """`HeaderLength` as `header length`."""
    return "".join(f" {char.lower()}" if char.isupper() else char for char in name).strip()


def columns(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    """A table of text."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
