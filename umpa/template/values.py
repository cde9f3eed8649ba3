"""Values for fields that differ from packet to packet.

    sequence(IP(dst=hosts("10.0.0.0/24")), TCP(dstport=counter(1024)))

Each of these functions is typed `Any`, because what it gives stands where a field takes a value.
Values drawn at random come from `seed`, or in a template from the seed of the run.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

from umpa.core.vary import RANDOMNESS, Vary
from umpa.errors import FieldError

__all__ = ["choice", "counter", "cycle", "hosts", "payload", "ports", "random"]


class _Values(Vary):
    """What an iterable gives, made anew for each iteration."""

    def __init__(self, make: Callable[[], Iterator[Any]], count: int | None = None) -> None:
        self._make = make
        self.count = count

    def values(self) -> Iterator[Any]:
        return self._make()


class _Counter(Vary):
    """Numbers in steps; beyond the field's last number it goes on at its first."""

    def __init__(self, start: int, stop: int | None, step: int) -> None:
        self._range = None if stop is None else range(start, stop, step)
        self._start, self._step = start, step
        self.count = None if self._range is None else len(self._range)

    def values(self) -> Iterator[int]:
        if self._range is None:
            return itertools.count(self._start, self._step)
        return iter(self._range)

    def words(self, field: Any) -> Iterator[Any]:
        field.parse(self._start)  # a start that does not fit is an error now
        if self._range is not None:
            if self._range:
                field.parse(self._range[-1])
            return map(field.parse, self._range)
        size = (field.mask + 1) * field.scale
        if field.kind != "int" or field.scale != 1 or field.read(1) != 1:
            return (field.parse(number % size) for number in self.values())
        return self._wrapped(self._start, size)

    def _wrapped(self, number: int, size: int) -> Iterator[int]:
        step = self._step
        while True:
            yield number
            number = (number + step) % size


class _Hosts(Vary):
    """Addresses of a network."""

    def __init__(self, network: Any, first: int, count: int) -> None:
        self._base = int(network.network_address) + first
        self._address = type(network.network_address)
        self._size = network.max_prefixlen // 8
        self.count = count

    def values(self) -> Iterator[str]:
        return (str(self._address(number)) for number in self._numbers())

    def words(self, field: Any) -> Iterator[Any]:
        if field.bits != self._size * 8:  # an address of any kind, which the other words choose
            return super().words(field)
        if field.kind == "int":
            return iter(self._numbers())
        return (number.to_bytes(self._size, "big") for number in self._numbers())

    def _numbers(self) -> range:
        assert self.count is not None
        return range(self._base, self._base + self.count)


def counter(start: int = 0, stop: int | None = None, step: int = 1) -> Any:
    """Numbers from `start` in steps of `step`, up to `stop` (not included), or endless.

    Endless ones begin again behind the largest number that the field holds.
    """
    if step == 0:
        raise FieldError("counter: a step of 0 leads nowhere")
    return _Counter(start, stop, step)


def cycle(values: Iterable[Any]) -> Any:
    """The values in turn, over and over."""
    kept = _some("cycle", values)
    return _Values(lambda: itertools.cycle(kept))


def choice(values: Iterable[Any], seed: int | None = None) -> Any:
    """One of the values each time, drawn at random, endless."""
    kept, random_of = _some("choice", values), _randomness(seed)

    def draw() -> Iterator[Any]:
        number = random_of().random
        size = len(kept)
        while True:
            yield kept[int(number() * size)]

    return _Values(draw)


def random(low: int, high: int, seed: int | None = None) -> Any:
    """Numbers from `low` to `high`, both included, drawn at random, endless."""
    if low > high:
        raise FieldError(f"random: from {low} to {high} there is no number")
    random_of = _randomness(seed)

    def draw() -> Iterator[int]:
        bits = random_of().randrange
        while True:
            yield bits(low, high + 1)

    return _Values(draw)


def hosts(network: str) -> Any:
    """The addresses of hosts in a network such as "10.0.0.0/24" or "fd00::/120", in order.

    The network's own address and, for IPv4, its broadcast are left out, as `ipaddress` does.

    :raises FieldError: the text is no network.
    """
    try:
        found = ipaddress.ip_network(network)
    except ValueError as error:
        raise FieldError(f"hosts: {error}; expected such as 10.0.0.0/24") from None
    size = found.num_addresses
    if found.prefixlen >= found.max_prefixlen - 1:  # RFC 3021, RFC 6164: all are hosts
        return _Hosts(found, 0, size)
    return _Hosts(found, 1, size - 2 if found.version == 4 else size - 1)


def ports(text: str | Iterable[int]) -> Any:
    """Port numbers, from a text such as "22,80,8000-8010" or an iterable of numbers.

    :raises FieldError: the text is not made of such pieces.
    """
    if not isinstance(text, str):
        kept = _some("ports", text)
        return _Values(lambda: iter(kept), len(kept))
    pieces: list[range] = []
    for piece in text.split(","):
        low, _, high = piece.strip().partition("-")
        if not low.isdigit() or not (high or low).isdigit() or int(high or low) < int(low):
            raise FieldError(f"ports: {piece!r} is no port; expected such as 80 or 8000-8010")
        pieces.append(range(int(low), int(high or low) + 1))
    return _Values(lambda: itertools.chain(*pieces), sum(map(len, pieces)))


def payload(sizes: int | Iterable[int], seed: int | None = None) -> Any:
    """Bytes drawn at random, of one size or of the sizes in turn; endless."""
    kept = _some("payload", [sizes] if isinstance(sizes, int) else sizes)
    random_of = _randomness(seed)

    def draw() -> Iterator[bytes]:
        source = random_of()
        return (source.randbytes(size) for size in itertools.cycle(kept))

    return _Values(draw)


def _some(name: str, values: Iterable[Any]) -> list[Any]:
    kept = list(values)
    if not kept:
        raise FieldError(f"{name}: got no values")
    return kept


def _randomness(seed: int | None) -> Callable[[], Random]:
    """What makes the source of an iteration: by a seed, the run's, or unforeseeable."""
    if seed is not None:
        return lambda: Random(seed)
    run = RANDOMNESS.get()
    if run is None:
        return Random
    own = run.getrandbits(64)
    return lambda: Random(own)
