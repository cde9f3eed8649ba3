"""A packet: a stack of layers over bytes.

What a person does with one is here; how it keeps its layers is in
`umpa.core.state`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from umpa.core import registry
from umpa.core.absent import missing_layer, named
from umpa.core.accessor import install_accessor
from umpa.core.frame import FRAME
from umpa.core.layer import Layer, lend, lent
from umpa.core.origin import ORIGINS, whole_number
from umpa.core.pile import parts_of, pile
from umpa.core.protocol import Protocol
from umpa.core.seal import USUAL
from umpa.core.shape import Shapes
from umpa.core.stack import STACKS, Stack, as_lent
from umpa.core.state import PacketState
from umpa.errors import DecodeError, FieldError, LayerError

if TYPE_CHECKING:
    from umpa.core.compare import Diff
    from umpa.protocols.accessors import Accessors
else:

    class Accessors:
        __slots__ = ()


__all__ = ["Asleep", "Packet"]

P = TypeVar("P", bound=Protocol)
_new: Any = object.__new__


class Packet(PacketState, Accessors):
    """A stack of layers over bytes.

    `Packet(Ethernet(), IP(dst="10.0.0.2"), UDP(dstport=53), b"payload")` and
    `Ethernet() / IP(dst="10.0.0.2") / UDP(dstport=53) / b"payload"` are the same. The layers are
    copied: a packet shares nothing with what it was made from.

    :raises LayerError: with `strict` (the default), layers out of order. Without, a `LayerWarning`
        is given, unless `warn` is false.
    """

    __slots__ = ()

    def __init__(
        self, *layers: Layer | Packet | bytes | str, strict: bool = True, warn: bool = True
    ) -> None:
        self.time_ns = None
        try:
            usual = USUAL[len(layers)]
        except IndexError:
            usual = USUAL[0]
        stack = usual(layers)
        if stack is not None:
            self._origin, self._content = stack, layers
            return
        self._origin, self._content = pile(STACKS.root, (), layers, strict, warn)
        if self._origin.right and len(self._content) == len(layers):
            STACKS.remember(self._origin)

    @staticmethod
    def dissect(
        data: bytes | bytearray | memoryview,
        linktype: int = 1,
        *,
        strict: bool = False,
        time_ns: int | None = None,
        wire_length: int | None = None,
    ) -> Packet:
        """The packet that these bytes are, for a link type as in capture files (1: Ethernet).

        Never raises on any bytes: what is wrong with them is in `packet.error`.

        :raises DecodeError: with `strict`, what `packet.error` would say.
        :raises FieldError: `data` are no bytes, or link type, time or length no number.
        """
        if data.__class__ is not bytes:
            if not isinstance(data, (bytes, bytearray, memoryview)):
                raise FieldError(f"{data!r} cannot be dissected; expected bytes")
            data = bytes(data)
        origin = ORIGINS[linktype]
        if time_ns is not None and time_ns.__class__ is not int:
            time_ns = whole_number("time_ns", time_ns, "nanoseconds")
        if wire_length is not None and wire_length != len(data):
            origin = origin.replace(whole_number("wire_length", wire_length, "bytes", least=0))
        packet = Asleep()
        packet._content, packet._origin, packet.time_ns = data, origin, time_ns
        if strict and (error := packet.error) is not None:
            raise error
        return packet

    # Bytes.

    def __bytes__(self) -> bytes:
        """The bytes on the wire; the packet stays as it is."""
        content = self._content
        if content.__class__ is tuple:
            return self._origin.sealed(content)  # type: ignore[union-attr]
        if content.__class__ is bytes:
            return content
        head = content[0]
        if head.__class__ is bytes:
            return head
        return head.write(content)  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(bytes(self))

    def __bool__(self) -> bool:
        return True

    # Layers.

    @property
    def layers(self) -> tuple[Protocol, ...]:
        """All layers, outermost first: payload, padding and what an ICMP error quotes included."""
        return tuple(self._open()[1:])

    def __contains__(self, protocol: type[Protocol] | str) -> bool:
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

        `frame.len`, `frame.cap_len` and `frame.time_epoch` are names too.

        `packet[IP, 1]` is the second one in `packet.layers`, quoted or not; `packet[IP]` the
        packet's own first.

        :raises LayerError: there is no such layer.
        :raises FieldError: the layer has no such field.
        """
        if isinstance(key, str):
            if key in FRAME:
                return FRAME[key].of(self)
            layer, field = named(self, key)
            return layer if not field else layer[field]
        if isinstance(key, int):
            layers = self.layers
            if -len(layers) <= key < len(layers):
                return layers[key]
            raise LayerError(f"no layer {key} in this packet, which has {len(layers)}")
        if isinstance(key, tuple):
            if len(key) != 2 or not isinstance(key[1], int):
                raise FieldError(f"{key!r} is no class and place, as in packet[IP, 1]")
            wanted = registry.named(key[0])
            same = [layer for layer in self.layers if isinstance(layer, wanted)]
            if -len(same) <= key[1] < len(same):
                return same[key[1]]
            raise LayerError(
                f"{key[0].__name__} layers here: {len(same)}, counted from 0; none at {key[1]}"
            )
        found = self.get(key)
        if found is None:
            raise missing_layer(self, key.__name__, registry.named(key).name)
        return found

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise FieldError(f"{key!r} names no field; expected Wireshark's name, as in 'ip.ttl'")
        layer, field = named(self, key)
        if not field:
            raise FieldError(f"'{key}' names a layer; expected a field, such as '{key}.length'")
        layer[field] = value

    @property
    def payload(self) -> bytes:
        """The bytes that the innermost header carries."""
        layers = [layer for layer in self.layers if layer.name == "data"]
        return bytes(layers[-1].data) if layers else b""  # type: ignore[attr-defined]

    # Stacking.

    def __truediv__(self, other: Layer | Packet | bytes | str) -> Packet:
        content = self._content
        if content.__class__ is tuple:
            return self._stack(self._origin, content, other)  # type: ignore[arg-type]
        parts = parts_of(self)
        return self._stack(STACKS.of(parts), parts, other)

    @staticmethod
    def _stack(
        stack: Stack, layers: tuple[Any, ...], other: Layer | Packet | bytes | str
    ) -> Packet:
        """A packet of `layers`, which are lent, and of `other` on top."""
        packet: Packet = _new(Packet)
        packet._origin, packet._content = pile(stack, layers, (other,))
        packet.time_ns = None
        return packet

    @staticmethod
    def _stacked(lower: Layer, other: Layer | Packet | bytes | str) -> Packet:
        """A packet of two: how stacking begins."""
        return Packet._stack(STACKS.root.on_top(lower.__class__), (lend(lower),), other)

    def __rtruediv__(self, other: bytes | str) -> Packet:
        return Packet(other) / self

    def include(
        self, *layers: Layer | Packet | bytes | str, strict: bool = True, warn: bool = True
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
        _, parts = pile(STACKS.of(inner), (), layers, strict, warn)
        inner += [part._copy(self) for part in as_lent(parts)]
        self._content = [STACKS.of([*inner, *outer]), *inner, *outer]
        return self

    def copy(self) -> Packet:
        """A packet of its own, in the same state."""
        packet: Packet = _new(Packet)
        packet._origin, packet.time_ns = self._origin, self.time_ns
        packet._content = self._kept(packet)
        return packet

    def _changed(self, protocol: type[Protocol], name: str, value: Any) -> Packet:
        """A copy with a field of its first layer of `protocol` changed; what is sealed stays so."""
        packet = self.copy()
        content = packet._content
        if content.__class__ is not tuple:
            packet[protocol][name] = value
            return packet
        number = next(n for n, layer in enumerate(content) if layer.__class__ is protocol)
        layer = lent(content[number]).copy()
        layer[name] = value
        packet._content = (*content[:number], lend(layer), *content[number + 1 :])
        return packet

    @property
    def error(self) -> DecodeError | None:
        """What was wrong with the bytes: layer, offset, needed and got; None where all is well."""
        content = self._content
        data = content if content.__class__ is bytes else content[0]
        return self._walk(data).error if isinstance(data, bytes) else None

    # Faces: text, dictionaries, comparison, answers. Each has a module of its own, which is
    # imported when it is first used: reading packets needs none of them.

    def __str__(self) -> str:
        from umpa.core import show

        return show.tree(self)

    def __repr__(self) -> str:
        return f"<{self.summary()}>"

    def summary(self) -> str:
        """One line."""
        from umpa.core import show

        return show.summary(self)

    def hexdump(self, *, fields: bool = False) -> str:
        """Offset, bytes and characters; with `fields`, the field that the bytes belong to."""
        from umpa.core import show

        return show.hexdump(self, fields=fields)

    def to_dict(self) -> dict[str, Any]:
        """All of the packet as JSON-safe values; `from_dict` makes an equal packet of it."""
        from umpa.core import convert

        return convert.to_dict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Packet:
        """The packet that `to_dict` described.

        :raises FieldError: the dictionary is none that `to_dict` makes.
        """
        from umpa.core import convert

        return convert.from_dict(values)

    def diff(
        self,
        other: Packet,
        ignore: Iterable[str] = (),
        tolerances: Mapping[str, float] | None = None,
    ) -> Diff:
        """The fields that differ, by Wireshark's names; false where there are none.

        Layers are compared with those of the same kind in the same order, so a header that only one
        packet has is one change.

        :raises FieldError: `ignore` or `tolerances` name what is not there; `other` is no packet.
        """
        from umpa.core import compare

        return compare.diff(self, other, ignore, tolerances or {})

    def reply(self, *layers: Protocol | bytes | str) -> Packet:
        """The answer to this packet: each layer mirrored, and `layers` in place of its own kind.

        A layer of another kind stands on what carries it, in the place of what the request has
        there. An ICMP error quotes the request, as much as hosts do, if no payload is given:
        `reply(IP(src=router), ICMP(type="ttl-exceeded"))`.

        Who asked a group (broadcast, multicast) gets an answer whose source is not set, since
        nobody sends from such an address: give it, as in `reply(Ethernet(src=mac), ...)`. The
        frame of an ARP reply comes from the `src_hw_mac` given.

        :raises LayerError: nothing in the reply carries a layer that was given.
        """
        from umpa.core.answer import reply  # of a package it would be slower

        return reply(self, layers)

    def answers(self, request: Packet) -> bool:
        """Whether this packet answers `request`, ICMP errors that quote it included."""
        from umpa.core.answer import answers  # of a package it would be slower

        return answers(self, request)

    def svg(self) -> str:
        """A diagram of its headers, bit by bit, as SVG."""
        from umpa.core import show

        return show.svg(self)

    @staticmethod
    def _layer_text(layer: Layer, tree: bool) -> str:
        from umpa.core import show

        return show.layer_tree(layer) if tree else show.layer_call(layer)

    def _repr_html_(self) -> str:
        from umpa.core import show

        return show.html(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Packet):
            return NotImplemented
        return self.linktype == other.linktype and bytes(self) == bytes(other)

    __hash__ = None  # type: ignore[assignment]  # a packet can change

    def __reduce__(self) -> Any:
        from umpa.core import convert

        if self.untouched:
            return convert.restore, (bytes(self), self._origin, self.time_ns)
        origin = None if isinstance(self._origin, Stack) else self._origin
        return convert.rebuild, (tuple(self._open()[1:]), self.time_ns, origin)


class Asleep(Packet):
    """An untouched packet, until it is asked for a layer: made in half the time of others."""

    __slots__ = ()

    if not TYPE_CHECKING:
        __init__ = object.__init__


PacketState.shapes = Shapes(Packet)
PacketState.open_class = Packet
registry.watch(lambda name: install_accessor(Packet, name))
registry.watch(PacketState.shapes.forget)
