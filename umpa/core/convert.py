from __future__ import annotations
from typing import Any
def to_dict(p: Any) -> Any: ...
def from_dict(p: Any) -> Any: ...
def restore(content: Any, origin: Any, time_ns: Any) -> Any:
    from umpa.core.packet import Packet
    if content.__class__ is tuple:
        for layer in content: layer._packet = ()
    packet = object.__new__(Packet)
    packet._content, packet._origin, packet.time_ns = content, origin, time_ns
    return packet
