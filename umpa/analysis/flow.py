"""A conversation: what two ends sent each other, counted."""

from __future__ import annotations

from typing import NamedTuple

from umpa.protocols.tcp import TCPFlags

__all__ = ["ACK", "FIN", "RST", "SYN", "End", "Flow", "Way"]

FIN, SYN, RST, ACK = (int(TCPFlags[name]) for name in ("FIN", "SYN", "RST", "ACK"))


class End(NamedTuple):
    """One end of a conversation."""

    address: str
    port: int | None
    """None where the protocol has no ports, or none of the packets had them."""

    def __str__(self) -> str:
        if self.port is None:
            return self.address
        return f"[{self.address}]:{self.port}" if ":" in self.address else ":".join(map(str, self))


class Way:
    """What went one way."""

    __slots__ = ("_flags", "flow", "packets", "syn", "wire_bytes")

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.packets = 0
        self.wire_bytes = 0
        """On the wire, from the first header of each frame to its end."""
        self._flags = 0
        self.syn: int | None = None
        """The sequence number of the SYN."""

    @property
    def tcp_flags(self) -> TCPFlags:
        """All flags of TCP that were seen."""
        return TCPFlags(self._flags)


class Flow:
    """A conversation: all packets between two ends, of one protocol.

    The client is who sent the first packet; of a TCP connection of which that was the answer
    (SYN and ACK), who was answered. A TCP connection that is opened anew with the same ports is a
    flow of its own.
    """

    __slots__ = (
        "client", "first_ns", "last_ns", "protocol", "server", "to_client", "to_server", "vlan",
    )  # fmt: skip

    def __init__(self, protocol: str, vlan: int | None, client: End, server: End) -> None:
        self.protocol = protocol
        """As over IP: "tcp", "udp", "icmp", or a number that has no name."""
        self.vlan = vlan
        """The outermost VLAN of the first packet, or None; the way back may have another."""
        self.client = client
        self.server = server
        self.to_server = Way(self)
        self.to_client = Way(self)
        self.first_ns: int | None = None
        """When the first packet came, nanoseconds since 1970; None where no packet had a time."""
        self.last_ns: int | None = None

    @property
    def packets(self) -> int:
        """Both ways."""
        return self.to_server.packets + self.to_client.packets

    @property
    def wire_bytes(self) -> int:
        """On the wire, both ways."""
        return self.to_server.wire_bytes + self.to_client.wire_bytes

    @property
    def duration_ns(self) -> int | None:
        """From the first to the last packet."""
        if self.first_ns is None or self.last_ns is None:
            return None
        return self.last_ns - self.first_ns

    @property
    def tcp_state(self) -> str:
        """How far a TCP connection came, by the packets that were seen; empty for others.

        "opening" (a SYN without an answer), "refused" (answered by RST), "established", "closing"
        (FIN one way), "closed" (FIN both ways), "reset". One that was open before the first packet
        is "established" too.
        """
        if self.protocol != "tcp":
            return ""
        there, back = self.to_server._flags, self.to_client._flags
        opened = not there & SYN or back & SYN
        if (there | back) & RST:
            return "reset" if opened else "refused"
        if there & back & FIN:
            return "closed"
        if (there | back) & FIN:
            return "closing"
        return "established" if opened else "opening"

    def __repr__(self) -> str:
        state = f", {self.tcp_state}" if self.tcp_state else ""
        return (
            f"<Flow {self.protocol} {self.client} > {self.server}: "
            f"{self.packets} packets, {self.wire_bytes} bytes{state}>"
        )

    def _seen(self, time_ns: int | None) -> None:
        if time_ns is None:
            return
        if self.first_ns is None or self.last_ns is None:
            self.first_ns = self.last_ns = time_ns
        elif time_ns > self.last_ns:
            self.last_ns = time_ns
        elif time_ns < self.first_ns:
            self.first_ns = time_ns
