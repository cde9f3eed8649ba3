"""Shapes: how a packet that was only bytes finds its layers in a fraction of a microsecond.

1. A *shape* is a stack of layers at fixed offsets. Each is a subclass of `Packet`, made when its
   stack is first seen; a packet becomes one (`__class__` is swapped) when it is first asked for a
   layer. Its accessors know the offset, so a layer is unpacked by one call on first access.
2. Which shape a packet has is decided by few bits of it: type fields, header lengths. `Node`s
   remember, for the values of those bits, what the complete dissection (`umpa.core.walk`) found.
   So the walk is the only authority; nodes are its memory, and hold what it found without error.
3. A shape covers the headers that are certain. What ports suggest, payload and padding are found
   when somebody asks for them (`Packet._settle`).
4. Shapes and nodes are bounded, because wire bytes make them: when there are too many, all are
   forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from struct import Struct, error
from types import FunctionType
from typing import TYPE_CHECKING, Any
from weakref import ref

from umpa.core.bounds import limit_of
from umpa.core.loose import LENGTHS, Loose
from umpa.core.registry import linktypes
from umpa.core.walk import Place, Walk, walk

if TYPE_CHECKING:
    from umpa.core.origin import Origin
    from umpa.core.stack import Stack
    from umpa.core.state import PacketState

__all__ = ["Shapes"]

_MOST_KEYS = 4096
_MOST_SHAPES = 512


class Leaf:
    """A shape, and what a packet needs beyond the key to have it: two lengths."""

    __slots__ = ("enough", "first", "least", "low", "need", "shape", "where")

    def __init__(self, shape: Any, need: int, least: bytes, start: int) -> None:
        self.shape = shape
        self.first = shape._first.get
        """What wakes a packet up and finds its layer of a protocol, or of an attribute's name."""
        self.need = need
        self.least = least
        """The least value of the length field at `start`, as its bytes."""
        self.where = slice(start, start + len(least))
        # Mostly its last byte is enough to tell.
        self.low = max(self.where.stop - 1, 0)
        self.enough = least[-1] if least and not any(least[:-1]) else 0 if not least else 256


class Node:
    """The bytes that decide what follows a header, and what followed each value of them."""

    __slots__ = ("_size", "deciding", "key", "table")

    def __init__(self, protocol: Any, at: int) -> None:
        mask = protocol._STEERING
        for extra in _followers(protocol):
            widened = mask.ljust(protocol._FIXED, b"\0") + extra._STEERING
            mask = bytes(
                a | b for a, b in zip(widened, mask.ljust(len(widened), b"\0"), strict=True)
            )
        self.key, self._size = _picking(mask, at)
        self.deciding = [at + i for i, bits in enumerate(mask) if bits]
        """Where the deciding bytes are."""
        self.table: dict[Any, Any] = {}

    def key_of(self, data: bytes) -> Any:
        """The deciding bytes; as if zeros followed where the data ends (a leaf asks for more)."""
        return self.key(data if len(data) >= self._size else data.ljust(self._size, b"\0"))


def _picking(mask: bytes, at: int) -> tuple[Callable[[bytes], Any], int]:
    """What takes the bytes that `mask` does not leave out, and where it ends.

    Data that is shorter may be a `struct.error`.
    """
    wanted = "".join("B" if bits else "x" for bits in mask.rstrip(b"\0"))
    size = at + len(wanted)
    together = wanted.lstrip("x")
    if together and "x" not in together:
        return itemgetter(slice(size - len(together), size)), size
    return Struct(f">{at}x" + wanted.replace("BBBB", "I").replace("BB", "H")).unpack_from, size


def _followers(protocol: Any) -> list[Any]:
    """The protocols whose header length is looked up together with this header."""
    if protocol.next_by is None or not protocol.next_by.certain:
        return []
    found = {other for _, other in protocol.next_by.table.classes.loaded()}
    return [other for other in found if other.fused and other._STEERING]


