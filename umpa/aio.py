"""Sending and asking in an asyncio loop: the same names and signatures as in `umpa`, awaited.

from umpa import aio

report = await aio.send(packets, rate=1000)
answers = await aio.sr(requests, timeout=1)

Nothing is left behind: a call that is cancelled closes what it opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from umpa.core.packet import Packet
from umpa.exchange.answers import Answers
from umpa.exchange.ask import Options, asking
from umpa.exchange.face import rounds
from umpa.exchange.progress import Progress
from umpa.exchange.script import run_async, sending
from umpa.exchange.sending import Packets
from umpa.link.base import Link
from umpa.link.clock import REAL
from umpa.link.impairment import SECOND
from umpa.schedule.report import Report
from umpa.schedule.times import Number

__all__ = ["send", "sr", "sr1", "srloop"]


async def send(
    packets: Packets,
    device: str | None = None,
    count: int = 1,
    rate: Number | None = None,
    *,
    link: Link | None = None,
) -> Report:
    """See `umpa.send`. Others in the loop get their turn after 1024 packets at most."""
    return await run_async(sending(packets, device, count, rate, link))


async def sr(
    packets: Packets,
    timeout: Number = 2,
    retry: int = 0,
    device: str | None = None,
    multi: bool = False,
    inter: Number | None = None,
    rate: Number | None = None,
    filter: str | None = None,
    progress: Progress | None = None,
    *,
    window: int = 4096,
    link: Link | None = None,
) -> Answers:
    """See `umpa.sr`. When it is cancelled, what came until then is lost."""
    options = Options(timeout, retry, device, multi, inter, rate, filter, progress, window, link)
    return await run_async(asking(packets, options))


async def sr1(
    packet: Packet,
    timeout: Number = 2,
    retry: int = 0,
    device: str | None = None,
    filter: str | None = None,
    *,
    link: Link | None = None,
) -> Packet | None:
    """See `umpa.sr1`."""
    options = Options(timeout, retry, device, filter=filter, link=link)
    return (await run_async(asking(packet, options))).only()


async def srloop(
    packets: Packets,
    interval: Number = 1,
    count: int | None = None,
    timeout: Number = 2,
    device: str | None = None,
    *,
    link: Link | None = None,
) -> AsyncIterator[Answers]:
    """See `umpa.srloop`: `async for answers in srloop(packet, count=3)`."""
    options = Options(timeout, device=device, link=link)
    clock = REAL if link is None else link.clock
    for deadline in rounds(interval, count, clock.monotonic_ns):
        await asyncio.sleep(max(deadline - clock.monotonic_ns(), 0) / SECOND)
        yield await run_async(asking(packets, options))
