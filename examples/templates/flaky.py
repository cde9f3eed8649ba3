"""The other end for probe.py: a machine that answers, but for an hour in each week.

umpa simulate examples/templates/probe.py --for 4w --peer examples/templates/flaky.py
"""

from __future__ import annotations

from umpa import ICMP, IP, Packet
from umpa.template import PASS, Context, Reply, endpoint, on, param

address = param("address", "10.0.0.5", help="whom the probe asks")
mac = param("mac", "02:00:0a:00:00:05", help="its hardware address")
first = param("first", 86400.0, help="seconds until it is silent for the first time")
silence = param("silence", 3600.0, help="for how long, each week")


@on(ICMP.type == "echo-request", IP.dst == address)
def sleepy(packet: Packet, context: Context) -> Reply:
    """Takes the packet and says nothing; or leaves it to the endpoint, whose rules are below."""
    asleep = context.now >= first and (context.now - first) % 604800 < silence
    return None if asleep else PASS


endpoint(address, mac)
