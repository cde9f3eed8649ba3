"""A thousand hosts behind two routers, some of them down on purpose.

    umpa run examples/templates/subnet.py -i eth0                         # as root
    ip route add 10.1.0.0/16 via 10.0.0.254
    nmap -sn -n 10.1.0.0/22; traceroute -n 10.1.2.3; curl http://10.1.0.80/
    umpa simulate examples/templates/subnet.py --for 1m                   # no root, no network

The way to 10.1.0.0/22 leads over 10.0.0.254, which is on the link, and 10.9.0.1. Of its 1022 hosts,
22 are down: every 47th, and 10.1.3.254. One has a web server, one says nothing on most ports.
"""

from __future__ import annotations

from umpa.template import Network, param

gateway = param("gateway", "10.0.0.254", help="the router on the link, an address nobody has")
hop_latency = param("hop_latency", 0.0, help="of the hop between the routers, seconds one way")
hop_loss = param("hop_loss", 0.0, help="of that hop, from 0 to 1")

HOLES = [f"10.1.{number // 256}.{number % 256}" for number in (*range(47, 1022, 47), 1022)]

network = Network()
near = network.router(gateway)
far = near.router("10.9.0.1", latency=hop_latency, loss=hop_loss)
hosts = far.subnet(
    "10.1.0.0/22", down=HOLES, tcp={22: "SSH-2.0-umpa\r\n"}, udp={7: lambda said: said}
)
hosts.host(
    "10.1.0.80", tcp={80: lambda said: b"HTTP/1.0 200 OK\r\n\r\nA page\n"}, personality="windows"
)
hosts.host(
    "10.1.0.90", tcp={22: "SSH-2.0-umpa\r\n"}, filtered=range(1, 1024), personality="freebsd"
)
