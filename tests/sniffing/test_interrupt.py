"""Ctrl-C while packets are received."""

from __future__ import annotations

import pytest

from tests.exchange.test_interrupt import ctrl_c
from tests.link.frames import frame
from umpa.link.memory import MemoryLink
from umpa.sniffing import receive

Wire = tuple[MemoryLink, MemoryLink]


def test_ctrl_c_gives_a_list_of_what_was_received(wire: Wire) -> None:
    near, far = wire
    far.send_many([frame(n) for n in range(1000)])
    with ctrl_c(0.5):
        packets = receive(device=near)
    assert [packet.udp.dstport for packet in packets] == list(range(1000))
    assert packets.ending == "interrupted"
    assert packets.stats.captured == 1000
    far.send(frame(1))
    assert receive(1, near).ending == "complete"


def test_ctrl_c_ends_a_loop_of_short_captures(wire: Wire) -> None:
    near, _ = wire

    def captures() -> None:
        for _ in range(500):
            receive(device=near, timeout=0.01)

    with ctrl_c(0.5), pytest.raises(KeyboardInterrupt):
        captures()
