"""Watches a link: an echo request each second, alarms when answers are lost or late.

    umpa run examples/templates/probe.py -i eth0 --target 10.0.0.1        # as root, for weeks
    umpa simulate examples/templates/probe.py --for 4w --seed 7 \
        --peer examples/templates/flaky.py                                # no root, no network

Both alarms look at the last minute, and clear later than they rise, so that they do not flutter.
What was counted survives a restart (`--state`).
"""

from __future__ import annotations

from collections.abc import Iterator

from umpa import ARP, ICMP, IP, Ethernet, Packet
from umpa.template import (
    Context,
    alarm,
    counter,
    endpoint,
    every,
    on,
    on_stop,
    param,
    persistent,
    sequence,
    window,
)

address = param("address", "10.0.0.9", help="what the probe asks from: an address that nobody has")
mac = param("mac", "02:00:0a:00:00:09", help="its hardware address")
target = param("target", "10.0.0.5", help="who is asked")
interval = param("interval", 1.0, help="seconds from one request to the next")

asked = persistent("asked", 0)
lost = persistent("lost", 0)
alarms = persistent("alarms", 0)

losses = window(seconds=60)
delays = window(seconds=60)
too_many_lost = alarm("loss", raise_at=0.2, clear_at=0.05)
too_slow = alarm("delay", raise_at=0.1, clear_at=0.05)

who_has = Ethernet(src=mac) / ARP(src_hw_mac=mac, src_proto_ipv4=address, dst_proto_ipv4=target)


class Link:
    """What is known of the link at this moment."""

    requests: Iterator[bytes] | None = None
    """The requests to come, once it is known where the target is."""
    sent: float | None = None
    """When the last request was sent."""
    answered = False
    """Whether it was answered."""


@every(interval)
def probe(context: Context) -> None:
    """What became of the last request; then the next one."""
    now = context.now
    if Link.sent is not None:
        losses.add(0 if Link.answered else 1, now)
        if not Link.answered:
            lost.value += 1
            Link.requests = None  # perhaps the target is elsewhere now
    if change := too_many_lost.update(losses.mean, now):
        tell(context, change, f"{losses.mean:.0%} lost")
    if change := too_slow.update(delays.median, now):
        tell(context, change, f"median {delays.median * 1000:.1f} ms")
    asked.value += 1
    Link.sent, Link.answered = now, False
    context.send(who_has if Link.requests is None else next(Link.requests))


@on(ARP.opcode == "reply", ARP.src_proto_ipv4 == target)
def found(packet: Packet, context: Context) -> bytes | None:
    """Where the target is: the request that waits for that goes there."""
    if Link.requests is not None:
        return None
    to = Ethernet(src=mac, dst=packet.arp.src_hw_mac) / IP(src=address, dst=target)
    echo = ICMP(ident=9, seq=counter(asked.value % 65536))
    Link.requests = sequence(to.eth, to.ip, echo, b"umpa probe").frames()
    Link.sent = context.now
    return next(Link.requests)


@on(ICMP.type == "echo-reply", IP.src == target, ICMP.ident == 9)
def answered(packet: Packet, context: Context) -> None:
    """How long it took, where it answers the request that waits and none before."""
    if Link.sent is None or Link.answered or packet.icmp.seq != asked.value % 65536:
        return
    delays.add(context.now - Link.sent, context.now)
    Link.answered = True


endpoint(address, mac)  # behind the rules above: what they take does not get here


def tell(context: Context, change: str, what: str) -> None:
    """Log an alarm that was raised or cleared."""
    alarms.value += change == "raised"
    context.log(f"alarm {change}: {what}", asked=asked.value, lost=lost.value)


@on_stop
def report(context: Context) -> None:
    context.log("since the first start", asked=asked.value, lost=lost.value, alarms=alarms.value)
