"""SIP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from umpa.core.following import Following
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols.text_message import Message, message

__all__ = ["SIP"]

METHODS = frozenset(
    b"INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE "
    b"UPDATE".split()
)


def _request(part: Callable[[Message], str]) -> Callable[[Any], str | None]:
    def read(layer: Any) -> str | None:
        found = message(layer)
        return (part(found) or None) if not found.is_response else None

    return read


def _header(name: str, short: str = "") -> Callable[[Any], str | None]:
    def read(layer: Any) -> str | None:
        headers = message(layer).headers
        return headers.get(name) or headers.get(short)

    return read


def _code(layer: Any) -> int | None:
    return message(layer).code


class SIP(Protocol, name="sip", follows={"udp.port": 5060, "tcp.port": 5060}):
    """Session Initiation Protocol (RFC 3261)."""

    data: Blob = Blob(doc="The bytes of the message.")
    method: View[str | None, str] = View(
        _request(lambda m: m.first), key="Method", doc="What is to be done."
    )
    r_uri: View[str | None, str] = View(_request(lambda m: m.second), key="r-uri", doc="With whom.")
    status_code: View[int | None, int] = View(_code, key="Status-Code", doc="How it went.")
    from_: View[str | None, str] = View(_header("from", "f"), key="From", doc="Who calls.")
    to: View[str | None, str] = View(_header("to", "t"), key="To", doc="Who is called.")
    call_id: View[str | None, str] = View(_header("call-id", "i"), key="Call-ID", doc="Which call.")
    cseq: View[str | None, str] = View(_header("cseq"), key="CSeq", doc="Number and method.")
    via: View[str | None, str] = View(_header("via", "v"), key="Via", doc="Where answers go.")
    contact: View[str | None, str] = View(
        _header("contact", "m"), key="Contact", doc="Direct address."
    )

    def _summary(self) -> str:
        """The first line, but for the version."""
        return message(self).line

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        head = data[start : min(start + 12, end)]
        return head[:4] == b"SIP/" or (b" " in head and head.split(b" ", 1)[0] in METHODS)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
