"""Every error umpa raises on purpose.

Two kinds, never mixed: a mistake of the caller raises at the line that made it
(`FieldError`, `LayerError`, `EncodeError`, `FilterError`, ...); bytes from the wire never
raise into user code, they are reported as a `DecodeError` on `packet.error`, and only
`Packet.dissect(data, strict=True)` raises it.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "CaptureWarning",
    "DeadlockError",
    "DeclarationWarning",
    "DecodeError",
    "EncodeError",
    "ExtraMissing",
    "FieldError",
    "FileError",
    "FilterError",
    "LayerError",
    "LayerWarning",
    "LinkClosed",
    "LinkDown",
    "LinkError",
    "NoSuchDevice",
    "PermissionDenied",
    "ScheduleError",
    "SecurityError",
    "TemplateError",
    "UmpaError",
    "WouldBlock",
    "suggest",
]


class UmpaError(Exception):
    """The base of all errors of umpa."""


class DecodeError(UmpaError):
    """Bytes that do not hold what their header promises.

    `layer` is Wireshark's name of the protocol, `offset` the position in the frame, `needed`
    and `got` count bytes from there; `needed` is None where the value, not the length, is wrong.
    """

    def __init__(
        self,
        layer: str,
        offset: int,
        needed: int | None = None,
        got: int | None = None,
        reason: str = "",
    ) -> None:
        self.layer = layer
        self.offset = offset
        self.needed = needed
        self.got = got
        self.reason = reason
        super().__init__(layer, offset, needed, got, reason)

    def __str__(self) -> str:
        text = f"{self.layer} at offset {self.offset}"
        if self.needed is not None:
            text += f": needs {self.needed} bytes, got {self.got}"
        if self.reason:
            text += f": {self.reason}"
        return text


class EncodeError(UmpaError, ValueError):
    """A packet that cannot be written as bytes, such as one too long for its length field."""


class ExtraMissing(UmpaError, ImportError):
    """A library that umpa does not bring along is not installed; the message says how to get it."""


class FieldError(UmpaError, ValueError, AttributeError):
    """A field that does not exist, or a value it cannot take."""


class LayerError(UmpaError, LookupError, AttributeError):
    """A layer that is not there, or that may not stand where it was put."""


class LayerWarning(UserWarning):
    """Layers out of order, in a packet that was asked for with `strict=False`."""


class DeclarationWarning(UserWarning):
    """A protocol that is entered in a table which nothing looks into yet, and may be misspelt."""


class CaptureWarning(UserWarning):
    """Packets that a capture lost, or an interface that went away; how many, and what to do."""


class FilterError(UmpaError, ValueError):
    """A filter that cannot be compiled; the text is libpcap's own."""


class FileError(UmpaError, OSError):
    """A capture file that is missing, unreadable, empty, cut, or no capture at all."""


class LinkError(UmpaError, OSError):
    """A network device that cannot be opened, read or written."""


class NoSuchDevice(LinkError):
    """There is no device of that name; the message lists those there are."""


class PermissionDenied(LinkError):
    """The process may not do this; the message says what would allow it."""


class LinkDown(LinkError):
    """The device went down or disappeared."""


class LinkClosed(LinkError):
    """The link was closed; a new one has to be opened."""


class WouldBlock(LinkError):
    """The queue of the device is full at this moment: the same frame can be sent a little later."""


class SecurityError(UmpaError, OSError):
    """Privileges that could not be dropped, or not for good."""


class ScheduleError(UmpaError, ValueError):
    """A schedule that cannot be kept: its times, its packets, or the clock it was given."""


class DeadlockError(UmpaError, RuntimeError):
    """In virtual time nothing is scheduled any more, and somebody waits for ever; it says who."""


class TemplateError(UmpaError):
    """A template that cannot be loaded or run; the message carries file and line."""


_MOST_SUGGESTED = 3


def _is_part(word: str, name: str) -> bool:
    """Whether one of the words in a name begins or ends so."""
    words = name.replace(".", "_").replace("-", "_").split("_")
    return any(one.startswith(word) or one.endswith(word) for one in (name, *words))


def suggest(wrong: str, known: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` for the known names that are close, else an empty string.

    Close are the name in other case, those few with a word that begins or ends like the wrong one
    (`window_size_value` for `window`), or else the most similar one.
    """
    import difflib  # only a mistake pays for it

    names = list(known)
    lower = wrong.lower()
    close = [name for name in names if name.lower() == lower][:1]
    if not close and len(wrong) > 1:
        close = [name for name in names if _is_part(lower, name.lower())]
    if not 0 < len(close) <= _MOST_SUGGESTED:
        close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.6)
    *first, last = [f"'{name}'" for name in close] or [""]
    if not last:
        return ""
    return f"; did you mean {', '.join(first)}{' or ' if first else ''}{last}?"
