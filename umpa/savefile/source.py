"""The bytes of a capture file, piece by piece, decompressed on the way."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol, TypeAlias, cast

from umpa.errors import FileError

__all__ = ["CHUNK", "MAX_PACKET", "PathOrFile", "Source", "file_name"]

PathOrFile: TypeAlias = "str | os.PathLike[str] | BinaryIO"

CHUNK = 1 << 16
"""Bytes asked for at once: larger pieces leave the allocator's pool and cost page faults."""

MAX_PACKET = 1 << 27
"""The longest record taken for a packet (128 MiB, Wireshark's limit); beyond it is damage."""

_SLICE = 1 << 10  # compressed bytes at a time: bounds what one hostile slice can expand to
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"


class _Decoder(Protocol):
    """What zlib, zstandard and compression.zstd have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class Source:
    """An open capture file, read forward once; every failure is a `FileError`."""

    def __init__(self, path: PathOrFile) -> None:
        self._owned: BinaryIO | None = None
        self.name = file_name(path, "standard input")
        self.delivered = 0
        """Bytes handed out so far (uncompressed)."""
        if not isinstance(path, (str, os.PathLike)):
            file = path
        elif path == "-":
            file = sys.stdin.buffer
        else:
            file = self._owned = _open(path, self.name)
        self._straight: Callable[[memoryview], int | None] | None = None
        """Reads into memory that is there, of a plain file that was opened here."""
        try:
            self._pieces = self._decompressed(_raw_pieces(file, self.name))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file, if it was opened here."""
        if self._owned is not None:
            self._owned.close()

    __del__ = close  # whoever stops early need not say so

    def gather(self, rest: bytes, needed: int) -> bytes:
        """`rest` and what follows it: at least `needed` bytes, fewer only at the end."""
        parts = [rest]
        have = len(rest)
        while have < needed:
            piece = next(self._pieces, b"")
            if not piece:
                break
            parts.append(piece)
            have += len(piece)
            self.delivered += len(piece)
        return b"".join(parts)

    def pour(self, room: bytearray, at: int, size: int) -> tuple[bytearray, int]:
        """Put what follows into `room` from `at` on, `size` bytes or a piece more; where it ends.

        In memory that is used again, large blocks cost no page faults. The room is never resized,
        for others may look into it: where a piece does not fit, there is another one.
        """
        before = at
        if self._straight is not None:
            try:
                with memoryview(room) as view:
                    while at < size and (count := self._straight(view[at:size])):
                        at += count
            except OSError as error:
                raise FileError(f"{self.name}: cannot be read: {_words(error)}") from error
        else:
            while at < size and (piece := next(self._pieces, b"")):
                if at + len(piece) > len(room):
                    room = bytearray(b"".join((memoryview(room)[:at], piece)))
                else:
                    room[at : at + len(piece)] = piece
                at += len(piece)
        self.delivered += at - before
        return room, at

    def fail(self, left: int, message: str) -> FileError:
        """The error to raise for damage that begins `left` bytes before what was handed out."""
        return FileError(f"{self.name}: at byte {self.delivered - left}: {message}")

    def _decompressed(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        head = b""
        while len(head) < len(_ZSTD) and (piece := next(pieces, b"")):
            head += piece
        pieces = itertools.chain([head], pieces)
        if head.startswith(_GZIP):
            import zlib

            return _decompress(
                pieces, lambda: zlib.decompressobj(wbits=31), zlib.error, self.name, "gzip"
            )
        if head.startswith(_ZSTD):
            new, error = _zstd_decoder(self.name)
            return _decompress(pieces, new, error, self.name, "zstd")
        if self._owned is not None:
            self._straight = self._owned.readinto  # type: ignore[attr-defined]
        return pieces


def file_name(path: PathOrFile, stream: str) -> str:
    """What messages call the file; `stream` is the name of "-"."""
    if isinstance(path, (str, os.PathLike)):
        return stream if path == "-" else os.fsdecode(path)
    if not hasattr(path, "read") and not hasattr(path, "write"):
        raise FileError(f"{path!r} is neither a path nor a file opened in binary mode")
    name = getattr(path, "name", None)
    return name if isinstance(name, str) else f"<{type(path).__name__}>"


def _open(path: str | os.PathLike[str], name: str) -> BinaryIO:
    try:
        return cast(BinaryIO, open(path, "rb", buffering=0))
    except FileNotFoundError:
        raise FileError(f"{name or repr(name)}: no such file") from None
    except IsADirectoryError:
        raise FileError(f"{name}: is a directory, not a capture file") from None
    except PermissionError:
        raise FileError(f"{name}: may not be read by this user (permission denied)") from None
    except (OSError, ValueError) as error:
        raise FileError(f"{name!r}: cannot be opened: {_words(error)}") from error


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _raw_pieces(file: BinaryIO, name: str) -> Iterator[bytes]:
    # read1 returns what a pipe has now; read would wait until a whole piece is there
    read: Callable[[int], object] = getattr(file, "read1", file.read)
    while True:
        try:
            piece = read(CHUNK)
        except (OSError, ValueError) as error:
            raise FileError(f"{name}: cannot be read: {_words(error)}") from error
        if not isinstance(piece, bytes):
            raise FileError(
                f"{name}: read() gave {type(piece).__name__}, not bytes: "
                "a capture file is opened in blocking binary mode, 'rb'"
            )
        if not piece:
            return
        yield piece


def _decompress(
    pieces: Iterator[bytes],
    new: Callable[[], _Decoder],
    error_type: type[Exception],
    name: str,
    kind: str,
) -> Iterator[bytes]:
    """The members or frames of a compressed file, one after the other."""
    decoder: _Decoder | None = None
    offset = 0
    for piece in pieces:
        for begin in range(0, len(piece), _SLICE):
            data = piece[begin : begin + _SLICE]
            while data:
                if decoder is None:
                    data = data.lstrip(b"\0")  # padding between members (tapes, block devices)
                    if not data:
                        break
                    decoder = new()
                try:
                    output = decoder.decompress(data)
                except error_type as error:
                    raise FileError(
                        f"{name}: the {kind} data is damaged near its byte {offset + begin}"
                        f" (of the compressed file): {error}"
                    ) from error
                data = b""
                if decoder.eof:
                    data = decoder.unused_data
                    decoder = None
                if output:
                    yield output
        offset += len(piece)
    if decoder is not None:
        raise FileError(f"{name}: the {kind} data is cut at its byte {offset}: no end mark")


def _zstd_decoder(name: str) -> tuple[Callable[[], _Decoder], type[Exception]]:
    try:
        import zstandard
    except ImportError:
        if sys.version_info >= (3, 14):
            from compression import zstd

            return zstd.ZstdDecompressor, zstd.ZstdError
        raise FileError(
            f"{name}: is compressed with zstd; to read it: pip install 'umpa[zstd]'"
        ) from None
    context = zstandard.ZstdDecompressor()
    return context.decompressobj, zstandard.ZstdError