class Shapes:
    """The shapes seen, and the nodes that lead to them."""

    def __init__(self, base: Any) -> None:
        self.base = base
        self.shapes: dict[tuple[tuple[Any, int], ...], Any] = {}
        self.roots: dict[int, Node] = {}
        self.keys = 0
        self.forgotten = 0
        """How often they were forgotten: what was learnt of them before holds no more."""

    def forget(self, *_: object) -> None:
        """Start anew: when there are too many, or a protocol came that may change what follows."""
        self.forgotten += 1
        self.shapes.clear()
        self.roots.clear()
        self.keys = 0

    def find(self, data: bytes, origin: Origin | Stack) -> Leaf | None:
        """What is remembered for a packet of these bytes; None where that is nothing yet."""
        node: Any = self.roots.get(origin.linktype)
        try:
            while node.__class__ is Node:
                node = node.table[node.key(data)]
        except KeyError:
            return None
        except error:
            while node.__class__ is Node:
                node = node.table.get(node.key_of(data))
        if (
            node is not None
            and len(data) >= node.need
            and (data[node.low] >= node.enough or data[node.where] >= node.least)
        ):
            return node  # type: ignore[no-any-return]
        return None

    def wake(self, packet: PacketState) -> None:
        """Swap an untouched packet to its shape; one without (an error) is dissected whole."""
        data: Any = packet._content
        leaf = self.find(data, packet._origin)
        if leaf is None:
            self._learn(packet, data)
        else:
            packet._content = [data, *leaf.shape._blank]
            packet.__class__ = leaf.shape

    def first(self, packet: PacketState, protocol: Any) -> Any:
        """Wake a packet up for the layer of a protocol.

        None where its shape does not tell; then it may be awake, and that has to be asked.
        """
        data: Any = packet._content
        leaf = self.find(data, packet._origin)
        if leaf is None:
            self._learn(packet, data)
            return None
        first = leaf.first(protocol)
        if first is not None:
            return first(packet, data)
        packet._content = [data, *leaf.shape._blank]
        packet.__class__ = leaf.shape
        return None

    def _learn(self, packet: PacketState, data: bytes) -> None:
        """The slow way: walk, and remember what was found."""
        linktype = packet._origin.linktype
        first = linktypes.classes.get(linktype)
        result = walk(data, first, deep=False, whole=packet._whole())
        open_ended = any(place.protocol.open_ended for place in result.places)
        if first is None or result.error is not None or not result.places or open_ended:
            packet._settle()
            return
        shape = self._shape(result)
        if linktype not in self.roots and first._STEERING:
            self.roots[linktype] = Node(first, 0)
        node = self.roots.get(linktype)
        decided = all(place.protocol._STEERING is not None for place in result.places)
        if node is not None and decided and not result.short:  # others go on where this one ends
            self._remember(node, data, result, shape)
        packet._content = [data, *shape._blank]
        packet.__class__ = shape

    def _shape(self, result: Walk) -> Any:
        key = tuple((place.protocol, place.at) for place in result.places)
        shape = self.shapes.get(key)
        if shape is None:
            if len(self.shapes) >= _MOST_SHAPES:
                self.forget()
            shape = self.shapes[key] = make_shape(self.base, result.places, result.lazy)
        return shape

    def _remember(self, node: Node, data: bytes, result: Walk, shape: Any) -> None:
        """Follow the places from node to node, adding what is missing, to the leaf."""
        leaf = _leaf(shape, result)
        if leaf is None:
            return
        self.keys += 1
        if self.keys > _MOST_KEYS:
            self.forget()
            return
        places = result.places
        for place, following in zip(places, [*places[1:], None], strict=True):
            key = node.key_of(data)
            if following is None or _decided(place, following, places[-1]):
                node.table[key] = leaf
                return
            child: Any = node.table.get(key)
            if child.__class__ is not Node:
                if not any(following.protocol._STEERING):
                    return
                child = Node(following.protocol, following.at)
                node.table[key] = child
            node = child


def _decided(place: Place, following: Place, last: Place) -> bool:
    """Whether the node of `place` decides all there is to decide about `following`, the last."""
    if following is not last:
        return False
    if not any(following.protocol._STEERING):
        return True
    together = following.protocol.fused and following.at == place.at + place.protocol._FIXED
    return together and following.protocol in _followers(place.protocol)


def _leaf(shape: Any, result: Walk) -> Leaf | None:
    """The leaf for a walk; None where more than one length field has to be looked at."""
    places = result.places
    end = places[-1].at + places[-1].size
    limiting = [place for place in places[:-1] if place.protocol._limiting]
    if not limiting:
        return Leaf(shape, end, b"", 0)
    if len(limiting) > 1:
        return None
    place = limiting[0]
    _, offset, base = limit_of(1, place)
    size = place.protocol.fields[place.protocol._limiting].bits // 8
    return Leaf(shape, end, max(0, end - base).to_bytes(size, "big"), offset)


