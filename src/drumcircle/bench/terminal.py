"""A program in a terminal that nobody sees: drawn in full, its keys pressed for it."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence

from drumcircle.bench.children import end
from drumcircle.hub.children import spawn

KEPT = 1 << 20
"""Bytes of output remembered for what is waited for."""
# A session leader that opens a terminal has it as its own, as a shell's child has.
_OWN_TERMINAL = 'exec <"$0" >"$0" 2>&1; exec "$@"'


class Terminal:
    """The other end of a program's terminal; everything it draws is taken in, as a real one would."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._drawn = b""
        self._changed = threading.Condition()
        self._closed = False
        self.total = 0
        """Bytes drawn so far."""
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._descriptor, keys.encode())

    def shows(self, words: str, seconds: float) -> bool:
        """Wait until this has been drawn since :meth:`forget`; False if it is not, or the program ended."""
        with self._changed:
            return (
                self._changed.wait_for(lambda: words.encode() in self._drawn or self._closed, seconds)
                and words.encode() in self._drawn
            )

    def forget(self) -> None:
        """What was drawn before does not count."""
        with self._changed:
            self._drawn = b""

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # Linux: nobody holds the other end any more
            while chunk := os.read(self._descriptor, 1 << 16):
                with self._changed:
                    self.total += len(chunk)
                    self._drawn = (self._drawn + chunk)[-KEPT:]
                    self._changed.notify_all()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def join(self) -> None:
        """Wait until all is read."""
        self._reader.join(5)


def has_terminals() -> bool:
    """Whether this system can make one."""
    return sys.platform != "win32"


@contextlib.contextmanager
def in_terminal(
    argv: Sequence[str], env: Mapping[str, str], columns: int = 120, lines: int = 50
) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    """Run it in a terminal of this size; ended, at the latest, on the way out."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    terminal = Terminal(ours)
    child = spawn(
        ["/bin/sh", "-c", _OWN_TERMINAL, os.ttyname(theirs), *argv],
        env={**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    try:
        yield terminal, child
    finally:
        end(child)
        os.close(theirs)
        terminal.join()
        os.close(ours)
