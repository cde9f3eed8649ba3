"""Whatever a port suggests, a payload that is shorter than its header never raises."""

from __future__ import annotations

import pytest

from umpa import IP, TCP, UDP, Ethernet, Packet
from umpa.core.registry import all_protocols


@pytest.mark.parametrize("transport", [UDP, TCP])
@pytest.mark.parametrize("size", range(5))
def test_a_few_bytes_to_every_port(transport: type[UDP | TCP], size: int) -> None:
    assert list(all_protocols())  # which loads them
    assert transport.next_by is not None
    ports = [port for port, _ in transport.next_by.table.classes.loaded()]
    assert ports
    for port in (*ports, 1):
        for first in (0, 0x60, 0x80):
            payload = bytes((first,) * size)
            data = bytes(Ethernet() / IP() / transport(srcport=port, dstport=port) / payload)
            assert bytes(Packet.dissect(data)) == b"".join(map(bytes, Packet.dissect(data).layers))
