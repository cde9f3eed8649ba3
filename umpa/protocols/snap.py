"""SNAP: an organisation, and a number of its own for what follows (IEEE 802, section 9.2)."""

from __future__ import annotations

from collections.abc import Iterable

from umpa.core.following import Following, ProtocolClass, by_number
from umpa.core.registry import table
from umpa.protocols.settling import announced

__all__ = [
    "BRIDGED",
    "CISCO",
    "ETHERNET",
    "ETHERNETS",
    "EXTREME",
    "follower",
    "number",
    "organisation",
]

ETHERNET = 0x000000
ETHERNETS = (ETHERNET, 0x0000F8)
"""Identifiers with which the number is an EtherType."""
CISCO = 0x00000C
EXTREME = 0x00E02B
BRIDGED = 0x0080C2
"""Frames of other networks, whole, and what bridges say to one another (RFC 2427, section 4.2)."""
_TABLES = {CISCO: "llc.cisco_pid", EXTREME: "llc.extreme_pid", BRIDGED: "snap.bridged_pid"}


def _table(oui: int) -> str:
    return "eth.type" if oui in ETHERNETS else _TABLES.get(oui, "")


def follower(oui: int, pid: int) -> Following:
    """What an organisation's number announces; None where that is not known."""
    name = _table(oui)
    return by_number(name, pid) if name else None


def organisation(oui: int, pid: int, upper: ProtocolClass, order: Iterable[int]) -> int:
    """Whose number there is for `upper`: that which stands there, or the first in `order`.

    As it stands where nobody has one.
    """
    if follower(oui, pid) is upper:
        return oui
    return next((one for one in order if upper in table(_table(one)).numbers), oui)


def number(oui: int, pid: int, upper: ProtocolClass) -> int:
    """The number of `upper` with an organisation; as it stands where that has none."""
    name = _table(oui)
    found = announced(name, pid, upper) if name else None
    return pid if found is None else found
