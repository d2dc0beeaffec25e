"""The one loop that keeps a circle: what ended is started again or ends everything."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Literal

from drumcircle.cli._supervisor.broker import BrokerChild
from drumcircle.cli._supervisor.child import ChildEnded, Dashboard, HubChild
from drumcircle.cli._supervisor.ending import ask_to_end
from drumcircle.cli._supervisor.front import Front
from drumcircle.cli._supervisor.limit import RestartLimit
from drumcircle.cli._supervisor.terminal import Terminal
from drumcircle.errors import DrumcircleError

HUB_LOG = "hub-output.log"
LOOK_SECONDS = 1.0
DASHBOARD_SECONDS, HUB_SECONDS = 3.0, 10.0
LEAVE_RUNNING, END_CIRCLE, TO_BE_MENDED = 0, 10, 2
CLOSED_TERMINAL = -1
"""Ended by SIGHUP; the signal to ourselves may still be on its way."""
GOES_ON = "The circle goes on. 'drumcircle' opens a dashboard on it, 'drumcircle circle --end' ends it."
GOES_ON_HERE = "The circle goes on without a dashboard, for as long as this window is open; Ctrl-C ends it."


@dataclass(frozen=True, slots=True)
class Told:
    """Something from outside: the end was asked for, the terminal closed, the foreground process died."""

    what: Literal["end", "hangup", "front gone"]


Happened = ChildEnded | Told


@dataclass(frozen=True, slots=True)
class Crew:
    """What is kept running."""

    broker: BrokerChild | None
    hub: HubChild
    dashboard: Dashboard


class Keeper:
    """Keeps one circle until its end; :meth:`run` returns the exit code."""

    def __init__(
        self, crew: Crew, happened: SimpleQueue[Happened], front: Front, terminal: Terminal, state: Path
    ) -> None:
        self._crew, self._happened, self._front = crew, happened, front
        self._terminal, self._state = terminal, state
        self._hub_limit, self._dashboard_limit = RestartLimit(), RestartLimit()
        self._left = False
        self._code: int | None = None

    def run(self) -> int:
        """Start all, keep it running, end all.

        Raises:
            DrumcircleError: the broker or the hub cannot run, for a reason a person can mend.
        """
        logging.raiseExceptions = False  # a full disk must not write over the dashboard
        with self._hearing_signals():
            self._front.watch(lambda: self._happened.put(Told("front gone")))
            try:
                self._open_dashboard()  # takes longest until it shows something
                if self._crew.broker is not None:
                    self._crew.broker.start()
                self._crew.hub.start()
                while self._code is None:
                    self._look_after_broker()
                    self._take_next()
            finally:
                self._end_all()
            if not self._left:
                print("The circle has ended.", flush=True)
        return self._code

    # ------------------------------------------------------------ what happens

    def _take_next(self) -> None:
        try:
            happened = self._happened.get(timeout=LOOK_SECONDS)
        except Empty:
            return
        match happened:
            case Told("end"):
                self._code = 0
            case Told("front gone"):
                self._code = self._code if self._left else 0
            case Told("hangup"):
                self._leave_terminal()
            case ChildEnded(process, code) if process is self._crew.hub.process:
                self._hub_ended(code)
            case ChildEnded(process, code) if process is self._crew.dashboard.process:
                self._dashboard_ended(code)

    def _hub_ended(self, code: int) -> None:
        """Ended well or asked to by somebody else: so is the circle.  Crashed: back at once, in the same session."""
        if code in (0, -signal.SIGTERM):
            self._code = 0
        elif code == TO_BE_MENDED:
            raise HubCannotRun(self._crew.hub.last_words())
        elif self._hub_limit.allows(time.monotonic()):
            self._crew.hub.start()
        else:
            raise HubKeepsCrashing(
                "The hub crashed again and again and is not started once more; its last words are in "
                f"{self._state / HUB_LOG}."
            )

    def _dashboard_ended(self, code: int) -> None:
        if self._left:
            return
        if code == END_CIRCLE:
            self._code = 0
        elif code == LEAVE_RUNNING:
            self._leave()
        elif code == CLOSED_TERMINAL:
            self._leave_terminal()
        else:
            self._terminal.restore()
            if code != TO_BE_MENDED and self._dashboard_limit.allows(time.monotonic()):
                self._open_dashboard()
            else:
                print("The dashboard fails again and again.", file=sys.stderr)
                self._leave()

    def _open_dashboard(self) -> None:
        self._terminal.remember()
        self._crew.dashboard.open()

    def _look_after_broker(self) -> None:
        broker = self._crew.broker
        if broker is not None and not broker.alive():
            broker.start_again()

    # ------------------------------------------------------------ leaving and ending

    def _leave(self) -> None:
        """The dashboard was closed and the circle goes on."""
        if self._front.can_leave:
            print(GOES_ON)
            self._leave_terminal()
        else:
            print(GOES_ON_HERE)

    def _leave_terminal(self) -> None:
        if not self._left:
            self._left = True
            self._crew.dashboard.close(DASHBOARD_SECONDS)
            self._terminal.let_go()
            self._front.leave()

    def _end_all(self) -> None:
        """Dashboard, hub, broker: nobody is left talking to one that is gone.  The terminal, which may
        be frozen, comes last."""
        drawn = self._crew.dashboard.close(DASHBOARD_SECONDS)
        if sys.platform == "win32":  # where ending a process is killing it
            with contextlib.suppress(DrumcircleError):
                ask_to_end(self._state)
                self._crew.hub.wait(HUB_SECONDS)
        self._crew.hub.end(HUB_SECONDS)
        if self._crew.broker is not None:
            self._crew.broker.stop()
        if drawn:
            self._terminal.restore()

    @contextlib.contextmanager
    def _hearing_signals(self) -> Iterator[None]:
        heard = {signal.SIGTERM: "end", signal.SIGINT: "end"}
        if sys.platform != "win32":
            heard[signal.SIGHUP] = "hangup"
        before = {
            number: signal.signal(number, lambda *_, what=what: self._happened.put(Told(what)))
            for number, what in heard.items()
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class HubCannotRun(DrumcircleError):
    """What the hub said, for the person who started it."""


class HubKeepsCrashing(DrumcircleError):
    """A failure of our own, not the user's."""

    exit_code = 1
