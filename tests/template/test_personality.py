"""The habits of operating systems."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from umpa.errors import TemplateError
from umpa.template import Personality
from umpa.template.personality import PERSONALITIES


def test_identifications() -> None:
    def first(kind: str) -> list[int]:
        return list(islice(Personality(ip_id=kind).identifications(Random(1)), 3))  # type: ignore[arg-type]

    assert first("zero") == [0, 0, 0]
    assert first("counter") == [1, 2, 3]
    assert first("random") == first("random")
    assert len(set(first("random"))) == 3
    counted = Personality(ip_id="counter").identifications(Random(1))
    assert list(islice(counted, 65534, 65537)) == [65535, 0, 1]


def test_the_headers_show_the_habits() -> None:
    windows = PERSONALITIES["windows"]
    ip = windows.ip(7, hops=3)
    assert (ip.ttl, ip.id, ip.flags_df) == (125, 7, True)
    assert windows.ipv6(300).hlim == 1


@pytest.mark.parametrize("wrong", [{"ttl": 0}, {"window": 65536}, {"mss": 0}, {"ip_id": "odd"}])
def test_what_no_stack_does(wrong: dict[str, object]) -> None:
    name, value = next(iter(wrong.items()))
    with pytest.raises(TemplateError, match=f"{name}={value!r}"):
        Personality(**wrong)  # type: ignore[arg-type]
