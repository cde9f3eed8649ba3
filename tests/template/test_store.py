"""Values that survive: what was kept comes back, and nothing else does."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from umpa.errors import TemplateError
from umpa.template.store import Persistent, Store


def reopen(path: Path, name: str, default: Any) -> Any:
    store = Store(path)
    value: Persistent[Any] = Persistent(name, default)
    try:
        store.add(value)
        return value.value
    finally:
        store.close()


@pytest.mark.parametrize(
    "value", [7, -1.5, "text", True, None, b"\0\xff", [1, [2]], {"a": {"b": b"c"}}]
)
def test_a_value_comes_back(tmp_path: Path, value: Any) -> None:
    store = Store(tmp_path / "state")
    kept: Persistent[Any] = Persistent("x", None)
    store.add(kept)
    kept.value = value
    store.close()
    assert reopen(tmp_path / "state", "x", None) == value


def test_what_changed_inside_is_kept_too(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    seen: Persistent[list[int]] = Persistent("seen", [])
    store.add(seen)
    seen.value.append(3)
    assert store.flush()
    seen.value.append(4)
    store.close()
    assert reopen(tmp_path / "state", "seen", []) == [3, 4]


def test_the_default_is_not_shared() -> None:
    default: list[int] = []
    one, two = Persistent("one", default), Persistent("two", default)
    one.value.append(1)
    assert default == two.value == []


def test_without_a_path_nothing_is_kept() -> None:
    store = Store(None)
    store.add(Persistent("x", 1))
    assert store.flush()
    store.close()


def test_two_of_one_name(tmp_path: Path) -> None:
    store = Store(None)
    store.add(Persistent("x", 1))
    with pytest.raises(TemplateError, match="two persistent values are called 'x'"):
        store.add(Persistent("x", 2))


def test_another_type_is_not_taken_for_the_default(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    store.add(Persistent("x", "text"))
    text: Persistent[str] = store._values["x"]
    text.value = "kept"
    store.close()
    with pytest.raises(TemplateError, match="'x' was kept as str, and its default now is 3"):
        reopen(tmp_path / "state", "x", 3)


@pytest.mark.parametrize("value", [object(), (1, 2), {1: 2}, float("nan")])
def test_what_would_not_come_back_is_refused(value: Any) -> None:
    with pytest.raises(TemplateError, match="persistent 'x'"):
        Persistent("x", value)


def test_a_file_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"no database" * 1000)
    with pytest.raises(TemplateError, match="this is no state file"):
        Store(tmp_path / "state")
    with pytest.raises(TemplateError, match="state file"):
        Store(tmp_path / "nowhere" / "state")


def test_one_process_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    with pytest.raises(TemplateError, match="in use by another run"):
        Store(tmp_path / "state")
    store.close()
    Store(tmp_path / "state").close()


def test_a_full_disk_is_counted_and_written_later(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    kept: Persistent[str] = Persistent("x", "")
    store.add(kept)
    database: Any = store._database
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count = {pages}")
    kept.value = "long" * 10_000
    assert not store.flush()
    assert store.failures == 1
    database.execute("PRAGMA max_page_count = 100000")
    assert store.flush()
    store.close()
    assert reopen(tmp_path / "state", "x", "") == kept.value


COUNTER = """
import sys
from umpa.template.store import Persistent, Store
store = Store(sys.argv[1])
number = Persistent("number", 0)
twin = Persistent("twin", 0)
store.add(number); store.add(twin)
assert number.value == twin.value
print(number.value, flush=True)
while True:
    number.value += 1
    twin.value = number.value
    store.flush()
"""


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Every restart reads a whole state: both values of a transaction, never fewer than before."""
    chance, last = random.Random(1), 0
    for _ in range(100):
        command = [sys.executable, "-c", COUNTER, str(tmp_path / "state")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            number = int(process.stdout.readline())
            assert number >= last
            last = number
            time.sleep(chance.random() * 0.02)
            os.kill(process.pid, signal.SIGKILL)
    assert last > 0
