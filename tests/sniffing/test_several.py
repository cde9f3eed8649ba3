"""Captures of several sources, one of which goes away."""

from __future__ import annotations

import asyncio

import pytest

from tests.link.frames import frame
from tests.sniffing.test_capture import ports
from umpa.errors import LinkDown
from umpa.link.memory import MemoryLink
from umpa.sniffing import Capture


def test_of_several_sources_one_that_goes_away_is_told_once() -> None:
    (near, far), (other, sender) = MemoryLink.pair(), MemoryLink.pair()
    with Capture([near, other], timeout=5) as capture:
        sender.send(frame(1))
        far.close()
        assert ports([next(iter(capture))]) == [1]
        with pytest.raises(LinkDown):
            next(iter(capture))
        assert capture.next(timeout=0) is None
        sender.send(frame(2))
        assert ports([next(iter(capture))]) == [2]
        sender.close()
        for _ in range(2):  # nobody is left
            with pytest.raises(LinkDown):
                capture.next(timeout=1)


def test_in_asyncio_too() -> None:
    async def main() -> list[int]:
        (near, far), (other, sender) = MemoryLink.pair(), MemoryLink.pair()
        async with Capture([near, other], timeout=5) as capture:
            far.close()
            with pytest.raises(LinkDown):
                await capture.next(timeout=1)
            assert await capture.next(timeout=0.01) is None
            sender.send(frame(3))
            async for packet in capture:
                return ports([packet])
        return []

    assert asyncio.run(main()) == [3]
