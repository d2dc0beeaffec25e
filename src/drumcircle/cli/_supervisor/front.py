"""The process in the foreground of the shell, apart from the one that keeps the circle.

Only so can the shell have its prompt back while the circle goes on: the keeper is a fork made before
anything is started, and children end with the keeper.  Windows has no fork; there the two are one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable

from drumcircle.cli._supervisor.terminal import Terminal

_LET_GO = b"d"


class Front:
    """The keeper's view of the process in the foreground."""

    def __init__(self, told: int | None = None, alive: int | None = None) -> None:
        self._told, self._alive = told, alive

    @property
    def can_leave(self) -> bool:
        """Whether the shell can have its prompt back while we live."""
        return self._told is not None

    def watch(self, gone: Callable[[], None]) -> None:
        """Call ``gone`` (from a thread) when the foreground process is no more."""
        if self._alive is not None:
            threading.Thread(target=_await_end, args=(self._alive, gone), name="front", daemon=True).start()

    def leave(self) -> None:
        """Let the foreground process end: the shell has its prompt back."""
        if self._told is not None:
            with contextlib.suppress(OSError):
                os.write(self._told, _LET_GO)


def in_front(keep: Callable[[Front], int], terminal: Terminal) -> int:
    """Run ``keep`` in a fork of this process; returns in both, with what ``keep`` returned, or 0 once left."""
    if sys.platform == "win32":
        return keep(Front())
    told_reader, told = os.pipe()
    alive_reader, alive = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    if keeper := os.fork():
        os.close(told)
        os.close(alive_reader)
        return _stand_in(keeper, told_reader, terminal)
    os.close(told_reader)
    os.close(alive)
    return keep(Front(told, alive_reader))


def _stand_in(keeper: int, told: int, terminal: Terminal) -> int:
    """Be there for the shell, and pass on what only we are told: a closed terminal tells the first of its session."""
    passed_on = {signal.SIGINT, signal.SIGTERM}
    if sys.platform != "win32":
        passed_on.add(signal.SIGHUP)
    for number in passed_on:
        signal.signal(number, lambda number, _: os.kill(keeper, number))
    if os.read(told, 1) == _LET_GO:
        return 0
    code = os.waitstatus_to_exitcode(os.waitpid(keeper, 0)[1])
    if code < 0:
        terminal.restore()
        print(
            f"drumcircle: the supervisor was ended by signal {-code}, and the circle with it.",
            file=sys.stderr,
        )
        return 1
    return code


def _await_end(alive: int, gone: Callable[[], None]) -> None:
    os.read(alive, 1)  # nobody writes: it returns when the other end closes
    gone()
