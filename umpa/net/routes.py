"""Where a packet has to go: through which interface, from which address, by which gateway.

Linux: netlink, RTM_GETROUTE: the kernel's own answer, with its rules, tables and metrics.
Elsewhere: what `umpa.net.elsewhere` asks.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
from types import TracebackType

from umpa.errors import LinkError
from umpa.net.model import Address, IpAddress, Route, as_address
from umpa.net.netlink import Netlink, attribute, attributes

__all__ = ["RouteTable", "route"]

_GET_ROUTE = 26  # linux/rtnetlink.h, for all of these
_ROUTE = struct.Struct("=BBBBBBBBI")
_TO, _FROM, _DEVICE, _GATEWAY, _SOURCE, _METRICS, _VIA = 1, 2, 4, 5, 7, 8, 18  # RTA_…
_METRIC_MTU = 2
_KINDS = {1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast"}
_REFUSED = {6: "a black hole", 7: "unreachable", 8: "prohibited"}
_GET_NAME, _GET_MTU = 0x8910, 0x8921  # SIOCGIFNAME, SIOCGIFMTU


class RouteTable:
    """Asks for many routes over one open socket, in the namespace where it was made."""

    def __init__(self) -> None:
        self._netlink = Netlink() if sys.platform == "linux" else None

    def route(self, destination: Address, source: Address | None = None) -> Route:
        """The way to `destination` ("fe80::1%eth0" for what is known on one interface only).

        With `source`, one of the machine's own addresses, rules that look at it count (Linux).

        :raises LinkError: there is none.
        :raises ValueError: it is no address; a name has to be resolved before.
        """
        address = as_address(destination)
        if self._netlink is None:
            from umpa.net.elsewhere import route as others

            return others(address)
        own = None if source is None else as_address(source)
        return self._ask(self._netlink, address, own)

    def _ask(self, netlink: Netlink, to: IpAddress, own: IpAddress | None) -> Route:
        family = socket.AF_INET if to.version == 4 else socket.AF_INET6
        bits = to.max_prefixlen
        body = _ROUTE.pack(family, bits, 0 if own is None else bits, 0, 0, 0, 0, 0, 0)
        body += attribute(_TO, to.packed)
        if own is not None:
            body += attribute(_FROM, own.packed)
        scope = getattr(to, "scope_id", None)
        if scope is not None:
            body += attribute(_DEVICE, struct.pack("=I", _index(to, scope)))
        try:
            _, answer = netlink.ask(_GET_ROUTE, body)
        except OSError as error:
            raise _no_route(to, error.strerror or str(error)) from error
        kind = _ROUTE.unpack_from(answer)[7]
        if kind in _REFUSED:
            raise _no_route(to, f"the route says it is {_REFUSED[kind]}")
        found = attributes(answer, _ROUTE.size)
        if _DEVICE not in found:
            raise _no_route(to, "the kernel names no interface")
        name, device_mtu = self._device(netlink, found[_DEVICE])
        metric = attributes(found.get(_METRICS, b""), 0).get(_METRIC_MTU, b"")
        return Route(
            interface=name,
            source=_address(found.get(_SOURCE)),
            gateway=_address(found.get(_GATEWAY) or found.get(_VIA, b"")[2:]),
            mtu=int.from_bytes(metric, sys.byteorder) or device_mtu,
            kind=_KINDS.get(kind, "unicast"),
        )

    def _device(self, netlink: Netlink, index: bytes) -> tuple[str, int | None]:
        from fcntl import ioctl

        answer = ioctl(netlink.socket, _GET_NAME, bytes(16) + index + bytes(20))
        mtu = ioctl(netlink.socket, _GET_MTU, answer[:16] + bytes(24))[16:20]
        name = answer[:16].partition(b"\0")[0].decode(errors="replace")
        return name, int.from_bytes(mtu, sys.byteorder)

    def close(self) -> None:
        """Close the socket."""
        if self._netlink is not None:
            self._netlink.close()

    def __enter__(self) -> RouteTable:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def route(destination: Address) -> Route:
    """The way to `destination`: see `RouteTable.route`.

    :raises LinkError: there is none.
    :raises ValueError: it is no address; a name has to be resolved before.
    """
    with RouteTable() as table:
        return table.route(destination)


def _address(packed: bytes | None) -> IpAddress | None:
    return ipaddress.ip_address(packed) if packed else None


def _index(to: IpAddress, scope: str) -> int:
    try:
        return int(scope) if scope.isdigit() else socket.if_nametoindex(scope)
    except OSError as error:
        raise _no_route(to, f"no interface '{scope}'") from error


def _no_route(to: IpAddress, why: str) -> LinkError:
    return LinkError(f"no route to {to}: {why}")
