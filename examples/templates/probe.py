"""Watches a link: an echo request each second, alarms when answers are lost or late.

    umpa run examples/templates/probe.py -i eth0 --target 10.0.0.1        # as root, for weeks
    umpa simulate examples/templates/probe.py --for 4w --seed 7 \
        --peer examples/templates/flaky.py                                # no root, no network

Both alarms look at the last minute, and clear later than they rise, so that they do not flutter.
What was counted survives a restart (`--state`).
"""

from __future__ import annotations

from umpa import ARP, ICMP, IP, Ethernet, Packet
from umpa.template import Context, alarm, endpoint, every, on_stop, param, persistent, window

address = param("address", "10.0.0.9", help="what the probe asks from: an address that nobody has")
mac = param("mac", "02:00:0a:00:00:09", help="its hardware address")
target = param("target", "10.0.0.5", help="who is asked")
interval = param("interval", 1.0, help="seconds from one request to the next")

endpoint(address, mac)

asked = persistent("asked", 0)
lost = persistent("lost", 0)
alarms = persistent("alarms", 0)

losses = window(seconds=60)
delays = window(seconds=60)
too_many_lost = alarm("loss", raise_at=0.2, clear_at=0.05)
too_slow = alarm("delay", raise_at=0.1, clear_at=0.05)

who_has = Ethernet(src=mac) / ARP(src_hw_mac=mac, src_proto_ipv4=address, dst_proto_ipv4=target)
request: Packet | None = None


async def find_target(context: Context) -> Packet | None:
    """The request for the target, once it is known where it is."""
    answer = await context.ask(who_has, timeout=interval / 2)
    if answer is None:
        return None
    ethernet = Ethernet(src=mac, dst=answer[ARP].src_hw_mac)
    return Packet(ethernet, IP(src=address, dst=target), ICMP(ident=9), b"umpa probe")


@every(interval)
async def probe(context: Context) -> None:
    """One request, and what its answer means."""
    global request
    start = context.now
    if request is None:
        request = await find_target(context)
    answer = None
    if request is not None:
        request.icmp.seq = asked.value % 65536
        answer = await context.ask(request, timeout=interval / 2)
    now = context.now
    asked.value += 1
    if answer is not None and answer.icmp.type == 0:
        losses.add(0, now)
        delays.add(now - start, now)
    else:
        lost.value += 1
        losses.add(1, now)
        request = None  # perhaps it is elsewhere now
    if change := too_many_lost.update(losses.mean, now):
        tell(context, change, f"{losses.mean:.0%} lost")
    if change := too_slow.update(delays.median, now):
        tell(context, change, f"median {delays.median * 1000:.1f} ms")


def tell(context: Context, change: str, what: str) -> None:
    """Log an alarm that was raised or cleared."""
    alarms.value += change == "raised"
    context.log(f"alarm {change}: {what}", asked=asked.value, lost=lost.value)


@on_stop
def report(context: Context) -> None:
    context.log("since the first start", asked=asked.value, lost=lost.value, alarms=alarms.value)
