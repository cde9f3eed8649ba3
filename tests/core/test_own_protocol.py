"""A protocol of the user's own: one class, usable at once everywhere."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from tests.core.states import link
from umpa import Packet
from umpa.core.auto import InternetChecksum, Length, NextProtocol
from umpa.core.field import U8, U16, U32, Bits, Enum8, Flag, IPv4Address
from umpa.core.follow import NextBy
from umpa.core.match import has
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.errors import DecodeError, FieldError, LayerError
from umpa.protocols import IP, TCP, UDP, Payload

KINDS = {1: "hello", 2: "report", 3: "good bye"}


class Greeting(Protocol, name="test.greeting", follows={"udp.port": 40123, "ip.proto": 251}):
    """Greeting (a protocol of this test)."""

    version: Bits = Bits(4, default=1, doc="Version.")
    urgent: Flag = Flag(doc="Whether it cannot wait.")
    lamp: Bits = Bits(3, key="lamp.colour", doc="Colour of the lamp.")
    kind: Enum8 = Enum8(names=KINDS, aliases={"hi": 1}, doc="Kind of greeting.")
    length: U16 = U16(auto=Length(), doc="All of it, bytes.")
    checksum: U16 = U16(auto=InternetChecksum(), hexadecimal=True, doc="Over all of it.")
    upper: U8 = U8(auto=NextProtocol("test.upper"), doc="What it carries.")
    size: U8 = U8(doc="Bytes of the name.")
    serial: U32 = U32(doc="Serial number.")
    host: IPv4Address = IPv4Address(doc="Who greets.")
    who: Blob = Blob(size, doc="Name.")

    next_by = NextBy("test.upper", upper)
    same = (serial,)


class Reason(Protocol, name="test.reason", follows={"test.upper": 9}):
    """Reason (carried by a greeting)."""

    code: U16 = U16(doc="Why.")


def packet() -> Packet:
    greeting = Greeting(kind="hello", urgent=True, size=3, who=b"Ada", host="10.0.0.9", serial=7)
    return link() / IP() / UDP(dstport=40123) / greeting / Reason(code=5) / b"rest"


def test_crafting() -> None:
    made = packet()
    greeting = made[Greeting]
    assert bytes(greeting)[:2] == b"\x18\x01"
    assert greeting.length == 19 + 2 + 4 == len(bytes(greeting)) + 6
    assert greeting.upper == 9
    assert greeting.checksum_status == "good"
    greeting.kind = "report"
    assert greeting.kind == 2
    assert greeting.checksum_status == "good"
    greeting.length = 3
    assert not greeting.is_auto("length")


def test_dissecting() -> None:
    for made in (packet(), Packet.dissect(bytes(packet()))):
        names = [layer.name for layer in made.layers]
        assert names == ["eth", "ip", "udp", "test.greeting", "test.reason", "data"]
        greeting = made[Greeting]
        assert (greeting.kind, greeting.who, greeting.host) == (1, b"Ada", "10.0.0.9")
        assert made[Reason].code == 5
        assert getattr(made, "test_greeting") is greeting  # noqa: B009  # checkers do not know it
        assert made["test.greeting"] is greeting
        assert made["test.greeting.lamp.colour"] == 0
        assert made["test.greeting.urgent"] is True
        assert Greeting in made
        assert made.payload == b"rest"


def test_dissecting_by_a_certain_number() -> None:
    made = Packet.dissect(bytes(link() / IP() / Greeting(serial=3)))
    assert made.ip.proto == 251
    assert made[Greeting].serial == 3
    assert made[Greeting].checksum_status == "good"


def test_matching() -> None:
    made = Packet.dissect(bytes(packet()))
    assert (Greeting.kind == "hello")(made)
    assert (Greeting.host.is_in("10.0.0.0/8") & (Greeting.serial < 8))(made)
    assert has(Greeting)(made)
    assert not (Greeting.kind == "report")(made)
    assert repr(Greeting.lamp == 3) == "test.greeting.lamp.colour == 3"
    assert pickle.loads(pickle.dumps(Greeting.kind == 1))(made)


def test_printing() -> None:
    text = str(packet())
    assert "hello" in text
    assert "10.0.0.9" in text
    assert "Greeting" in text
    assert isinstance(packet().summary(), str)
    assert packet().hexdump(fields=True)


def test_json_pickle_copy_diff() -> None:
    made = packet()
    assert Packet.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert pickle.loads(pickle.dumps(made)) == made
    assert not made.diff(made.copy())
    other = made.copy()
    other[Greeting].serial = 8
    assert "test.greeting.serial" in [change.key for change in made.diff(other)]


def test_wrong_bytes() -> None:
    data = bytes(link() / IP(proto=251) / b"\x18\1")
    found = Packet.dissect(data).error
    assert isinstance(found, DecodeError)
    assert (found.layer, found.offset, found.needed, found.got) == ("test.greeting", 34, 16, 2)
    data = bytes(link() / IP(proto=251) / Greeting(size=200))
    found = Packet.dissect(data).error
    assert found is not None
    assert (found.layer, found.needed, found.got) == ("test.greeting", 216, 16)


def test_wrong_values() -> None:
    with pytest.raises(FieldError, match="Greeting has no field 'kid'; did you mean 'kind'"):
        Greeting(kid=1)  # type: ignore[call-arg]  # the mistake
    with pytest.raises(FieldError, match="did you mean 'hello'"):
        Greeting(kind="helo")
    with pytest.raises(FieldError, match=r"Greeting.lamp: 8 does not fit; expected .* 0 to 7"):
        Greeting(lamp=8)
    with pytest.raises(LayerError):
        TCP() / Reason()


def test_a_protocol_that_no_table_knows_may_stand_on_payload_carriers() -> None:
    class Free(Protocol, name="test.free"):
        """Free (of any table)."""

        number: U16 = U16(doc="A number.")

    made = link() / IP() / UDP() / Free(number=3)
    assert bytes(made).endswith(b"\0\3")
    assert made.udp.length == 10
    assert Payload in Packet.dissect(bytes(made))


def test_registered_later_is_found_in_shapes_that_exist() -> None:
    data = bytes(link() / IP(proto=252) / b"\0\5rest")
    before = Packet.dissect(data)
    assert before.ip.ttl == 64
    assert before.payload == b"\0\5rest"

    class Late(Protocol, name="test.late", follows={"ip.proto": 252}):
        """Late (registered when such packets were seen already)."""

        number: U16 = U16(doc="A number.")

    assert Packet.dissect(data)[Late].number == 5
    assert Packet.dissect(data).payload == b"rest"


def test_fields_that_share_a_word_keep_their_defaults() -> None:
    class Nibbles(Protocol, name="test.nibbles"):
        """Nibbles (a protocol of this test)."""

        high: Bits = Bits(4, default=5, doc="One half.")
        low: Bits = Bits(4, default=7, doc="The other half.")
        more: U8 = U8(default=9, doc="A word of its own.")

    made = [Nibbles(), Nibbles(low=1), Nibbles(high=2), Nibbles(more=3), Nibbles(high=0, low=0)]
    assert [bytes(one).hex() for one in made] == ["5709", "5109", "2709", "5703", "0009"]


def test_fields_may_be_called_what_the_generated_code_is_about() -> None:
    class Names(Protocol, name="test.names"):
        """Names."""

        structure: U8 = U8(doc="")
        rare: U8 = U8(doc="")
        word: U8 = U8(doc="")
        value: U8 = U8(doc="")
        given: U8 = U8(doc="")
        sorted: U8 = U8(doc="")
        body: Bits = Bits(4, doc="")
        len: Bits = Bits(4, doc="")
        data: Blob = Blob(doc="")

    made = Names(structure=1, rare=2, word=3, value=4, given=5, sorted=6, body=7, len=8, data=b"9")
    assert bytes(made) == bytes([1, 2, 3, 4, 5, 6, 0x78]) + b"9"
    assert {bytes(Packet(Names(len=1, data=b"x"))).hex() for _ in range(20)} == {"0" * 13 + "178"}


def declare(name: str, fields: dict[str, Any]) -> None:
    metaclass: Any = type(Protocol)
    metaclass("Wrong", (Protocol,), fields, name=name)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"a": Bits(3, doc="")}, r"3 bits|fill no|whole"),
        ({"payload": U8(doc="")}, "payload"),
        ({"quoted": U8(doc="")}, "quoted"),
        ({"a": Blob(3, doc=""), "b": U8(doc="")}, "b"),
    ],
)
def test_declarations_that_cannot_be(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(FieldError, match=message):
        declare("test.wrong", fields)
    with pytest.raises(LayerError, match=r"test\.wrong"):
        Packet.from_dict({"linktype": 1, "layers": [{"layer": "test.wrong"}]})


@pytest.mark.parametrize("name", ["layers", "copy", "payload", "summary"])
def test_names_that_every_packet_has(name: str) -> None:
    with pytest.raises(FieldError, match=name):
        declare(name, {"a": U8(doc="")})
