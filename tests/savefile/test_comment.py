"""Comments of packets, which pcapng files keep."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from umpa import IP, UDP, Ethernet, Packet, read, write
from umpa.errors import FieldError


def test_a_comment_that_was_set_is_in_the_file_whatever_state_the_packet_is_in(
    tmp_path: Path,
) -> None:
    crafted = Ethernet() / IP(dst="10.0.0.2") / UDP(dstport=9) / b"x"
    data = bytes(crafted)
    opened, asleep, shape, changed = crafted.copy(), *(Packet.dissect(data) for _ in range(3))
    assert opened.ip.ttl == shape.ip.ttl == 64
    changed.ip.ttl = 9
    packets = [crafted, opened, asleep, shape, changed, crafted.copy()]
    for number, packet in enumerate(packets[:-1]):
        before = bytes(packet)
        packet.comment = f"number {number}"
        assert (bytes(packet), packet.linktype) == (before, 1)
    copies = [packets[0].copy(), pickle.loads(pickle.dumps(packets[1])), packets[4].copy()]
    copies.append(Packet.from_dict(packets[2].to_dict()))
    write(tmp_path / "out.pcapng", [*packets, *copies])
    found = [packet.comment for packet in read(tmp_path / "out.pcapng")]
    assert found[:6] == [*(f"number {n}" for n in range(5)), None]
    assert found[6:] == ["number 0", "number 1", "number 4", "number 2"]
    packets[0].comment = None
    assert packets[0].comment is None
    packets[0].udp.dstport = 10
    assert packets[0].udp.checksum_status == "good"
    with pytest.raises(FieldError, match="comment: 5 does not fit"):
        packets[0].comment = 5  # type: ignore[assignment]


def test_several_comments_stay_several(tmp_path: Path) -> None:
    """A file may hold several comments of a packet: read and written again, it has each of them."""
    packet = Packet(Ethernet(), b"x")
    packet.comment = ["first", "second\nof two lines"]
    assert packet.comment == "first\nsecond\nof two lines"
    write(tmp_path / "once.pcapng", [packet])
    write(tmp_path / "twice.pcapng", read(tmp_path / "once.pcapng"))
    for name in ("once", "twice"):
        (again,) = read(tmp_path / f"{name}.pcapng")
        assert str(again.comment) == packet.comment
        assert (tmp_path / f"{name}.pcapng").read_bytes().count(b"\1\0\5\0first") == 1
        for copy in (
            again.copy(),
            pickle.loads(pickle.dumps(again)),
            Packet.from_dict(json.loads(json.dumps(again.to_dict()))),
        ):
            write(tmp_path / "copy.pcapng", [copy])
            assert (tmp_path / "copy.pcapng").read_bytes().count(b"\1\0\5\0first") == 1


def test_one_comment_in_a_list_is_one(tmp_path: Path) -> None:
    packet = Packet(Ethernet())
    for given, expected in ((["a"], "a"), ([], None), (("a", "b"), "a\nb"), (None, None)):
        packet.comment = given
        assert packet.comment == expected
    for wrong in (5, ["a", 5], {"a"}):
        with pytest.raises(FieldError, match=r"comment: .* expected text, a list of texts, or"):
            packet.comment = wrong  # type: ignore[assignment]
