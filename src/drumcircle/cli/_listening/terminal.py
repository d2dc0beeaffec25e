"""A terminal for a short talk: single keys in, a few lines that are drawn again in their place."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TextIO

Pressed = Callable[[str], None]
LEAVE = ("q", "\x1b")
ENTER = ("\r", "\n")
BACKSPACE = ("\x7f", "\x08")


@contextmanager
def keys(pressed: Pressed) -> Iterator[None]:
    """Tell each key as it is pressed, on the loop's thread; Ctrl-C interrupts as ever.

    Nothing is told where stdin is no terminal.
    """
    if not sys.stdin.isatty():
        yield
    elif sys.platform == "win32":
        with _console_keys(pressed):
            yield
    else:
        with _terminal_keys(pressed):
            yield


if sys.platform == "win32":

    @contextmanager
    def _console_keys(pressed: Pressed) -> Iterator[None]:
        import msvcrt

        loop, ended = asyncio.get_running_loop(), threading.Event()

        def read() -> None:
            while not ended.wait(0.02):
                while msvcrt.kbhit():
                    loop.call_soon_threadsafe(pressed, msvcrt.getwch())

        thread = threading.Thread(target=read, name="keys", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

else:

    @contextmanager
    def _terminal_keys(pressed: Pressed) -> Iterator[None]:
        import termios
        import tty

        terminal, loop = sys.stdin.fileno(), asyncio.get_running_loop()
        before = termios.tcgetattr(terminal)

        def readable() -> None:
            read = os.read(terminal, 64).decode(errors="replace")
            if not read:  # the terminal is gone
                loop.remove_reader(terminal)
            for key in [read] if read.startswith("\x1b") and len(read) > 1 else read:
                pressed(key)  # an arrow is one key, which nobody asked for, not Esc

        tty.setcbreak(terminal)
        loop.add_reader(terminal, readable)
        try:
            yield
        finally:
            loop.remove_reader(terminal)
            with suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(terminal, termios.TCSADRAIN, before)


class Screen:
    """Lines at the foot of ``stream``; without a terminal each line is printed when it is new."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._here = stream.isatty()

    def show(self, lines: Sequence[str]) -> None:
        """Draw these in the place of those before."""
        if list(lines) == self._lines:
            return
        if self._here:
            wide = _columns(self._stream)
            body = "\n".join(line[: wide - 1] for line in lines)
            self._stream.write(f"{self._back()}{body}\n")
        else:
            for line in lines:
                if line and line not in self._lines:
                    self._stream.write(f"{line}\n")
        self._stream.flush()
        self._lines = list(lines)

    def clear(self) -> None:
        """Take the lines away; what is printed next stands in their place."""
        if self._here:
            self._stream.write(self._back())
            self._stream.flush()
        self._lines = []

    def _back(self) -> str:
        """To the beginning of the first line, and nothing left from there on."""
        return f"\x1b[{len(self._lines)}F\x1b[J" if self._lines else ""


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
