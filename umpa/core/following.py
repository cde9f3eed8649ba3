"""What follows a header, for protocols that find it out themselves.

The names of types stand here because a field that is called `type` hides the builtin in its class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

from umpa.core.follow import Follow
from umpa.core.registry import by_name, table

if TYPE_CHECKING:
    from umpa.core.protocol import Protocol

__all__ = ["Body", "Following", "ProtocolClass", "by_name", "by_number"]

ProtocolClass: TypeAlias = "type[Protocol]"
Following: TypeAlias = "type[Protocol] | None"
"""A protocol, or None where it is not known."""


def by_number(name: str, number: int) -> Following:
    """What the table of that name has for a number; None where it has nothing."""
    found: Following = table(name).classes.get(number)
    return found


class Body(Follow):
    """A message type, and what runs from there to the end of the message.

    It is looked at when somebody asks for it, as what ports suggest is: so a message that has
    nothing of its own behind its header costs nothing.
    """

    certain: ClassVar[bool] = False
