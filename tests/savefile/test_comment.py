"""Comments of packets, which pcapng files keep."""

from __future__ import annotations

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
