"""The commands: each module has `add(commands)`, its arguments, and `run(arguments)`, its work.

Startup stays light: what a command needs is imported by its `run`.
"""

from __future__ import annotations

from umpa.commands import check, devices, fields, replay, run, send, show, simulate, sniff

COMMANDS = (devices, show, sniff, send, run, check, simulate, replay, fields)
"""In the order of the help."""
