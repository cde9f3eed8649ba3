"""Which request a packet answers, by one look-up in a dictionary.

1. A request is filed under the key that its answers will have: for each header that tells answers
   apart, its values with addresses and ports exchanged (`umpa.exchange.sides`). The key of a
   packet is read from its bytes, at places that its shape knows; nothing is dissected.
2. Headers that ports only suggest (DNS behind UDP) are looked at where the headers before them
   match, and only then.
3. An ICMP error is found by the start of the packet that it quotes, and then compared in full.
4. It agrees with `packet.answers(request)`, and knows two things more: who asks a group (multicast,
   broadcast) is answered by anybody, and a neighbour advertisement is told by its target.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from umpa.core.packet import Packet
from umpa.exchange.filed import F, Filed
from umpa.exchange.fragments import completed
from umpa.exchange.plans import Plans
from umpa.exchange.quotes import file_for_quotes, find_quoted
from umpa.exchange.reasons import Reasons
from umpa.exchange.sides import ADDRESSED, ROUTER_SOLICITATION, Values
from umpa.exchange.stack import GROUPS, UNSET, Protocols, Stack, read, wire
from umpa.protocols.icmpv6 import ICMPv6

__all__ = ["Asked", "Filing", "Pending"]

T = TypeVar("T")

_MOST_REMEMBERED = 4096
_BROADCAST = b"\xff\xff\xff\xff"


class _Table(Generic[F]):
    """The requests of one stack of headers."""

    __slots__ = ("_at", "_expected", "_key", "_routers", "bare", "deep", "modes", "plain", "stack")

    def __init__(self, protocols: Protocols) -> None:
        self.stack = Stack(protocols)
        self.plain: dict[Any, F | list[F]] = {}
        """Those with nothing behind the certain headers, by the key of these; ports suggest none
        either, neither theirs nor, as these are the same, those of their answers."""
        self.deep: dict[Any, dict[Any, F | list[F]]] = {}
        """Those that may have more: by the key of the certain headers, then by the rest."""
        self.modes: set[tuple[bool, bool, bool]] = set()
        """Which addresses, and whether a port, there are requests that do not know them of their
        answers."""
        self._at = self.stack.at
        self._key, self._expected = self.stack.key, self.stack.expected
        self._routers = protocols[-1] is ICMPv6
        self.bare = protocols[-1] in ADDRESSED

    def key(self, own: Values, anyone: bool | None, tunnel: bool = False) -> Any:
        """Of a request's values the key of its answers, which come to the same port of a tunnel."""
        at = self._at
        if at is not None:
            destination: Any = own[at + 1]
            group = anyone
            if group is None:
                group = destination[0] >= GROUPS and _is_group(destination)
            anywhere = own[at] in UNSET
            if self._routers and ROUTER_SOLICITATION in own:
                anywhere = True  # a router may tell all what one asked (RFC 4861, 6.2.6)
            if group or anywhere or tunnel:
                self.modes.add((group, anywhere, tunnel))
                expected = self._expected(own)
                if tunnel:
                    expected = *expected[:-1], own[-1]
                return self.stack.hide(expected, group, anywhere, tunnel)
        return self._key(self._expected(own))


