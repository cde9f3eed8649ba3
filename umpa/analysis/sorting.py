"""Records of a block sorted by the shapes of their packets, many at once (with NumPy).

It goes the way of `Shapes.find`: from node to node by the bytes that decide, but for all packets of
a block together. What the nodes do not know yet is learnt from one packet of each kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

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
                fits = self._fits(node, data, at[chosen], sizes[chosen])
                yield node.shape, chosen[fits]
                yield None, chosen[~fits]
            elif not isinstance(node, Node) or len(node.deciding) > _MOST_BYTES:
                yield None, chosen
            else:
                long = sizes[chosen] >= node._size
                yield None, chosen[~long]
                waiting += self._children(node, chosen[long], data, at, packet)

    def _fits(self, leaf: Leaf, data: Any, at: Any, sizes: Any) -> Any:
        """Which packets have what the leaf needs beyond its key."""
        fits = sizes >= leaf.need
        if leaf.least:
            places = self.np.where(fits, at, 0)
            value = sum(
                data[places + (leaf.where.start + i)].astype("u8")
                << (8 * (len(leaf.least) - 1 - i))
                for i in range(len(leaf.least))
            )
            fits &= value >= int.from_bytes(leaf.least, "big")
        return fits

    def _children(
        self, node: Node, chosen: Any, data: Any, at: Any, packet: Callable[[int], Packet]
    ) -> Iterator[tuple[Any, Any]]:
        """What follows the node, each with its packets."""
        np = self.np
        if not len(chosen):
            return
        keys = np.zeros(len(chosen), "u8")
        for place in node.deciding:
            keys <<= np.uint64(8)
            keys |= data[at[chosen] + place]
        known = self.known.setdefault(node, {})
        left = np.ones(len(chosen), bool)
        for key, child in list(known.items()):
            own = keys == key
            if own.any():
                left &= ~own
                yield child, chosen[own]
        for key in np.unique(keys[left]).tolist() if left.any() else ():
            own = keys == key
            child = None
            if len(known) < _MOST_KEYS:
                child = known[key] = self._learn(node, packet(int(chosen[own][0])))
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
