"""The parts of DNS messages as bytes: names, questions, records (RFC 1035, sections 3 and 4)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

from umpa.errors import FieldError, suggest
from umpa.protocols.domain import encoded

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


def question(name: str, kind: int | str, cls: int) -> bytes:
    """One question."""
    return _name(name) + _numbers(_kind(kind), cls)


def record(name: str, kind: int | str, value: Any, ttl: int, cls: int) -> bytes:
    """One resource record."""
    if not _is_number(ttl, (1 << 31) - 1):  # RFC 2181, section 8
        raise FieldError(f"DNS: ttl={ttl!r}; expected seconds, from 0 to 2147483647")
    data = value if isinstance(value, bytes) else _data(kind, value)
    head = _name(name) + _numbers(_kind(kind), cls) + ttl.to_bytes(4, "big")
    return head + _numbers(len(data)) + data


def _is_number(value: object, most: int) -> bool:
    return isinstance(value, int) and 0 <= value <= most


def _kind(kind: object) -> int:
    if isinstance(kind, int):
        return kind
    found = KINDS.get(kind.upper()) if isinstance(kind, str) else None
    if found is None:
        close = suggest(str(kind).upper(), KINDS)
        raise FieldError(f"DNS: {kind!r} is no record type; expected a name or number{close}")
    return found


def _numbers(*values: int) -> bytes:
    for value in values:
        if not _is_number(value, 0xFFFF):
            raise FieldError(f"DNS: {value!r} does not fit; expected a number from 0 to 65535")
    return b"".join(value.to_bytes(2, "big") for value in values)


def _name(name: object) -> bytes:
    try:
        return encoded(name)
    except FieldError as error:
        raise FieldError(f"DNS: {error}") from None


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
