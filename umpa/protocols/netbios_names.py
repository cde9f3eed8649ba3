"""Names of NetBIOS, as they are coded: two letters from A to P for each byte (RFC 1001, 14.1)."""

from __future__ import annotations

from umpa.protocols import domain

__all__ = ["behind_name", "decoded_name"]

_LETTERS = 32


def decoded_name(data: bytes, at: int) -> str | None:
    """The name at `at` and its kind, as in `UMPA<20>`; None where there is none."""
    coded = data[at + 1 : at + 1 + _LETTERS]
    right = len(coded) == _LETTERS and all(65 <= letter <= 80 for letter in coded)
    if data[at : at + 1] != bytes([_LETTERS]) or not right:
        return None
    name = bytes(
        (high - 65) << 4 | low - 65 for high, low in zip(coded[::2], coded[1::2], strict=True)
    )
    return f"{name[:15].decode('latin-1').rstrip()}<{name[15:].hex()}>"


def behind_name(data: bytes, at: int) -> int:
    """Where a name ends, its scope included; the end of the data where it does not."""
    return min(domain.behind_name(data, at), len(data))
