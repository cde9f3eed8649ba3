"""The base class of protocols, and what a class statement turns into.

A protocol is its table of fields, its auto rules and its registrations:

    class UDP(Protocol, name="udp", follows={"ip.proto": 17}):
        srcport: U16 = U16(doc="Source port.")
        ...

1. A layer owns its words and belongs to at most one packet. Stacking takes copies.
2. `_packet` is the packet of a layer that was crafted or changed. It is a weak reference for one
   read from the wire and untouched: so packets that are only read form no reference cycles, and
   the first write finds the packet to wake it up.
   For a layer that stands alone it is None; `()` once a packet was stacked from it, which keeps
   no copy until it has to: the next write leaves the old values behind in `[copy]` (`lend`).
3. `_auto` has the bit of every field that is derived when the packet is written. A layer from
   the wire has none set: its values are the wire's until the packet is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import ref

from umpa.core import registry
from umpa.core.auto import HeaderLength, InternetChecksum, Length
from umpa.core.compiler import compile_protocol, lay_out, unknown_field
from umpa.core.field import Field
from umpa.core.follow import Follow
from umpa.core.tail import Blob, Tail
from umpa.errors import FieldError

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform

    from umpa.core.packet import Packet
else:

    def dataclass_transform(**options):
        return lambda cls: cls


__all__ = ["Protocol", "ProtocolMeta"]

_RESERVED = frozenset(
    "announced auto checksum_status copy decisive echoes fields identity is_auto mirror name next_by offset packet payload pin quoted "
    "quotes replies same steering terminal title".split()
)


class Ground:
    """What the outermost layer stands on: nothing."""

    __slots__ = ()

    def _pseudo(self, layers: Any, i: int, protocol: int, length: int) -> int | None:
        return 0


_GROUND = Ground()


@dataclass_transform(kw_only_default=True)
class ProtocolMeta(type):
    """Compiles the fields of a class statement into slots, accessors and a constructor."""

    fields: dict[str, Field[Any, Any]]

    def __new__(
        mcls,
        classname: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        name: str = "",
        follows: dict[str, int | tuple[int, ...]] | None = None,
    ) -> ProtocolMeta:
        fields = {key: value for key, value in namespace.items() if isinstance(value, Field)}
        for key in fields:
            if key in _RESERVED:
                raise FieldError(f"{classname}.{key}: the name is taken by every layer's `{key}`")
        for key, field in fields.items():
            field.name = key
            if isinstance(field, Tail):
                field.slot = f"w_{key}"
        words = lay_out(classname, list(fields.values()))
        tails = [field for field in fields.values() if isinstance(field, Tail)]
        body = {key: value for key, value in namespace.items() if key not in fields}
        body.setdefault("__slots__", ())
        if not name:  # an abstract base, or a variant
            return super().__new__(mcls, classname, bases, body)
        slots = tuple([word.slot for word in words] + [tail.slot for tail in tails])
        raw: Any = super().__new__(mcls, f"_{classname}", bases, {"__slots__": slots})
        cls: Any = super().__new__(mcls, classname, (raw,), body)
        cls.name = name
        cls.title = (cls.__doc__ or name).partition("\n")[0].partition(" (")[0].rstrip(".")
        cls.fields = fields
        _bind(cls, fields)
        functions = compile_protocol(cls, raw, list(fields.values()), words)
        setters = {slot: getattr(raw, slot).__set__ for slot in ("_auto", "_packet", *slots)}
        for key, field in fields.items():
            field.install(functions[f"get_{key}"], functions[f"set_{key}"])
            setattr(cls, key, field)
            setters[key] = functions[f"set_{key}"]
        cls.__setattr__ = _guarded(cls, setters)
        if "__new__" not in body:
            cls.__new__ = functions["construct"]
        cls._construct = classmethod(functions["construct"])
        cls._unpack = staticmethod(functions["unpack"])
        cls._declared, cls._assemble = functions["declared"], functions["assemble"]
        cls._copy = functions["copy"]
        cls._functions = functions
        cls._FIXED = sum(word.size for word in words)
        cls._SLOTS = slots
        cls._STEERING = _steering(cls, fields)
        registry.register(cls, follows or {})
        return cls  # type: ignore[no-any-return]


def _guarded(cls: Any, setters: dict[str, Callable[[Any, Any], None]]) -> Any:
    """`__setattr__`: what is no field of the protocol is an error that says what is."""

    def __setattr__(self: Any, name: str, value: Any) -> None:
        setter = setters.get(name)
        if setter is None:
            if name == "__class__":
                object.__setattr__(self, name, value)
                return
            raise unknown_field(cls, name)
        setter(self, value)

    return __setattr__


def _bind(cls: Any, fields: dict[str, Field[Any, Any]]) -> None:
    bit = 1
    cls._keys = {}
    for key, field in fields.items():
        field.bind(cls, key)
        cls._keys[field.key] = key
        if field.auto is not None:
            field.auto_bit, bit = bit, bit << 1
    cls._DERIVED = bit - 1
    limits = [f.name for f in fields.values() if isinstance(f.auto, Length) and f.auto.limits]
    cls._limiting = limits[0] if limits else ""
    checksums = [f.name for f in fields.values() if f.auto is not None and f.auto.sums]
    cls._checksum = checksums[0] if checksums else ""


def _steering(cls: Any, fields: dict[str, Field[Any, Any]]) -> bytes | None:
    """The bits of the header that decide its size and what follows; None where they do not suffice."""
    if cls._next is not Protocol._next and "steering" not in cls.__dict__:
        return None
    steering = set(cls.steering)
    if cls.next_by is not None and cls.next_by.certain:
        steering.update(field.name for field in cls.next_by.fields)
    for field in fields.values():
        if isinstance(field.auto, HeaderLength):
            steering.add(field.name)
        if isinstance(field, Tail):
            if isinstance(field, Blob) and (field.size is None or callable(field.size)):
                return None
            size = getattr(field, "size", None) or field.when
            if isinstance(size, Field):
                steering.add(size.name)
    mask = bits = 0
    for field in fields.values():
        if not field.tail:
            mask = mask << field.bits | (field.mask if field.name in steering else 0)
            bits += field.bits
    return mask.to_bytes(bits // 8, "big")


class Protocol(metaclass=ProtocolMeta):
    """A header: the base of every protocol, the user's own included."""

    __slots__ = ("_auto", "_packet")

    name: ClassVar[str] = ""
    """Wireshark's name of the protocol."""
    title: ClassVar[str] = ""
    fields: ClassVar[dict[str, Field[Any, Any]]] = {}
    next_by: ClassVar[Follow | None] = None
    """The table that says what follows, and the fields looked up in it."""
    mirror: ClassVar[tuple[Any, ...]] = ()
    """Pairs of fields, one after the other, that a reply exchanges."""
    same: ClassVar[tuple[Any, ...]] = ()
    """Fields that a reply repeats."""
    replies: ClassVar[dict[str, dict[int, int]]] = {}
    """Fields whose value in a reply follows from the request's: an echo request's type, say."""
    identity: ClassVar[tuple[Any, ...]] = ()
    """Fields that, with the above, tell a quoted header from another."""
    decisive: ClassVar[bool] = True
    """Whether the layer counts when answers are told apart; link headers do not."""
    echoes: ClassVar[bool] = False
    """Whether a reply repeats the payload."""
    steering: ClassVar[tuple[str, ...]] = ()
    """Fields that an overridden `_next` reads beyond the table's."""
    terminal: ClassVar[bool] = False
    """Whether nothing is carried: what follows is padding."""
    fused: ClassVar[bool] = False
    """Whether its header length is looked up together with the header below (see `shape`)."""

    announced: ClassVar[bool] = False
    """Whether some table leads to it; a protocol that none does may stand on anything."""

    packet_class: ClassVar[type[Packet]]
    _FIXED: ClassVar[int]
    _SLOTS: ClassVar[tuple[str, ...]]
    _DERIVED: ClassVar[int]
    _STEERING: ClassVar[bytes | None]
    _keys: ClassVar[dict[str, str]]
    _limiting: ClassVar[str]
    _checksum: ClassVar[str]
    _unpack: ClassVar[Callable[..., Any]]
    _functions: ClassVar[dict[str, Any]]
    """What the compiler made of the fields."""
    if TYPE_CHECKING:
        _auto: int
        _packet: Any

        def _declared(self, available: int) -> int: ...
        def _assemble(self, layers: Any, i: int, body: bytes) -> bytes: ...
        def _copy(self, packet: Any) -> Self: ...

    # How it stands in a packet; protocols override these.

    def _next(self, data: bytes, start: int, end: int) -> type[Protocol] | None:
        """The protocol of what it carries, `data[start:end]`; None where that is not known."""
        return self.next_by.next_class(self) if self.next_by is not None else None

    def _limit(self, start: int, header: int) -> int | None:
        """Where what it carries ends, by its own length field; None where it does not say."""
        if not self._limiting:
            return None
        field = self.fields[self._limiting]
        assert isinstance(field.auto, Length)
        return field.auto.end(self, start, header, field)

    def _invalid(self) -> str:
        """Why the header cannot be what it says it is; empty where it can."""
        return ""

    def _pseudo(self, layers: Any, i: int, protocol: int, length: int) -> int | None:
        """The sum of the pseudo-header for a transport above; None where there is none to be had."""
        return layers[i - 1]._pseudo(layers, i - 1, protocol, length)  # type: ignore[no-any-return]

    def answers_layer(self, asked: Protocol) -> bool:
        """Whether this header answers the request's header `asked`, of the same protocol."""
        pairs = list(zip(self.mirror[::2], self.mirror[1::2], strict=True))
        return (
            all(self[a.name] == asked[b.name] and self[b.name] == asked[a.name] for a, b in pairs)
            and all(self[field.name] == asked[field.name] for field in self.same)
            and all(
                self[name] == values.get(asked[name], asked[name])
                for name, values in self.replies.items()
            )
        )

    @classmethod
    def carries(cls, upper: type[Protocol]) -> bool:
        """Whether `upper` may stand on it for a reason that no table knows."""
        return False

    @classmethod
    def _partial(cls, data: bytes, at: int, room: int) -> Protocol:
        """A header of which only `room` bytes are there, as ICMP errors quote them."""
        variant = _partials.get(cls)
        if variant is None:
            variant = _partials[cls] = _partial_variant(cls)
        padded = data[at : at + room] + bytes(cls._FIXED - room)
        whole = cls._unpack(padded, 0, None, cls._FIXED)
        layer: Any = object.__new__(variant)
        for slot in ("_packet", "_auto", *cls._SLOTS):
            variant.put[slot](layer, getattr(whole, slot))
        variant.put["_room"](layer, room)
        return layer  # type: ignore[no-any-return]

    @property
    def quotes(self) -> bool:
        """Whether what it carries is the start of a packet that it complains about."""
        return False

    def _applies(self) -> Iterator[Field[Any, Any]]:
        """The fields that this layer has, in wire order."""
        for field in self.fields.values():
            if field.applies is not None and not field.applies(self):
                continue
            if field.when is None or getattr(self, field.slot) is not None:
                yield field

    # What a person asks of a layer.

    def __iter__(self) -> Iterator[str]:
        """The names of its fields, in wire order."""
        return (field.name for field in self._applies())

    def _field(self, name: str) -> Field[Any, Any]:
        field = self.fields.get(name) or self.fields.get(self._keys.get(name, ""))
        if field is None:
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
        return packet or None

    def __truediv__(self, other: Protocol | Packet | bytes | str) -> Packet:
        return self.packet_class._stacked(self, other)

    def __rtruediv__(self, other: bytes | str) -> Packet:
        return self.packet_class(other) / self
    @property
    def _index(self) -> int:
        """Its place in the packet's stack."""
        packet = self.packet
        if packet is None:
            return 0
        return next(i for i, layer in enumerate(packet.layers) if layer is self)

    @property
    def quoted(self) -> bool:
        """Whether it is part of a packet that an ICMP error quotes."""
        packet = self.packet
        if packet is None:
            return False
        return any(layer.quotes for layer in packet.layers[: self._index])

    @property
    def offset(self) -> int:
        """Where it starts in the packet, in bytes."""
        packet = self.packet
        return 0 if packet is None else sum(len(layer) for layer in packet.layers[: self._index])

    @property
    def payload(self) -> bytes:
        """All that it carries, as bytes, as far as its own length goes."""
        packet = self.packet
        return b"" if packet is None else packet._carried(self._index)

    def __bytes__(self) -> bytes:
        """Its header, with the derived fields as they will be on the wire."""
        packet = self.packet
        if packet is None:
            return self._assemble((_GROUND, self), 1, b"")
        return packet._header(self._index)

    def __len__(self) -> int:
        return len(bytes(self))

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Protocol):
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
        if self._packet == ():
            self._packet = [self._copy(())]
            return
        packet = self._packet()
        if packet is None:
            self._packet = None
            self._auto = self._DERIVED
        else:
            packet._touch()

    def _derived(self, name: str) -> Any:
        """The value that an auto field will have on the wire."""
        packet = self.packet
        if packet is None:
            written = self._assemble((_GROUND, self), 1, b"")
        else:
            written = packet._written(self._index)
        return getattr(type(self)._unpack(written, 0, None), name)


