"""A TCP stream: what both ends of a connection said."""

from __future__ import annotations

from umpa.analysis.direction import Direction
from umpa.analysis.flow import End

__all__ = ["Stream"]


class Stream:
    """A TCP connection, put together from its segments.

    The client is who sent the SYN; where the capture has none, who sent the first segment.
    """

    def __init__(self, client: End, server: End, vlan: int | None, most: int) -> None:
        self.client = client
        self.server = server
        self.vlan = vlan
        """The outermost VLAN of the first packet, or None; the way back may have another."""
        self.to_server = Direction(most)
        """What the client sent."""
        self.to_client = Direction(most)
        """What the server sent."""
        self.end = ""
        """Why it ended: "closed" (FIN both ways), "reset", "reused" (the same ports began anew),
        "evicted" (too many were open), "capture" (nothing more in it)."""
        self.packets = 0
        """All segments, those without content too."""
        self.first_ns: int | None = None
        """When its first packet came, nanoseconds since 1970; None where that is unknown."""
        self.last_ns: int | None = None

    @property
    def complete(self) -> bool:
        """Whether both directions are there from SYN to FIN, without a gap."""
        return self.to_server.complete and self.to_client.complete

    @property
    def gaps(self) -> bool:
        """Whether something is missing in either direction."""
        return bool(self.to_server.gaps or self.to_client.gaps)

    def __repr__(self) -> str:
        state = "complete" if self.complete else f"{'with gaps, ' * self.gaps}{self.end}"
        return (
            f"<Stream {self.client} > {self.server}: {self.to_server.size} bytes there, "
            f"{self.to_client.size} back, {state}>"
        )

    def _seen(self, time_ns: int | None) -> None:
        self.packets += 1
        if time_ns is not None:
            self.first_ns = time_ns if self.first_ns is None else min(self.first_ns, time_ns)
            self.last_ns = time_ns if self.last_ns is None else max(self.last_ns, time_ns)
