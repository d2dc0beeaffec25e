"""The terminal's keys as they come, each read stamped at once; the terminal is as before when all is over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

from drumcircle.cli._keys.strokes import AS_BEFORE, TELL_APART
from drumcircle.errors import UsageError

Reads = asyncio.Queue[tuple[int, bytes]]
"""(ns of ``time.perf_counter_ns``, bytes); no bytes: the terminal is closed."""


@contextlib.contextmanager
def key_reads() -> Iterator[Reads]:
    """Everything typed from now on; a loop must be running.

    Raises:
        UsageError: this is no terminal.
    """
    if not sys.stdin.isatty():
        raise UsageError("Keys are read from a terminal, and this is none.")
    reads: Reads = asyncio.Queue()
    with _read_on_windows(reads) if sys.platform == "win32" else _read_raw(reads):
        yield reads


@contextlib.contextmanager
def _read_raw(reads: Reads) -> Iterator[None]:
    if sys.platform == "win32":  # narrows the platform for the type checker
        return
    import termios
    import tty

    descriptor, loop = sys.stdin.fileno(), asyncio.get_running_loop()
    before = termios.tcgetattr(descriptor)

    def read() -> None:
        stamp = time.perf_counter_ns()
        with contextlib.suppress(BlockingIOError):
            got = _read(descriptor)
            reads.put_nowait((stamp, got))
            if not got:
                loop.remove_reader(descriptor)

    tty.setcbreak(descriptor)
    mode = termios.tcgetattr(descriptor)
    mode[3] &= ~termios.ISIG  # Ctrl-C is a key like others, so that the way out is one
    termios.tcsetattr(descriptor, termios.TCSADRAIN, mode)
    _write(TELL_APART)
    loop.add_reader(descriptor, read)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        _write(AS_BEFORE)
        with contextlib.suppress(termios.error):  # a closed window
            termios.tcsetattr(
                descriptor, termios.TCSAFLUSH, before
            )  # what was drummed does not reach the shell


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1024)
    except BlockingIOError:
        raise
    except OSError:  # a closed window
        return b""


def _write(escape: bytes) -> None:
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), escape)


@contextlib.contextmanager
def _read_on_windows(reads: Reads) -> Iterator[None]:
    """The console's keys, on a thread that ends with the process: waiting for a key cannot be broken off."""
    if sys.platform != "win32":  # narrows the platform for the type checker
        return
    import msvcrt

    loop = asyncio.get_running_loop()

    def read_all() -> None:
        while True:
            letter = msvcrt.getwch()
            stamp = time.perf_counter_ns()
            if letter in "\x00\xe0":  # an arrow or a function key: two reads
                msvcrt.getwch()
                continue
            try:
                loop.call_soon_threadsafe(reads.put_nowait, (stamp, letter.encode(errors="ignore")))
            except RuntimeError:  # the loop is over
                return

    threading.Thread(target=read_all, name="keys", daemon=True).start()
    yield
