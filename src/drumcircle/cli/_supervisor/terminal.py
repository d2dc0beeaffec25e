"""The terminal as it was before a dashboard drew on it, and how to let go of it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Any

if sys.platform != "win32":
    import termios

_KEEP_PLACE = "\x1b7"
_LEAVE_DRAWING = (
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l"  # no mouse reports
    "\x1b[?2004l\x1b[?1004l\x1b[<u"  # no bracketed paste, no focus reports, usual keys
    "\x1b[?1049l\x1b[?25h\x1b[0m\r\n"  # the usual screen, a cursor, usual colours
)


class Terminal:
    """What a dashboard killed while drawing would leave behind is put right again."""

    def __init__(self) -> None:
        self.interactive = sys.stdin.isatty() and sys.stdout.isatty()
        self._modes = _modes() if self.interactive else None

    def remember(self) -> None:
        """Keep the cursor's place: leaving a drawing that was never begun goes back to it."""
        self._write(_KEEP_PLACE)

    def restore(self) -> None:
        """As it was found; harmless on a terminal that is gone."""
        self._write(_LEAVE_DRAWING)
        if sys.platform != "win32" and self._modes is not None:
            # From the background, setting modes would stop this process; the modes matter more.
            before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, self._modes)
            signal.signal(signal.SIGTTOU, before)

    def _write(self, codes: str) -> None:
        if self.interactive:
            with contextlib.suppress(OSError):
                sys.stdout.write(codes)
                sys.stdout.flush()

    def let_go(self) -> None:
        """Read and write nowhere from now on, in a session of our own: the terminal may close."""
        self.interactive = False
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.close(nowhere)
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # a session of our own already
                os.setsid()


def _modes() -> list[Any] | None:
    if sys.platform != "win32":
        with contextlib.suppress(termios.error):
            return termios.tcgetattr(sys.stdin.fileno())
    return None
