"""A source of news that is the running hub, over the link."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from drumcircle.core.events import Command
from drumcircle.link.client import Find, LinkClient, Watcher
from drumcircle.link.protocol import Role
from drumcircle.tui.source import Ended, Linked, Logged, News, Viewed

LOST = "No answer from the hub; trying again. The pulse may go on without this screen."

Queue = asyncio.Queue[News]


class LinkSource:
    """The link's callbacks as one stream (see :class:`drumcircle.tui.source.Source`)."""

    def __init__(self, client: LinkClient, news: Queue) -> None:
        self._client, self._news = client, news

    async def news(self) -> AsyncIterator[News]:
        while True:
            news = await self._news.get()
            yield news
            if isinstance(news, Ended):
                return

    def hub_now(self) -> int:
        return self._client.hub_now()

    async def command(self, event: Command) -> str:
        answer = await self._client.command(event)
        return "" if answer.ok else answer.message

    async def request(self, what: str, **arguments: object) -> dict[str, Any]:
        return await self._client.request(what, **arguments)


@contextlib.asynccontextmanager
async def linked(find: Find, role: Role, *, patience: float) -> AsyncIterator[LinkSource]:
    """Connected to the hub that ``find`` names, and again after every loss.

    Raises:
        DrumcircleError: there is none within ``patience`` seconds, or it refuses us.
    """
    news: Queue = asyncio.Queue()
    async with LinkClient.following(find, role, "dashboard", _watcher(news), patience=patience) as client:
        yield LinkSource(client, news)


def _watcher(news: Queue) -> Watcher:
    return Watcher(
        on_view=lambda view: news.put_nowait(Viewed(view)),
        on_log=lambda entries: news.put_nowait(Logged(tuple(entries))),
        on_state=lambda connected, words: news.put_nowait(Linked(connected, words if connected else LOST)),
        on_end=lambda words: news.put_nowait(Ended(words)),
    )
