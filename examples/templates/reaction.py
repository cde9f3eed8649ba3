"""Which ports of a machine are open, closed, unreachable or filtered: an action, four reactions.

    umpa run examples/templates/reaction.py -i eth0 --target 10.0.0.2 --ports 22,80,443    # as root
    umpa simulate examples/templates/reaction.py --for 1m --ports 22,80,9999 \
        --target 10.0.0.5 --peer examples/templates/host.py               # no root, no network

Each SYN waits for its own answer: SYN/ACK, RST, an ICMP error that quotes it, or nothing.
"""

from __future__ import annotations

import asyncio

from umpa import ARP, ICMP, IP, TCP, Ethernet, Packet
from umpa.template import Context, action, endpoint, on_start, param

target = param("target", "10.0.0.2", help="the machine to look at")
ports = param("ports", "22,80,443,8080", help="the ports, with commas")
address = param("address", "10.0.0.9", help="an address that nobody has, to ask from")
mac = param("mac", "02:00:0a:00:00:09", help="its hardware address")

endpoint(address, mac, tcp={})  # answers a SYN/ACK with a reset: no port of ours is open
below = Ethernet(src=mac) / IP(src=address, dst=target)


@action(timeout=1, retries=1)
def syn(context: Context, port: int) -> Packet:
    srcport = context.rng.randrange(32768, 61000)
    seq = context.rng.getrandbits(32)
    return below / TCP(srcport=srcport, dstport=port, flags="SYN", seq=seq, options=[("mss", 1460)])


@syn.reaction(TCP.flags.has("SYN,ACK"))
def opened(packet: Packet, context: Context) -> str:
    context.send(packet.reply(TCP(flags="RST", seq=packet[TCP].ack)))  # nothing stays half open
    return "open"


@syn.reaction(TCP.flags.has("RST"))
def closed(packet: Packet, context: Context) -> str:
    return "closed"


@syn.reaction(ICMP.type == "dest-unreach")
def unreachable(packet: Packet, context: Context) -> str:
    return f"unreachable ({packet[IP].src} says so)"


@syn.on_timeout
def filtered(context: Context) -> str:
    return "filtered"


@on_start
async def scan(context: Context) -> None:
    """Find the target, ask for all ports at once, and end."""
    who_has = ARP(src_hw_mac=mac, src_proto_ipv4=address, dst_proto_ipv4=target)
    answer = await context.ask(Ethernet(src=mac) / who_has, timeout=1, retries=2)
    if answer is None:
        context.log(f"{target} does not answer ARP")
    else:
        below[Ethernet].dst = answer[ARP].src_hw_mac
        numbers = [int(port) for port in ports.split(",")]
        states = await asyncio.gather(*(syn.run(context, port) for port in numbers))
        for port, state in zip(numbers, states, strict=True):
            context.log(f"port {port}: {state}")
    context.stop()
