"""Rules of derived fields that leave fragments alone: what they cover is not all here."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import InternetChecksum, Length

__all__ = ["FragmentChecksum", "FragmentLength", "is_fragment"]


def is_fragment(layers: Any, i: int) -> bool:
    """Whether the layer at `i` stands in a fragment: then no pseudo-header is to be had."""
    return layers[i - 1]._pseudo(layers, i - 1, 0, 0) is None


class FragmentChecksum(InternetChecksum):
    """RFC 1071 over header and body; in a fragment the value as it stands."""

    def source(self, field: Any) -> str:
        self.names["is_fragment"] = is_fragment
        return f"value if is_fragment(layers, i) else {super().source(field)}"


class FragmentLength(Length):
    """Bytes of header and body; in a fragment the value as it stands, if that is more."""

    def source(self, field: Any) -> str:
        self.names["is_fragment"] = is_fragment
        length = super().source(field)
        return f"value if value > {length} and is_fragment(layers, i) else {length}"
