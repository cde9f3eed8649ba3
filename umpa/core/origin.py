"""Where a packet came from: what all packets of one interface share."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from contextlib import suppress

from umpa.errors import FieldError

__all__ = ["ORIGINS", "Comments", "Origin", "check_linktype", "comment_of", "whole_number"]

_MOST = 256


def check_linktype(linktype: object) -> int:
    """The number of a link type.

    :raises FieldError: it is none.
    """
    if isinstance(linktype, int) and linktype >= 0:
        return linktype
    raise FieldError(f"linktype is {linktype!r}; expected a number, 1 for Ethernet")


class Comments(str):
    """Several comments of one packet: they read as lines, and a file has each by itself."""

    __slots__ = ("each",)

    each: tuple[str, ...]

    def __new__(cls, each: Iterable[str]) -> Comments:
        parts = tuple(each)
        self = super().__new__(cls, "\n".join(parts))
        self.each = parts
        return self

    def __reduce__(self) -> tuple[type[Comments], tuple[tuple[str, ...]]]:
        return Comments, (self.each,)


def comment_of(value: object) -> str | None:
    """What a person gave as the comment of a packet: text, several of them, or None.

    :raises FieldError: it is none of these.
    """
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise FieldError(
            f"comment: {value!r} does not fit; expected text, a list of texts, or None"
        )
    if len(value) > 1:
        return Comments(value)
    return str(value[0]) if value else None


class Origin:
    """Link type, interface and, where it differs from what was kept, the length on the wire.

    One instance serves every whole packet of an interface, so that an untouched packet costs a
    reference; a packet that was cut, or that carries a comment, has one of its own (`replace`).
    """

    __slots__ = ("comment", "fcs_length", "interface", "linktype", "wire_length")

    linktype: int
    interface: str | None
    wire_length: int | None
    """Length on the wire in bytes; None where the whole packet was kept."""
    comment: str | None
    fcs_length: int
    """Bytes of frame check sequence at the end of each frame; 0 where nothing says."""

    def __init__(
        self,
        linktype: int = 1,
        interface: str | None = None,
        wire_length: int | None = None,
        comment: str | None = None,
        fcs_length: int = 0,
    ) -> None:
        self.linktype = linktype
        self.interface = interface
        self.wire_length = wire_length
        self.comment = comment
        self.fcs_length = fcs_length

    def __reduce__(self) -> tuple[type[Origin], tuple[object, ...]]:
        kept = self.linktype, self.interface, self.wire_length, self.comment, self.fcs_length
        return Origin, kept

    def replace(self, wire_length: int | None, comment: str | None = None) -> Origin:
        """The origin of one packet of this interface."""
        return Origin(self.linktype, self.interface, wire_length, comment, self.fcs_length)


def whole_number(name: str, value: object, unit: str, least: int | None = None) -> int:
    """The number that was given as an argument `name`; NumPy's are numbers too.

    :raises FieldError: it is none, or less than `least`.
    """
    number: int | None = None
    with suppress(TypeError):
        number = operator.index(value)  # type: ignore[arg-type]  # what it is for
    if number is None or (least is not None and number < least):
        raise FieldError(f"{name} is {value!r}; expected {unit}, a whole number")
    return number


class _Origins(dict[int, Origin]):
    """The origins of whole packets of which only the link type is known, by that."""

    def __missing__(self, linktype: int) -> Origin:
        origin = Origin(check_linktype(linktype))
        if len(self) < _MOST:
            self[linktype] = origin
        return origin


ORIGINS = _Origins()
