"""A supervisor as a real process with tiny children, on a real terminal or none, and what is left of it."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from drumcircle.cli._supervisor.claim import holder

GUARD = 30.0
CREW = Path(__file__).with_name("supervisor_crew.py")


class Line:
    """A tiny process on the telephone: its number, what it says, orders to it, and its end."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(GUARD)
        self._connection = connection
        self._words = connection.makefile()
        self.name, pid = self._words.readline().split()
        self.pid = int(pid)

    def order(self, words: str) -> None:
        self._connection.sendall(f"{words}\n".encode())

    def heard(self) -> str:
        """The next thing it says; '' once it is no more."""
        with suppress(ConnectionResetError):
            return self._words.readline().strip()
        return ""

    def await_end(self) -> list[str]:
        """Wait until it is no more; returns what it still said."""
        return list(iter(self.heard, ""))

    def close(self) -> None:
        self._words.close()
        self._connection.close()


class Stage:
    """Starts a supervisor and answers its children's calls."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(GUARD)
        self._lines: list[Line] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self.master: int | None = None

    def keep(self, *more: str, terminal: bool = False) -> subprocess.Popen[bytes]:
        """The supervisor; ``terminal``: on a pseudo terminal of its own, :attr:`master` is our end of it."""
        argv = [sys.executable, str(CREW), "keep", str(self.state), *more]
        env = {**os.environ, "CREW_PORT": str(self._listener.getsockname()[1])}
        if terminal:
            process = self._on_terminal(argv, env)
        else:
            process = subprocess.Popen(
                argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        self._processes.append(process)
        return process

    def _on_terminal(self, argv: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
        import fcntl
        import termios

        self.master, slave = os.openpty()

        def own_terminal() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        process = subprocess.Popen(
            argv,
            env=env,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            preexec_fn=own_terminal,  # noqa: PLW1509 - a controlling terminal can only be taken in the child
        )
        os.close(slave)
        return process

    def answer(self) -> Line:
        """The next child that calls."""
        connection, _ = self._listener.accept()
        line = Line(connection)
        self._lines.append(line)
        return line

    def answer_both(self) -> tuple[Line, Line]:
        """Hub and dashboard, whichever calls first."""
        lines = {line.name: line for line in (self.answer(), self.answer())}
        return lines["hub"], lines["dash"]

    def keeper(self) -> int:
        """The process that keeps the circle."""
        found = holder(self.state)
        assert found is not None
        return found.pid

    def shown(self, until: str) -> str:
        """What the terminal shows, up to and with these words."""
        assert self.master is not None
        text = ""
        while until not in text:
            ready, _, _ = select.select([self.master], [], [], GUARD)
            assert ready, f"{until!r} was never shown, only {text!r}"
            try:
                text += os.read(self.master, 65536).decode()
            except OSError:  # the other end is closed
                assert until in text, f"{until!r} was never shown, only {text!r}"
        return text

    def close_terminal(self) -> None:
        assert self.master is not None
        os.close(self.master)
        self.master = None

    def clear(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()
        if self.master is not None:
            self.close_terminal()
        for line in self._lines:
            line.close()
        self._listener.close()


def await_end_of(pid: int) -> None:
    """Wait until a process that is not our child is no more."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ready, _, _ = select.select([handle], [], [], GUARD)
        assert ready, f"process {pid} is left running"
    finally:
        os.close(handle)


def children_named(parent: int, name: str) -> list[int]:
    """Process numbers of the children of ``parent`` whose program is ``name``."""
    found = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread or a child that ended meanwhile
            pids = [int(pid) for pid in (task / "children").read_text().split()]
            found += [pid for pid in pids if Path(f"/proc/{pid}/comm").read_text().strip() == name]
    return found


def until(condition: Callable[[], object]) -> None:
    """Look until something is so that no event tells of."""
    never = threading.Event()
    for _ in range(int(GUARD / 0.02)):
        if condition():
            return
        never.wait(0.02)
    raise AssertionError("it never came to be")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path / "state")
    yield made
    made.clear()
