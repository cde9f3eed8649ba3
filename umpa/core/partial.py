"""Headers of which only the start is there, as ICMP errors quote them.

Such a layer has the fields that are there whole; to read another one is an error that says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from umpa.core.field import Field
from umpa.core.layer import Layer
from umpa.core.words import blank, make_class
from umpa.errors import FieldError

__all__ = ["partial"]


def partial(cls: Any, data: bytes, at: int, room: int) -> Layer:
    """The layer of class `cls` of which `room` bytes are at `at`, fewer than its fixed part has."""
    variant = _partials.get(cls)
    if variant is None:
        variant = _partials[cls] = _partial_variant(cls)
    padded = data[at : at + room] + bytes(cls._FIXED - room)
    whole = cls._unpack(padded, 0, None, cls._FIXED)
    layer: Any = blank(variant)
    for slot in ("_packet", "_auto", *cls._SLOTS):
        variant.put[slot](layer, getattr(whole, slot))
    variant.put["_room"](layer, room)
    return layer  # type: ignore[no-any-return]


_partials: dict[type[Layer], Any] = {}


def _partial_variant(cls: Any) -> Any:
    """The class of `cls` headers that are cut: it has only the fields that are there whole."""

    def _applies(self: Any) -> Iterator[Field[Any, Any]]:
        bits = 0
        for field in cls.fields.values():
            bits += field.bits
            if not field.tail and bits <= self._room * 8:
                yield field

    def __getattribute__(self: Any, name: str) -> Any:
        if name in cls.fields and name not in {field.name for field in _applies(self)}:
            room = object.__getattribute__(self, "_room")
            raise FieldError(f"{cls.name}.{name} is beyond the {room} bytes that were quoted")
        return object.__getattribute__(self, name)

    def _assemble(self: Any, layers: Any, i: int, body: bytes) -> bytes:
        return cls._assemble(self, layers, i, b"")[: self._room] + body  # type: ignore[no-any-return]

    body = {
        "__slots__": ("_room",),
        "__getattribute__": __getattribute__,
        "_applies": _applies,
        "_assemble": _assemble,
        "__reduce__": lambda self: (_restore_partial, (cls, bytes(self))),
        "_copy": lambda self, packet: _restore_partial(cls, bytes(self), packet),
    }
    variant = make_class(type(cls), cls.__name__, (cls,), body)
    base = cls.__mro__[1]
    variant.put = {slot: getattr(base, slot).__set__ for slot in ("_packet", "_auto", *cls._SLOTS)}
    variant.put["_room"] = variant._room.__set__
    return variant


def _restore_partial(cls: Any, data: bytes, packet: Any = None) -> Layer:
    layer: Layer = cls._partial(data, 0, len(data))
    layer._packet = packet
    return layer
