"""Randomness of a template: the one source that its run was seeded with."""

from __future__ import annotations

from random import Random
from typing import Any, NoReturn

from umpa.core.vary import RANDOMNESS
from umpa.errors import TemplateError

__all__ = ["rng"]


class _RunRandom(Random):
    """Draws from the source of the run that is going on, whichever that is."""

    def random(self) -> float:
        """A number from 0 to 1, 1 not included."""
        return _source().random()

    def getrandbits(self, k: int, /) -> int:
        """A number of `k` bits."""
        return _source().getrandbits(k)

    def seed(self, *arguments: Any, **options: Any) -> None:
        """Nothing to do: the run's source has a seed already."""

    def getstate(self) -> NoReturn:
        raise TemplateError("rng belongs to the run: its state cannot be taken away")

    def setstate(self, state: Any) -> NoReturn:
        raise TemplateError("rng belongs to the run: give a seed to the run instead (--seed N)")


def _source() -> Random:
    source = RANDOMNESS.get()
    if source is None:
        raise TemplateError(
            "rng draws from the seed of a run, and none is going on: load the file by umpa run, "
            "umpa simulate or umpa.template.load"
        )
    return source


rng = _RunRandom()
"""`random.Random`, drawing from the seed of the run: the same seed, the same numbers."""
