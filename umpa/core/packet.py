"""A packet: a stack of layers over bytes.

What `_content` holds is the state a packet is in, and there are five:

1. asleep: the bytes from the wire, and nothing else, until somebody asks for a layer.
2. a shape (`umpa.core.shape`): `[bytes, layer or None, ...]`; the class is a subclass of `Packet`.
3. settled: `[bytes, layer, ...]`, dissected to the end, not changed: serialises to those bytes.
4. open: `[stack, layer, ...]`, crafted or changed: its bytes are written anew each time. The
   stack is `Loose` as long as headers that did not change, and the payload, are still bytes.
5. sealed: `(layer, ...)`, what stacking makes of lent layers, the stack being the packet's
   origin; opened on first access.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload
from weakref import ref

from umpa.core import answer, compare, convert, registry, show
from umpa.core.origin import Origin
from umpa.core.protocol import Protocol, lend
from umpa.core.shape import Shapes
from umpa.core.stack import STACKS, Loose, Stack, as_lent, assemble, headers
from umpa.core.walk import Walk, walk, walk_frame
from umpa.errors import DecodeError, FieldError, LayerError, suggest

if TYPE_CHECKING:
    from umpa.protocols.accessors import Accessors
else:

    class Accessors:
        __slots__ = ()


__all__ = ["Packet"]

P = TypeVar("P", bound=Protocol)
_new: Any = object.__new__
_put_packet: Any = Protocol._packet.__set__  # type: ignore[attr-defined]  # a slot
_put_auto: Any = Protocol._auto.__set__  # type: ignore[attr-defined]  # a slot
_origins: dict[int, Origin] = {}


class Packet(Accessors):
    """A stack of layers over bytes.

    `Packet(Ethernet(), IP(dst="10.0.0.2"), UDP(dstport=53), b"payload")` and
    `Ethernet() / IP(dst="10.0.0.2") / UDP(dstport=53) / b"payload"` are the same. The layers are
    copied: a packet shares nothing with what it was made from.

    :raises LayerError: with `strict` (the default), layers out of order. Without, a `LayerWarning`
        is given, unless `warn` is false.
    """

    __slots__ = ("__weakref__", "_content", "_origin", "time_ns")

    _content: Any
    _origin: Origin | Stack
    time_ns: int | None
    """When it was captured, in nanoseconds since 1970-01-01 UTC; None where nothing says."""

    _index: Any = None
    _places: Any = ()
    _last: Any = None

    def __init__(
        self, *layers: Protocol | Packet | bytes | str, strict: bool = True, warn: bool = True
    ) -> None:
        self.time_ns = None
        self._content = tuple([part for layer in layers for part in _parts(layer)])
        self._origin = STACKS.of(self._content, strict, warn)

    @classmethod
    def dissect(
        cls,
        data: bytes,
        linktype: int = 1,
        *,
        strict: bool = False,
        time_ns: int | None = None,
        wire_length: int | None = None,
    ) -> Packet:
        """The packet that these bytes are, for a link type as in capture files (1: Ethernet).

        Never raises on any bytes: what is wrong with them is in `packet.error`.

        :raises DecodeError: with `strict`, what `packet.error` would say.
        """
        if not isinstance(data, bytes):
            data = bytes(data)
        origin = _origins.get(linktype)
        if origin is None:
            origin = Origin(linktype)
            if len(_origins) < 256:
                _origins[linktype] = origin
        if wire_length is not None and wire_length != len(data):
            origin = origin.replace(wire_length)
        packet: Packet = _new(Packet)
        packet._content, packet._origin, packet.time_ns = data, origin, time_ns
        if strict and (error := packet.error) is not None:
            raise error
        return packet

    # Bytes.

    def __bytes__(self) -> bytes:
        """The bytes on the wire; the packet stays as it is."""
        content = self._content
        if content.__class__ is bytes:
            return content  # type: ignore[no-any-return]
        if content.__class__ is tuple:
            return self._origin.sealed(content)  # type: ignore[union-attr]
        head = content[0]
        if head.__class__ is bytes:
            return head  # type: ignore[no-any-return]
        return head.write(content)  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(bytes(self))

    def __bool__(self) -> bool:
        return True

    def _whole(self) -> bool:
        return self._origin.wire_length is None

    def _walk(self, data: bytes) -> Walk:
        return walk_frame(data, self.linktype, whole=self._whole())

    # The five states.

    def _settle(self) -> None:
        """From the wire's bytes, or a shape, to all layers there are."""
        content = self._content
        awake = content if content.__class__ is list else [content]
        layers = self._walk(awake[0]).layers
        known = dict(enumerate(awake[1:]))
        owner = ref(self)
        for number, layer in enumerate(layers):
            _put_packet(layer, owner)
            layers[number] = known.get(number) or layer
        self._content = [awake[0], *layers]
        self.__class__ = Packet

    def _open(self) -> list[Any]:
        """The content with every layer in place, dissected to the end."""
        content = self._content
        if content.__class__ is bytes or self._index is not None:
            self._settle()
        elif content.__class__ is tuple:
            layers = [layer._copy(self) for layer in as_lent(content)]
            self._content = [STACKS.of(layers), *layers]
        elif content[0].__class__ is Loose:
            self._content = self._resolved(content)
        return self._content  # type: ignore[no-any-return]

    def _touch(self) -> None:
        """The first change of a packet from the wire: from now on its bytes are written anew."""
        if self._origin.wire_length is not None:
            self._origin = self._origin.replace(None, self._origin.comment)  # type: ignore[union-attr]
        if self._index is not None:
            loose = self._loosen(self)  # type: ignore[attr-defined]
            if loose is not None:
                self._content = loose
                self.__class__ = Packet
                return
        layers = self._open()[1:]
        self._content = [STACKS.of(layers), *layers]
        quoted = False
        for layer in layers:
            _put_packet(layer, self)
            if not quoted:
                _put_auto(layer, layer._DERIVED)
                quoted = layer.quotes

    def _resolved(self, content: list[Any]) -> list[Any]:
        """The layers of a loose packet: headers still kept as bytes, and what its payload is."""
        layers: list[Any] = []
        for cls, layer in zip(content[0].classes, content[1:], strict=True):
            if layer.__class__ is not bytes:
                layers.append(layer)
            elif cls is not bytes:
                layers.append(cls._unpack(layer, 0, self))
                _put_auto(layers[-1], cls._DERIVED)
            else:
                layers += self._dissected(layers[-1], layer)
        return [STACKS.of(layers), *layers]

    def _dissected(self, lower: Any, data: bytes) -> list[Any]:
        """What `lower` says that the payload `data` is."""
        first = lower._next(data, 0, len(data)) or registry.protocols["data"]
        layers = walk(data, first, quoted=lower.quotes).layers
        for layer in layers:
            _put_packet(layer, self)
            _put_auto(layer, 0 if lower.quotes else layer._DERIVED)
        return layers

    def _written(self, index: int) -> bytes:
        """The bytes from the layer at `index` on."""
        return assemble(self._open(), index + 1)

    def _carried(self, index: int) -> bytes:
        content = self._open()
        if content[0].__class__ is not bytes:
            inner = [content[0], *(layer for layer in content[1:] if layer.name != "padding")]
            return assemble(inner, index + 2)
        place = self._walk(content[0]).places[index]
        return content[0][place.at + place.size : place.end]  # type: ignore[no-any-return]

    def _header(self, index: int) -> bytes:
        content = self._open()
        if content[0].__class__ is not bytes:
            return headers(content)[index + 1]
        place = self._walk(content[0]).places[index]
        return content[0][place.at : place.at + place.size]  # type: ignore[no-any-return]

    # Layers.

    @property
    def layers(self) -> tuple[Protocol, ...]:
        """All layers, outermost first: payload, padding and what an ICMP error quotes included."""
        return tuple(self._open()[1:])

    @overload
    def get(self, protocol: type[P]) -> P | None: ...
    @overload
    def get(self, protocol: type[P], default: P) -> P: ...
    def get(self, protocol: type[P], default: P | None = None) -> P | None:
        """The packet's first layer of that protocol, or `default`. Quoted layers do not count."""
        index = self._index
        if index is None:
            if self._content.__class__ is bytes:
                SHAPES.wake(self)
                index = self._index
            if index is None:
                return self._search(protocol) or default
        number = index.get(protocol)
        if number is None:
            return self._beyond(protocol) or default
        content = self._content
        layer = content[number]
        if layer is None:
            at = self._places[number - 1][1]
            layer = content[number] = protocol._unpack(content[0], at, ref(self))
        return layer  # type: ignore[no-any-return]

    def _search(self, protocol: type[P]) -> P | None:
        content = self._content
        if content[0].__class__ is Loose:
            for layer in content[1:]:
                if layer.__class__ is protocol:
                    return layer  # type: ignore[no-any-return]
        for layer in self._open()[1:]:
            if layer.__class__ is protocol:
                return layer  # type: ignore[no-any-return]
            if layer.quotes:
                break
        return None

    def _beyond(self, protocol: type[P]) -> P | None:
        """A layer behind those of the shape; the payload is dissected only where it may be there."""
        last = self._last
        if protocol.name not in ("data", "padding"):
            if last is None or last.next_by is None or last.next_by.certain:
                return None
            suggested = last.next_by.next_class(self.get(last))
            if suggested is None or (suggested is not protocol and suggested.next_by is None):
                return None
        self._settle()
        return self._search(protocol)

    def __contains__(self, protocol: type[Protocol]) -> bool:
        return self.get(protocol) is not None

    @overload
    def __getitem__(self, key: type[P]) -> P: ...
    @overload
    def __getitem__(self, key: tuple[type[P], int]) -> P: ...
    @overload
    def __getitem__(self, key: int) -> Protocol: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    def __getitem__(self, key: Any) -> Any:
        """A layer by class, by class and index, or by index; a field or layer by Wireshark's name.

        `packet[IP, 1]` is the second one in `packet.layers`, quoted or not; `packet[IP]` the
        packet's own first.

        :raises LayerError: there is no such layer.
        :raises FieldError: the layer has no such field.
        """
        if isinstance(key, str):
            layer, field = self._named(key)
            return layer if not field else layer[field]
        if isinstance(key, int):
            return self.layers[key]
        if isinstance(key, tuple):
            found = [layer for layer in self.layers if isinstance(layer, key[0])]
            if -len(found) <= key[1] < len(found):
                return found[key[1]]
            raise LayerError(f"{len(found)} layers of {key[0].__name__} here, none at {key[1]}")
        found = self.get(key)
        if found is None:
            raise self._missing(key.__name__, key.name)
        return found

    def __setitem__(self, key: str, value: Any) -> None:
        layer, field = self._named(key)
        if not field:
            raise FieldError(f"'{key}' names a layer; expected a field, such as '{key}.length'")
        layer[field] = value

    def _named(self, key: str) -> tuple[Any, str]:
        """The layer and the field's name for `"ip.flags.df"`."""
        best = None
        for layer in self.layers:
            if (key == layer.name or key.startswith(layer.name + ".")) and (
                best is None or len(layer.name) > len(best.name)
            ):
                best = layer
        if best is None:
            raise self._missing(f"'{key}'", key.partition(".")[0])
        return best, key[len(best.name) + 1 :]

    def _missing(self, wanted: str, name: str) -> LayerError:
        have = [layer.name for layer in self.layers]
        hint = "" if name in registry.protocols else suggest(name, registry.protocols)
        return LayerError(f"no {wanted} in this packet, which has {', '.join(have)}{hint}")

    @property
    def untouched(self) -> bool:
        """Whether it is as it came from the wire."""
        content = self._content
        return content.__class__ is bytes or (bool(content) and content[0].__class__ is bytes
                                              and content.__class__ is list)  # fmt: skip

    @property
    def payload(self) -> bytes:
        """The bytes that the innermost header carries."""
        layers = [layer for layer in self.layers if layer.name == "data"]
        return bytes(layers[-1].data) if layers else b""  # type: ignore[attr-defined]

    # Stacking.

    def __truediv__(self, other: Protocol | Packet | bytes | str) -> Packet:
        content = self._content
        if content.__class__ is tuple:
            return self._stack(self._origin, content, other)  # type: ignore[arg-type]
        parts = _parts(self)
        return self._stack(STACKS.of(parts), parts, other)

    @staticmethod
    def _stack(
        stack: Stack, layers: tuple[Any, ...], other: Protocol | Packet | bytes | str
    ) -> Packet:
        """A packet of `layers`, which are lent, and of `other` on top."""
        if isinstance(other, Protocol) and other._packet is None:
            _put_packet(other, ())
            upper: tuple[Any, ...] = (other,)
        else:
            upper = _parts(other)
        for part in upper:
            stack = stack.on_top(part.__class__)
        packet: Packet = _new(Packet)
        packet._content = layers + upper
        packet._origin = stack
        packet.time_ns = None
        return packet

    @staticmethod
    def _stacked(lower: Protocol, other: Protocol | Packet | bytes | str) -> Packet:
        """A packet of two: how stacking begins."""
        return Packet._stack(STACKS.root.on_top(lower.__class__), (lend(lower),), other)

    def __rtruediv__(self, other: bytes | str) -> Packet:
        return Packet(other) / self

    def include(
        self, *layers: Protocol | Packet | bytes | str, strict: bool = True, warn: bool = True
    ) -> Packet:
        """Put copies of `layers` on top of the packet's own, and return the packet.

        :raises LayerError: with `strict`, layers out of order.
        """
        content = self._open()
        if content[0].__class__ is bytes:
            self._touch()
            content = self._open()
        inner = [layer for layer in content[1:] if layer.name != "padding"]
        outer = content[1 + len(inner) :]
        stack = STACKS.of(inner)
        for layer in layers:
            for part in _parts(layer):
                stack = stack.on_top(part.__class__, strict, warn)
                part = _layer(part)
                inner.append(part._copy(self))
        self._content = [STACKS.of([*inner, *outer]), *inner, *outer]
        return self

    def copy(self) -> Packet:
        """A packet of its own, in the same state."""
        packet: Packet = _new(Packet)
        packet._origin, packet.time_ns = self._origin, self.time_ns
        packet._content = self._kept()
        return packet

    def _kept(self) -> Any:
        """The content for another packet: the wire's bytes, or sealed copies of the layers."""
        content = self._content
        if content.__class__ is not list:
            return content
        if content[0].__class__ is bytes:
            return content[0]
        return tuple(layer._copy(()) for layer in self._open()[1:])

    # Where it came from.

    @property
    def linktype(self) -> int:
        """The link type of capture files that the packet belongs in."""
        return self._origin.linktype

    @property
    def wire_length(self) -> int:
        """Its length on the wire, in bytes, which is more than `len(packet)` where it was cut."""
        kept = self._origin.wire_length
        return len(self) if kept is None else kept

    @property
    def interface(self) -> str | None:
        """The device it was captured on, where that is known."""
        return self._origin.interface

    @property
    def comment(self) -> str | None:
        """The comment that a capture file holds for it."""
        return self._origin.comment

    @property
    def error(self) -> DecodeError | None:
        """What was wrong with the bytes: layer, offset, needed and got; None where all is well."""
        content = self._content
        data = content if content.__class__ is bytes else content[0]
        return self._walk(data).error if isinstance(data, bytes) else None

    # Faces: text, dictionaries, comparison, answers. Each has a module of its own.

    def __str__(self) -> str:
        return show.tree(self)

    def __repr__(self) -> str:
        return f"<{show.summary(self)}>"

    def summary(self) -> str:
        """One line."""
        return show.summary(self)

    def hexdump(self, *, fields: bool = False) -> str:
        """Offset, bytes and characters; with `fields`, the field that the bytes belong to."""
        return show.hexdump(self, fields=fields)

    def to_dict(self) -> dict[str, Any]:
        """All of the packet as JSON-safe values; `from_dict` makes an equal packet of it."""
        return convert.to_dict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Packet:
        """The packet that `to_dict` described.

        :raises FieldError: the dictionary is none that `to_dict` makes.
        """
        return convert.from_dict(values)

    def diff(
        self,
        other: Packet,
        ignore: Iterable[str] = (),
        tolerances: Mapping[str, float] | None = None,
    ) -> compare.Diff:
        """The fields that differ, by Wireshark's names; false where there are none."""
        return compare.diff(self, other, ignore, tolerances or {})

    def reply(self, *layers: Protocol | bytes | str) -> Packet:
        """The answer to this packet: each layer mirrored, and `layers` in place of its own kind."""
        return answer.reply(self, layers)

    def answers(self, request: Packet) -> bool:
        """Whether this packet answers `request`, ICMP errors that quote it included."""
        return answer.answers(self, request)

    def svg(self) -> str:
        """A diagram of its headers, bit by bit, as SVG."""
        return show.svg(self)

    def _repr_html_(self) -> str:
        return show.html(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Packet):
            return NotImplemented
        return self.linktype == other.linktype and bytes(self) == bytes(other)

    __hash__ = None  # type: ignore[assignment]  # a packet can change

    def __reduce__(self) -> Any:
        content = self._kept()
        if content.__class__ is bytes:
            return convert.restore, (content, self._origin, self.time_ns)
        return convert.rebuild, (tuple(as_lent(content)), self.time_ns)


