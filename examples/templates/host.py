"""A machine on the link: ping, arping, traceroute, curl and nmap see one.

    umpa run examples/templates/host.py -i eth0 --address 10.0.0.5        # as root
    ping 10.0.0.5; traceroute 10.0.0.5; curl http://10.0.0.5/; nmap -sS 10.0.0.5
    umpa simulate examples/templates/host.py --for 1m                     # no root, no network

Ports 22 and 80 are open, 7 (UDP) echoes, all others are closed.
"""

from __future__ import annotations

from umpa.template import endpoint, param

address = param("address", "10.0.0.5", help="an address that nobody has")
address_v6 = param("address_v6", "fd00::5", help="another one, or nothing")
mac = param("mac", "02:00:0a:00:00:05", help="its hardware address, locally administered")
personality = param("personality", "linux", help="linux, windows, freebsd or router")


def web(request: bytes) -> bytes | None:
    """A page, as soon as the request is there; None asks for more of it."""
    if b"\r\n\r\n" not in request:
        return None
    method, path, *_ = [*request.split(b" ", 2), b"", b""]
    if method != b"GET" or path != b"/":
        return b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    page = b"<h1>Nobody lives here</h1>\n"
    head = f"HTTP/1.0 200 OK\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n"
    return head.encode() + page


for claimed in filter(None, (address, address_v6)):
    endpoint(
        claimed,
        mac,
        tcp={22: "SSH-2.0-umpa\r\n", 80: web},
        udp={7: lambda said: said},
        personality=personality,
    )
