"""What is to be said of a derived field: auto, pinned, good, or wrong on the wire.

1. A field is compared with the value its rule gives where everything else is as it stands: so one
   wrong length does not make a checksum wrong that was computed over it.
2. A rule that covers what the layer carries says nothing where not all of that is here: in a
   fragment, in a packet that the capture or a quotation cut, under a length that lies.
   So a checksum's mark is what `umpa.core.status` says of it.
3. A checksum that a network card was to finish (checksum offload) holds the folded sum of the
   pseudo-header, and a length that it was to fill in holds zero: neither is an error.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from umpa.core.auto import (
    HeaderLength,
    NextProtocol,
    Present,
    SizeOf,
    TransportChecksum,
)
from umpa.core.field import Field
from umpa.core.places import Laid
from umpa.core.protocol import Protocol
from umpa.errors import EncodeError

__all__ = ["Mark", "marks"]


class Mark(NamedTuple):
    """What a person reads of a field, and its kind."""

    kind: str
    """`auto`, `pinned`, `good`, `wrong`, `unfinished`, `unverified` or `none`."""
    text: str


_GOOD = Mark("good", "good")
_AUTO = Mark("auto", "auto")
_UNVERIFIED = Mark("unverified", "not verified: the bytes it covers are not all here")
_NONE = Mark("none", "none")
_OFFLOAD = Mark("unfinished", "unfinished, left to the network card (checksum offload)")
_SEGMENTED = Mark("unfinished", "unfinished, left to the network card (segmentation offload)")


def marks(laid: Laid, *, wire: bool, whole: bool, most: int) -> list[dict[str, Mark]]:
    """For each of the first `most` layers the marks of its derived fields, by name.

    `wire`: the packet is as it came; `whole`: the capture kept all of it.
    """
    found: list[dict[str, Mark]] = []
    ends_here, together = whole, True
    for index, (layer, span) in enumerate(zip(laid.stack[1 : most + 1], laid.spans, strict=False)):
        if wire and span.quoted:
            found.append({})
            continue
        known = together
        if wire:
            limit = layer._limit(span.at, span.size)
            ends_here = ends_here or (limit is not None and limit <= len(laid.data))
            known = together and ends_here and (limit is None or limit <= span.end)
        found.append(_Place(laid, index, layer, laid.body(index), known).marks(wire))
        if wire and type(layer)._pseudo is not Protocol._pseudo:
            # A fragment has no pseudo-header to give; what it carries is not all here.
            together = together and layer._pseudo(laid.stack, index + 1, 0, 0) is not None
    return found


class _Place(NamedTuple):
    """A layer in its packet; `known`: whether `body` is all that it should carry."""

    laid: Laid
    position: int
    layer: Any
    body: bytes
    known: bool

    def marks(self, wire: bool) -> dict[str, Mark]:
        found: dict[str, Mark] = {}
        for field in self.layer._applies():
            if field.auto_bit:
                mark = self.on_the_wire(field) if wire else self.as_crafted(field)
                if mark is not None:
                    found[field.name] = mark
        return found

    def as_crafted(self, field: Field[Any, Any]) -> Mark | None:
        if self.layer._auto & field.auto_bit:
            return _AUTO
        if self.laid.spans[self.position].quoted:
            return None
        right = self.right(field)
        if right is None or right == getattr(self.layer, field.name):
            return Mark("pinned", "pinned")
        return Mark("pinned", f"pinned, auto would be {_shown(field, right)}")

    def on_the_wire(self, field: Field[Any, Any]) -> Mark | None:
        value, rule = getattr(self.layer, field.name), field.auto
        if rule is not None and rule.sums:
            if getattr(rule, "zero_means_none", False) and not value and self.over_ipv4():
                return _NONE
            if not self.known and getattr(rule, "body", True):
                return _UNVERIFIED
        elif self.laid.error is not None or not (self.known or isinstance(rule, _HEADER_ONLY)):
            return None  # after an error, who knows which of the lengths is wrong
        right = self.right(field)
        if right is None or right == value:
            return _GOOD if right is not None and rule is not None and rule.sums else None
        if isinstance(rule, TransportChecksum) and self.pseudo_sum(rule, value):
            return _OFFLOAD
        if field.name == self.layer._limiting and not value:
            return _SEGMENTED
        return Mark("wrong", f"wrong on the wire, should be {_shown(field, right)}")

    def right(self, field: Field[Any, Any]) -> Any:
        """The value that the field's rule gives, others being as they are; None: none fits."""
        try:
            return self.layer._by_rule(field, self.laid.stack, self.position + 1, self.body)
        except EncodeError:
            return None

    def over_ipv4(self) -> bool:
        """Whether the network layer below lets a sender leave checksums out (RFC 8200, 8.1)."""
        names = [layer.name for layer in self.laid.stack[1 : self.position + 1]]
        return [name for name in names if name in ("ip", "ipv6")][-1:] != ["ipv6"]

    def pseudo_sum(self, rule: TransportChecksum, value: int) -> bool:
        """Whether the checksum is that of the pseudo-header alone, not complemented."""
        below, stack = self.laid.stack[self.position], self.laid.stack
        size = self.laid.spans[self.position].size + len(self.body)
        # Where the card also segments, the length may be left out.
        sums = [below._pseudo(stack, self.position, rule.protocol, length) for length in (size, 0)]
        return any(total is not None and (total - value) % 0xFFFF == 0 for total in sums)


_HEADER_ONLY = (HeaderLength, NextProtocol, Present, SizeOf)
"""Rules that do not look at the bytes that are carried."""


def _shown(field: Field[Any, Any], value: Any) -> str:
    meaning = field.meaning(value)
    return field.text(value) + (f" ({meaning})" if meaning else "")
