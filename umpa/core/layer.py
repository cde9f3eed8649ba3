"""A layer as a person meets it: fields by name, bytes, what is derived and what is pinned.

1. A layer owns its words and belongs to at most one packet. Stacking takes copies.
2. `_packet` is the packet of a layer that was crafted or changed. It is a weak reference for one
   read from the wire and untouched: so packets that are only read form no reference cycles, and
   the first write finds the packet to wake it up.
   For a layer that stands alone it is `()`, and a packet that is stacked from it keeps no copy
   until it has to: the first write leaves the old values behind in `[copy]` (`lend`). A copy that
   nothing can have been stacked from yet has None.
3. `_auto` has the bit of every field that is derived when the packet is written. A layer from
   the wire has none set: its values are the wire's until the packet is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import ref

from umpa.core.absent import unknown_field
from umpa.core.field import Field
from umpa.core.ground import GROUND
from umpa.core.words import Words
from umpa.errors import FieldError, LayerError

if TYPE_CHECKING:
    from typing_extensions import Self

    from umpa.core.packet import Packet

__all__ = [
    "Layer",
    "lend",
    "lent",
    "must_be_packet",
    "no_packet",
    "packet_class",
    "put_auto",
    "put_packet",
    "restore",
]


class Layer(Words):
    """The base of `Protocol`: all that needs no table of fields of its own."""

    __slots__ = ("_auto", "_packet")

    name: ClassVar[str] = ""
    """Wireshark's name of the protocol."""
    title: ClassVar[str] = ""
    fields: ClassVar[dict[str, Field[Any, Any]]] = {}

    _RAW: ClassVar[Any]
    """The class of which layers are while they are filled; it has the same slots."""
    _FIXED: ClassVar[int]
    _FORMAT: ClassVar[str]
    _SLOTS: ClassVar[tuple[str, ...]]
    _DERIVED: ClassVar[int]
    _keys: ClassVar[dict[str, str]]
    _listed: ClassVar[tuple[Field[Any, Any], ...]] = ()
    _limiting: ClassVar[str]
    _checksum: ClassVar[str]
    _unpack: ClassVar[Callable[..., Any]]
    _unpack_bare: ClassVar[Callable[..., Any]]
    _construct: ClassVar[Callable[..., Any]]
    _functions: ClassVar[dict[str, Any]]
    """What the compiler made of the fields."""
    if TYPE_CHECKING:
        _auto: int
        _packet: Any

        def _declared(self, available: int) -> int: ...
        def _assemble(self, layers: Any, i: int, body: bytes) -> bytes: ...
        def _copy(self, packet: Any) -> Self: ...

    def _applies(self) -> Iterator[Field[Any, Any]]:
        """The fields that this layer has and shows, in wire order."""
        for field in self._listed:
            if field.applies is not None and not field.applies(self):
                continue
            if field.when is None:
                yield field
                continue
            derived = self._auto & field.auto_bit
            if getattr(self, field.name if derived else field.slot) is not None:
                yield field

    @property
    def quotes(self) -> bool:
        """Whether what it carries is the start of a packet that it complains about."""
        return False

    quote_limit: ClassVar[int] = 0
    """How many bytes of a packet it quotes at most."""

    # What a person asks of a layer.

    def __iter__(self) -> Iterator[str]:
        """The names of its fields, in wire order."""
        return (field.name for field in self._applies())

    def _field(self, name: str) -> Field[Any, Any]:
        field = self.fields.get(name) or self.fields.get(self._keys.get(name, ""))
        if field is None:
            if not isinstance(name, str):
                raise FieldError(f"{name!r} is no field's name; expected text, as in layer['ttl']")
            raise unknown_field(type(self), name)
        return field

    def __getitem__(self, name: str) -> Any:
        return getattr(self, self._field(name).name)

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, self._field(name).name, value)

    @property
    def packet(self) -> Packet | None:
        """The packet it is part of; None for a layer that stands alone."""
        packet = self._packet
        if isinstance(packet, ref):
            return packet()
        return None if isinstance(packet, (tuple, list)) else packet

    def __truediv__(self, other: Layer | Packet | bytes | str) -> Packet:
        return packet_class()._stacked(self, other)

    def __rtruediv__(self, other: bytes | str) -> Packet:
        return packet_class()(other) / self

    def __str__(self) -> str:
        """Its part of the packet's tree: every field, one a line."""
        return packet_class()._layer_text(self, tree=True)

    def __repr__(self) -> str:
        """As it would be written: the fields that are pinned, or differ from their default."""
        return packet_class()._layer_text(self, tree=False)

    @property
    def _index(self) -> int:
        """Its place in the packet's stack."""
        packet = self.packet
        if packet is None:
            return 0
        return next(i for i, layer in enumerate(packet.layers) if layer is self)

    def _home(self) -> Packet | None:
        """The packet, for what only the packet knows.

        :raises LayerError: nobody kept the packet that the layer was read from.
        """
        packet = self.packet
        if packet is None and isinstance(self._packet, ref):
            raise LayerError(
                f"the packet that this {type(self).__name__} was read from is gone; keep it as "
                "long as its layers: packet = Packet.dissect(...)"
            )
        return packet

    @property
    def quoted(self) -> bool:
        """Whether it is part of a packet that an ICMP error quotes."""
        packet = self._home()
        if packet is None:
            return False
        return any(layer.quotes for layer in packet.layers[: self._index])

    @property
    def offset(self) -> int:
        """Where it starts in the packet, in bytes."""
        packet = self._home()
        return 0 if packet is None else sum(len(layer) for layer in packet.layers[: self._index])

    @property
    def payload(self) -> bytes:
        """All that it carries, as bytes, as far as its own length goes."""
        packet = self._home()
        return b"" if packet is None else packet._carried(self._index)

    def __bytes__(self) -> bytes:
        """Its header, with the derived fields as they will be on the wire."""
        packet = self.packet
        if packet is None:
            return self._assemble((GROUND, self), 1, b"")
        return packet._header(self._index)

    def __len__(self) -> int:
        return len(bytes(self))

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Layer):
            return NotImplemented
        return type(self) is type(other) and bytes(self) == bytes(other)

    __hash__ = None  # type: ignore[assignment]  # a layer can change

    def copy(self) -> Self:
        """A layer of its own with the same fields; what is auto stays auto."""
        return self._copy(None)

    def __reduce__(self) -> Any:
        words = tuple(getattr(self, slot) for slot in self._SLOTS)
        return restore, (type(self), words, self._auto)

    # Derived fields.

    @property
    def checksum_status(self) -> str:
        """Whether the checksum is right, as Wireshark's `tcp.checksum.status` says.

        "unverified" where it cannot be known: fragments, cut packets, what an ICMP error quotes;
        "absent" where the layer has none, or it was left out (UDP over IPv4).
        """
        from umpa.core.status import checksum_status  # it needs more of packets than layers do

        return checksum_status(self)

    def is_auto(self, name: str) -> bool:
        """Whether the field is derived, now or as soon as the packet is changed: not pinned."""
        field = self._field(name)
        return bool(field.auto_bit) and (
            isinstance(self._packet, ref) or bool(self._auto & field.auto_bit)
        )

    def pin(self, name: str) -> None:
        """Keep the field's present value, whatever else changes."""
        field = self._field(name)
        setattr(self, field.name, getattr(self, field.name))

    def auto(self, name: str) -> None:
        """Derive the field again.

        :raises FieldError: the field is none that is ever derived.
        """
        field = self._field(name)
        if not field.auto_bit:
            derived = [f.name for f in self.fields.values() if f.auto_bit]
            raise FieldError(
                f"{type(self).__name__}.{name} is never derived; "
                f"derived are {', '.join(derived) or 'none'}"
            )
        self._settled()
        self._auto |= field.auto_bit

    def _settled(self) -> None:
        """Make a layer from the wire, or a lent one, one that can change."""
        if isinstance(self._packet, (ref, tuple)):
            self._open()

    def _open(self) -> None:
        """The first write to a layer from the wire: its packet wakes up, or it stands alone.

        The first write to a layer that was lent: what was stacked from it keeps a copy.
        """
        if self._packet.__class__ is tuple:
            self._packet = [self._copy(())]
            return
        packet = self._packet()
        if packet is None:
            self._packet = None
            self._auto = self._DERIVED
        else:
            packet._touch()

    def _by_rule(self, field: Field[Any, Any], stack: Any, i: int, body: bytes) -> Any:
        """What the field's rule says at place `i` of a stack, all other fields as they are.

        :raises EncodeError: that does not fit the field.
        """
        alone = self._copy(None)
        put_auto(alone, self._auto | field.auto_bit)
        written = alone._assemble(stack, i, body)
        end = len(written) - len(body)
        return getattr(type(self)._unpack(written, 0, None, end), field.name)

    def _derived(self, name: str) -> Any:
        """The value that an auto field will have on the wire."""
        packet = self.packet
        if packet is None:
            written = self._assemble((GROUND, self), 1, b"")
        else:
            written = packet._written(self._index)
        return getattr(type(self)._unpack(written, 0, None), name)


