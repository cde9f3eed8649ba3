"""What many packets say together: columns of fields, conversations."""

from __future__ import annotations

from umpa.analysis.column import Column
from umpa.analysis.flow import End, Flow, Way
from umpa.analysis.flows import Flows
from umpa.analysis.table import Table

__all__ = ["Column", "End", "Flow", "Flows", "Table", "Way"]
