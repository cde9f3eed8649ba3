"""What: packets, taken one by one from whatever holds them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import TypeAlias

from umpa.core.layer import Layer, no_packet
from umpa.core.packet import Packet
from umpa.errors import ScheduleError
from umpa.link.base import Link
from umpa.link.file import read
from umpa.schedule.pace import Pace, capture_offset
from umpa.schedule.times import whole

__all__ = ["Packets", "Planned", "plan"]

Packets: TypeAlias = (
    Packet
    | bytes
    | str
    | os.PathLike[str]
    | Iterable[Packet | bytes]
    | Callable[[], Iterable[Packet | bytes]]
)
"""One packet, a list, a generator, the path of a capture file, or a function that gives such."""

Planned: TypeAlias = "tuple[int, Packet | bytes]"
"""When, in nanoseconds behind the start, and what."""

_ETHERNET = 1
_RAW_IP = {101: "IP", 228: "IPv4", 229: "IPv6"}


def plan(
    packets: Packets, pace: Pace, count: int | None, rounds: float | None, link: Link
) -> Iterator[Planned]:
    """Each packet with its time, lazily.

    :raises ScheduleError: nothing can be made of the arguments.
    """
    if count is not None:
        whole("count", count, 1)
    if rounds is not None and rounds != math.inf:
        whole("repeat", rounds, 1)
    again = rounds if rounds is not None else math.inf if count is not None else 1
    begin = _restartable(packets, link, again, asked=rounds)
    if pace.speed is not None:
        return islice(_at_capture(begin, again, pace, link), count)
    return zip(pace.offsets(), islice(_rounds(begin, again, link), count), strict=False)


def _restartable(
    packets: Packets, link: Link, rounds: float, asked: float | None
) -> Callable[[], Iterable[Packet | bytes]]:
    """A function that begins from the start each time it is called."""
    if isinstance(packets, (Packet, bytes)):
        return _Again((packets,))
    if isinstance(packets, (str, os.PathLike)):
        path = os.fspath(packets)
        return lambda: read(path)
    if callable(packets):
        return packets  # pyright: ignore[reportReturnType]
    given: object = packets
    if isinstance(given, Layer):
        raise ScheduleError(no_packet(given))
    if not isinstance(packets, Iterable):
        raise ScheduleError(
            f"packets is {packets!r}, expected a packet, packets, the path of a capture file, or "
            "a function that gives packets"
        )
    if isinstance(packets, Iterator):
        if asked is not None and rounds > 1:
            raise ScheduleError(
                f"repeat={asked}, but a generator cannot begin again: give a list, or a function "
                "that makes a new generator"
            )
        return _Once(packets)
    if isinstance(packets, Sequence):
        if not packets:
            raise ScheduleError("there are no packets: the list is empty")
        for number, packet in enumerate(packets):
            check(packet, link, number)
    return _Again(packets)  # type: ignore[arg-type]


class _Again:
    """Gives the same packets each time."""

    def __init__(self, packets: Iterable[Packet | bytes]) -> None:
        self._packets = packets

    def __call__(self) -> Iterable[Packet | bytes]:
        return self._packets


class _Once:
    """Gives what a generator gives, and then nothing."""

    def __init__(self, packets: Iterator[Packet | bytes]) -> None:
        self._packets: Iterator[Packet | bytes] = packets

    def __call__(self) -> Iterable[Packet | bytes]:
        return self._packets


def _turns(rounds: float) -> Iterator[None]:
    return repeat(None) if rounds == math.inf else repeat(None, int(rounds))


def _rounds(
    begin: Callable[[], Iterable[Packet | bytes]], rounds: float, link: Link
) -> Iterator[Packet | bytes]:
    """All packets, round after round; a round without packets is the last one."""
    for _ in _turns(rounds):
        number = -1
        for number, packet in enumerate(begin()):
            if packet.__class__ is not bytes:
                check(packet, link, number)
            yield packet
        if number < 0:
            return


def _at_capture(
    begin: Callable[[], Iterable[Packet | bytes]], rounds: float, pace: Pace, link: Link
) -> Iterator[Planned]:
    """At the capture's own times. A packet older than one before is due together with it.

    A round begins together with the last packet of the one before.
    """
    assert pace.speed is not None
    move = pace.mover()
    base = last = 0
    for _ in _turns(rounds):
        first: int | None = None
        for number, packet in enumerate(_rounds(begin, 1, link)):
            time_ns = None if isinstance(packet, bytes) else packet.time_ns
            if time_ns is None:
                raise ScheduleError(
                    f'packet {number} has no time: at="capture" replays packets of a capture; '
                    "give an interval or a rate"
                )
            if first is None:
                first = time_ns
            last = max(last, base + capture_offset(time_ns, first, pace.speed))
            yield move(last), packet
        if first is None:
            return
        base = last


def check(packet: object, link: Link, number: int) -> None:
    """Whether the link can take such a packet.

    :raises ScheduleError: it cannot, and why.
    """
    if isinstance(packet, bytes):
        return
    if not isinstance(packet, Packet):
        raise ScheduleError(f"packet {number}: {no_packet(packet)}")
    own, wanted = packet.linktype, link.linktype
    if own == wanted or (own in _RAW_IP and wanted in _RAW_IP):
        return
    advice = ""
    if wanted == _ETHERNET:
        advice = ": put Ethernet(...) / before it, for a schedule looks up no route"
    elif own == _ETHERNET and wanted in _RAW_IP:
        advice = ": leave its Ethernet layer out"
    raise ScheduleError(
        f"packet {number} begins with {packet.layers[0].name}, which is link type {own}; "
        f"{link.name} takes link type {wanted}{advice}"
        if packet.layers
        else f"packet {number} has no layers"
    )
