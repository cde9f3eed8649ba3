"""Numbers as people write them, made exact: 0.1 is a tenth, not the double next to it."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from umpa.errors import ScheduleError

__all__ = ["SECOND", "Number", "above_zero", "exact", "nanoseconds", "seconds", "whole"]

SECOND = 1_000_000_000
"""Nanoseconds."""

Number: TypeAlias = "int | float | Fraction | Decimal"


def exact(name: str, value: Number, expected: str) -> Fraction:
    """A finite number as the fraction its digits say.

    :raises ScheduleError: it is NaN, infinite, or no number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction, Decimal)):
        raise ScheduleError(f"{name} is {value!r}, expected {expected}")
    if not math.isfinite(value):
        raise ScheduleError(f"{name} is {value}, expected {expected}")
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def nanoseconds(name: str, value: Number) -> Fraction:
    """Seconds, 0 or more, in exact nanoseconds.

    :raises ScheduleError: negative, NaN, infinite, or no number.
    """
    expected = "a number of seconds, 0 or more"
    found = exact(name, value, expected)
    if found < 0:
        raise ScheduleError(f"{name} is {value}, expected {expected}")
    return found * SECOND


def above_zero(name: str, value: Number, what: str) -> Fraction:
    """A finite number above 0.

    :raises ScheduleError: it is something else.
    """
    expected = f"{what} above 0"
    found = exact(name, value, expected)
    if found <= 0:
        raise ScheduleError(f"{name} is {value}, expected {expected}")
    return found


def whole(name: str, value: object, least: int) -> int:
    """A whole number of at least `least`.

    :raises ScheduleError: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ScheduleError(f"{name} is {value!r}, expected a whole number of at least {least}")
    return value


def seconds(value: int) -> float:
    """Nanoseconds as seconds."""
    return value / SECOND