def make_shape(base: Any, places: list[Place], lazy: bool) -> Any:
    """The subclass of `Packet` for these places."""
    body: dict[str, Any] = {"__slots__": (), "__module__": base.__module__, "__doc__": base.__doc__}
    index: dict[Any, int] = {}
    layer = _unpacker(places)
    for number, place in enumerate(places, 1):
        if place.protocol not in index:
            index[place.protocol] = number
            body[_attribute(place)] = property(_own_code(_getter(number, layer)))
    body["_index"] = index
    body["get"] = _own_code(_finder(index, layer))
    body["__bytes__"] = _own_code(_bytes)
    body["_layer"] = staticmethod(layer)
    body["_places"] = tuple((place.protocol, place.at) for place in places)
    body["_blank"] = [None] * (len(places) + LENGTHS)
    body["_loose"] = Loose(places)
    body["_last"] = places[-1].protocol if lazy else None

    def touch(self: Any) -> None:
        shape._touch = shape._loose.touching(base._touch)
        self._touch()

    body["_touch"] = touch
    shape: Any = type(base.__name__, (base,), body)
    shape._first = {}
    for protocol, number in index.items():
        first = _own_code(_first(shape, number, places))
        shape._first[protocol] = shape._first[_attribute(places[number - 1])] = first
    return shape


def _attribute(place: Place) -> str:
    return place.protocol.name.replace(".", "_")  # type: ignore[no-any-return]


def _own_code(function: Any) -> Any:
    """The function with code of its own.

    CPython keeps with the code what it has learnt of the types that come by, and each shape is one.
    """
    made = FunctionType(function.__code__.replace(), function.__globals__, function.__name__,
                        function.__defaults__, function.__closure__)  # fmt: skip
    return made


def _unpacks(places: list[Place]) -> list[Callable[..., Any]]:
    """What unpacks each header; quicker where another one stands right behind its fixed part."""
    after = [place.at for place in places[1:]]
    return [
        place.protocol._unpack_bare if at == place.at + place.protocol._FIXED
        else place.protocol._unpack
        for place, at in zip(places, [*after, None], strict=True)
    ]  # fmt: skip


def _unpacker(places: list[Place]) -> Callable[[Any, Any, int], Any]:
    """What unpacks the layer of a number on first access."""
    unpacks = [None, *_unpacks(places)]
    starts = [0, *(place.at for place in places)]
    derived = [0, *(place.protocol._DERIVED for place in places)]

    def layer(packet: Any, content: Any, number: int) -> Any:
        data = content[0]
        unpack: Any = unpacks[number]
        if data.__class__ is bytes:
            found = content[number] = unpack(data, starts[number], ref(packet))
        else:
            found = unpack(content[-LENGTHS], starts[number], packet, None, derived[number])
            content[number] = found
        return found

    return layer


def _finder(index: dict[Any, int], layer: Callable[[Any, Any, int], Any]) -> Callable[..., Any]:
    """`Packet.get`, for packets of one shape. Number 0: a protocol that none of them has."""
    number_of = index.get

    def get(self: Any, protocol: Any, default: Any = None) -> Any:
        number = number_of(protocol)
        if number:
            content = self._content
            found = content[number]
            return layer(self, content, number) if found is None else found
        if number is None:
            found = self._beyond(protocol)
            return default if found is None else found
        return default

    return get


def _bytes(packet: Any) -> bytes:
    """`Packet.__bytes__`, for packets of one shape."""
    content = packet._content
    head = content[0]
    return head if head.__class__ is bytes else head.write(content)


def _getter(number: int, layer: Callable[[Any, Any, int], Any]) -> Callable[[Any], Any]:
    """What finds the layer of a number."""

    def get(packet: Any) -> Any:
        content = packet._content
        found = content[number]
        return layer(packet, content, number) if found is None else found

    return get


def _first(shape: Any, number: int, places: list[Place]) -> Callable[[Any, bytes], Any]:
    """What wakes up a packet of the shape, and finds the layer of a number."""
    unpack, at, blank = _unpacks(places)[number - 1], places[number - 1].at, shape._blank

    def first(packet: Any, data: bytes) -> Any:
        content = [data, *blank]
        found = content[number] = unpack(data, at, ref(packet))
        packet._content = content
        packet.__class__ = shape
        return found

    return first
