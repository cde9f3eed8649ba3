"""Mistakes in the class statement of a protocol, told when the class is made."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from umpa.core import registry
from umpa.core.auto import SizeOf
from umpa.core.field import Field, Integer
from umpa.errors import DeclarationWarning, FieldError, suggest

__all__ = ["check_fields", "check_names"]


def check_names(cls: Any, follows: Mapping[str, Any]) -> None:
    """:raises FieldError: another protocol has the name, or numbers that lead to it are none."""
    taken = registry.home_of(cls.name)
    # a module may be run again, in a notebook for instance: its class takes the old one's place
    if taken is not None and taken != cls.__module__:
        raise FieldError(f"{cls.__name__}: {taken} has a protocol '{cls.name}'; give another name")
    for table, numbers in follows.items():
        _check_table(cls, table)
        for number in numbers if isinstance(numbers, tuple) else (numbers,):
            if not isinstance(number, int):
                raise FieldError(
                    f"{cls.__name__}: follows={{'{table}': {numbers!r}}}; expected numbers"
                )


def _check_table(cls: Any, table: object) -> None:
    """:raises FieldError: nobody looks there, though the protocol that it is named after is known.

    A table that is named after a protocol still to come is made now, and looked at then.
    """
    if not isinstance(table, str) or not table:
        raise FieldError(f"{cls.__name__}: follows={{{table!r}: ...}} names no table")
    if table in registry.tables():
        return
    parts = table.split(".")
    owners = (".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))
    owner: Any = next(filter(None, map(registry.by_name, owners)), None)  # loaded: its tables too
    if table in registry.tables():  # by now
        return
    if owner is not None and table[len(owner.name) + 1 :] in owner._keys:
        return
    if owner is not None:
        own = ", ".join(name for name in registry.tables() if name.startswith(f"{owner.name}."))
        own = f"those of {owner.name} are {own}" if own else f"{owner.name} has none"
        raise FieldError(f"{cls.__name__}: follows={{'{table}': ...}} names no table; {own}")
    if hint := suggest(table, registry.tables()):
        warnings.warn(
            f"{cls.__name__}: nothing looks into a table '{table}' yet{hint}",
            DeclarationWarning,
            stacklevel=4,
        )


def check_fields(cls: Any, fields: Mapping[str, Field[Any, Any]]) -> None:
    """:raises FieldError: a default does not fit, or a rule names what is no field of bytes."""
    for name, field in fields.items():
        if isinstance(field.auto, SizeOf):
            of = field.auto.field
            if of not in fields or not fields[of].tail:
                sized = [other for other in fields if fields[other].tail]
                raise FieldError(
                    f"{cls.__name__}.{name}: SizeOf({of!r}) names no field of bytes"
                    f"{suggest(of, sized)}"
                )
        if isinstance(field, Integer) and isinstance(field.default, int):
            most = field.mask * field.scale
            if not 0 <= field.default <= most:
                raise FieldError(
                    f"{cls.__name__}.{name}: its default {field.default} does not fit; "
                    f"expected a number from 0 to {most}"
                )
