"""The server's side of TCP, against a client that loses, repeats and reorders."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umpa.template.tcp import Conversation, Segment, Service

SYN, ACK, FIN, RST, PSH = 2, 16, 1, 4, 8
START = 0xFFFFFF00  # sequence numbers wrap soon
FLAGS = {"SYN": SYN, "ACK": ACK, "FIN": FIN, "RST": RST, "PSH": PSH}


def number(flags: str) -> int:
    return sum(FLAGS[flag] for flag in flags.split(","))


class Client:
    """A client that opens, sends one request, reads to the end and closes; over a bad wire."""

    def __init__(self, service: Service, request: bytes, loss: float, seed: int, mss: int) -> None:
        self.server = Conversation(service, START, START + 1, mss=mss, window=3 * mss)
        self.chance, self.loss = Random(seed), loss
        self.now = 0.0
        self.request, self.heard = request, b""
        self.seq, self.expected = START + 1, (START + 1) % 2**32
        self.established = self.finished = self.reset = False
        self.window = 3 * mss

    def run(self) -> None:
        incoming = self._through(self.server.begin(self.now))
        for _ in range(2000):
            outgoing = []
            for segment in incoming:
                outgoing += self._take(segment)
            incoming = []
            for flags, seq, ack, data in outgoing:
                if self.chance.random() >= self.loss:
                    said = self.server.receive(flags, seq, ack, self.window, data, self.now)
                    incoming += self._through(said)
            if self.server.state == "closed":
                return
            if not incoming:  # everything was lost, or there is nothing to do: time passes
                self.now += 0.25
                if self.server.due is not None and self.server.due <= self.now:
                    incoming += self._through(self.server.wake(self.now))
                if self.established:
                    for flags, seq, ack, data in self._repeat():
                        said = self.server.receive(flags, seq, ack, self.window, data, self.now)
                        incoming += self._through(said)

    def _through(self, segments: list[Segment]) -> list[Segment]:
        return [segment for segment in segments if self.chance.random() >= self.loss]

    def _repeat(self) -> list[tuple[int, int, int, bytes]]:
        data = self.request
        flags = ACK | (FIN if self.finished else 0)
        return [(flags, self.seq % 2**32, self.expected, data)]

    def _take(self, segment: Segment) -> list[tuple[int, int, int, bytes]]:
        flags = number(segment.flags)
        if flags & RST:
            self.reset = True
            return []
        if flags & SYN:
            self.established = True
            self.seq = segment.ack
            return self._repeat()
        if self.request and segment.ack == (self.seq + len(self.request)) % 2**32:
            self.seq, self.request = segment.ack, b""
        if segment.seq != self.expected:
            return [(ACK, self.seq % 2**32, self.expected, b"")]
        self.heard += segment.data
        self.expected = (self.expected + len(segment.data) + bool(flags & FIN)) % 2**32
        if flags & FIN:
            self.finished = True
        if segment.data or flags & FIN:
            return self._repeat()
        return []


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 5000])
def test_a_request_and_its_answer(size: int) -> None:
    page = Random(1).randbytes(size)
    client = Client(lambda said: page if said.endswith(b"\n") else None, b"GET\n", 0, 1, 100)
    client.run()
    assert client.heard == page
    assert client.finished
    assert client.server.state == "closed"


@given(st.integers(0, 2**32), st.floats(0, 0.3), st.integers(0, 2000))
def test_what_is_lost_is_repeated(seed: int, loss: float, size: int) -> None:
    page = Random(seed).randbytes(size)
    client = Client(lambda said: page, b"?", loss, seed, 100)
    client.run()
    if not client.reset and client.finished:
        assert client.heard == page
    assert page.startswith(client.heard)


def test_a_banner_comes_first_and_the_client_closes() -> None:
    server = Conversation("SSH-2.0-umpa\r\n", 7, 100)
    assert server.begin(0) == [Segment("SYN,ACK", 7, 100)]
    [said] = server.receive(ACK, 100, 8, 9999, b"", 0.1)
    assert said == Segment("PSH,ACK", 8, 100, b"SSH-2.0-umpa\r\n")
    [end] = server.receive(ACK | FIN, 100, 22, 9999, b"", 0.2)
    assert (end.flags, end.ack) == ("FIN,ACK", 101)
    assert server.receive(ACK, 101, 23, 9999, b"", 0.3) == []
    assert server.state == "closed"


def test_the_window_of_the_client_is_kept() -> None:
    server = Conversation(bytes(1000), 0, 1, mss=100, window=250)
    server.begin(0)
    first = server.receive(ACK, 1, 1, 250, b"", 0)
    assert sum(len(segment.data) for segment in first) == 250
    more = server.receive(ACK, 1, 251, 250, b"", 0)
    assert sum(len(segment.data) for segment in more) == 250


def test_a_reset_is_believed_only_at_its_place() -> None:
    server = Conversation(b"", 0, 1)
    server.begin(0)
    server.receive(RST, 99, 0, 0, b"", 0)
    assert server.state == "syn received"
    server.receive(RST, 1, 0, 0, b"", 0)
    assert str(server.state) == "closed"


def test_who_never_answers_is_given_up() -> None:
    server = Conversation(b"", 0, 1)
    server.begin(0)
    now, said = 0.0, []
    while server.due is not None:
        now = server.due
        said += server.wake(now)
    assert server.state == "closed"
    assert [segment.flags for segment in said] == ["SYN,ACK"] * 6 + ["RST"]
    assert 60 < now < 70


def test_a_request_without_end_is_reset() -> None:
    server = Conversation(lambda said: None, 0, 1)
    server.begin(0)
    server.receive(ACK, 1, 1, 65535, b"", 0)
    seq, said = 1, []
    for _ in range(20):
        said = server.receive(ACK | PSH, seq, 1, 65535, bytes(60_000), 0)
        seq += 60_000
        if server.state == "closed":
            break
    assert said[0].flags == "RST,ACK"
