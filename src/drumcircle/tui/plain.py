"""The circle in lines: what happened, and every change of structure, turn and tempo; no drawing.

For screen readers, logs and terminals that draw nothing.  Keys are typed as a line: ``g``, ``3r``, ``T96``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from drumcircle.core.events import NS
from drumcircle.core.view import SessionView
from drumcircle.link.client import Find
from drumcircle.link.protocol import Role
from drumcircle.tui.ask import Menu, Panel, Typing
from drumcircle.tui.desk import Desk
from drumcircle.tui.foot import asked
from drumcircle.tui.ink import text_of
from drumcircle.tui.linked import linked
from drumcircle.tui.people import known
from drumcircle.tui.room_keys import LEAVE_RUNNING
from drumcircle.tui.source import Ended, Linked, Logged, News, Source, Viewed
from drumcircle.tui.words import bpm, clock

COLUMNS = 100


@dataclass(frozen=True, slots=True)
class Told:
    """What the lines have said last about the state of the circle."""

    structure: str = ""
    turn: str = ""
    tempo: str = ""
    plan: str = ""

    @classmethod
    def of(cls, view: SessionView) -> Told:
        running = "nothing now" if view.structure is None else view.structure.title
        return cls(f"now: {running}", _turn(view), f"tempo: {bpm(view)}, {view.pulse.meter}", _plan(view))


def _plan(view: SessionView) -> str:
    """The step of the plan, what comes after it and what to say before that."""
    plan = view.plan
    if plan is None or plan.over:
        return ""
    steps = list(enumerate(plan.steps, start=1))
    now = next((f"{n} of {len(steps)}, {step.title}" for n, step in steps if step.state == "now"), "")
    coming = next((step for step in plan.steps if step.state == "next"), None)
    then = f"then {coming.title}, say “{coming.say}”" if coming is not None else "then it is over"
    return f"plan: {'; '.join(filter(None, (now, then)))}"


def _turn(view: SessionView) -> str:
    player = known(view.players, view.turn.current) if view.turn is not None else None
    return "" if player is None else f"turn: {player.shape} {player.alias}"


def changes(before: Told, after: Told) -> list[str]:
    """What is different, in words."""
    pairs = (
        (before.structure, after.structure),
        (before.turn, after.turn or "turn: nobody's"),
        (before.tempo, after.tempo),
        (before.plan, after.plan or "plan: none"),
    )
    nothing = ("turn: nobody's", "plan: none")
    return [new for old, new in pairs if old != new and (old or new not in nothing)]


class PlainText:
    """News in, lines out; keeps what was said so that nothing is said twice."""

    def __init__(self, desk: Desk, write: Callable[[str], None]) -> None:
        self._desk, self._write = desk, write
        self._told = Told()
        self._waiting: list[Logged] = []

    def take(self, news: News) -> None:
        """Say what is new."""
        match news:
            case Viewed(view):
                self._tell_waiting(view)
                now = Told.of(view)
                for words in changes(self._told, now):
                    self._line(view, view.now, words)
                self._told = now
            case Logged():
                self._waiting.append(news)
                if self._desk.room.view is not None:
                    self._tell_waiting(self._desk.room.view)
            case Linked(_, words) | Ended(words):
                self._write(f"--:--:--  {words}")

    def _tell_waiting(self, view: SessionView) -> None:
        """Entries told before the first picture wait for it: it says when the session began."""
        for logged in self._waiting:
            for entry in logged.entries:
                loud = "" if entry.level == "info" else "! "
                self._line(view, entry.time, f"{loud}{entry.text}")
        self._waiting.clear()

    def typed(self, text: str) -> None:
        """Press the keys of a line; a question it leaves open is answered by Enter, or asked."""
        self._desk.hush()
        for key in text:
            self._desk.press("space" if key == " " else key)
        prompt = self._desk.ui.prompt
        if isinstance(prompt, Typing | Panel) and (len(text) != 1 or isinstance(prompt, Panel)):
            self._desk.press("enter")
        self._ask()

    def _ask(self) -> None:
        situation = self._desk.situation()
        if isinstance(situation.ui.prompt, Menu | Typing) or situation.ui.said:
            self._write(text_of(asked(situation, COLUMNS)))

    def _line(self, view: SessionView, time: int, words: str) -> None:
        self._write(f"{clock(max(time - view.began, 0) // NS * NS)}  {words}")


async def tell(
    source: Source, write: Callable[[str], None], typed: AsyncIterator[str], *, watching: bool
) -> int:
    """Say everything until the circle is over or ``q`` is typed; returns the exit code."""
    code: asyncio.Queue[int] = asyncio.Queue()
    desk = Desk(source, watching=watching, closed=code.put_nowait)
    plain = PlainText(desk, write)

    def told(news: News) -> None:
        plain.take(news)
        if isinstance(news, Ended):
            code.put_nowait(LEAVE_RUNNING)

    working = [asyncio.create_task(desk.work(told)), asyncio.create_task(_press_all(plain, typed))]
    try:
        return await code.get()
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


async def _press_all(plain: PlainText, typed: AsyncIterator[str]) -> None:
    async for text in typed:
        plain.typed(text)


def run_plain(find: Find, role: Role, patience: float = 0.0) -> int:
    """The running circle on standard output; works without a terminal.  Exit codes as of the dashboard.

    Raises:
        DrumcircleError: no hub answers within ``patience`` seconds, or it refuses us.
    """
    return asyncio.run(_run(find, role, patience))


async def _run(find: Find, role: Role, patience: float) -> int:
    async with linked(find, role, patience=patience) as source:
        return await tell(source, _print, typed_lines(sys.stdin.fileno()), watching=role == "circle")


def _print(words: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(words, flush=True)


async def typed_lines(descriptor: int) -> AsyncIterator[str]:
    """Lines typed at a descriptor, read in a thread (the loop cannot wait for a console on Windows)."""
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def put(text: str | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended while this thread was reading
            loop.call_soon_threadsafe(lines.put_nowait, text)

    threading.Thread(target=_read_lines, args=(descriptor, put), daemon=True, name="typed keys").start()
    while (text := await lines.get()) is not None:
        yield text


def _read_lines(descriptor: int, put: Callable[[str | None], None]) -> None:
    """Read with ``os.read``: a daemon thread in a buffered read can keep the interpreter from ending."""
    rest = b""
    with contextlib.suppress(OSError):
        while piece := os.read(descriptor, 4096):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                put(line.decode(errors="replace").rstrip("\r"))
    put(None)
