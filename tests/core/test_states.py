"""However a packet came to be, it gives the same answers."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from tests.core.states import RECIPES, STATES, State, values
from umpa import Packet
from umpa.errors import LayerError
from umpa.protocols import ARP, IP, TCP, Ethernet


@pytest.fixture(params=list(RECIPES.values()), ids=list(RECIPES))
def recipe(request: pytest.FixtureRequest) -> Callable[[], Packet]:
    found: Callable[[], Packet] = request.param
    return found


@pytest.fixture(params=list(STATES.values()), ids=list(STATES))
def state(request: pytest.FixtureRequest) -> State:
    found: State = request.param
    return found


def test_bytes(recipe: Callable[[], Packet], state: State) -> None:
    packet = state(recipe())
    assert bytes(packet) == bytes(recipe())
    assert len(packet) == len(bytes(recipe()))


def test_bytes_do_not_change_by_asking(recipe: Callable[[], Packet], state: State) -> None:
    packet = state(recipe())
    first = [bytes(packet) for _ in range(20)]
    assert str(packet)
    assert packet.to_dict()
    first.append(bytes(packet))
    assert set(first) == {bytes(recipe())}


def test_fields(recipe: Callable[[], Packet], state: State) -> None:
    assert values(state(recipe())) == values(recipe())


def test_layers_know_their_place(recipe: Callable[[], Packet], state: State) -> None:
    packet, crafted = state(recipe()), recipe()
    data = bytes(crafted)
    places = [(layer.offset, len(layer), layer.quoted) for layer in packet.layers]
    assert places == [(layer.offset, len(layer), layer.quoted) for layer in crafted.layers]
    assert b"".join(bytes(layer) for layer in packet.layers) == data
    for layer in packet.layers:
        assert bytes(layer) == data[layer.offset : layer.offset + len(layer)]
        assert layer.packet is packet


def test_payloads(recipe: Callable[[], Packet], state: State) -> None:
    packet, crafted = state(recipe()), recipe()
    assert packet.payload == crafted.payload
    assert [layer.payload for layer in packet.layers] == [layer.payload for layer in crafted.layers]


def test_checksum_status(recipe: Callable[[], Packet], state: State) -> None:
    packet, crafted = state(recipe()), recipe()
    assert [one.checksum_status for one in packet.layers] == [
        one.checksum_status for one in crafted.layers
    ]


def test_equal_and_no_difference(recipe: Callable[[], Packet], state: State) -> None:
    packet, crafted = state(recipe()), recipe()
    assert packet == crafted
    assert crafted == packet
    assert not packet.diff(crafted)
    assert not crafted.diff(packet)


def test_text(recipe: Callable[[], Packet], state: State) -> None:
    packet, crafted = state(recipe()), recipe()
    assert packet.summary() == crafted.summary()
    assert repr(packet) == repr(crafted)
    assert packet.hexdump() == crafted.hexdump()


def test_matches(state: State) -> None:
    packet = state(RECIPES["tcp"]())
    for match in (TCP.flags == "SYN", IP.ttl == 17, TCP.hdr_len == 28, IP.dst.is_in("10.0.0.0/30")):
        assert match(packet), match
        assert not (~match)(packet), match


def test_link_type_and_length(recipe: Callable[[], Packet], state: State) -> None:
    packet = state(recipe())
    assert packet.linktype == 1
    assert packet.wire_length == len(packet)
    assert packet.time_ns is None
    assert packet.error is None


@pytest.mark.parametrize("name", ["opened", "copied", "pickled", "from_json"])
def test_time_is_kept(name: str) -> None:
    for packet in (RECIPES["tcp"](), Packet.dissect(bytes(RECIPES["tcp"]()))):
        packet.time_ns = 1_700_000_000_123_456_789
        assert STATES[name](packet).time_ns == 1_700_000_000_123_456_789


def test_changes_give_the_same_bytes(recipe: Callable[[], Packet], state: State) -> None:
    """A change of the outermost header, and of all derived fields behind it."""
    packet, crafted = state(recipe()), recipe()
    for each in (packet, crafted):
        each.eth.dst = "02:00:00:00:00:33"
        if not each.layers[
            -1
        ].quoted:  # what is crafted as a quote is derived, what was read is not
            each.include(b"and more")
    assert bytes(packet) == bytes(crafted)
    assert values(packet) == values(crafted)


def test_a_copy_is_its_own(recipe: Callable[[], Packet], state: State) -> None:
    packet = state(recipe())
    copy = packet.copy()
    copy.eth.dst = "02:00:00:00:00:33"
    assert packet.eth.dst == recipe().eth.dst
    packet.eth.src = "02:00:00:00:00:44"
    assert copy.eth.src == recipe().eth.src
    assert bytes(packet)[:6] == bytes(recipe())[:6]
    assert bytes(copy)[6:12] == bytes(recipe())[6:12]


@pytest.mark.parametrize("name", ["copied", "pickled", "from_json", "built_anew"])
@pytest.mark.parametrize("first", ["opened", "touched", "touched_inside", "touched_when_settled"])
def test_pins_of_a_changed_packet_survive(first: str, name: str) -> None:
    packet = STATES[first](RECIPES["tcp"]())
    packet.tcp.checksum = 0xBEEF
    packet.ip.ttl = 3
    again = STATES[name](packet)
    assert not again.tcp.is_auto("checksum")
    assert again.ip.is_auto("checksum")
    again.ip.src = "10.9.9.9"
    assert again.tcp.checksum == 0xBEEF
    assert again.ip.checksum_status == "good"
    assert packet.ip.src == "10.0.0.1"


def test_the_ethernet_layer_is_always_the_same_object(state: State) -> None:
    packet = state(RECIPES["tcp"]())
    assert packet.eth is packet[Ethernet] is packet.get(Ethernet) is packet[0] is packet.layers[0]


def test_a_layer_whose_packet_is_gone_does_not_guess() -> None:
    layer = Packet.dissect(bytes(Ethernet() / IP() / TCP(dstport=80) / b"x")).tcp
    gc.collect()
    assert layer.packet is None
    assert layer.dstport == 80
    assert layer.checksum_status == "unverified"
    for name in ("payload", "offset", "quoted"):
        with pytest.raises(LayerError, match="the packet that this TCP was read from is gone"):
            getattr(layer, name)


def test_a_copy_with_one_field_changed(state: State) -> None:
    packet = state(RECIPES["tcp"]())
    before = bytes(packet)
    expected = packet.copy()
    expected.ip.ttl = 77
    changed = packet._changed(IP, "ttl", 77)
    assert changed == expected
    assert bytes(packet) == before
    found = packet._seen(IP)
    assert found is not None
    assert found.ttl == packet.ip.ttl
    assert packet._seen(ARP) is None
