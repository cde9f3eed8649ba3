"""Capture files: pcap and pcapng, read and written, plain or compressed, in constant memory."""

from __future__ import annotations

from umpa.savefile.reader import Reader, read
from umpa.savefile.writer import Writer, write

__all__ = ["Reader", "Writer", "read", "write"]