_put_packet: Any = Protocol._packet.__set__  # type: ignore[attr-defined]  # a slot


def lend(layer: Any) -> Any:
    """What a packet is stacked from: the layer itself, as long as it does not change, or a copy."""
    owner = layer._packet
    if owner is None:
        _put_packet(layer, ())
    elif owner != ():
        layer._settled()
        return layer._copy(())
    return layer


def lent(layer: Any) -> Any:
    """The layer as it was when it was lent."""
    return layer._packet[0] if layer._packet else layer


def restore(cls: type[Protocol], words: tuple[Any, ...], auto: int) -> Protocol:
    """A layer from what pickling kept."""
    layer = object.__new__(cls)
    layer._packet, layer._auto = None, auto
    for slot, word in zip(cls._SLOTS, words, strict=True):
        setattr(layer, slot, word)
    return layer


_partials: dict[type[Protocol], Any] = {}


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
    variant: Any = type.__new__(ProtocolMeta, cls.__name__, (cls,), body)
    base = cls.__mro__[1]
    variant.put = {slot: getattr(base, slot).__set__ for slot in ("_packet", "_auto", *cls._SLOTS)}
    variant.put["_room"] = variant._room.__set__
    return variant


def _restore_partial(cls: Any, data: bytes, packet: Any = None) -> Protocol:
    layer: Protocol = cls._partial(data, 0, len(data))
    layer._packet = packet
    return layer