def _parts(layer: Any) -> tuple[Any, ...]:
    """What is stacked, lent: layers, and payload as bytes."""
    if isinstance(layer, Protocol):
        return (lend(layer),)
    if isinstance(layer, str):
        layer = layer.encode()
    if isinstance(layer, (bytes, bytearray, memoryview)):
        return (bytes(layer),)
    if not isinstance(layer, Packet):
        raise FieldError(f"{layer!r} is no layer; expected a layer, a packet, bytes or text")
    content = layer._content
    if content.__class__ is tuple:
        return content  # type: ignore[no-any-return]  # lent already
    layers = layer._open()[1:]
    copies = tuple(one._copy(()) for one in layers)
    if layer._content[0].__class__ is bytes:
        for one, copy in zip(layers, copies, strict=True):
            _put_auto(copy, 0 if one.quoted else copy._DERIVED)
    return copies


def _layer(part: Any) -> Any:
    """A lent part as a layer."""
    return as_lent([part])[0]


def _accessor(protocol: type[Any]) -> None:
    """`packet.udp` for a protocol that has just been registered."""
    name = protocol.name.replace(".", "_")
    if name in Packet.__dict__ and not getattr(Packet.__dict__[name], "for_protocol", False):
        raise FieldError(f"a protocol cannot be named '{name}': every packet has its own `{name}`")

    class Accessor(property):
        for_protocol = True

    def layer(packet: Packet) -> Any:
        found = packet.get(protocol)
        if found is None:
            raise packet._missing(protocol.__name__, protocol.name)
        return found

    setattr(Packet, name, Accessor(layer, None, None, f"The packet's {protocol.title}."))


SHAPES = Shapes(Packet)
Protocol.packet_class = Packet
registry.watch(_accessor)
