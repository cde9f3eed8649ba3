"""The figures of a run as OpenMetrics text, on a local port; needs prometheus_client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from umpa.errors import TemplateError
from umpa.template.status import Status

__all__ = ["MetricsServer", "open_metrics"]

_HOST = "127.0.0.1"
_TIMEOUT = 5.0
_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class MetricsServer:
    """Answers every HTTP request with the figures as they are then."""

    def __init__(self, port: int, status: Callable[[], Status]) -> None:
        self._port = port
        self._status = status
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; the port, which for port 0 is a free one.

        :raises TemplateError: the port is taken, or prometheus_client is not installed.
        """
        _families(self._status())
        try:
            self._server = await asyncio.start_server(self._answer, _HOST, self._port)
        except OSError as error:
            raise TemplateError(f"metrics on port {self._port}: {error.strerror}") from None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _TIMEOUT)
            body = open_metrics(self._status())
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {_TYPE}\r\nContent-Length: {len(body)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
            await asyncio.wait_for(writer.drain(), _TIMEOUT)
        except (
            OSError,
            asyncio.TimeoutError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ):
            pass  # whoever asked went away, or spoke something else
        finally:
            writer.close()

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()


def open_metrics(status: Status) -> bytes:
    """The text.

    :raises TemplateError: prometheus_client is not installed.
    """
    families = _families(status)
    from prometheus_client import CollectorRegistry
    from prometheus_client.openmetrics.exposition import generate_latest
    from prometheus_client.registry import Collector

    class Figures(Collector):
        def collect(self) -> Iterator[Any]:
            yield from families

    registry = CollectorRegistry()
    registry.register(Figures())
    latest: Any = generate_latest  # has no types
    return bytes(latest(registry))


def _families(status: Status) -> list[Any]:
    try:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    except ImportError:
        raise TemplateError(
            "metrics need the package prometheus_client: pip install 'umpa[metrics]'"
        ) from None

    found: list[Any] = []

    def gauge(name: str, text: str, value: float) -> None:
        found.append(GaugeMetricFamily(f"umpa_{name}", text, value=value))

    def counter(name: str, text: str, value: float) -> None:
        found.append(CounterMetricFamily(f"umpa_{name}", text, value=value))

    def table(name: str, text: str, labels: list[str], rows: list[tuple[list[str], float]]) -> None:
        family = CounterMetricFamily(f"umpa_{name}", text, labels=labels)
        for values, figure in rows:
            family.add_metric(values, figure)
        found.append(family)

    gauge("uptime_seconds", "Since the start.", status.seconds)
    gauge("link_up", "Whether the link is up.", status.state == "up")
    gauge("memory_bytes", "Resident memory of the process.", status.memory)
    gauge("asked", "Requests that wait for an answer.", status.asked)
    gauge("waiting_frames", "Frames that wait to be sent.", status.waiting)
    counter("received_packets", "Packets received.", status.received)
    counter("sent_packets", "Packets sent.", status.sent)
    counter("lost_packets", "Packets the link lost before anybody saw them.", status.lost)
    counter("reloads", "Other versions of the template taken over.", status.reloads)
    table("dropped_packets", "Packets not handled or not sent.", ["cause"],
          [([cause], number) for cause, number in status.dropped.items()])  # fmt: skip
    table("events", "What the template counts.", ["name"],
          [([name], number) for name, number in status.counts.items()])  # fmt: skip
    for what in ("matched", "answered", "failed", "left_out"):
        table(f"rule_{what}", f"Packets {what.replace('_', ' ')}.", ["rule", "place"],
              [([one.name, one.place], getattr(one, what)) for one in status.rules])  # fmt: skip
    for what in ("calls", "missed", "failed"):
        table(f"timer_{what}", f"Deadlines: {what}.", ["timer", "place"],
              [([one.name, one.place], getattr(one, what)) for one in status.timers])  # fmt: skip
    return found
