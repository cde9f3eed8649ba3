"""The rooms, and libpcap by each of its bindings."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from tests.live.room import fresh_room, room

__all__ = ["fresh_room", "libpcap", "room"]

BINDINGS = {
    ours: theirs
    for ours, theirs in (("pypcap", "pcap"), ("cypcap", "cypcap"))
    if importlib.util.find_spec(theirs)
}


@pytest.fixture(params=BINDINGS)
def libpcap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each binding in turn, as if it were the only one; for child processes too."""
    others = [name for name in BINDINGS if name != request.param]
    for name in others:
        monkeypatch.setitem(sys.modules, BINDINGS[name], None)
        monkeypatch.setitem(sys.modules, f"umpa.link.libpcap.{name}", None)
    hidden = "; ".join(f"sys.modules['{BINDINGS[name]}'] = None" for name in others)
    monkeypatch.setenv("UMPA_TEST_HIDE", hidden)
    return str(request.param)
