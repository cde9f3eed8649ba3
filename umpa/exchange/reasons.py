"""Why a packet answers nothing that was asked: made only when somebody wants to know.

The requests are indexed by parts of their keys: by addresses alone, and by all but the addresses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from umpa.core.packet import Packet
from umpa.exchange.filed import Filed
from umpa.exchange.fragments import piece_of
from umpa.exchange.quotes import file_for_quotes, find_quoted
from umpa.exchange.sides import ADDRESSED, Values
from umpa.exchange.stack import Protocols, Reading, Stack, read
from umpa.protocols.sctp import SCTP
from umpa.protocols.tcp import TCP
from umpa.protocols.udp import UDP

__all__ = ["Reasons"]

_WITH_PORTS = (TCP, UDP, SCTP)


class Reasons:
    """Explains packets that found no request."""

    def __init__(self, requests: Iterable[Filed], answered: Iterable[Filed] = ()) -> None:
        self._by_address: dict[Any, set[Protocols]] = {}
        self._by_rest: set[Any] = set()
        self._certain: set[Any] = set()
        self._own: set[Any] = set()
        self._answered: set[Any] = set()
        self._quoted: dict[Any, list[Filed]] = {}
        for request in requests:
            self._learn(request)
        for request in answered:
            self._answered.add(self._learn(request))
            file_for_quotes(self._quoted, Filed(request.data, request.linktype))

    def _learn(self, request: Filed) -> Any:
        reading = read(request.frame)
        stack = Stack(reading.protocols)
        values = stack.expected(reading.values)
        self._by_address.setdefault(_addresses(stack, values), set()).add(reading.protocols)
        self._by_rest.add((reading.protocols, _rest(stack, values), reading.expected()))
        self._certain.add((reading.protocols, values))
        self._own.add((reading.protocols, reading.values, reading.deep))
        return reading.protocols, values, reading.expected()

    def why(self, packet: Packet) -> str:
        """In a few words."""
        piece = piece_of(packet)
        if piece is not None and not piece.first:
            return "is a later fragment of nothing that was asked"
        reading = read(packet)
        if reading.quotes:
            late = find_quoted(self._quoted, packet) is not None
            return "came after the answer" if late else "quotes something that was not asked"
        stack = Stack(reading.protocols)
        key = reading.protocols, reading.values, reading.deep
        if key in self._answered:
            return "came after the answer"
        if key in self._own:
            return "is a request itself"
        if not reading.protocols:
            return "has no headers that tell answers apart"
        if (reading.protocols, reading.values) in self._certain:
            return f"addresses and ports match, {_innermost(reading)} differs"
        if (reading.protocols, _rest(stack, reading.values), reading.deep) in self._by_rest:
            return f"{_told(reading)} match, address differs"
        kinds = self._by_address.get(_addresses(stack, reading.values))
        if kinds is None:
            return "answers nothing that was asked"
        if reading.protocols in kinds:
            if any(protocol in _WITH_PORTS for protocol in reading.protocols):
                return "address matches, ports differ"
            return "address matches, kind or identifier differs"
        return "address matches, kind differs"


def _addresses(stack: Stack, values: Values) -> Any:
    """The addresses; where there is no IP header, the headers themselves."""
    return stack.addresses(values) or stack.protocols


def _rest(stack: Stack, values: Values) -> Values:
    return stack.hide(values, True, True)


def _innermost(reading: Reading) -> str:
    return reading.deep[-1][0].__name__ if reading.deep else "what follows"


def _told(reading: Reading) -> str:
    """What a packet's headers have beside the addresses."""
    if any(protocol in _WITH_PORTS for protocol in reading.protocols):
        return "ports"
    only = reading.protocols[-1] in ADDRESSED
    return "headers" if only else "kind and identifier"
