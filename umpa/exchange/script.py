"""One call of a user as a script of talks, which either driver runs.

A script is a generator of what has to be driven next: a core, and the link it reads from, if any.
What it returns is the result. So the blocking and the asyncio face differ by a driver only.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack
from typing import TypeAlias, TypeVar

from umpa.errors import LinkError, ScheduleError
from umpa.exchange.asking import AskNeighbours, asker
from umpa.exchange.sender import Sender, shared_sender
from umpa.exchange.sending import Packets, Sending, listed
from umpa.exchange.talk import Talk, drive, drive_async
from umpa.exchange.way import Ready
from umpa.link.base import Link
from umpa.link.live import LiveLink
from umpa.net.model import IpAddress
from umpa.schedule.pace import Pace
from umpa.schedule.report import Report
from umpa.schedule.times import Number

__all__ = [
    "Script",
    "Talks",
    "ask_neighbours",
    "run",
    "run_async",
    "sending",
    "silent",
    "too_early",
]

T = TypeVar("T")
_EARLY = 0.25
"""Seconds; shorter than it takes to want the result of a call that goes on."""
Talks: TypeAlias = "Generator[tuple[Talk, Link | None], None, None]"
Script: TypeAlias = "Generator[tuple[Talk, Link | None], None, T]"


def run(script: Script[T]) -> T:
    """Run a script to its end, and wait.

    Ctrl-C is the script's, which gives what there is until then; but not at the very beginning:
    somebody wants to be out of a loop of short calls, or presses it a second time.
    """
    start = time.monotonic()
    try:
        talk, link = next(script)
        while True:
            try:
                drive(talk, link)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt) and too_early(start):
                    raise
                talk, link = script.throw(error)
            else:
                talk, link = next(script)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        script.close()


def too_early(start: float) -> bool:
    """Whether Ctrl-C ends more than the call that began at `start`, by `time.monotonic`."""
    return time.monotonic() - start < _EARLY


async def run_async(script: Script[T]) -> T:
    """Run a script to its end, beside others in the loop. When cancelled, its links are closed."""
    try:
        talk, link = next(script)
        while True:
            await drive_async(talk, link)
            talk, link = next(script)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        script.close()


def sending(
    packets: Packets, device: str | None, count: int, rate: Number | None, link: Link | None
) -> Script[Report]:
    """Send packets; see `umpa.send`."""
    source, pace = listed(packets, count), Pace.of(rate=rate)
    if link is not None:
        if device is not None:
            raise ScheduleError("both a device and a link are given, expected one of them")
        if not isinstance(link, Link):
            raise ScheduleError(f"link is {link!r}, expected a Link; by name it is device=")
        straight = link
        talk = Sending(source, lambda one: Ready.on(straight, one), lambda _: straight, pace, link)
        yield from _until_sent(talk)
        return talk.report
    sender = shared_sender()
    own = None if device is None else sender.ways.device(device).name
    talk = Sending(
        source,
        lambda packet: sender.ways.ready(packet, own),
        sender.out_by_device(),
        pace,
        None if own is None else sender.link(own),
    )
    while not talk.finished and talk.ending == "complete":
        yield from _until_sent(talk)
        if talk.unknown:
            try:
                yield from ask_neighbours(sender, talk.unknown)
            except KeyboardInterrupt:
                talk.ending = "interrupted"
                break
            for ready in talk.unknown:
                if ready.way.header is None:
                    raise LinkError(silent(ready))
    return talk.report


def _until_sent(talk: Sending) -> Talks:
    try:
        yield talk, None
    except KeyboardInterrupt:
        talk.ending = "interrupted"


def silent(ready: Ready) -> str:
    """Why a packet could not be sent."""
    way = ready.way
    return f"{way.hop} did not answer on {way.device}: it is down, or not on this network"


def ask_neighbours(sender: Sender, waiting: Iterable[Ready]) -> Talks:
    """Find the hardware addresses of next hops, all at once for each device."""
    by_device: dict[str, dict[IpAddress, list[Ready]]] = {}
    for ready in waiting:
        if ready.way.header is None and ready.way.hop is not None:
            by_device.setdefault(ready.way.device, {}).setdefault(ready.way.hop, []).append(ready)
    for device, hops in by_device.items():
        own = sender.ways.device(device)

        def found(
            address: IpAddress,
            mac: str,
            device: str = device,
            hops: dict[IpAddress, list[Ready]] = hops,
        ) -> None:
            sender.ways.macs.put(device, address, mac)
            for ready in hops[address]:
                sender.ways.settle(ready.way, mac)

        with ExitStack() as stack:
            link = stack.enter_context(
                LiveLink(device, filter="arp or icmp6", immediate=True, snaplen=256, promisc=False)
            )
            wanted = {hop: asker(own, hop) for hop in hops}
            yield AskNeighbours(link, own, wanted.items(), found), link
