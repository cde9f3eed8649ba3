"""Packets of one pattern, patched instead of built: bytes with holes, and sums for the checksums.

A `Patch` is made of a function that builds the packet for given words of some fields. It is found
by experiment which bytes change with which field. Where these are the field's own and Internet
checksums, the packet becomes one `struct`: constant pieces, words, and checksums that are sums of
the words (RFC 1071 is linear). Otherwise there is no patch, and packets are built one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple

from umpa.core.auto import InternetChecksum
from umpa.core.compiler import define
from umpa.core.places import bit_places, lay_out

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["Build", "patcher", "set_word"]

Build = Callable[[Sequence[Any]], "Packet"]
"""The packet for the words of the fields that vary."""


class Hole(NamedTuple):
    """The bytes `data[at : at + size]` of which `bits` bits, `shift` from the right, vary."""

    at: int
    size: int
    bits: int
    shift: int
    is_bytes: bool
    end_bit: int


class Check(NamedTuple):
    """A checksum at `data[at : at + 2]`, of a layer that starts at `start`."""

    at: int
    start: int


class _NoPatch(Exception):
    """The packets do not differ as a patch could do it."""


def patcher(
    build: Build, targets: Sequence[tuple[int, Any]], samples: Sequence[Sequence[Any]]
) -> Callable[..., bytes] | None:
    """A function of the words that gives the packet's bytes; None where patching is not right.

    `targets` are the fields that vary, each with the index of its layer. `samples` are at least
    two lists of words for them, with which the result is tested against `build`.
    """
    try:
        made = _compile(build, targets, samples)
    except _NoPatch:
        return None
    return made if all(made(*words) == bytes(build(words)) for words in samples) else None


def _compile(
    build: Build, targets: Sequence[tuple[int, Any]], samples: Sequence[Sequence[Any]]
) -> Callable[..., bytes]:
    base = list(samples[0])
    packet = build(base)
    data = bytes(packet)
    holes, checks = _places(packet, targets)
    covered = [
        _covering(build, data, base, n, hole, checks, samples) for n, hole in enumerate(holes)
    ]
    names: dict[str, Any] = {"from_bytes": int.from_bytes}
    names["rebuild"] = lambda *words: bytes(build(words))
    words = [f"w{n}" for n in range(len(holes))]
    lines = [f"def patch({', '.join(words)}):"]
    pieces: list[tuple[int, str, str]] = []
    for n, hole in enumerate(holes):
        kept = int.from_bytes(data[hole.at : hole.at + hole.size], "big")
        kept &= ~(((1 << hole.bits) - 1) << hole.shift)
        value = words[n] if not hole.shift else f"{words[n]} << {hole.shift}"
        value = f"{kept} | {value}" if kept else value
        format = {1: "B", 2: "H", 4: "I", 8: "Q"}.get(hole.size, f"{hole.size}s")
        if hole.is_bytes or not format.endswith("s"):
            pieces.append((hole.at, f"{hole.size}s" if hole.is_bytes else format, value))
        else:
            pieces.append((hole.at, format, f"({value}).to_bytes({hole.size}, 'big')"))
    for k, check in enumerate(checks):
        affecting = [n for n in range(len(holes)) if k in covered[n]]
        if not affecting:
            continue
        factors = {n: 1 << (check.start * 8 - holes[n].end_bit) % 16 for n in affecting}
        rest = -int.from_bytes(data[check.at : check.at + 2], "big")
        rest -= sum(_number(base[n]) * factors[n] for n in affecting)
        terms = [
            (f"from_bytes({words[n]}, 'big')" if holes[n].is_bytes else words[n])
            + (f" * {factors[n]}" if factors[n] > 1 else "")
            for n in affecting
        ]
        lines.append(f"    c{k} = -({rest % 0xFFFF} + {' + '.join(terms)}) % 65535")
        # the two zeros of that arithmetic: which one it is depends on more than the sum
        lines.append(f"    if not c{k}: return rebuild({', '.join(words)})")
        pieces.append((check.at, "H", f"c{k}"))
    lines.append(f"    return pack({', '.join(_packed(data, sorted(pieces), names))})")
    function: Callable[..., bytes] = define("patch", "patch", lines, names)
    return function


def set_word(layer: Any, field: Any, word: Any) -> None:
    """Set a field to a word: all fields take bytes, and what they read as numbers and text."""
    setattr(layer, field.name, word if isinstance(word, bytes) else field.read(word))


def _number(word: Any) -> int:
    return int.from_bytes(word, "big") if isinstance(word, bytes) else int(word)


def _packed(data: bytes, pieces: list[tuple[int, str, str]], names: dict[str, Any]) -> list[str]:
    """The arguments of `pack`, whose format becomes known to `names`."""
    format, at, arguments = ">", 0, []
    for start, code, value in pieces:
        if start < at:
            raise _NoPatch  # two fields share a byte
        if start > at:
            names[f"s{at}"] = data[at:start]
            format += f"{start - at}s"
            arguments.append(f"s{at}")
        format += code
        arguments.append(value)
        at = start + Struct(f">{code}").size
    if at < len(data):
        names[f"s{at}"] = data[at:]
        format += f"{len(data) - at}s"
        arguments.append(f"s{at}")
    names["pack"] = Struct(format).pack
    return arguments


def _places(packet: Any, targets: Sequence[tuple[int, Any]]) -> tuple[list[Hole], list[Check]]:
    """Where the fields that vary are, and all checksums."""
    laid = lay_out(packet)
    found: dict[tuple[int, str], Hole] = {}
    checks: list[Check] = []
    for index, (layer, span) in enumerate(zip(laid.stack[1:], laid.spans, strict=True)):
        for field, start, bits in bit_places(layer, span.size):
            first = span.at * 8 + start
            at, end = first // 8, (first + bits + 7) // 8
            shift = end * 8 - first - bits
            is_bytes = field.kind == "bytes"
            found[index, field.name] = Hole(at, end - at, bits, shift, is_bytes, first + bits)
            if isinstance(field.auto, InternetChecksum) and bits == 16:
                checks.append(Check(at, span.at))
    try:
        return [found[index, field.name] for index, field in targets], checks
    except KeyError:
        raise _NoPatch from None


def _covering(
    build: Build, data: bytes, base: list[Any], n: int, hole: Hole, checks: list[Check],
    samples: Sequence[Sequence[Any]],
) -> set[int]:  # fmt: skip
    """The checksums that change with the field, found by changing it."""
    covering: set[int] = set()
    for sample in samples:
        changed = bytes(build([*base[:n], sample[n], *base[n + 1 :]]))
        if len(changed) != len(data):
            raise _NoPatch
        for at in range(len(data)):
            if data[at] != changed[at] and not hole.at <= at < hole.at + hole.size:
                numbers = [k for k, check in enumerate(checks) if check.at <= at < check.at + 2]
                if not numbers:
                    raise _NoPatch
                covering.update(numbers)
    return covering
