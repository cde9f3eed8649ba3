"""Interfaces and routes where there is no netlink: macOS, the BSDs, Windows.

Written from the systems' documents; the reading of their answers is tested, the asking was not run.
Interfaces come from libpcap's list. Routes: `route -n get` (route(8)), and on Windows the
source address that a connected UDP socket has, with the interface that owns it; its gateway is
not told, and neither are MTUs and neighbours.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import subprocess
import sys
from importlib import import_module
from typing import Any

from umpa.errors import LinkError
from umpa.net.model import Interface, IpAddress, IpInterface, Route

__all__ = ["interfaces", "read_route", "route"]

_TIMEOUT = 5.0
_LOOPBACK, _UP, _RUNNING = 1, 2, 4  # PCAP_IF_… of pcap.h


def interfaces() -> list[Interface]:
    """What libpcap lists.

    :raises LinkError: cypcap is not installed.
    """
    try:
        cypcap = import_module("cypcap")
    except ImportError as error:
        raise LinkError(
            "interfaces are listed by cypcap on this platform: pip install cypcap"
        ) from error
    found: list[Interface] = []
    for number, device in enumerate(cypcap.findalldevs(), 1):
        flags = int(device.flags)
        found.append(
            Interface(
                name=device.name,
                index=_index(device.name, number),
                description=device.description or "",
                addresses=tuple(_owned(device)),
                up=flags & _UP != 0 and flags & _RUNNING != 0,
                loopback=flags & _LOOPBACK != 0,
            )
        )
    return found


def _index(name: str, number: int) -> int:
    try:
        return socket.if_nametoindex(name)
    except OSError:  # Npcap has names of its own
        return number


def _owned(device: Any) -> list[IpInterface]:
    found: list[IpInterface] = []
    for entry in device.addresses:
        with contextlib.suppress(ValueError):  # a hardware address, or of another family
            own = ipaddress.ip_address(str(entry.addr).partition("%")[0])
            mask = 0 if entry.netmask is None else _ones(str(entry.netmask))
            found.append(ipaddress.ip_interface((own, mask or own.max_prefixlen)))
    return sorted(found, key=lambda own: own.version)


def _ones(mask: str) -> int:
    return int(ipaddress.ip_address(mask.partition("%")[0])).bit_count()


def route(to: IpAddress) -> Route:
    """The way to an address.

    :raises LinkError: there is none, or the system does not tell.
    """
    if sys.platform == "win32":
        return _by_socket(to)
    kind = "-inet6" if to.version == 6 else "-inet"
    try:
        done = subprocess.run(
            ["route", "-n", "get", kind, str(to)], capture_output=True, text=True, timeout=_TIMEOUT
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise LinkError(f"no route to {to}: route(8) cannot be asked: {error}") from error
    return read_route(to, done.stdout, done.stderr)


def read_route(to: IpAddress, said: str, complaint: str = "") -> Route:
    """What `route -n get` said.

    :raises LinkError: that there is no route.
    """
    values = dict(re.findall(r"^ *(\w+): (\S+)", said, re.MULTILINE))
    if "interface" not in values:
        raise LinkError(f"no route to {to}: {complaint.strip() or said.strip() or 'not told'}")
    gateway: IpAddress | None = None
    with contextlib.suppress(KeyError, ValueError):  # "link#4": on the network itself
        gateway = ipaddress.ip_address(values["gateway"])
    columns = said.strip().splitlines()
    mtu = None
    if len(columns) > 1 and "mtu" in columns[-2].split():
        figures = dict(zip(columns[-2].split(), columns[-1].split(), strict=False))
        mtu = int(figures["mtu"])
    return Route(values["interface"], _source(to), gateway, mtu)


def _source(to: IpAddress) -> IpAddress | None:
    family = socket.AF_INET6 if to.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect((str(to), 9))  # sends nothing
        except OSError:
            return None
        return ipaddress.ip_address(str(sock.getsockname()[0]).partition("%")[0])


def _by_socket(to: IpAddress) -> Route:
    source = _source(to)
    for one in interfaces() if source is not None else ():
        if any(own.ip == source for own in one.addresses):
            return Route(one.name, source, None, one.mtu)
    raise LinkError(f"no route to {to}")
