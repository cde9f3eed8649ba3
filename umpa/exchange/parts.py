"""Answers of an exchange that come in fragments: whose each one is, and when all are there."""

from __future__ import annotations

from collections.abc import Sequence

from umpa.core.packet import Packet
from umpa.exchange.answers import Answer
from umpa.exchange.fragments import Fragments, Piece, may_be_piece, piece_of
from umpa.exchange.request import Request
from umpa.link.frame import ETHERNET

__all__ = ["Parts"]

_KEPT = 1000
_IP_AT = {ETHERNET: 14, 101: 0, 228: 0, 229: 0}
"""Where the IP header is, by link type."""


class Parts:
    """Nothing of it costs anything until the first fragment comes."""

    def __init__(self, requests: Sequence[Request], linktype: int) -> None:
        self._requests = requests
        self._ip_at = _IP_AT.get(linktype)
        self._fragments: Fragments[Request] | None = None
        self.count = 0
        self.kept: list[Answer] = []
        """Later fragments of answers, the first thousand."""

    def expected(self, data: bytes) -> bool:
        """Whether it is worth looking closer at an answer, because it may be a first fragment."""
        at = self._ip_at
        return self._fragments is not None or (at is not None and may_be_piece(data, at))

    def first(self, piece: Piece, request: Request) -> list[Packet]:
        """A request was answered by a first fragment; the later ones that came before."""
        early = self._known().first(piece, request)
        for packet in early:
            self._keep(request, packet)
        return early

    def later(self, piece: Piece, packet: Packet) -> Request | None:
        """Whose answer it is a later fragment of; None where its first is not known yet."""
        owner = self._known().later(piece, packet)
        if owner is not None:
            self._keep(owner, packet)
        return owner

    def whole(self, piece: Piece) -> bool:
        """Whether all of the datagram came that this is a fragment of."""
        return self._known().whole(piece)

    def forget(self) -> None:
        """Let go of the requests; what was counted and kept stays."""
        self._requests = ()
        self._fragments = None

    def _known(self) -> Fragments[Request]:
        """Begun with the first fragment; what was answered before may have been one too."""
        if self._fragments is None:
            self._fragments = Fragments()
            for request in self._requests:
                piece = None if request.answer is None else piece_of(request.answer)
                if piece is not None:
                    self._fragments.first(piece, request)
        return self._fragments

    def _keep(self, owner: Request, packet: Packet) -> None:
        self.count += 1
        if len(self.kept) < _KEPT:
            self.kept.append(Answer(owner.packet, packet, None))
