"""HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from umpa.core.following import Following
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols.text_message import Message, message

__all__ = ["HTTP"]

METHODS = frozenset(
    b"GET POST HEAD PUT DELETE OPTIONS PATCH TRACE CONNECT PROPFIND NOTIFY M-SEARCH".split()
)


def _part(response: bool, part: Callable[[Message], str]) -> Callable[[Any], str | None]:
    def read(layer: Any) -> str | None:
        found = message(layer)
        return (part(found) or None) if found.is_response is response else None

    return read


def _header(name: str) -> Callable[[Any], str | None]:
    return lambda layer: message(layer).headers.get(name)


def _code(layer: Any) -> int | None:
    return message(layer).code


class HTTP(Protocol, name="http", follows={
    "tcp.port": (80, 591, 631, 3128, 8000, 8008, 8080, 8081, 8088), "udp.port": 1900,
}):  # fmt: skip
    """Hypertext Transfer Protocol, version 1 (RFC 9112): the segment that a message begins in."""

    data: Blob = Blob(doc="The bytes of the message, as far as they are in the segment.")
    request_method: View[str | None, str] = View(
        _part(False, lambda m: m.first), key="request.method", doc="What is to be done."
    )
    request_uri: View[str | None, str] = View(
        _part(False, lambda m: m.second), key="request.uri", doc="With what."
    )
    request_version: View[str | None, str] = View(
        _part(False, lambda m: m.third), key="request.version", doc="Version of the request."
    )
    response_version: View[str | None, str] = View(
        _part(True, lambda m: m.first), key="response.version", doc="Version of the response."
    )
    response_code: View[int | None, int] = View(_code, key="response.code", doc="How it went.")
    response_phrase: View[str | None, str] = View(
        _part(True, lambda m: m.third), key="response.phrase", doc="How it went, in words."
    )
    host: View[str | None, str] = View(_header("host"), doc="The host that is asked.")
    user_agent: View[str | None, str] = View(_header("user-agent"), doc="Who asks.")
    server: View[str | None, str] = View(_header("server"), doc="Who answers.")
    content_type: View[str | None, str] = View(_header("content-type"), doc="What the body is.")
    content_length: View[str | None, str] = View(
        _header("content-length"), key="content_length_header", doc="Bytes of the body."
    )
    location: View[str | None, str] = View(_header("location"), doc="Where to look instead.")

    instead: ClassVar[str] = "http2.magic"

    def _summary(self) -> str:
        """The first line, but for the version."""
        return message(self).line

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        head = data[start : min(start + 12, end)]
        return head[:5] == b"HTTP/" or (b" " in head and head.split(b" ", 1)[0] in METHODS)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
