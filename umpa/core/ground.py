"""What the outermost layer stands on."""

from __future__ import annotations

from typing import Any

__all__ = ["GROUND", "Ground"]


class Ground:
    """Nothing: the base of what heads a stack of layers."""

    __slots__ = ()

    def _pseudo(self, layers: Any, i: int, protocol: int, length: int) -> int | None:
        """There is no pseudo-header to add."""
        return 0


GROUND = Ground()
