"""What many packets say together: columns of fields, conversations, TCP streams."""

from __future__ import annotations

from umpa.analysis.column import Column
from umpa.analysis.direction import Direction, Gap, Piece
from umpa.analysis.flow import End, Flow, Way
from umpa.analysis.flows import Flows
from umpa.analysis.stream import Stream
from umpa.analysis.streams import Streams
from umpa.analysis.table import Table

__all__ = [
    "Column", "Direction", "End", "Flow", "Flows", "Gap", "Piece", "Stream", "Streams", "Table",
    "Way",
]  # fmt: skip
