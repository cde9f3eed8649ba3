"""`umpa devices`: the network devices of this machine."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from umpa.net import Interface

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Its arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "devices",
        help="list the network devices",
        description="List the network devices: name, state, MTU, MAC and IP addresses, kind.",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table."""
    from umpa.commands.fields import columns
    from umpa.sniffing import available_devices

    header = ("device", "state", "mtu", "mac", "addresses", "description")
    print("\n".join(columns(header, [_cells(one) for one in available_devices()])))
    return 0


def _cells(device: Interface) -> tuple[str, ...]:
    return (
        device.name,
        ("up" if device.up else "down") + (", loopback" if device.loopback else ""),
        "" if device.mtu is None else str(device.mtu),
        device.mac or "",
        " ".join(str(address) for address in device.addresses),
        device.description,
    )
