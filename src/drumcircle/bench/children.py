"""The programs a bench measures, each a real process in folders of its own, and gone when the bench is."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumcircle.bench.catalogue import BenchFailed
from drumcircle.hub.children import spawn
from drumcircle.link.client import LinkClient
from drumcircle.link.files import LinkFile, require_link

START_S = 20.0
END_S = 15.0
FOLDERS = ("config", "data", "state")


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for everything one circle keeps; nothing of the user's is read or written."""
    with tempfile.TemporaryDirectory(prefix="drumcircle-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Ours, without the user's settings of drumcircle; all its folders under ``folder``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DRUMCIRCLE_") or name == "DRUMCIRCLE_MIDI_API"
    }
    own = {f"DRUMCIRCLE_{name.upper()}": str(folder / name) for name in FOLDERS}
    return {**kept, **own, **more}


def drumcircle(*words: str) -> list[str]:
    """A command of this very drumcircle."""
    return [sys.executable, "-m", "drumcircle", *words]


def module(name: str, *words: str) -> list[str]:
    """One of the bench's own small programs."""
    return [sys.executable, "-m", f"drumcircle.bench.{name}", *words]


@contextlib.contextmanager
def running(
    argv: Sequence[str], env: Mapping[str, str] | None = None, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A child with pipes on stdin and stdout, ended at the latest on the way out; stderr goes to ``log``."""
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(log.open("wb")) if log is not None else subprocess.DEVNULL
        child = spawn(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        try:
            yield child
        finally:
            end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask it to end, then see to it."""
    if child.poll() is None:
        child.terminate()
    with contextlib.suppress(BrokenPipeError):
        try:
            child.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
        except ValueError:  # its pipes were closed on the way
            child.wait(END_S)


def answer(child: subprocess.Popen[bytes], what: str) -> dict[str, Any]:
    """The next line a child prints, a JSON document.

    Raises:
        BenchFailed: it ended without one.
    """
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise BenchFailed(f"{what} ended before its time (exit code {child.wait(END_S)}).")
    told: dict[str, Any] = json.loads(line)
    return told


def tell(child: subprocess.Popen[bytes], words: str) -> None:
    """A line to its stdin."""
    assert child.stdin is not None
    child.stdin.write(f"{words}\n".encode())
    child.stdin.flush()


@dataclass(frozen=True)
class RunningHub:
    """A hub in a process of its own, asked through its link."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def link(self) -> LinkFile:
        return require_link(self.folder / "state")

    def pads_url(self) -> str:
        """Broker, pads' login and circle, as ``play --into`` takes it."""
        login = self.link.broker
        assert login is not None
        scheme, _, place = login.url.partition("://")
        return f"{scheme}://{login.user}:{login.password}@{place}/{login.circle}"

    def ask(self, what: str) -> dict[str, Any]:
        """One request over the link; nobody is on it before and after."""
        return asyncio.run(self._ask(what))

    async def _ask(self, what: str) -> dict[str, Any]:
        async with LinkClient.here(self.folder / "state", "facilitator", "bench", patience=START_S) as client:
            return await client.request(what)

    def summary(self) -> dict[str, Any]:
        """End the circle; what it wrote of itself."""
        self.ask("quit")
        self.process.wait(END_S)
        told: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return told

    def journal(self) -> Path:
        """The one session it recorded, once it has ended."""
        return next((self.folder / "data" / "sessions").glob("*.db"))


@contextlib.contextmanager
def running_hub(folder: Path, *options: str, **more: str) -> Iterator[RunningHub]:
    """``drumcircle hub`` with these options and this in its environment, once it answers.

    Raises:
        BenchFailed: it does not come up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "hub.log"
    argv = drumcircle("hub", "--summary", str(folder / "summary.json"), "--double-trigger", "0", *options)
    with running(argv, environment(folder, **more), log) as process:
        hub = RunningHub(folder, process)
        try:
            hub.ask("load")
        except Exception as problem:
            raise BenchFailed(f"The hub did not start: {_last_line(log) or problem}") from problem
        yield hub


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "")
