"""The commands: each module has `add(commands)`, its arguments, and `run(arguments)`, its work.

Startup stays light: what a command needs is imported by its `run`.
"""

from __future__ import annotations

from umpa.commands import devices, fields, send, show, sniff

COMMANDS = (devices, show, sniff, send, fields)
"""In the order of the help."""
