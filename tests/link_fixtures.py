"""A hub that only remembers what it was told, behind a real link server; clients that remember too."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from drumcircle.core.events import Command, Fact, Hit
from drumcircle.core.view import (
    CallView,
    EchoView,
    Happening,
    PadView,
    PlayerView,
    PulseView,
    SessionView,
)
from drumcircle.errors import UsageError
from drumcircle.link.client import Watcher
from drumcircle.link.guest import Guest
from drumcircle.link.host import Answer
from drumcircle.link.server import LinkServer

Waited = TypeVar("Waited")
GUARD = 20.0
"""Seconds after which a test that waits has failed."""


def happening(number: int, scope: str = "all", text: str = "") -> Happening:
    return Happening(number, number * 1000, text or f"thing {number}", "info", scope)


def rich_view(now: int = 5) -> SessionView:
    """A picture with something in every field that a community display must not see."""
    player = PlayerView(
        "blue", "blue", "▲", "blue", "playing", n=31, points=32, missed=7, extra=3, sd_ms=17.25, mean_ms=-9.5,
        ppc=0.875, asynchronies_ms=(1.5, -2.5), hits=(1, 2, 3), uncertainty_ms=0.3, spacing_ms=300.0,
        why_not="not with the pulse",
    )  # fmt: skip
    echo = EchoView("blue", (0.0, 1.5), "one missed, one extra", 0.8)
    return SessionView(
        now=now, title="Tuesday", began=0, pulse=PulseView(100.0, "4/4", 3, 2, 4, (1, 2, 3, 4, 5, 6, 7, 8)),
        stopped=False, recording=True, structure=None, next=None, turn=None,
        call=CallView("echo", "library: heartbeat", "heartbeat", 4.0, (0.0, 1.5), 2, (echo,), "most of it came back"),
        together=(0.5, None), together_words="steady", players=(player,),
        pads=(PadView("usb:pad", "MPD218", "usb", True, ("blue",), lost=4, uncertainty_ms=0.4, jitter_ms=0.2),), unknown=(),
        happenings=(happening(1), happening(2, "therapist", "blue lost 2 hits")),
        with_pulse=0.66, participation_gini=0.2,
    )  # fmt: skip


@dataclass
class RememberingHost:
    """Fills :class:`drumcircle.link.host.Host`; every post and command can be waited for."""

    kept: list[Happening] = field(default_factory=list)
    posted: asyncio.Queue[Fact] = field(default_factory=asyncio.Queue)
    commands: list[Command] = field(default_factory=list)
    views_made: int = 0
    request_gate: asyncio.Event = field(default_factory=asyncio.Event)
    make_view: Callable[[int], SessionView] = rich_view
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    told: Callable[[Hit], object] | None = None
    """Where single hits go, while somebody wants them."""

    def now(self) -> int:
        return time.perf_counter_ns()

    def session(self) -> str:
        return "Tuesday"

    def view(self) -> SessionView:
        self.views_made += 1
        self.looked.set()
        return self.make_view(self.views_made)

    async def looked_at(self) -> None:
        """Return when the next view has been made."""
        self.looked.clear()
        await self.looked.wait()

    def happenings(self) -> list[Happening]:
        return list(self.kept)

    def post(self, event: Fact) -> None:
        self.posted.put_nowait(event)

    def tell_hits(self, told: Callable[[Hit], object] | None) -> None:
        self.told = told

    async def command(self, command: Command) -> Answer:
        self.commands.append(command)
        if type(command).__name__ == "Cancel":
            return Answer(False, "Nothing is armed.")
        if type(command).__name__ == "GoOn":
            raise RuntimeError("a bug")
        return Answer(True, "done")

    async def request(self, what: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if what == "slow":
            await self.request_gate.wait()
        if what == "bug":
            raise RuntimeError("a bug")
        if what not in ("slow", "sessions"):
            raise UsageError(f"There is no request called {what!r}.")
        return {"what": what, "arguments": arguments}


@contextlib.asynccontextmanager
async def serving(host: RememberingHost) -> AsyncIterator[tuple[LinkServer, str]]:
    server = LinkServer()
    url = await server.start(host)
    try:
        yield server, url
    finally:
        await server.stop()


class Seen:
    """All that a client was told, as queues to wait on."""

    def __init__(self) -> None:
        self.views: asyncio.Queue[SessionView] = asyncio.Queue()
        self.entries: asyncio.Queue[Happening] = asyncio.Queue()
        self.states: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
        self.ends: asyncio.Queue[str] = asyncio.Queue()
        self.watcher = Watcher(
            on_view=self.views.put_nowait,
            on_log=self._log,
            on_state=lambda connected, words: self.states.put_nowait((connected, words)),
            on_end=self.ends.put_nowait,
        )

    def _log(self, entries: list[Happening]) -> None:
        for entry in entries:
            self.entries.put_nowait(entry)


def guests(server: LinkServer) -> set[Guest]:
    """Who is on the link now; each has an event ``gone``."""
    return set(server._guests)


async def soon(awaitable: Awaitable[Waited]) -> Waited:
    """Wait, but not for ever."""
    return await asyncio.wait_for(awaitable, GUARD)