put_packet: Any = Layer.__dict__["_packet"].__set__
put_auto: Any = Layer.__dict__["_auto"].__set__


@lru_cache(maxsize=1)
def packet_class() -> type[Packet]:
    """The class of packets, which layers make when they are stacked.

    Packets are built on layers; so it is looked up when the first layer is put on another.
    """
    made: type[Packet] = import_module("umpa.core.packet").Packet
    return made


def lend(layer: Any) -> Any:
    """What a packet is stacked from: the layer itself, as long as it does not change, or a copy."""
    owner = layer._packet
    if owner is None:
        put_packet(layer, ())
    elif owner != ():
        layer._settled()
        return layer._copy(())
    return layer


def lent(layer: Any) -> Any:
    """The layer as it was when it was lent."""
    return layer._packet[0] if layer._packet else layer


def restore(cls: type[Layer], words: tuple[Any, ...], auto: int) -> Layer:
    """A layer from what pickling kept."""
    layer: Layer = cls._construct()
    layer._packet, layer._auto = None, auto
    for slot, word in zip(cls._SLOTS, words, strict=True):
        setattr(layer, slot, word)
    return layer


def must_be_packet(thing: object) -> None:
    """:raises FieldError: it is no packet."""
    if not isinstance(thing, packet_class()):
        raise FieldError(no_packet(thing, frames=False))


def no_packet(thing: object, *, frames: bool = True) -> str:
    """Why something cannot stand in the place of a packet; `frames`: bytes could."""
    name = type(thing).__name__
    if isinstance(thing, Layer):
        return f"{name} is a layer, no packet; expected Packet({name}(...))"
    also = ", or bytes of a frame" if frames else ""
    return f"{thing!r} is no packet; expected a Packet{also}"
