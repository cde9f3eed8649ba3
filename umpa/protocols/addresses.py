"""Lengths of hardware addresses, which follow from the kind of hardware."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from umpa.core.auto import Auto

__all__ = ["BY_DEVICE", "IN_DHCP", "AddressLength"]

_USUAL = {1: 6, 6: 6, 7: 1}
IN_DHCP = _USUAL | {24: 0, 32: 0}
"""By the number of ARP; IEEE 1394 (RFC 2855) and InfiniBand (RFC 4390) leave the address out."""
BY_DEVICE = _USUAL | {
    24: 8, 32: 20, 280: 0, 512: 0, 513: 0, 519: 0, 768: 4, 769: 16, 772: 6, 776: 4, 778: 4,
    801: 6, 823: 16, 824: 0, 65534: 0,
}  # fmt: skip
"""By Linux's number for the kind of device."""


class AddressLength(Auto):
    """The bytes of an address of that kind of hardware; as it stands for kinds not known.

    A zero stays where the address is all zeros: there is none.
    """

    def __init__(
        self, sizes: Mapping[int, int], kind: str, address: Callable[[Any], bytes]
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.kind = kind
        self.address = address

    def source(self, field: Any) -> str:
        name = f"{field.name}_length"
        self.names[name] = self.length
        return f"{name}(self, value)"

    def length(self, layer: Any, value: int) -> int:
        if not value and not any(self.address(layer)):
            return 0
        return self.sizes.get(getattr(layer, self.kind), value)
