"""A child process of the supervisor: started, heard when it ends, ended."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from drumcircle.hub.children import spawn

LAST_LINES = 20


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """A child process is no more; ``code`` is negative where a signal ended it."""

    process: subprocess.Popen[bytes]
    code: int


Tell = Callable[[ChildEnded], None]


class Dashboard:
    """The child that draws on our terminal."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], tell: Tell) -> None:
        self._argv, self._env, self._tell = argv, env, tell
        self.process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Start it; Ctrl-C does not reach it, and a supervisor that is killed takes it along."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is ignored stays so in a child
        try:
            self.process = spawn(self._argv, env=self._env, stdin=None, own_session=False, at_once=True)
        finally:
            signal.signal(signal.SIGINT, before)
        _await_end(self.process, self._tell)

    def close(self, seconds: float) -> bool:
        """End it; returns whether it was there to be ended."""
        return _end(self.process, seconds)


class HubChild:
    """The child that is the circle; what it prints goes to a log that rotates."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], log: Path, tell: Tell) -> None:
        self._argv, self._env, self._log, self._tell = argv, env, log, tell
        self._voice: _Voice | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, in a session of its own."""
        self.process = spawn(self._argv, env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if self.process.stderr is not None:
            self._voice = _Voice(self.process.stderr, self._log)
        _await_end(self.process, self._tell)

    def end(self, seconds: float) -> None:
        """Ask it to end well, and kill it if it does not within ``seconds``."""
        _end(self.process, seconds)
        if self._voice is not None:
            self._voice.join()

    def wait(self, seconds: float) -> None:
        """Give it this long to end by itself."""
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)

    def last_words(self) -> str:
        """The last line it printed, without the program's name."""
        if self._voice is None:
            return ""
        self._voice.join()
        last = self._voice.last
        return next(reversed(last)).removeprefix("drumcircle: ") if last else ""


class _Voice:
    """Reads what a child prints to its end, keeps the last lines and writes all to a log."""

    def __init__(self, stream: IO[bytes], log: Path) -> None:
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        self._log = log
        self._thread = threading.Thread(target=self._read, args=(stream,), name="hub-voice", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait for what is still in the pipe."""
        self._thread.join(1.0)

    def _read(self, stream: IO[bytes]) -> None:
        with stream, contextlib.closing(_rotating(self._log)) as log:
            for raw in stream:
                line = raw.decode(errors="replace").rstrip()
                if line:
                    self.last.append(line)
                    log.emit(logging.LogRecord("hub", logging.INFO, "", 0, line, None, None))


def _rotating(path: Path) -> logging.Handler:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=500_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    return handler


def _await_end(process: subprocess.Popen[bytes], tell: Tell) -> None:
    def wait() -> None:
        tell(ChildEnded(process, process.wait()))

    threading.Thread(target=wait, name=f"waits for {process.pid}", daemon=True).start()


def _end(process: subprocess.Popen[bytes] | None, seconds: float) -> bool:
    if process is None or process.poll() is not None:
        return False
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return True


def python(*words: str) -> list[str]:
    """The command line of another drumcircle process, with this Python."""
    return [sys.executable, "-m", "drumcircle", *words]


def environment(**more: str) -> dict[str, str]:
    """Ours, and more."""
    return {**os.environ, **more}