class Filing(Generic[F]):
    """Requests that wait for answers; `asked` tells which of them a packet answers."""

    def __init__(self) -> None:
        self._tables: dict[Protocols, _Table[F]] = {}
        self._plans = Plans(self._tables.get)
        self._quoted: dict[Any, list[F]] = {}
        self._unfiled: list[F] = []
        self._present: dict[int, F] = {}
        self._removed: deque[Filed] = deque(maxlen=_MOST_REMEMBERED)
        self._reasons: Reasons | None = None

    def __len__(self) -> int:
        return len(self._present)

    def __iter__(self) -> Iterator[F]:
        return iter(list(self._present.values()))

    def file(self, asked: F) -> None:
        """File a request under the key of its answers."""
        self.file_all((asked,))

    def file_all(self, requests: Sequence[F]) -> list[F]:
        """File requests, each under the key of its answers; those that have only addresses."""
        bare: list[F] = []
        plan_of = self._plans.of
        probe: Any = None
        linktype = None
        for asked in requests:
            data = asked.data
            if asked.linktype != linktype:
                probe, linktype = asked.frame, asked.linktype
            probe._content = data  # it stays asleep, and saves making one for each
            plan = plan_of(probe)
            if (
                plan is None
                or (plan.quotes is not None and plan.quotes(data))
                or (plan.deeper is not None and plan.deeper(data))
            ):
                self._file_slowly(asked, probe)
            elif plan.protocols:
                table = plan.table or self._table(plan.protocols)
                key = None
                if plan.mirrored is not None and not asked.group:
                    key = plan.mirrored(data)
                if key is None:
                    key = table.key(plan.values(data), asked.group)
                asked.place, asked.key = table.plain, key
                if table.plain.setdefault(key, asked) is not asked:
                    _join(asked)
                if table.bare:
                    bare.append(asked)
        self._unfiled += requests
        self._present.update(zip(map(id, requests), requests, strict=True))
        self._reasons = None
        return bare

    def _table(self, protocols: Protocols) -> _Table[F]:
        table = self._tables.get(protocols)
        if table is None:
            table = self._tables[protocols] = _Table(protocols)
            self._plans.forget()
        return table

    def _file_slowly(self, asked: F, probe: Packet) -> None:
        """One that is damaged, or has headers that only ports suggest, or may have."""
        reading = read(completed(probe) or probe)
        if reading.protocols:
            table = self._table(reading.protocols)
            key = table.key(reading.values, asked.group, reading.in_tunnel)
            asked.place, asked.key = table.deep.setdefault(key, {}), reading.expected()
            if asked.place.setdefault(asked.key, asked) is not asked:
                _join(asked)

    def remove(self, asked: F) -> None:
        """Forget a request; a second time does nothing. `why` remembers the last 4096 of them."""
        if self._present.pop(id(asked), None) is None:
            return
        if len(self._unfiled) > 2 * len(self._present) + _MOST_REMEMBERED:
            self._unfiled = [one for one in self._unfiled if id(one) in self._present]
        for place, key in ((asked.place, asked.key), *(asked.quotes or ())):
            filed = place.get(key)
            if filed is asked:
                del place[key]
            elif filed is not None:
                filed.remove(asked)
                if not filed:
                    del place[key]
        asked.quotes = None
        self._removed.append(asked)
        self._reasons = None

    def clear(self) -> None:
        """Forget all, at once; requests and the tables they are in know each other until then."""
        for table in self._tables.values():
            table.plain.clear()
            for rest in table.deep.values():
                rest.clear()
        for kept in (self._tables, self._quoted, self._present, self._unfiled, self._removed):
            kept.clear()
        self._plans.forget()
        self._reasons = None

    def asked(self, packet: Packet) -> list[F] | None:
        """The requests that this packet answers, oldest first; None for none. Do not change it."""
        plan = self._plans.of(packet)
        if plan is None:
            return self._slowly(packet)
        data: Any = packet._content
        if data.__class__ is not bytes:
            data = wire(packet)
        if plan.quotes is not None and plan.quotes(data):
            return self._by_quote(packet)
        table = plan.table
        if table is None:
            return None
        key = plan.key(data)
        if table.modes or (table.deep and key in table.deep):
            deeper = plan.deeper is not None and plan.deeper(data)
            return self._more(table, plan.values(data), packet, deeper)
        found: Any = table.plain.get(key)
        if found is None:
            return None
        if found.__class__ is not list:
            found = [found]
        return found if table.stack.sure else _checked(found, packet)

    def _more(
        self, table: _Table[F], values: Values, packet: Packet, deeper: bool
    ) -> list[F] | None:
        """Where some requests asked a group, or have headers that are only suggested."""
        keys = [table.stack.key(values), *(table.stack.hide(values, *mode) for mode in table.modes)]
        plain = [one for key in keys for one in _several(table.plain.get(key))]
        rest = [table.deep[key] for key in keys if key in table.deep]
        if not plain and not rest:
            return None
        deep = read(packet).deep if deeper else ()
        hits = [one for found in rest for one in _several(found.get(deep))]
        if not deep:
            hits = self._by_age(plain, hits) if plain and hits else plain + hits
        return (hits if table.stack.sure else _checked(hits, packet)) or None

    def _by_age(self, plain: list[F], hits: list[F]) -> list[F]:
        """Both, oldest first. Few packets are answers to requests that were filed both ways."""
        wanted = {id(one) for one in (*plain, *hits)}
        return [one for number, one in self._present.items() if number in wanted]

    def _slowly(self, packet: Packet) -> list[F] | None:
        reading = read(packet)
        if reading.quotes:
            return self._by_quote(packet)
        table = self._tables.get(reading.protocols)
        if table is None:
            return None
        return self._more(table, reading.values, packet, bool(reading.deep))

    def _by_quote(self, packet: Packet) -> list[F] | None:
        for asked in self._unfiled:  # only who receives an error pays for these keys
            if id(asked) in self._present:
                file_for_quotes(self._quoted, asked)
        self._unfiled.clear()
        return find_quoted(self._quoted, packet)

    def why(self, packet: Packet) -> str:
        """Why a packet answers none of the requests, in a few words."""
        if self._reasons is None:
            self._reasons = Reasons(self, self._removed)
        return self._reasons.why(packet)


class Asked(Filed, Generic[T]):
    """A request with an item."""

    __slots__ = ("item",)

    def __init__(self, data: bytes, linktype: int, item: T, group: bool | None = None) -> None:
        super().__init__(data, linktype, group)
        self.item = item


class Pending(Filing[Asked[T]]):
    """Requests that wait for answers, with an item each; `find` tells whose answer a packet is."""

    def add(self, request: Packet, item: T, *, anyone: bool | None = None) -> Asked[T]:
        """File a request, as it is now; with `anyone`, whoever answers counts (`Filed.group`).

        What is returned is what `remove` takes. A request may be added twice.
        """
        asked = Asked(bytes(request), request.linktype, item, anyone)
        self.file(asked)
        return asked

    def find(self, packet: Packet) -> tuple[T, ...] | None:
        """The items of the requests that this packet answers, oldest first; None for no request."""
        found = self.asked(packet)
        return None if found is None else tuple([one.item for one in found])


def _join(asked: Filed) -> None:
    """File one under a key that another has already."""
    filed = asked.place[asked.key]
    if isinstance(filed, list):
        filed.append(asked)
    else:
        asked.place[asked.key] = [filed, asked]


def _several(filed: F | list[F] | None) -> list[F]:
    """What is filed under one key: mostly one."""
    if filed is None:
        return []
    return filed if isinstance(filed, list) else [filed]


def _checked(found: list[F], packet: Packet) -> list[F] | None:
    """Those that the protocols themselves say are answered."""
    return [one for one in found if packet.answers(one.frame)] or None


def _is_group(address: bytes) -> bool:
    """Whether an address is one of several hosts: multicast, or everybody."""
    first = address[0]
    multicast = 224 <= first < 240 if len(address) == 4 else first == 255
    return multicast or address == _BROADCAST
