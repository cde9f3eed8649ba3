"""What holds for any frame: it comes back to the byte, is rebuilt the same, and never raises."""

from __future__ import annotations

import os
import pickle
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.frames import CORPUS, Frame, broken, frames
from umpa import Packet
from umpa.core import registry
from umpa.core.status import checksum_statuses
from umpa.errors import EncodeError

pytestmark = pytest.mark.conformance

BROKEN = int(os.environ.get("UMPA_BROKEN_FRAMES", "200000" if CORPUS else "3000"))
SLOWEST = 0.005
"""Seconds of the processor that one packet may take; of several runs the quickest counts."""
WRONG: dict[str, Callable[[Any], bool]] = {
    "sll.halen": lambda layer: layer.hatype == 1 and layer.halen not in (0, 6),
}
"""Derived fields that are wrong in some frame, and what it is that is wrong."""


def dissected(frame: Frame) -> Packet:
    return Packet.dissect(frame.data, frame.linktype, wire_length=frame.wire_length)


def with_all_derived(packet: Packet) -> Packet:
    """A copy in which every derived field is derived anew."""
    changed = packet.copy()
    for layer in changed.layers:
        if layer.quoted:
            break
        for name, field in layer.fields.items():
            if field.auto_bit:
                layer.auto(name)
    return changed


def test_an_untouched_packet_is_written_as_it_was_read() -> None:
    for frame in frames():
        packet = dissected(frame)
        assert bytes(packet) == frame.data, frame
        assert len(packet.layers) >= (1 if frame.data else 0)
        assert bytes(packet) == frame.data, frame
        assert b"".join(map(bytes, packet.layers)) == frame.data, frame


def test_what_is_derived_anew_is_what_was_sent_unless_that_was_wrong() -> None:
    """Only checksums may differ, those that were wrong or left out, and lengths left at zero.

    And what is `WRONG`.
    """
    reasons: Counter[str] = Counter()
    for frame in frames():
        packet = dissected(frame)
        if packet.error is not None or frame.wire_length != len(frame.data):
            continue
        rebuilt = bytes(with_all_derived(packet))
        if rebuilt == frame.data:
            continue
        again = Packet.dissect(rebuilt, frame.linktype)
        statuses = checksum_statuses(packet)
        for layer, other, status in zip(packet.layers, again.layers, statuses, strict=True):
            for name in layer:
                if layer[name] != other[name]:
                    key = f"{layer.name}.{layer.fields[name].key}"
                    if key in ("ip.len", "ipv6.plen", "udp.length") and not layer[name]:
                        status = "zero"
                    elif key in WRONG:
                        assert WRONG[key](layer), frame
                        status = "bad"
                    else:
                        assert key.endswith(".checksum"), f"{key} {layer[name]}: {frame}"
                    assert status in ("bad", "absent", "zero"), f"{key} was {status}: {frame}"
                    reasons[f"{key} was {status}"] += 1
    print(dict(reasons))


def test_dictionaries_and_pickles_give_the_packet_back() -> None:
    seen: set[tuple[str, ...]] = set()
    for frame in frames():
        packet = dissected(frame)
        order = tuple(layer.name for layer in packet.layers)
        if order in seen or packet.error is not None:
            continue
        seen.add(order)
        changed = with_all_derived(packet)
        try:
            bytes(changed)
        except EncodeError:  # captured by a segmentation offload, too long for its length field
            changed = packet
        for one in (packet, changed):
            assert bytes(Packet.from_dict(one.to_dict())) == bytes(one), frame
            assert bytes(pickle.loads(pickle.dumps(one))) == bytes(one), frame


def look(packet: Packet) -> None:
    """Read everything there is."""
    packet.summary()
    for layer in packet.layers:
        for name in layer:
            layer[name]


def show(packet: Packet) -> None:
    str(packet)


def build(packet: Packet) -> None:
    bytes(with_all_derived(packet))


@pytest.mark.slow
@pytest.mark.parametrize("task", [look, show, build])
def test_broken_frames_raise_nothing_and_take_no_time(task: object) -> None:
    assert callable(task)
    for _ in registry.all_protocols():
        pass  # loaded before the clock runs
    slow = []
    for frame in broken(BROKEN):
        started = time.thread_time()
        try:
            task(dissected(frame))
        except EncodeError:
            assert task is build  # such as a length that does not fit its field any more
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error}\n{frame}")
        if time.thread_time() - started > SLOWEST:
            slow.append(frame)
    for frame in slow:
        assert min(_seconds(task, frame) for _ in range(5)) < SLOWEST, frame


def _seconds(task: object, frame: Frame) -> float:
    assert callable(task)
    started = time.thread_time()
    task(dissected(frame))
    return time.thread_time() - started
