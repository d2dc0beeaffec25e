"""What a facilitator sits at, without any screen: what is known, what is asked, what a key sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from drumcircle.core import codec
from drumcircle.core.plan import Plan
from drumcircle.errors import DrumcircleError
from drumcircle.tui.actions import Action, do
from drumcircle.tui.ask import (
    Close,
    Does,
    Order,
    Pattern,
    Piece,
    Request,
    Room,
    Send,
    Situation,
    Ui,
    refuse,
    say,
)
from drumcircle.tui.ink import Line
from drumcircle.tui.picture import picture
from drumcircle.tui.press import press
from drumcircle.tui.source import Ended, Linked, Logged, News, Source, Viewed

LOG_BOUND = 500
"""Entries of the log that are kept for drawing; older ones fall out."""


class Desk:
    """Keeps the state between two keys; everything it shows and sends is computed by functions.

    ``closed`` is called with the exit code once this screen is to close.
    """

    def __init__(
        self, source: Source, *, watching: bool = False, closed: Callable[[int], None] = lambda _: None
    ) -> None:
        self._source = source
        self._closed = closed
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self.room = Room(watching=watching, words="Looking for the circle…")
        self.ui = Ui()
        self._ran: str | None = None
        """The structure that ran in the last picture; empty: none; None: there was no picture yet."""

    # ------------------------------------------------------------ what is seen

    def situation(self) -> Situation:
        """This moment; while the link is lost, the moment of the last picture."""
        view = self.room.view
        now = self._source.hub_now() if self.room.connected or view is None else view.now
        return Situation(self.ui, self.room, now)

    def lines(self, columns: int, rows: int) -> list[Line]:
        """The screen now."""
        return picture(self.situation(), columns, rows)

    # ------------------------------------------------------------ what is pressed

    def press(self, key: str) -> None:
        """One key; what it sends is sent by :meth:`work`, in order."""
        self._step(lambda s: press(key, s))

    def do(self, action: Action) -> None:
        """An action chosen by name."""
        self._step(lambda s: do(action, s))

    def hush(self) -> None:
        """Take back the sentence of the last key."""
        self.ui = replace(self.ui, said="")

    def _step(self, does: Does) -> None:
        now = self.situation()
        try:
            self.ui, orders = does(now)
        except DrumcircleError as refused:
            self.ui, orders = refuse(now, str(refused))
        for order in orders:
            self._orders.put_nowait(order)

    # ------------------------------------------------------------ the hub

    async def work(self, told: Callable[[News], None] = lambda _news: None) -> None:
        """Hear the hub (and pass it on to ``told``), send it what is asked, until cancelled.

        Keys are still taken when the circle is over, so that one can leave.
        """
        tasks = [asyncio.create_task(self._send_all(), name="dashboard orders")]
        try:
            async for news in self._source.news():
                self.take(news)
                told(news)
                if self._may_have_changed(news):
                    tasks[1:] = [task for task in tasks[1:] if not task.done()]
                    tasks.append(asyncio.create_task(self._learn(), name="dashboard learning"))
            await tasks[0]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _may_have_changed(self, news: News) -> bool:
        """Is it time to ask again for what changes rarely: at first, and when another structure runs?"""
        if self.room.watching or not self.room.connected:
            return False
        if isinstance(news, Linked):
            return True
        before, view = self._ran, self.room.view
        self._ran = None if view is None else "" if view.structure is None else view.structure.name
        return before is not None and self._ran != before

    def take(self, news: News) -> None:
        """Something from the hub."""
        match news:
            case Viewed(view):
                self.room = replace(self.room, view=view)
            case Logged(entries):
                self.room = replace(self.room, log=(*self.room.log, *entries)[-LOG_BOUND:])
            case Linked(connected, words):
                self.room = replace(self.room, connected=connected, words=words)
            case Ended(words):
                self.room = replace(self.room, connected=False, words=f"{words} q closes this screen.")

    async def _learn(self) -> None:
        """What changes rarely: the pattern library, what was explained before; the first time, the first page."""
        patterns = await self._ask("patterns")
        preferences = await self._ask("preferences")
        self.room = replace(
            self.room,
            patterns=tuple(_patterns(patterns.get("patterns", ()))),
            plans=await self._plans(),
            pieces=tuple(Piece(str(each["name"]), str(each["title"])) for each in patterns.get("pieces", ())),
            explained=self.room.explained or bool(preferences.get("recording_explained")),
        )
        if preferences.get("intended_use_read") is False and self.ui == Ui():
            self.ui = replace(self.ui, page="welcome")

    async def _plans(self) -> tuple[Plan, ...]:
        found = (await self._ask("plans")).get("plans", ())
        return tuple(codec.build(Plan, raw) for raw in found)

    async def _ask(self, what: str) -> dict[str, Any]:
        """The hub's answer, or nothing where it knows none."""
        try:
            return await self._source.request(what)
        except DrumcircleError:
            return {}

    async def _send_all(self) -> None:
        while True:
            problem = await self._send(await self._orders.get())
            if problem:
                self.ui = say(self.ui, problem, self.situation().now)

    async def _send(self, order: Order) -> str:
        if isinstance(order, Close):
            self._closed(order.code)
            return ""
        if isinstance(order, Send):
            return await self._source.command(order.event)
        try:
            if order.what == "plans":
                self.room = replace(self.room, plans=await self._plans())
                return ""
            await self._source.request(order.what, **order.arguments)
        except DrumcircleError as refused:
            return str(refused)
        return self._requested(order)

    def _requested(self, request: Request) -> str:
        if request.what == "record":
            self.room = replace(self.room, explained=True)
        if request.what == "keep_plan":
            return f"Kept as the plan {request.arguments['name']}."
        return ""


def _patterns(raw: Iterable[dict[str, Any]]) -> list[Pattern]:
    return [
        Pattern(
            str(each["name"]), str(each.get("title") or each["name"]), int(each.get("level", 1)), str(each.get("meter", ""))
        )
        for each in raw
    ]  # fmt: skip
