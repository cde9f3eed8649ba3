"""Dictionaries: JSON-safe, and back without loss."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import umpa.savefile
from tests.conftest import CAPTURES
from tests.core.states import RECIPES, STATES, State, tcp, udp, values
from umpa import Packet
from umpa.errors import FieldError, LayerError
from umpa.protocols import ICMP, IP, TCP, UDP, Ethernet


def again(packet: Packet) -> Packet:
    return Packet.from_dict(json.loads(json.dumps(packet.to_dict())))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_round_trip(recipe: Callable[[], Packet], state: State) -> None:
    packet = state(recipe())
    back = again(packet)
    assert bytes(back) == bytes(packet)
    assert back.to_dict() == packet.to_dict()
    assert values(back) == values(packet)


def test_what_stands_in_it() -> None:
    packet = tcp()
    packet.time_ns = 5
    packet.tcp.checksum = 0xBEEF
    found = packet.to_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["time_ns"] == 5
    assert found["linktype"] == 1
    assert [layer["layer"] for layer in found["layers"]] == ["eth", "ip", "tcp", "data"]
    ip, tcp_ = found["layers"][1], found["layers"][2]
    assert ip["fields"]["src"] == "10.0.0.1"
    assert ip["fields"]["ttl"] == 17
    assert ip["fields"]["flags_df"] is True
    assert tcp_["fields"]["flags"] == 2
    assert tcp_["fields"]["checksum"] == 0xBEEF
    assert "checksum" in tcp_["pinned"]
    assert "checksum" not in ip.get("pinned", [])


def test_pins_and_autos_come_back() -> None:
    packet = udp()
    packet.udp.length = 9
    packet.ip.checksum = 1
    back = again(packet)
    assert not back.udp.is_auto("length")
    assert not back.ip.is_auto("checksum")
    assert back.udp.is_auto("checksum")
    assert back.ip.is_auto("len")
    back.include(b"more")
    packet.include(b"more")
    assert bytes(back) == bytes(packet)


def test_time_length_and_errors_come_back() -> None:
    data = bytes(tcp())
    packet = Packet.dissect(data[:-1], time_ns=7, wire_length=len(data))
    back = again(packet)
    assert (back.time_ns, back.wire_length, len(back)) == (7, len(data), len(data) - 1)
    packet = Packet.dissect(data[:40])
    assert str(again(packet).error) == str(packet.error)
    assert again(packet).untouched


def test_other_link_types() -> None:
    for linktype in (101, 228, 60000):
        packet = Packet.dissect(bytes(tcp())[14:], linktype=linktype)
        assert again(packet).linktype == linktype
        assert values(again(packet)) == values(packet)
    assert again(Packet(ICMP())).linktype == Packet(ICMP()).linktype
    assert again(IP() / UDP()).linktype == (IP() / UDP()).linktype


def test_layers_out_of_order_come_back_silently() -> None:
    packet = Packet(Ethernet(), TCP(), strict=False, warn=False)
    assert again(packet) == packet


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap*")), ids=lambda path: path.name)
def test_every_captured_packet(path: Any) -> None:
    for packet in umpa.savefile.read(path, count=40):
        back = again(packet)
        assert bytes(back) == bytes(packet)
        assert back.to_dict() == packet.to_dict()
        assert (back.time_ns, back.wire_length) == (packet.time_ns, packet.wire_length)
        assert (back.interface, back.comment) == (packet.interface, packet.comment)


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    found = tcp().to_dict()
    change(found)
    return found


MALFORMED: list[tuple[Any, str]] = [
    ({}, "to_dict"),
    ({"layers": []}, "to_dict"),
    ({"linktype": 1}, "to_dict"),
    ([], "to_dict"),
    ("text", "to_dict"),
    (None, "to_dict"),
    (changed(lambda d: d.update(bytes="xyz", untouched=True)), "to_dict"),
    (changed(lambda d: d.update(layers=3)), "to_dict"),
    (changed(lambda d: d.update(layers=[3])), "to_dict"),
    (changed(lambda d: d.update(linktype="ethernet")), "to_dict"),
    (changed(lambda d: d.update(time_ns="noon")), "to_dict"),
    (changed(lambda d: d["layers"][1].pop("layer")), "protocol"),
    (changed(lambda d: d["layers"][1].update(layer="ipp")), "did you mean 'ip'"),
    (changed(lambda d: d["layers"][1]["fields"].update(tll=3)), "did you mean 'ttl'"),
    (changed(lambda d: d["layers"][1]["fields"].update(ttl=300)), "expected a number from 0"),
    (changed(lambda d: d["layers"][1].update(fields=[])), "to_dict"),
    (changed(lambda d: d["layers"][2]["fields"].update(options="xyz")), "options"),
    (changed(lambda d: d["layers"][3]["fields"].update(data="xyz")), "data"),
]


@pytest.mark.parametrize(("wrong", "message"), MALFORMED, ids=lambda value: str(value)[-40:])
def test_malformed_dictionaries(wrong: Any, message: str) -> None:
    with pytest.raises((FieldError, LayerError), match=message):
        Packet.from_dict(wrong)
