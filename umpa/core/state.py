"""The states of a packet, and how it goes from one to the next.

What `_content` holds is the state a packet is in, and there are five:

1. asleep: the bytes from the wire, and nothing else, until somebody asks for a layer.
2. a shape (`umpa.core.shape`): `[bytes, layer or None, ...]`, and some room at the end; the class
   is a subclass of `Packet`.
3. settled: `[bytes, layer, ...]`, dissected to the end, not changed: serialises to those bytes.
4. open: `[stack, layer, ...]`, crafted or changed: its bytes are written anew each time. The
   stack is `Loose` as long as headers that did not change, and the payload, are still bytes.
5. sealed: `(layer, ...)`, what stacking makes of lent layers, the stack being the packet's
   origin; opened on first access.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, cast, overload
from weakref import ref

from umpa.core import registry
from umpa.core.layer import lent, put_auto, put_packet
from umpa.core.origin import Origin, comment_of
from umpa.core.places import Laid, lay_out
from umpa.core.protocol import Protocol
from umpa.core.registry import named
from umpa.core.stack import STACKS, Stack, as_lent, assemble
from umpa.core.walk import Walk, walk, walk_frame
from umpa.errors import EncodeError

if TYPE_CHECKING:
    from umpa.core.shape import Shapes

__all__ = ["PacketState"]

P = TypeVar("P", bound=Protocol)


class Plain(NamedTuple):
    """What `PacketState._plain` finds."""

    headers: list[Protocol]
    payload: bytes
    complete: bool
    """Whether no port suggests that the payload holds further headers."""
    classes: Mapping[Any, int]


class PacketState:
    """The base of `Packet`: the content, and the ways to its layers."""

    __slots__ = ("__weakref__", "_content", "_origin", "time_ns")

    _content: Any
    _origin: Origin | Stack
    time_ns: int | None
    """When it was captured, in nanoseconds since 1970-01-01 UTC; None where nothing says.

    It can be set. What it is set to is looked at by who writes the packet, not before: a check
    would cost each packet of a capture as much as making it.
    """

    # What a shape overrides, `get` too:
    _index: Any = None
    _layer: Any = None
    _places: ClassVar[tuple[tuple[Any, int], ...]] = ()
    _loose: Any = None
    _last: Any = None

    shapes: ClassVar[Shapes]
    open_class: ClassVar[Any]
    """The class of a packet that is no shape."""

    def _whole(self) -> bool:
        return self._origin.wire_length is None

    def _walk(self, data: bytes) -> Walk:
        return walk_frame(data, self._origin.linktype, whole=self._whole())

    @property
    def untouched(self) -> bool:
        """Whether it is as it came from the wire."""
        content = self._content
        return content.__class__ is bytes or (bool(content) and content[0].__class__ is bytes
                                              and content.__class__ is list)  # fmt: skip

    def _settle(self) -> None:
        """From the wire's bytes, or a shape, to all layers there are."""
        content = self._content
        awake = content if content.__class__ is list else [content]
        layers = self._walk(awake[0]).layers
        known = dict(enumerate(awake[1:]))  # beyond the layers of a shape: None
        owner = ref(self)
        for number, layer in enumerate(layers):
            put_packet(layer, owner)
            layers[number] = known.get(number) or layer
        self._content = [awake[0], *layers]
        self.__class__ = self.open_class

    def _open(self) -> list[Any]:
        """The content with every layer in place, dissected to the end."""
        content = self._content
        if content.__class__ is bytes:
            self._settle()
        elif self._index is not None:
            if content[0].__class__ is bytes:
                self._settle()
            else:
                self._resolve(content)
        elif content.__class__ is tuple:
            layers = [layer._copy(self) for layer in as_lent(content)]
            self._content = [STACKS.of(layers), *layers]
        return self._content  # type: ignore[no-any-return]

    def _touch(self) -> None:
        """The first change of a packet from the wire: from now on its bytes are written anew.

        A shape has a quicker one, which makes its packets loose.
        """
        origin: Any = self._origin
        if origin.wire_length is not None:  # of stacks it is None
            self._origin = origin.replace(None, origin.comment)
        layers = self._open()[1:]
        self._content = [STACKS.of(layers), *layers]
        quoted = False
        for layer in layers:
            put_packet(layer, self)
            if not quoted:
                put_auto(layer, layer._DERIVED)
                quoted = layer.quotes

    def _resolve(self, content: list[Any]) -> None:
        """From loose to open: all headers unpacked, and what the payload is found."""
        layers = self._loose.layers(content, self)
        n = next((n for n, layer in enumerate(layers) if layer.name == "data"), 0)
        if n:
            data = layers[n].data
            # What the wire announced: the fields of the layer below may be derived from this.
            lower = layers[n - 1]
            asked = self._loose.announcer(content)
            first = asked._next(data, 0, len(data)) or registry.protocols["data"]
            layers[n : n + 1] = walk(data, first, quoted=lower.quotes).layers
            for layer in layers[n:]:
                put_packet(layer, self)
                put_auto(layer, 0 if lower.quotes else layer._DERIVED)
        self._content = [STACKS.of(layers), *layers]
        self.__class__ = self.open_class

    def _written(self, index: int) -> bytes:
        """The bytes from the layer at `index` on."""
        return assemble(self._open(), index + 1)

    def _laid(self) -> Laid:
        laid = lay_out(self)
        if isinstance(laid.error, EncodeError):
            raise laid.error
        return laid

    def _carried(self, index: int) -> bytes:
        return self._laid().body(index)

    def _header(self, index: int) -> bytes:
        laid = self._laid()
        span = laid.spans[index]
        return laid.data[span.at : span.at + span.size]

    def _plain(self) -> Plain | None:
        """The headers and payload of an untouched packet, found without dissecting it to the end.

        None where they are not plain to see.
        """
        if self._content.__class__ is bytes:
            self.shapes.wake(self)
        content = self._content
        if self._index is None or content[0].__class__ is not bytes:
            return None
        bounds = self._loose.bounds(content[0])
        if bounds is None:
            return None
        headers = [self._layer(self, content, n) for n in range(1, len(self._places) + 1)]
        return Plain(headers, content[0][bounds[0] : bounds[1]], self._last is None, self._index)

    def _kept(self, owner: Any) -> Any:
        """The content for another packet, `owner`: the wire's bytes, or copies of the layers."""
        content = self._content
        if content.__class__ is not list:
            return content
        if content[0].__class__ is bytes:
            return content[0]
        layers = [layer._copy(owner) for layer in self._open()[1:]]
        return [STACKS.of(layers), *layers]

    # Where it came from.

    @property
    def linktype(self) -> int:
        """The link type of capture files that the packet belongs in."""
        return self._origin.linktype

    @property
    def wire_length(self) -> int:
        """Its length on the wire, in bytes, which is more than `len(packet)` where it was cut."""
        kept = self._origin.wire_length
        return len(self) if kept is None else kept  # type: ignore[arg-type]  # a packet

    @property
    def interface(self) -> str | None:
        """The device it was captured on, where that is known."""
        return self._origin.interface

    @property
    def comment(self) -> str | None:
        """The comment that a capture file holds for it. It can be set; pcapng files keep it.

        Of several comments each is a line. A list sets several.
        """
        return self._origin.comment

    @comment.setter
    def comment(self, text: str | Sequence[str] | None) -> None:
        text = comment_of(text)
        if self._content.__class__ is tuple:
            self._open()  # what is sealed shares its origin with its kind
        origin = self._origin
        if isinstance(origin, Stack):
            self._origin = Origin(origin.linktype, comment=text)
        else:
            self._origin = origin.replace(origin.wire_length, text)

    @overload
    def get(self, protocol: type[P]) -> P | None: ...
    @overload
    def get(self, protocol: type[P], default: P) -> P: ...
    @overload
    def get(self, protocol: str) -> Protocol | None: ...
    def get(self, protocol: Any, default: Any = None) -> Any:
        """The packet's first layer of that protocol, or `default`. Quoted layers do not count.

        :raises LayerError: no protocol has that name.
        """
        if self._content.__class__ is bytes:
            first: Any = self.shapes.first(self, protocol)
            return self.get(protocol, default) if first is None else first
        found = self._search(protocol)
        return default if found is None else found

    def _search(self, protocol: Any) -> Any:
        for layer in self._open()[1:]:
            if layer.__class__ is protocol:
                return layer
            if layer.quotes:
                break
        if not isinstance(protocol, type):  # perhaps a name
            return self._search(named(protocol))
        return None

    def _seen(self, protocol: type[P]) -> P | None:
        """What `get` finds, to be read and not changed: a sealed packet stays sealed."""
        content = self._content
        if content.__class__ is not tuple:
            return self.get(protocol)
        for layer in content:
            if layer.__class__ is protocol:
                return lent(layer)  # type: ignore[no-any-return]
            if layer.__class__ is not bytes and lent(layer).quotes:
                break
        return None

    @classmethod
    def _excludes(cls, protocol: type[Protocol]) -> bool:
        """Whether no packet of this shape has such a layer."""
        last = cls._last
        if protocol.name in ("data", "padding"):
            return False
        follow = None if last is None else last.next_by
        if follow is None or follow.certain or (protocol.certain and not follow.tunnels):
            cls._index.setdefault(protocol, 0)
            return True
        return False

    def _beyond(self, protocol: type[P]) -> P | None:
        """A layer behind those of the shape; the payload is dissected where it may be there."""
        given: Any = protocol
        if not isinstance(given, type):  # perhaps a name
            return cast("P | None", self.get(named(given)))
        if self._excludes(protocol):
            return None
        if protocol.name not in ("data", "padding"):
            last: Any = self._last
            suggested = last.next_by.next_class(self.get(last))
            if suggested is None or (suggested is not protocol and suggested.leaf):
                return None
        self._open()
        return cast("P | None", self._search(protocol))
