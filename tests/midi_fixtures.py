"""A circle that remembers what its MIDI parts post and report, and players in processes of their own."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from drumcircle.core.events import Event
from drumcircle.hub.part import PartBase

GUARD = 20.0
"""Seconds after which a test gives up waiting."""

T = TypeVar("T")


class RememberingCircle:
    """Keeps events and reports in order; :meth:`seen` waits for the next one of a kind."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Condition()
        self.events: list[Event] = []
        self.reports: list[tuple[str, bool, str]] = []
        self._told = asyncio.Event()

    def now(self) -> int:
        return time.perf_counter_ns()

    def post(self, event: Event) -> None:
        self.events.append(event)
        self._told.set()

    def report(self, service: str, ok: bool, words: str) -> None:
        self.reports.append((service, ok, words))
        self._told.set()

    def post_from_thread(self, event: Event) -> None:
        self._loop.call_soon_threadsafe(self.post, event)

    def report_from_thread(self, service: str, ok: bool, words: str) -> None:
        self._loop.call_soon_threadsafe(self.report, service, ok, words)

    async def until(self, condition: Callable[[], T]) -> T:
        """Wait until ``condition`` gives something true, looking whenever something happened."""

        async def waiting() -> T:
            while not (found := condition()):
                self._told.clear()
                await self._told.wait()
            return found

        return await asyncio.wait_for(waiting(), GUARD)

    async def have(self, kind: type[T], count: int = 1) -> list[T]:
        """The events of one kind, as soon as there are ``count`` of them."""
        return await self.until(
            lambda: found if len(found := [e for e in self.events if isinstance(e, kind)]) >= count else []
        )

    async def told(self, service: str, ok: bool, times: int = 1) -> str:
        """The words of the report with which a service was well (or not) for the ``times``-th time."""
        matching = await self.until(
            lambda: (
                found if len(found := [r for r in self.reports if r[:2] == (service, ok)]) >= times else []
            )
        )
        return matching[times - 1][2]


@asynccontextmanager
async def running(part: PartBase, circle: RememberingCircle) -> AsyncIterator[None]:
    """Run a part as the hub does: a task, cancelled at the end, then closed."""
    task = asyncio.create_task(part.run(circle))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        part.close()


class Player:
    """A second process with JACK ports of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, *words: Any) -> int:
        """Have it obey a line; when it began to, in ns."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        return int(await asyncio.wait_for(self._process.stdout.readline(), GUARD))

    async def vanish(self) -> None:
        """All its ports at once."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"quit now\n")
        await asyncio.wait_for(self._process.wait(), GUARD)


@asynccontextmanager
async def player(*ports: str) -> AsyncIterator[Player]:
    """A player whose ports are there already."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("midi_player.py")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        playing = Player(process)
        for name in ports:
            await playing.do("open", name)
        yield playing
    finally:
        if process.returncode is None:
            await Player(process).vanish()
