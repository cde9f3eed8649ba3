"""A layer alone is no packet: wherever a packet is wanted, the error says what to write."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

import umpa
from umpa import Ethernet
from umpa.errors import UmpaError
from umpa.link import MemoryLink
from umpa.savefile import Writer
from umpa.schedule import Scheduler

LAYER: Any = Ethernet()


def written(method: str) -> None:
    with Writer(io.BytesIO()) as writer:
        getattr(writer, method)(LAYER)


WAYS: dict[str, Callable[[MemoryLink], object]] = {
    "send": lambda link: umpa.send(LAYER, link=link),
    "send several": lambda link: umpa.send([LAYER], device="lo"),
    "sr": lambda link: umpa.sr(LAYER, link=link),
    "sr1": lambda link: umpa.sr1(LAYER, link=link),
    "a link": lambda link: link.send(LAYER),
    "a scheduler": lambda link: Scheduler(link).send(LAYER),
    "a scheduler, several": lambda link: Scheduler(link).send([LAYER]),
    "a file": lambda link: written("write"),
    "a file, all": lambda link: written("write_all"),
    "fragment": lambda link: umpa.fragment(LAYER),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_layer_alone(way: Callable[[MemoryLink], object]) -> None:
    link, other = MemoryLink.pair()
    with link, other, pytest.raises(UmpaError, match=r"is a layer.*Packet\(Ethernet\(\.\.\.\)\)"):
        way(link)
