"""The files that name every protocol say what the class statements say."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.protocols.make_index import FILES, FOLDER


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_what_the_class_statements_say(name: str) -> None:
    # In a process of its own: other tests define protocols too.
    program = f"from tests.protocols.make_index import FILES; print(FILES[{name!r}](), end='')"
    made = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "-", "--stdin-filename", str(FOLDER / name)],
        input=made, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    expected = formatted or made
    assert (FOLDER / name).read_text() == expected, "run python -m tests.protocols.make_index"
