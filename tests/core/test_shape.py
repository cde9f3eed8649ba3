"""What waking up costs: no cycles, bounded memory, and the same answers whatever came before."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest

from tests.core.states import RECIPES, link, tcp, udp, values
from umpa import Packet, read
from umpa.protocols import IP, TCP, UDP, VLAN, Ethernet


@contextmanager
def without_collector() -> Iterator[None]:
    """A collection within looks at what was made within, not at all that the tests have loaded."""
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.enable()


READS: dict[str, Callable[[Packet], object]] = {
    "a field": lambda packet: packet.eth.src,
    "all layers": lambda packet: [layer.name for layer in packet.layers],
    "all fields": values,
    "text": str,
    "summary": lambda packet: packet.summary(),
    "dictionary": lambda packet: packet.to_dict(),
    "hexdump": lambda packet: packet.hexdump(fields=True),
    "bytes of layers": lambda packet: [bytes(layer) for layer in packet.layers],
    "offsets": lambda packet: [(layer.offset, layer.quoted) for layer in packet.layers],
    "payload": lambda packet: packet.payload,
    "error": lambda packet: packet.error,
    "match": IP.ttl == 3,
    "copy": lambda packet: packet.copy().layers,
    "by name": lambda packet: packet["eth.src"],
}


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_packets_that_are_only_read_leave_no_cycles(
    name: str, recipe: Callable[[], Packet]
) -> None:
    data = bytes(recipe())
    read = READS[name]
    read(Packet.dissect(data))  # what is made once (shapes, classes) may have cycles
    with without_collector():
        gc.collect()  # what others left
        for _ in range(5):
            read(Packet.dissect(data))
        assert gc.collect() == 0


def test_a_layer_outlives_its_packet() -> None:
    ip = Packet.dissect(bytes(tcp())).ip
    gc.collect()
    assert ip.ttl == 17
    assert ip.src == "10.0.0.1"
    assert ip.packet is None
    ip.ttl = 3
    assert ip.ttl == 3
    assert ip.checksum_status == "good"
    assert (ip / UDP()).ip.src == "10.0.0.1"


def test_a_layer_of_a_changed_packet_keeps_it_alive() -> None:
    ip = tcp().ip
    gc.collect()
    assert ip.packet is not None
    assert ip.packet.tcp.dstport == 50000
    assert ip.checksum == tcp().ip.checksum


TAGS = [b"\x81\0", b"\x88\xa8", b"\x91\0", b"\x92\0", b"\x93\0"]


def hostile(generator: random.Random) -> bytes:
    """A frame whose stack of headers hardly comes twice."""
    tags = generator.randrange(20)
    types = [generator.choice(TAGS) + generator.randbytes(2) for _ in range(tags)]
    words = 5 + generator.randrange(11)
    body = generator.randbytes(60)
    ip = bytearray(generator.randbytes(4 * words) + body)
    ip[0], ip[9] = 0x40 | words, generator.choice([6, 17, 1, 41, 47, 132])
    ip[2:4], ip[6:8] = len(ip).to_bytes(2, "big"), b"\0\0"
    return bytes(12) + b"".join(types) + b"\x08\0" + bytes(ip)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_variety_of_headers() -> None:
    generator = random.Random(5)

    def feed(count: int) -> int:
        for _ in range(count):
            packet = Packet.dissect(hostile(generator))
            assert packet.eth is not None
            packet.get(TCP)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    feed(200)
    tracemalloc.start()
    try:
        sizes = [feed(2500) for _ in range(4)]
    finally:
        tracemalloc.stop()
    assert max(sizes) < 2 * max(sizes[:2]) + 4_000_000, sizes
    assert max(sizes) < 32_000_000, sizes


@pytest.mark.slow
def test_memory_does_not_grow_with_the_variety_of_stacks() -> None:
    """The same for packets that are crafted, or changed and written."""
    generator = random.Random(6)

    def feed(count: int) -> int:
        for _ in range(count):
            packet = Packet.dissect(hostile(generator))
            packet.eth.src = "02:00:00:00:00:99"
            assert bytes(packet)
            assert bytes(packet.copy())
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    feed(200)
    tracemalloc.start()
    try:
        sizes = [feed(1500) for _ in range(4)]
    finally:
        tracemalloc.stop()
    assert max(sizes) < 2 * max(sizes[:2]) + 4_000_000, sizes
    assert max(sizes) < 32_000_000, sizes


@pytest.mark.slow
def test_memory_of_a_stack_that_grows() -> None:
    tracemalloc.start()
    try:
        for depth in range(1, 100):
            packet = Packet(Ethernet(), *[VLAN()] * depth)
            for _ in range(12):
                assert len(bytes(packet)) == 14 + 4 * depth
        assert tracemalloc.get_traced_memory()[0] < 10_000_000
    finally:
        tracemalloc.stop()


def test_an_answer_does_not_depend_on_what_was_seen_before() -> None:
    """Frames that share deciding bytes but not their fate, in every order."""
    whole = bytes(tcp())
    frames = [
        whole,
        whole[:54],
        whole[:40],
        whole[:34],
        whole[:20],
        whole + b"padding",
        whole[:16] + b"\0\x28" + whole[18:],  # a length that ends inside the TCP header
        whole[:16] + b"\0\0" + whole[18:],
        whole[:46] + b"\xf0" + whole[47:],  # a TCP header longer than the packet
        whole[:20] + b"\x20\0" + whole[22:],  # a fragment
        whole[:20] + b"\0\1" + whole[22:],
        bytes(link() / IP(options=[("ra", 0)]) / TCP()),
        bytes(udp()),
    ]
    first = {data: seen(data) for data in frames}
    generator = random.Random(1)
    for _ in range(30):
        generator.shuffle(frames)
        for data in frames:
            assert seen(data) == first[data]


def seen(data: bytes) -> object:
    """All that one access, and then a full dissection, says of a frame."""
    woken = Packet.dissect(data)
    found = [woken.get(kind) is not None for kind in (Ethernet, VLAN, IP, TCP, UDP)]
    flags = [int(tcp_.flags) for tcp_ in [woken.get(TCP)] if tcp_]
    full = Packet.dissect(data)
    names = [layer.name for layer in full.layers]
    assert found == [kind.name in names for kind in (Ethernet, VLAN, IP, TCP, UDP)]
    assert values(woken) == values(full)
    return found, flags, values(full), str(full.error), str(woken.error)


@pytest.mark.parametrize("size", [0, 1, 200, 227, 228, 229, 484, 740, 1400])
def test_a_shape_is_found_whatever_the_length_says(size: int) -> None:
    """Bytes of a length field that are less than what is needed tell nothing alone."""

    def found(data: bytes) -> bool:
        packet = Packet.dissect(data)
        return Packet.shapes.find(data, packet._origin) is not None

    data = bytes(link() / IP() / UDP(dstport=9999) / bytes(size))
    assert Packet.dissect(data).udp.dstport == 9999
    assert found(data)
    for length in (0, 19, 27):
        assert not found(data[:16] + length.to_bytes(2, "big") + data[18:])


def test_the_first_change_of_a_packet_that_was_cut() -> None:
    """Its length on the wire is from then on that of its bytes."""
    data = bytes(udp())
    for beyond in (0, 10):  # padding was cut, or a part of what the header says there is
        cut = data[: len(data) - beyond // 5]
        packet = Packet.dissect(cut, wire_length=len(data) + 10)
        packet.ip.ttl = 3
        assert packet.ip.ttl == 3
        assert packet.wire_length == len(packet) == len(cut)
        assert not packet.untouched


def test_a_shape_is_still_a_packet() -> None:
    packet = Packet.dissect(bytes(tcp()))
    assert packet.ip.ttl == 17
    assert isinstance(packet, Packet)
    assert type(packet).__name__ == "Packet"
    packet.ip.ttl = 3
    assert isinstance(packet, Packet)


@pytest.mark.slow
def test_sizes() -> None:
    """At most 100 bytes beyond the raw ones for an untouched packet, 750 with two layers read."""
    data = bytes(link() / IP() / TCP() / (b"x" * 12))
    assert len(data) == 66
    Packet.dissect(data).ip  # noqa: B018  # shapes are made once

    def measured(work: Callable[[Packet], object]) -> float:
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            packets = [
                Packet.dissect(data[:10] + bytes([n & 255]) + data[11:]) for n in range(2000)
            ]
            for packet in packets:
                work(packet)
            used = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        return used / len(packets) - (33 + 66)

    assert measured(lambda packet: None) <= 100
    assert measured(lambda packet: (packet.ip.src, packet.tcp.dstport)) <= 750
    assert measured(lambda packet: (packet.eth.src, packet.ip.src, packet.tcp.dstport)) <= 850


def test_what_was_cut_does_not_blind(captures: Path) -> None:
    """What comes first must not decide what is found later."""
    shapes = Packet.shapes
    for path in sorted(captures.glob("*.pcap*")):
        for packet in islice(read(path), 3):
            data, linktype = bytes(packet), packet.linktype
            classes = list(dict.fromkeys(type(layer) for layer in packet.layers))

            def found(data: bytes = data, linktype: int = linktype) -> list[bool]:
                again = Packet.dissect(data, linktype)
                return [again.get(cls) is not None for cls in classes]  # noqa: B023

            shapes.forget()
            expected = found()
            for cut in range(min(len(data), 120)):
                shapes.forget()
                Packet.dissect(data[:cut], linktype).get(classes[-1])
                assert found() == expected, (path.name, cut)
