"""A name server: one name for each host that is given, and nothing else.

    umpa run examples/templates/names.py -i eth0 --hosts www=10.0.0.80,mail=10.0.0.25     # as root
    dig @10.0.0.53 www.umpa.test                                          # from another machine
    umpa simulate examples/templates/names.py --for 1m                    # no root, no network

What is asked is matched as it was read from the message (`DNS.qry_name`), and the reply repeats
what tells it apart: addresses, ports, and the identifier.
"""

from __future__ import annotations

from umpa import DNS, IP, UDP, Packet, has
from umpa.template import Context, endpoint, on, param

address = param("address", "10.0.0.53", help="the server's address, which nobody has")
domain = param("domain", "umpa.test", help="whose names it knows")
hosts = param("hosts", "www=10.0.0.80,mail=10.0.0.25", help="names and addresses, with commas")

known = {
    f"{name}.{domain}": host for name, _, host in (pair.partition("=") for pair in hosts.split(","))
}


def answer(packet: Packet, records: bytes = b"", rcode: str = "no error") -> Packet:
    """The reply to a query: its question again, and the records."""
    question = DNS.question(packet.dns.qry_name or ".", packet.dns.qry_type or "A")
    return packet.reply(DNS(
        flags_response=True, flags_authoritative=True, flags_rcode=rcode, data=question + records,
    ))  # fmt: skip


@on(IP.dst == address, UDP.dstport == 53, DNS.qry_name.is_in(known), DNS.qry_type == "A")
def found(packet: Packet, context: Context) -> Packet:
    """The address of a name that is known."""
    name = packet.dns.qry_name or ""
    context.count(name)
    return answer(packet, DNS.record(name, "A", known[name], ttl=60))


@on(IP.dst == address, UDP.dstport == 53, DNS.qry_name.is_in(known))
def nothing_of_that_type(packet: Packet, context: Context) -> Packet:
    """The name is known, and has no records of the type that is wanted."""
    return answer(packet)


@on(IP.dst == address, UDP.dstport == 53, has(DNS))
def no_such_name(packet: Packet, context: Context) -> Packet:
    """All other names."""
    return answer(packet, rcode="no such name")


endpoint(address, "02:00:0a:00:00:35")
