"""Ctrl-C between two packets, and never in the middle of one."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from umpa.schedule.wait import Waiter

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Interrupt"]


class Interrupt:
    """While entered, a first Ctrl-C sets `came`, and ends a wait; a second raises as usual.

    Only in the main thread, and only where nobody else handles the signal.
    """

    def __init__(self) -> None:
        self.came = False
        self._waiting = False
        self._ours = False

    def wait(self, waiter: Waiter, deadline_ns: int, precise: bool) -> None:
        """Wait, unless the signal comes or came."""
        if not self._ours:
            waiter(deadline_ns, precise)
            return
        try:
            self._waiting = True  # from here on the signal raises, so that none is slept over
            if not self.came:
                waiter(deadline_ns, precise)
            self._waiting = False
        except KeyboardInterrupt:
            self._waiting = False
            self.came = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self.came = self.came, True
        if self._waiting or again:
            raise KeyboardInterrupt

    def __enter__(self) -> Self:
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._handle)
            self._ours = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._ours = False
