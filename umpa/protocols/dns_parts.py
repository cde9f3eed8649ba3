"""The parts of DNS messages as bytes: names, questions, records (RFC 1035, sections 3 and 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from umpa.errors import FieldError, suggest

__all__ = ["KINDS", "NAMED", "NUMBERS", "question", "record"]

KINDS = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33,
    "NAPTR": 35, "DNAME": 39, "OPT": 41, "DS": 43, "SSHFP": 44, "RRSIG": 46, "NSEC": 47,
    "DNSKEY": 48, "TLSA": 52, "SVCB": 64, "HTTPS": 65, "IXFR": 251, "AXFR": 252, "ANY": 255,
    "CAA": 257,
}  # fmt: skip
"""Types of records, by name (IANA, Domain Name System Parameters)."""
NUMBERS = {number: name for name, number in KINDS.items()}
NAMED = {"NS": 0, "CNAME": 0, "PTR": 0, "DNAME": 0, "MX": 1, "SVCB": 1, "HTTPS": 1, "SRV": 3}
"""Types that hold so many numbers of two bytes, and a name behind them."""

_LABEL = re.compile(r"(?:\\\d{3}|\\\D|[^.\\])*")
_ESCAPED = re.compile(rb"\\(\d{3}|\D)", re.DOTALL)
"""A dot or another character, or a byte's number, behind a backslash (RFC 1035, section 5.1)."""
_LONGEST_LABEL, _LONGEST_NAME = 63, 255


def question(name: str, kind: int | str, cls: int) -> bytes:
    """One question."""
    return _name(name) + _numbers(_kind(kind), cls)


def record(name: str, kind: int | str, value: Any, ttl: int, cls: int) -> bytes:
    """One resource record."""
    if not 0 <= ttl < 1 << 31:  # RFC 2181, section 8
        raise FieldError(f"DNS: ttl={ttl}; expected seconds, from 0 to 2147483647")
    data = value if isinstance(value, bytes) else _data(kind, value)
    head = _name(name) + _numbers(_kind(kind), cls) + ttl.to_bytes(4, "big")
    return head + _numbers(len(data)) + data


def _kind(kind: int | str) -> int:
    if isinstance(kind, int):
        return kind
    found = KINDS.get(kind.upper())
    if found is None:
        close = suggest(kind.upper(), KINDS)
        raise FieldError(f"DNS: no record type {kind!r} is known here{close}; a number always is")
    return found


def _numbers(*values: int) -> bytes:
    try:
        return b"".join(value.to_bytes(2, "big") for value in values)
    except OverflowError:
        raise FieldError(f"DNS: {max(values)} does not fit; expected 0 to 65535") from None


def _name(name: object) -> bytes:
    if not isinstance(name, str):
        raise FieldError(f"DNS: {name!r} is no name; expected text")
    try:
        encoded = [_label(label) for label in _labels(name)] if name != "." else []
    except (UnicodeError, ValueError) as error:
        raise FieldError(f"DNS: {name!r} is no name: {error}") from None
    if not all(0 < len(label) <= _LONGEST_LABEL for label in encoded):
        raise FieldError(f"DNS: {name!r} is no name: a label has 1 to {_LONGEST_LABEL} bytes")
    data = b"".join(bytes([len(label)]) + label for label in encoded) + b"\0"
    if len(data) > _LONGEST_NAME:
        raise FieldError(f"DNS: {name!r} is no name: it takes more than {_LONGEST_NAME} bytes")
    return data


def _labels(name: str) -> Iterator[str]:
    """Between dots that are not escaped."""
    at = 0
    while at < len(name):
        label: Any = _LABEL.match(name, at)
        yield label[0]
        at = label.end() + 1
        if name[at - 1 : at] not in (".", ""):
            raise ValueError(r"expected \DDD or \., or no backslash")


def _label(label: str) -> bytes:
    """Other characters than ASCII's as international names have them (RFC 5890)."""
    if not label.isascii():
        return label.encode("idna")
    return _ESCAPED.sub(lambda found: _character(found[1]), label.encode())


def _character(escaped: bytes) -> bytes:
    return bytes([int(escaped)]) if len(escaped) == 3 else escaped


_VALUES = {
    "A": "an address such as 10.0.0.1", "AAAA": "an address such as 2001:db8::1",
    "MX": "(preference, name)", "TXT": "text", "SRV": "(priority, weight, port, name)",
    "SVCB": "(priority, name)", "HTTPS": "(priority, name)",
}  # fmt: skip
"""What a record is made of, beside names."""


def _data(kind: int | str, value: Any) -> bytes:
    """What a record of that type holds."""
    number = _kind(kind)
    name = NUMBERS.get(number, str(number))
    try:
        if name == "A":
            return IPv4Address(value).packed
        if name == "AAAA":
            return IPv6Address(value).packed
        if name in NAMED:
            *numbers, host = value if NAMED[name] else (value,)
            if len(numbers) != NAMED[name]:
                raise ValueError
            return _numbers(*numbers) + _name(host)
        if name == "TXT":
            return _texts(value)
    except (ValueError, TypeError, AttributeError) as error:
        if isinstance(error, FieldError):
            raise
        raise FieldError(
            f"DNS: {value!r} is no value of a record of type {name}; expected {_VALUES[name]}"
        ) from None
    raise FieldError(f"DNS: a record of type {name} is given as bytes, got {value!r}")


def _texts(value: str) -> bytes:
    text = value.encode()
    pieces = [text[at : at + 255] for at in range(0, len(text), 255)] or [b""]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces)
