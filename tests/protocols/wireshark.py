"""What tshark reads in frames: a witness for values that umpa derives."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import umpa
from umpa import Packet

__all__ = ["seen_by_tshark"]


def seen_by_tshark(
    folder: Path, packet: Packet, linktype: int, *names: str, also: tuple[str, ...] = ()
) -> dict[str, list[int]]:
    """The values of fields in a packet, as numbers; `also` are more arguments for tshark."""
    file = folder / "one.pcap"
    umpa.write(str(file), [Packet.dissect(bytes(packet), linktype)])
    wanted = [argument for name in names for argument in ("-e", name)]
    command = ["tshark", "-r", str(file), "-T", "json", *wanted, *also]
    said = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
    (one,) = json.loads(said)
    layers = one["_source"]["layers"]
    return {name: [int(value, 0) for value in values] for name, values in layers.items()}
