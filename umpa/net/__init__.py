"""What the machine knows of its network: interfaces, routes, neighbours.

Asked when it is needed, never at import, and kept by nobody: each call is the truth of its moment,
in the network namespace of the calling thread.
"""

from __future__ import annotations

from umpa.net.interfaces import interface, interfaces
from umpa.net.model import Interface, Route
from umpa.net.neighbours import NeighbourCache, find_mac, group_mac, neighbour, resolve
from umpa.net.routes import RouteTable, route
from umpa.net.watcher import Event, Watcher

__all__ = [
    "Event",
    "Interface",
    "NeighbourCache",
    "Route",
    "RouteTable",
    "Watcher",
    "find_mac",
    "group_mac",
    "interface",
    "interfaces",
    "neighbour",
    "resolve",
    "route",
]
