"""What dpkt makes of an application's bytes, asked only when a field that needs it is read.

dpkt is imported here, at that moment, and nothing that it raises gets out: bytes that it cannot
take are simply not decoded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from umpa.core import text

__all__ = ["address", "dns", "parsed"]

_MOST = 64
_kept: OrderedDict[tuple[str, bytes], Any] = OrderedDict()


def parsed(kind: str, data: bytes, parse: Callable[[Any], Any]) -> Any:
    """What `parse` makes of `data` with the module `dpkt.kind`; None where it cannot.

    The last few results are kept, because several fields ask for the same.
    """
    key = (kind, data)
    if key not in _kept:
        try:
            module = __import__(f"dpkt.{kind}", fromlist=[kind])
            _kept[key] = parse(module)
        except Exception:  # whatever the wire makes dpkt do
            _kept[key] = None
        if len(_kept) > _MOST:
            _kept.popitem(last=False)
    return _kept[key]


def dns(layer: Any) -> Any:
    """The message, as `dpkt.dns.DNS`."""
    data = bytes(layer)
    return parsed("dns", data, lambda module: module.DNS(data))


def address(record: Any) -> str | None:
    """The address that a resource record holds."""
    data: bytes = record.rdata
    if len(data) == 4:
        return text.ipv4_text(int.from_bytes(data, "big"))
    return text.ipv6_text(data) if len(data) == 16 else None
