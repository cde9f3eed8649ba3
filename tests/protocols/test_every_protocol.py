"""What holds for every protocol: documented, named, true to its bytes, and never surprised."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import umpa
from umpa import Packet
from umpa.core import registry
from umpa.core.case import Case
from umpa.core.field import Field, Flag, Integer
from umpa.core.flags import FlagBits

OURS = [p for p in registry.all_protocols() if p.__module__.startswith("umpa.protocols.")]
CRAFTED = [p for p in OURS if p.name not in ("data", "padding")]
# A link type for each, so that a packet can begin with it.
LINKTYPES = {protocol.name: 60000 + number for number, protocol in enumerate(CRAFTED)}
for protocol in CRAFTED:
    registry.linktypes.classes[LINKTYPES[protocol.name]] = protocol
# Whether an EtherType follows the address of a Frame Relay header depends on its own value, and
# so does whether a PPP number may stand in one byte.
SETTLED = [protocol for protocol in CRAFTED if protocol.name not in ("fr", "ppp")]
NAMES = [p.__name__ for p in OURS]


@pytest.mark.parametrize("protocol", OURS, ids=NAMES)
def test_it_is_documented(protocol: Any) -> None:
    assert protocol.__doc__, protocol
    assert protocol.title
    assert protocol.__doc__.partition("\n")[0].endswith("."), protocol.__doc__
    for field in protocol.fields.values():
        assert field.doc.endswith("."), field.name
        assert field.doc[0].isupper() or field.doc[0] in "0123456789`", field.name


@pytest.mark.parametrize("protocol", OURS, ids=NAMES)
def test_the_names_of_its_values_are_its_own(protocol: Any) -> None:
    for field in protocol.fields.values():
        if field.read_only:
            continue
        for value, name in getattr(field, "names", {}).items():
            assert 0 <= value <= field.mask, f"{field.name}: {value}"
            assert field.number(name) in field.names, f"{field.name}: {name}"


@pytest.mark.parametrize("protocol", CRAFTED, ids=[p.__name__ for p in CRAFTED])
def test_a_default_layer_comes_back(protocol: Any) -> None:
    layer = protocol()
    wire = bytes(layer)
    again = protocol._unpack(wire, 0, None, len(wire))
    for name in layer:
        assert layer[name] == again[name], name
    assert again._declared(0) == len(wire)


def values(field: Field[Any, Any]) -> st.SearchStrategy[Any] | None:
    """Anything that the field takes; None for one that is left as it is."""
    if field.read_only or field.auto is not None or field.name.startswith("reserved"):
        return None
    if isinstance(field, Flag):
        return st.booleans()
    if isinstance(field, (Integer, FlagBits)) and (not field.tail or isinstance(field, Case)):
        return st.integers(0, field.mask).map(lambda word: word * field.scale)
    if field.tail:
        return None
    return st.binary(min_size=field.bits // 8, max_size=field.bits // 8)


@pytest.mark.parametrize("protocol", SETTLED, ids=[p.__name__ for p in SETTLED])
@settings(max_examples=30)
@given(data=st.data())
def test_any_values_come_back(protocol: Any, data: st.DataObject) -> None:
    strategies = {name: values(field) for name, field in protocol.fields.items()}
    given_values = {
        name: data.draw(strategy, label=name)
        for name, strategy in strategies.items()
        if strategy is not None and data.draw(st.booleans())
    }
    layer = protocol(**given_values)
    wire = bytes(layer)
    again = protocol._unpack(wire, 0, None, len(wire))
    for name in layer:
        field = protocol.fields[name]
        if field.auto is None and not field.read_only:
            assert layer[name] == again[name], name


@pytest.mark.parametrize("protocol", CRAFTED, ids=[p.__name__ for p in CRAFTED])
@settings(max_examples=50)
@given(data=st.binary(max_size=120))
def test_any_bytes_are_read_and_written_back(protocol: Any, data: bytes) -> None:
    packet = Packet.dissect(data, LINKTYPES[protocol.name])
    assert bytes(packet) == data
    for layer in packet.layers:
        for name in layer:
            layer[name]
    str(packet)
    changed = packet.copy()
    for layer in changed.layers:
        for name in layer:
            if layer.fields[name].auto_bit:
                layer.pin(name)
    assert len(bytes(changed)) >= len(data)


def test_wireshark_knows_the_names_of_the_core() -> None:
    """A few of the names that everybody types."""
    for name in (
        "eth.src", "vlan.id", "arp.src.hw_mac", "ip.flags.df", "ip.dsfield.dscp", "ipv6.tclass",
        "icmp.redir_gw", "icmpv6.nd.ns.target_address", "icmpv6.echo.identifier", "udp.length",
        "tcp.window_size_value", "sctp.verification_tag", "gre.flags.key", "mpls.label",
        "dns.flags.rcode", "dns.count.add_rr", "dhcp.ip.your", "dhcp.option.dhcp", "ntp.flags.vn",
        "ipv6.fraghdr.more", "sll.src.eth", "http.request.method", "tls.record.content_type",
    ):  # fmt: skip
        protocol = max(
            (p for p in OURS if name.startswith(p.name + ".")), key=lambda p: len(p.name)
        )
        assert name in [field.full_key for field in protocol.fields.values()], name


@pytest.mark.parametrize("protocol", OURS, ids=NAMES)
def test_payload_may_be_bytes(protocol: Any) -> None:
    """Often enough for the function that writes such packets to be compiled."""
    written = {bytes(protocol() / b"umpa") for _ in range(10)}
    assert written == {bytes(Packet(protocol(), umpa.Payload(b"umpa")))}
