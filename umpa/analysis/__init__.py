"""What many packets say together: columns of fields."""

from __future__ import annotations

from umpa.analysis.column import Column
from umpa.analysis.table import Table

__all__ = ["Column", "Table"]
