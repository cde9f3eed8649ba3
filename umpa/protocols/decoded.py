"""What dpkt makes of an application's bytes, asked only when a field that needs it is read.

dpkt is imported here, at that moment, and nothing that it raises gets out: bytes that it cannot
take are simply not decoded.

`import dpkt` imports all of its modules, which takes thirty milliseconds on the path of a packet.
So a module of it is imported by itself, out of a package that stands for dpkt here and has its
folder. A program that uses dpkt too has its own, untouched.
"""

from __future__ import annotations

import io
import sys
from collections import OrderedDict
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any, NamedTuple

__all__ = ["Message", "message", "parsed"]

_MOST = 64
_MOST_HEAD = 16384
_DPKT = f"{__name__}_by_dpkt"
_kept: OrderedDict[tuple[str, bytes], Any] = OrderedDict()


def parsed(kind: str, data: bytes, parse: Callable[[Any], Any]) -> Any:
    """What `parse` makes of `data` with the module `dpkt.kind`; None where it cannot.

    The last few results are kept, because several fields ask for the same.
    """
    key = (kind, data)
    if key not in _kept:
        try:
            _kept[key] = parse(_module(kind))
        except Exception:  # whatever the wire makes dpkt do
            _kept[key] = None
        if len(_kept) > _MOST:
            _kept.popitem(last=False)
    return _kept[key]


def _module(kind: str) -> ModuleType:
    """The module `dpkt.kind`, without those that it does not need."""
    if _DPKT not in sys.modules:
        spec = PathFinder.find_spec("dpkt")
        package = ModuleType(_DPKT)
        package.__path__ = list(spec.submodule_search_locations or ()) if spec else []
        sys.modules[_DPKT] = package
    return import_module(f"{_DPKT}.{kind}")


class Message(NamedTuple):
    """The head of an HTTP or SIP message: the three parts of its first line, and its headers."""

    first: str
    second: str
    third: str
    headers: dict[str, Any]

    @property
    def is_response(self) -> bool:
        return "/" in self.first

    def header(self, name: str) -> str | None:
        """The value of a header, the first where there are several; None where there is none."""
        found = self.headers.get(name)
        return found[0] if isinstance(found, list) else found


def message(layer: Any) -> Message | None:
    """The head of the message that the layer begins with; None where it does not begin with one."""
    data: bytes = layer.data[:_MOST_HEAD]
    if b"\r\n\r\n" not in data and b"\n\n" not in data:  # it goes on in the next segment
        data = data[: data.rfind(b"\n") + 1] + b"\r\n"

    def parse(module: Any) -> Message:
        stream = io.BytesIO(data)
        line = stream.readline().decode("ascii", "backslashreplace").rstrip("\r\n")
        first, second, third = (*line.split(" ", 2), "", "")[:3]
        return Message(first, second, third, dict(module.parse_headers(stream)))

    found: Message | None = parsed("http", data, parse)
    return found
