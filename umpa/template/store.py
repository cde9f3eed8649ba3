"""Values that survive a restart, in a file of SQLite.

1. Reading and writing a value is memory only. What changed goes to the file in one transaction,
   at an interval and when the template stops: so SIGKILL loses at most the interval, and a file
   is never half written.
2. A value is what JSON has, or bytes; so the file can be read by anything.
3. One process at a time: a second one that opens the file is told so.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any, Generic, TypeVar

from umpa.errors import TemplateError

__all__ = ["Persistent", "Store"]

Value = TypeVar("Value")
_BYTES = "bytes, as hexadecimal digits"


class Persistent(Generic[Value]):
    """A value with a name. Assign to `value`, or change what it holds; it is kept as it is then."""

    def __init__(self, name: str, default: Value) -> None:
        _to_text(name, default)
        self.name = name
        self.default = default
        self.value: Value = _from_text(_to_text(name, default))  # a list of its own

    def __repr__(self) -> str:
        return f"persistent {self.name} = {self.value!r}"


class Store:
    """The file behind the persistent values of one template; without a path, none at all.

    :raises TemplateError: the file is none of ours, in use, or cannot be written.
    """

    def __init__(self, path: str | Path | None) -> None:
        self.path = str(path) if path is not None else None
        self.failures = 0
        """Transactions that failed (disk full, say); what they held comes with the next one."""
        self._values: dict[str, Persistent[Any]] = {}
        self._saved: dict[str, str] = {}
        self._database: sqlite3.Connection | None = None
        if self.path is not None:
            self._database = self._open(self.path)

    def _open(self, path: str) -> sqlite3.Connection:
        database: sqlite3.Connection | None = None
        try:
            database = sqlite3.connect(path, timeout=0, isolation_level=None)
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("BEGIN EXCLUSIVE")
            database.execute(
                "CREATE TABLE IF NOT EXISTS value (name TEXT PRIMARY KEY, json TEXT NOT NULL)"
            )
            self._saved = dict(database.execute("SELECT name, json FROM value"))
            database.execute("COMMIT")
        except sqlite3.Error as error:
            if database is not None:
                database.close()
            raise TemplateError(f"state file {path}: {_cause(error)}") from None
        return database

    def add(self, persistent: Persistent[Any]) -> None:
        """Take a value in, and give it what was kept under its name.

        :raises TemplateError: another value has that name, or what was kept is of another type.
        """
        name = persistent.name
        if name in self._values and self._values[name] is not persistent:
            raise TemplateError(f"two persistent values are called {name!r}")
        self._values[name] = persistent
        if name in self._saved:
            kept = _from_text(self._saved[name])
            if not _alike(kept, persistent.default):
                raise TemplateError(
                    f"state file {self.path}: {name!r} was kept as {type(kept).__name__}, and its "
                    f"default now is {persistent.default!r}: rename it, or delete the file"
                )
            persistent.value = kept

    def flush(self) -> bool:
        """Write what changed, in one transaction; whether that worked.

        :raises TemplateError: a value is nothing that can be kept.
        """
        texts = {name: _to_text(name, item.value) for name, item in self._values.items()}
        changed = [(n, text) for n, text in texts.items() if self._saved.get(n) != text]
        if not changed or self._database is None:
            return True
        try:
            self._database.execute("BEGIN")
            self._database.executemany("REPLACE INTO value (name, json) VALUES (?, ?)", changed)
            self._database.execute("COMMIT")
        except sqlite3.Error:
            self.failures += 1
            if self._database.in_transaction:
                self._database.rollback()
            return False
        self._saved.update(changed)
        return True

    def close(self) -> None:
        """Write what changed, and let go of the file."""
        if self._database is not None:
            try:
                self.flush()
            finally:
                self._database.close()
                self._database = None


def _cause(error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text:
        return "in use by another run; stop that one, or give another directory (--state)"
    if "not a database" in text:
        return "this is no state file of umpa; give another directory (--state)"
    return text


def _alike(kept: Any, default: Any) -> bool:
    """Whether a kept value may stand for the default: of its type, or a number for a number."""
    if default is None or kept is None:
        return True
    numbers = (int, float)
    if isinstance(kept, bool) or isinstance(default, bool):
        return isinstance(kept, bool) and isinstance(default, bool)
    if isinstance(kept, numbers) and isinstance(default, numbers):
        return True
    return type(kept) is type(default)


def _to_text(name: str, value: Any) -> str:
    try:
        text = json.dumps(value, default=_encode, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise TemplateError(
            f"persistent {name!r}: {error}; expected numbers, text, bytes, lists, dictionaries"
        ) from None
    # JSON has neither tuples nor keys that are numbers: better an error than another value back
    if _from_text(text) != value:
        raise TemplateError(
            f"persistent {name!r}: {value!r} would come back as {_from_text(text)!r}; use lists, "
            "and dictionaries whose keys are text"
        )
    return text


def _encode(value: Any) -> Any:
    if isinstance(value, bytes):
        return {_BYTES: value.hex()}
    raise TypeError(f"{value!r} cannot be kept")


def _from_text(text: str) -> Any:
    return json.loads(text, object_hook=_decode)


def _decode(found: dict[str, Any]) -> Any:
    return bytes.fromhex(found[_BYTES]) if found.keys() == {_BYTES} else found
