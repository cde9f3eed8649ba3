"""The head of a message of HTTP or SIP: a line, and headers (RFC 9112, section 2; RFC 3261, 7).

A head may go on in the next segment: what is there is read, but for what may be cut. A line that
is no header is left out, and hides no other.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

__all__ = ["Message", "message"]

_MOST = 16384


class Message(NamedTuple):
    """The three parts of the first line, and the headers by name in lower case."""

    first: str
    second: str
    third: str
    headers: dict[str, str]
    """The first where there are several of a name."""

    @property
    def line(self) -> str:
        """Its first line, but for the protocol's version."""
        parts = (self.second, self.third) if self.is_response else (self.first, self.second)
        return " ".join(filter(None, parts))

    @property
    def is_response(self) -> bool:
        return "/" in self.first

    @property
    def code(self) -> int | None:
        """The status of a response (RFC 9110, section 15); None where there is none."""
        code = self.second
        return int(code) if self.is_response and len(code) == 3 and code.isdecimal() else None


def message(layer: Any) -> Message:
    """The head of the message that the layer begins with."""
    return _read(layer.data[:_MOST])


@lru_cache(maxsize=64)  # for several fields ask for the same
def _read(data: bytes) -> Message:
    head, end, _ = data.partition(b"\r\n\r\n")
    *lines, cut = (head + end).decode("ascii", "backslashreplace").split("\n")
    if not lines:
        lines = [cut.rpartition(" ")[0]]
    first, second, third = (*lines[0].rstrip("\r").split(" ", 2), "", "")[:3]
    return Message(first, second, third, _headers(lines[1:]))


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    name = ""
    for line in lines:
        if line.rstrip("\r") == "":
            break
        if line[0] in " \t":  # what is before goes on (RFC 9112, section 5.2)
            if name:
                headers[name] += f" {line.strip()}"
            continue
        name, colon, value = line.partition(":")
        name = name.lower() if colon and name.lower() not in headers else ""
        if name:
            headers[name] = value.strip()
    return headers
