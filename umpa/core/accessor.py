"""`packet.udp`: the property that finds a protocol's layer."""

from __future__ import annotations

from typing import Any

from umpa.core import registry
from umpa.core.absent import missing_layer
from umpa.errors import FieldError, LayerError

__all__ = ["install_accessor"]


class _Accessor(property):
    """A property of packets that stands for a protocol."""


def install_accessor(packet_class: Any, name: str) -> None:
    """Give packets the attribute for a protocol that has been registered or announced.

    :raises FieldError: packets have an attribute of that name that means something else.
    """
    attribute = name.replace(".", "_")
    before = getattr(packet_class, attribute, None)
    if isinstance(before, _Accessor):
        return
    if before is not None:
        raise FieldError(f"a protocol cannot be named '{name}': packets have their own `{name}`")

    known, find, wake = registry.found, packet_class.shapes.find, packet_class.shapes.wake

    def layer(packet: Any) -> Any:
        data = packet._content
        if data.__class__ is bytes:
            leaf = find(data, packet._origin)
            if leaf is not None:
                first = leaf.first(attribute)
                if first is not None:
                    return first(packet, data)
            wake(packet)
        protocol = known(name)
        if protocol.__class__ is str:
            protocol = registry.load(name)
        found = packet.get(protocol)
        if found is None:
            raise missing_layer(packet, protocol.__name__, name)
        return found

    def refuse(packet: Any, value: object) -> None:
        raise LayerError(
            f"a packet's layer `{attribute}` is not replaced; set its fields, as in "
            f"packet.{attribute}.x = ..., or stack a packet of other layers"
        )

    described = f"The packet's layer `{name}`."
    setattr(packet_class, attribute, _Accessor(layer, refuse, None, described))
