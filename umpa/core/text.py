"""Addresses as people write them, to and from the words that stand in a header.

Reading the same few addresses again and again is what captures are made of, so the text of
each is kept; every cache is bounded, because its keys come from the wire.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

__all__ = [
    "CACHE_LIMIT",
    "ipv4_text",
    "ipv4_word",
    "ipv6_text",
    "ipv6_word",
    "mac_text",
    "mac_word",
    "remember",
]

CACHE_LIMIT = 8192


def remember(cache: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep `value`, emptying a cache that is full: simpler than eviction, and bounded."""
    if len(cache) >= CACHE_LIMIT:
        cache.clear()
    cache[key] = value


def mac_text(word: bytes) -> str:
    return word.hex(":")


def mac_word(value: object) -> bytes:
    """Six bytes from text with colons, dashes or dots, from bytes, a number or a tuple."""
    if isinstance(value, str):
        digits = value.translate({ord(c): None for c in ":-."})
        parts = value.replace("-", ":").split(":")
        if len(parts) == 6 and all(1 <= len(part) <= 2 for part in parts):
            digits = "".join(part.zfill(2) for part in parts)
        with suppress(ValueError):
            if len(digits) == 12:
                return bytes.fromhex(digits)
        raise ValueError("six pairs of hexadecimal digits, as in '02:00:00:00:00:01'")
    return _packed(value, 6)


def ipv4_text(word: int) -> str:
    return f"{word >> 24}.{word >> 16 & 255}.{word >> 8 & 255}.{word & 255}"


def ipv4_word(value: object) -> int:
    """A 32-bit word from dotted decimal, bytes, int, a tuple or an `ipaddress` object."""
    if isinstance(value, str):
        parts = value.split(".")
        if len(parts) == 4 and all(
            part.isascii() and part.isdigit() and len(part) <= 3 and (part[0] != "0" or part == "0")
            for part in parts
        ):
            a, b, c, d = map(int, parts)
            if max(a, b, c, d) <= 255:
                return a << 24 | b << 16 | c << 8 | d
        raise ValueError("four decimal numbers from 0 to 255, as in '10.0.0.1'")
    return int.from_bytes(_packed(value, 4), "big")


def ipv6_text(word: bytes) -> str:
    """RFC 5952: lower case, no leading zeros, the longest run of zero groups as `::`."""
    if word[:12] == b"\0" * 10 + b"\xff\xff":
        return "::ffff:" + ipv4_text(int.from_bytes(word[12:], "big"))
    groups = word.hex(":", -2).split(":")
    groups = [group.lstrip("0") or "0" for group in groups]
    best = start = length = 0
    for index, group in enumerate([*groups, "end"]):
        if group == "0":
            length += 1
            continue
        if length > best:
            best, start = length, index - length
        length = 0
    if best < 2:
        return ":".join(groups)
    return ":".join(groups[:start]) + "::" + ":".join(groups[start + best :])


def ipv6_word(value: object) -> bytes:
    """Sixteen bytes from text (RFC 4291, 2.2), bytes, int, a tuple or an `ipaddress` object."""
    if isinstance(value, str):
        try:
            return _ipv6_bytes(value)
        except ValueError:
            raise ValueError("an IPv6 address, as in '2001:db8::1'") from None
    return _packed(value, 16)


def _ipv6_bytes(text: str) -> bytes:
    head, gap, tail = text.partition("::")
    if "::" in tail:
        raise ValueError(text)
    if gap and "." in head:
        raise ValueError(text)
    left, right = _groups(head), _groups(tail)
    missing = 16 - len(left) - len(right)
    if missing < 2 * bool(gap) or (missing and not gap):
        raise ValueError(text)
    return left + bytes(missing) + right


def _groups(text: str) -> bytes:
    if not text:
        return b""
    *groups, last = text.split(":")
    packed = b"".join(_group(group) for group in groups)
    if "." in last:
        return packed + ipv4_word(last).to_bytes(4, "big")
    return packed + _group(last)


def _group(text: str) -> bytes:
    if not 1 <= len(text) <= 4 or not text.isalnum():
        raise ValueError(text)
    return int(text, 16).to_bytes(2, "big")


def _packed(value: object, size: int) -> bytes:
    """The address as `size` bytes from what is not text."""
    value = getattr(value, "packed", value)
    if isinstance(value, tuple):
        with suppress(TypeError, ValueError):
            value = bytes(value)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return value.to_bytes(size, "big")
        except OverflowError:
            raise ValueError(f"a number of {size * 8} bits") from None
    if isinstance(value, (bytes, bytearray, memoryview)) and len(value) == size:
        return bytes(value)
    raise ValueError(f"text, {size} bytes, a number, a tuple or an ipaddress object")
