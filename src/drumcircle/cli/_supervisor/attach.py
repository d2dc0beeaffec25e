"""Another dashboard on a circle that is kept by somebody else."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping, Sequence
from queue import SimpleQueue
from types import FrameType

from drumcircle.cli._supervisor.child import ChildEnded, Dashboard
from drumcircle.cli._supervisor.keeper import DASHBOARD_SECONDS, END_CIRCLE, LEAVE_RUNNING
from drumcircle.cli._supervisor.limit import RestartLimit
from drumcircle.cli._supervisor.terminal import Terminal


def attach(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Show a dashboard, again after a crash, until it is closed; the circle goes on or has been ended by it."""
    happened: SimpleQueue[ChildEnded] = SimpleQueue()
    terminal, limit = Terminal(), RestartLimit()
    dashboard = Dashboard(argv, env, happened.put)
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        while True:
            terminal.remember()
            dashboard.open()
            code = _wait(happened)
            if code in (LEAVE_RUNNING, END_CIRCLE):
                print("The circle goes on." if code == LEAVE_RUNNING else "The circle has ended.")
                return 0
            terminal.restore()
            if code == 2 or not limit.allows(time.monotonic()):
                print("The dashboard fails again and again; the circle goes on without it.", file=sys.stderr)
                return 1
    finally:
        if dashboard.close(DASHBOARD_SECONDS):
            terminal.restore()
        signal.signal(signal.SIGTERM, before)


def _wait(happened: SimpleQueue[ChildEnded]) -> int:
    return happened.get().code


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
