"""The index of protocols says what the class statements say."""

from __future__ import annotations

import subprocess
import sys

from tests.protocols.make_index import INDEX


def test_the_index_is_what_the_class_statements_say() -> None:
    # In a process of its own: other tests define protocols too.
    program = "from tests.protocols.make_index import index; print(index(), end='')"
    made = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "-", "--stdin-filename", str(INDEX)],
        input=made, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    assert INDEX.read_text() == (formatted or made), "run python -m tests.protocols.make_index"
