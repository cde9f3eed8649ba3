"""Records of a block sorted by the shapes of their packets, many at once (with NumPy).

It goes the way of `Shapes.find`: from node to node by the bytes that decide, but for all packets of
a block together. What the nodes do not know yet is learnt from one packet of each kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from umpa.analysis.arrays import gathered
from umpa.core.packet import Packet
from umpa.core.shape import Leaf, Node

__all__ = ["Sorter"]

_MOST_BYTES = 8
_MOST_KEYS = 256
"""Values of a node's bytes; with more, packets are looked at one by one."""


class Sorter:
    """Sorts the packets of one link type; `packet` makes one of the block's for a closer look."""

    def __init__(self, np: Any, linktype: int) -> None:
        self.np = np
        self.linktype = linktype
        self.root: Any = None
        self.known: dict[Node, dict[int, Any]] = {}

    def groups(
        self, data: Any, at: Any, sizes: Any, packet: Callable[[int], Packet]
    ) -> Iterator[tuple[Any, Any]]:
        """Each shape with the numbers of its packets; those of None have to be asked one by one.

        `data` are a block's bytes, `at` and `sizes` where the packets start, and how long they are.
        """
        np = self.np
        if not len(at):
            return
        roots = Packet.shapes.roots
        if self.linktype not in roots:
            Packet.shapes.wake(packet(0))
        root: Any = roots.get(self.linktype)
        if root is not self.root:  # the shapes were forgotten
            self.root, self.known = root, {}
        waiting = [(root, np.arange(len(at)))]
        while waiting:
            node, chosen = waiting.pop()
            if isinstance(node, Leaf):
                yield from self._split(
                    node.shape, chosen, self._fits(node, data, at, sizes, chosen)
                )
            elif not isinstance(node, Node) or len(node.deciding) > _MOST_BYTES:
                yield None, chosen
            else:
                for known, those in self._split(node, chosen, sizes[chosen] >= node._size):
                    if known is None:
                        yield None, those
                    else:
                        waiting += self._children(node, those, data, at, packet)

    def _split(self, item: Any, chosen: Any, fits: Any) -> Iterator[tuple[Any, Any]]:
        """The packets that fit with their item, and the others with None."""
        if fits.all():
            yield item, chosen
        else:
            yield item, chosen[fits]
            yield None, chosen[~fits]

    def _fits(self, leaf: Leaf, data: Any, at: Any, sizes: Any, chosen: Any) -> Any:
        """Which packets have what the leaf needs beyond its key."""
        np = self.np
        fits = sizes[chosen] >= leaf.need
        if leaf.least:
            places = np.where(fits, at[chosen], 0)
            number = gathered(np, data, places + leaf.where.start, len(leaf.least))
            fits &= number >= int.from_bytes(leaf.least, "big")
        return fits

    def _children(
        self, node: Node, chosen: Any, data: Any, at: Any, packet: Callable[[int], Packet]
    ) -> Iterator[tuple[Any, Any]]:
        """What follows the node, each with its packets."""
        np = self.np
        if not len(chosen):
            return
        keys, places = None, at[chosen]
        for start, size in _runs(node.deciding):
            part = gathered(np, data, places + start, size)
            keys = part if keys is None else keys.astype("u8") << np.uint64(8 * size) | part
        known = self.known.setdefault(node, {})
        left = len(chosen)
        for key, child in list(known.items()):
            own = np.flatnonzero(keys == key)
            if len(own):
                left -= len(own)
                yield child, chosen[own]
        if not left:
            return
        for key in np.unique(keys).tolist():
            if key in known:
                continue
            own = np.flatnonzero(keys == key)
            child = None
            if len(known) < _MOST_KEYS:
                child = known[key] = self._learn(node, packet(int(chosen[own[0]])))
            yield child, chosen[own]

    def _learn(self, node: Node, packet: Packet) -> Any:
        """What follows the node in a packet of a kind that was not met; None: nobody knows."""
        content: Any = packet._content
        key = node.key_of(content)
        child = node.table.get(key)
        if child is None:
            Packet.shapes.wake(packet)
            child = node.table.get(key)
        return child


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where neighbours among places start, and how many they are."""
    start = size = 0
    for place in places:
        if size and place == start + size:
            size += 1
            continue
        if size:
            yield start, size
        start, size = place, 1
    yield start, size
