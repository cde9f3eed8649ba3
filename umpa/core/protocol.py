"""The base class of protocols, and what a class statement turns into.

A protocol is its table of fields, its auto rules and its registrations:

    class UDP(Protocol, name="udp", follows={"ip.proto": 17}):
        srcport: U16 = U16(doc="Source port.")
        ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from umpa.core import registry
from umpa.core.absent import unknown_field
from umpa.core.auto import HeaderLength, Length
from umpa.core.compiler import (
    UNSET,
    Word,
    compile_protocol,
    compile_writing,
    lay_out,
)
from umpa.core.declared import check_fields, check_names
from umpa.core.field import Field
from umpa.core.follow import Follow
from umpa.core.layer import Layer
from umpa.core.overlay import Overlay
from umpa.core.partial import partial
from umpa.core.pseudo import PseudoHeader
from umpa.core.tail import Blob, HeaderRest, Tail
from umpa.core.words import TYPES, WordsMeta, make_class, room
from umpa.errors import FieldError

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**options):
        return lambda cls: cls


__all__ = ["Protocol", "ProtocolMeta"]

_RESERVED = frozenset(
    "announced auto checksum_status copy decisive echoes fields identity is_auto mirror name "
    "next_by offset packet payload pin quote_limit quoted quotes replies same same_ports sender "
    "steering telling terminal title".split()
)


@dataclass_transform(kw_only_default=True)
class ProtocolMeta(WordsMeta):
    """Compiles the fields of a class statement into slots, accessors and a constructor."""

    fields: dict[str, Field[Any, Any]]

    if not TYPE_CHECKING:

        def __getattr__(cls, name):
            if name.startswith("_") or not cls.name:
                raise AttributeError(name)
            raise unknown_field(cls, name)

        def __truediv__(cls, upper):
            raise FieldError(f"{cls.__name__} is a class; stack a layer of it: {cls.__name__}()")

        __rtruediv__ = __truediv__

        @property
        def __signature__(cls):
            """What a constructor takes, for notebooks and editors."""
            from inspect import Parameter, Signature  # as expensive to import as the whole core

            if not cls.fields or cls._own_constructor:
                raise AttributeError("__signature__")
            by_name = Parameter.KEYWORD_ONLY
            return Signature([Parameter(name, by_name, default=UNSET) for name in cls.fields])

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
            if fields:
                raise FieldError(
                    f"{classname} has fields and no name: {classname}(Protocol, name=…)"
                )
            return super().__new__(mcls, classname, bases, body)
        slots = tuple([word.slot for word in words] + [tail.slot for tail in tails])
        raw = make_class(mcls, f"_{classname}", bases, _structure(words, tails))
        # A metaclass of its own, whose `__call__` is the constructor: calling a class by way of
        # `type.__call__` and `__new__` takes 100 ns more, twice as much as making the layer.
        own = type.__new__(type, mcls.__name__, (mcls,), {})
        cls: Any = super().__new__(own, classname, (raw,), body)
        cls.name = name
        cls.title = (cls.__doc__ or name).partition("\n")[0].partition(" (")[0].rstrip(".")
        cls.fields = fields
        _bind(cls, fields)
        check_names(cls, follows or {})
        check_fields(cls, fields)
        cls._FIXED = sum(word.size for word in words)
        cls._FORMAT = "".join(word.format for word in words)
        cls._SLOTS = slots
        cls._STEERING = _steering(cls, fields)
        cls.open_ended = any(_open_ended(tail) for tail in tails)
        cls.leaf = cls.next_by is None and cls._next is Protocol._next
        _compile_later(cls, raw, list(fields.values()), words)
        for key, field in fields.items():
            setattr(cls, key, field)
        registry.register(cls, follows or {})
        return cls  # type: ignore[no-any-return]

    def __init__(
        cls, classname: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> None:
        super().__init__(classname, bases, namespace)


def _structure(words: list[Word], tails: list[Tail[Any, Any]]) -> dict[str, Any]:
    """The body of the class that holds the words: a structure, and slots for all that is bytes."""
    members = [
        (f"_{word.slot}", room(word.size)) if word.is_bytes else (word.slot, TYPES[word.size])
        for word in words
    ]
    slots = [word.slot for word in words if word.is_bytes] + [tail.slot for tail in tails]
    return {"__slots__": tuple(slots), "_pack_": 1, "_fields_": members}


def _compile_later(cls: Any, raw: Any, fields: list[Field[Any, Any]], words: list[Word]) -> None:
    """Leave entrances that compile what reads a layer, or also what writes one, on first use."""
    cls._own_constructor = own_constructor = "__new__" in cls.__dict__
    setters = {slot: getattr(raw, slot).__set__ for slot in ("_auto", "_packet", *cls._SLOTS)}

    def ready() -> None:
        if "_functions" in cls.__dict__:
            return
        functions = compile_protocol(cls, raw, fields, words, setters)
        for field in fields:
            field.install(functions[f"get_{field.name}"], None)
        cls.__setattr__ = _guarded(cls, setters, writable)
        cls._RAW, cls._unpack = raw, staticmethod(functions["unpack"])
        cls._unpack_bare = staticmethod(functions["unpack_bare"])
        for name in ("declared", "assemble", "copy", "pseudo"):
            if name in functions and f"_{name}" not in cls.__dict__:
                setattr(cls, f"_{name}", functions[name])
        cls._functions = functions

    def writable() -> None:
        ready()
        functions = cls._functions
        if "construct" in functions:
            return
        compile_writing(cls, fields, words, functions)
        for field in fields:
            setters[field.name] = functions[f"set_{field.name}"]
            field.install(functions[f"get_{field.name}"], setters[field.name])
        cls._construct = classmethod(functions["construct"])
        if not own_constructor:
            type(cls).__call__ = functions["construct"]

    def construct(cls: Any, *values: Any, **given: Any) -> Any:
        writable()
        return cls._construct(*values, **given)

    def unpack(*values: Any) -> Any:
        ready()
        return cls._unpack(*values)

    def unpack_bare(*values: Any) -> Any:
        ready()
        return cls._unpack_bare(*values)

    def unfilled() -> Any:
        ready()
        return raw()

    cls._ready = staticmethod(ready)
    cls._construct, cls._unpack = classmethod(construct), staticmethod(unpack)
    cls._unpack_bare = staticmethod(unpack_bare)
    cls._RAW = staticmethod(unfilled)
    type(cls).__call__ = cls.__new__ if own_constructor else construct


def _guarded(
    cls: Any, setters: dict[str, Callable[[Any, Any], None]], writable: Callable[[], None]
) -> Any:
    """`__setattr__`: what is no field of the protocol is an error that says what is."""

    def __setattr__(self: Any, name: str, value: Any) -> None:
        try:
            setter = setters[name]
        except KeyError:
            if name == "__class__":
                object.__setattr__(self, name, value)
                return
            if name not in cls.fields:
                raise unknown_field(cls, name) from None
            writable()
            setter = setters[name]
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
    for field in fields.values():
        views = (f for f in fields.values() if isinstance(f, Overlay) and f.base is field)
        field.pins = field.auto_bit | sum(view.auto_bit for view in views)
    cls._listed = tuple(field for field in fields.values() if field.listed)
    cls._DERIVED = bit - 1
    limits = [f.name for f in fields.values() if isinstance(f.auto, Length) and f.auto.limits]
    cls._limiting = limits[0] if limits else ""
    checksums = [f.name for f in fields.values() if f.auto is not None and f.auto.sums]
    cls._checksum = checksums[0] if checksums else ""


def _open_ended(tail: Tail[Any, Any]) -> bool:
    """Whether a variable field takes all there is."""
    if isinstance(tail, HeaderRest):
        return False
    return any("end is not None" in line for line in tail.unpack_source())


def _steering(cls: Any, fields: dict[str, Field[Any, Any]]) -> bytes | None:
    """The bits that decide the size and what follows; None where the header does not suffice."""
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


_NO_ADDRESS = ("0.0.0.0", "::")
"""The source of who does not know it yet, or leaves it to the kernel: no answer goes there."""


class Protocol(Layer, metaclass=ProtocolMeta):
    """A header: the base of every protocol, the user's own included."""

    __slots__ = ()

    next_by: ClassVar[Follow | None] = None
    """The table that says what follows, and the fields looked up in it."""
    mirror: ClassVar[tuple[Any, ...]] = ()
    """Pairs of fields, one after the other, that a reply exchanges."""
    same: ClassVar[tuple[Any, ...]] = ()
    """Fields that a reply repeats."""
    telling: ClassVar[tuple[Any, ...]] = ()
    """Fields that the packet's one line tells too, where they are not zero or empty."""
    replies: ClassVar[dict[str, dict[int, int]]] = {}
    """Fields whose value in a reply follows from the request's: an echo request's type, say."""
    identity: ClassVar[tuple[Any, ...]] = ()
    """Fields that, with the above, tell a quoted header from another."""
    decisive: ClassVar[bool] = True
    """Whether the layer counts when answers are told apart; link headers do not."""
    echoes: ClassVar[bool] = False
    """Whether a reply repeats the payload."""
    same_ports: ClassVar[bool] = False
    """Whether both ends listen at the same port of the UDP header below, and send from any: a reply
    goes to the port that the request went to (RFC 7348, section 5)."""
    sender: ClassVar[str] = ""
    """The name of the field with the hardware address of who sends: the source of a reply's frame,
    where all were asked."""
    steering: ClassVar[tuple[str, ...]] = ()
    """Fields that an overridden `_next` reads beyond the table's."""
    terminal: ClassVar[bool] = False
    """Whether nothing is carried: what follows is padding."""
    fused: ClassVar[bool] = False
    """Whether its header length is looked up together with the header below (see `shape`)."""

    pseudo_header: ClassVar[PseudoHeader | None] = None
    """What `_pseudo` says, where its own words are enough to say it."""

    certain: ClassVar[bool] = False
    """Whether only numbers that decide lead to it, and no port."""
    open_ended: ClassVar[bool] = False
    """Whether its header goes on to the end of what carries it, wherever that is."""
    leaf: ClassVar[bool] = False
    """Whether nothing that is known follows it."""
    announced: ClassVar[bool] = False
    """Whether some table leads to it; a protocol that none does may stand on anything."""

    _STEERING: ClassVar[bytes | None]

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
        """The sum of the pseudo-header for a transport above; None where there is none."""
        return layers[i - 1]._pseudo(layers, i - 1, protocol, length)  # type: ignore[no-any-return]

    def asks_group(self) -> bool:
        """Whether it was sent to many, so that the answers come from addresses of their own."""
        return False

    def answers_layer(self, asked: Protocol) -> bool:
        """Whether this header answers the request's header `asked`, of the same protocol."""
        group = asked.asks_group()
        for source, destination in zip(self.mirror[::2], self.mirror[1::2], strict=True):
            asker = asked[source.name]
            if self[destination.name] != asker and asker not in _NO_ADDRESS:
                return False
            if not group and self[source.name] != asked[destination.name]:
                return False
        present = set(asked)
        return all(
            self[field.name] == asked[field.name] for field in self.same if field.name in present
        ) and all(
            self[name] == values.get(asked[name], asked[name])
            for name, values in self.replies.items()
        )

    @classmethod
    def carries(cls, upper: type[Protocol]) -> bool:
        """Whether `upper` may stand on it for a reason that no table knows."""
        return False

    @classmethod
    def _partial(cls, data: bytes, at: int, room: int) -> Layer:
        """A header of which only `room` bytes are there, as ICMP errors quote them."""
        return partial(cls, data, at, room)
