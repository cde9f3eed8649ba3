"""Ask three hosts, over a wire in memory: who answers, how fast, and what was no answer.

Needs neither root nor a network. On a real one, leave `link=` out: umpa finds the way.
"""

from __future__ import annotations

from umpa import ICMP, IP, UDP, Ethernet, Packet, aio
from umpa.link import MemoryLink
from umpa.link.aio import Watch
from umpa.schedule import VirtualClock, run

HOSTS = ("10.0.0.2", "10.0.0.3", "10.0.0.4")


def answers_of(packet: Packet) -> list[Packet]:
    """The other side: 10.0.0.2 answers, 10.0.0.3 has no such port, 10.0.0.4 is down."""
    if ICMP in packet and packet.ip.dst == "10.0.0.2":
        return [packet.reply(ICMP(type="echo-reply"))]
    if UDP in packet and packet.ip.dst == "10.0.0.3":
        return [packet.reply(ICMP(type="dest-unreach", code="port-unreach"))]
    if ICMP in packet and packet.ip.dst == "10.0.0.3":
        return [packet.reply(IP(src="10.0.0.99"), ICMP(type="echo-reply"))]
    return []


async def main(clock: VirtualClock) -> None:
    here, there = MemoryLink.pair(latency=0.01, clock=clock)

    def respond() -> None:
        for _, data, _ in there.read():
            for answer in answers_of(Packet.dissect(data)):
                there.send(answer)

    with here, there:
        watch = Watch(there, respond)
        base = Ethernet() / IP(src="10.0.0.1")
        requests = []
        for host in HOSTS:
            for upper in (ICMP(ident=7), UDP(srcport=40000, dstport=33434)):
                packet = base / upper
                packet.ip.dst = host
                requests.append(packet)
        answers = await aio.sr(requests, timeout=1, retry=1, link=here)
        watch.close()
    print(answers)
    print(answers.table())
    print("\nNo answers:")
    for one in answers.unmatched:
        print(f"  {one.packet.summary()}: {one.reason}")


if __name__ == "__main__":
    clock = VirtualClock()
    run(main(clock), clock=clock)
