"""What the packets of a machine look like, apart from what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, repeat
from random import Random
from typing import Any, Literal

from umpa.errors import TemplateError
from umpa.protocols import IP, IPv6

__all__ = ["PERSONALITIES", "Personality"]


@dataclass(frozen=True, eq=False)
class Personality:
    """The habits of an operating system's network stack."""

    ttl: int = 64
    """Of its packets, also IPv6's hop limit."""
    window: int = 65535
    """TCP's receive window in its first segments."""
    mss: int = 1460
    """TCP's largest segment, as it announces it."""
    ip_id: Literal["zero", "counter", "random"] = "zero"
    """What it writes into IPv4's identification."""
    dont_fragment: bool = True

    def __post_init__(self) -> None:
        for name, most in (("ttl", 255), ("window", 65535), ("mss", 65535)):
            if not 1 <= getattr(self, name) <= most:
                raise TemplateError(f"Personality: {name}={getattr(self, name)}; from 1 to {most}")
        if self.ip_id not in ("zero", "counter", "random"):
            raise TemplateError(f"Personality: ip_id={self.ip_id!r}; zero, counter or random")

    def identifications(self, rng: Random) -> Iterator[int]:
        """The identifications of its packets, one after the other."""
        if self.ip_id == "zero":
            return repeat(0)
        if self.ip_id == "counter":
            return (number & 0xFFFF for number in count(1))
        return iter(lambda: rng.getrandbits(16), -1)

    def ip(self, identification: int, hops: int = 0) -> IP:
        """What its packets show of it in IPv4's header, after so many routers."""
        return IP(ttl=max(1, self.ttl - hops), id=identification, flags_df=self.dont_fragment)

    def ipv6(self, hops: int = 0) -> IPv6:
        """What its packets show of it in IPv6's header, after so many routers."""
        return IPv6(hlim=max(1, self.ttl - hops))

    def tcp_options(self) -> list[Any]:
        """The options of its SYN and SYN/ACK."""
        return [("mss", self.mss)]


PERSONALITIES = {
    "linux": Personality(ttl=64, window=64240, ip_id="zero"),
    "windows": Personality(ttl=128, window=65535, ip_id="counter"),
    "freebsd": Personality(ttl=64, window=65535, ip_id="random"),
    "router": Personality(ttl=255, window=4128, ip_id="counter", dont_fragment=False, mss=536),
}
"""By name; `Personality(...)` makes others."""
