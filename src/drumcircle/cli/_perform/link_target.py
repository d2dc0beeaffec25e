"""Into a hub through the link: the one that runs here, or one on the network whose join code was given."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from drumcircle.cli._find import finding, here
from drumcircle.cli._perform.schedule import Due
from drumcircle.cli._perform.tally import Tally
from drumcircle.cli._perform.target import stream
from drumcircle.core.events import Perform, PulseShown
from drumcircle.errors import CircleNotRunning
from drumcircle.link.client import Find, LinkClient, Watcher

START_SECONDS = 3.0
"""How long a hub may take that is just being started."""
PULSE_SECONDS = 1.0
"""How long to wait for the first word of the pulse; the hub says it at once."""


class LinkTarget:
    """The running hub, hearing our pads as ``link:<pad>``."""

    def __init__(self, client: LinkClient, ended: list[str], words: str) -> None:
        """``ended`` gets the hub's last words when the circle is over."""
        self._client, self._ended, self.words = client, ended, words

    def now(self) -> int:
        return self._client.hub_now()

    async def pulse(self) -> PulseShown | None:
        return await told_pulse(self._client)

    async def announce(self, start: int, title: str) -> str:
        return (await self._client.command(Perform(start, title))).message

    async def send(self, due: Due, at: int) -> bool:
        if self._ended:
            raise CircleNotRunning(f"The rest was not played: {self._ended[0]}")
        return await self._client.hit(due.pad, due.note, due.velocity, at)

    async def play(self, dues: Sequence[Due], start: int, tally: Tally) -> None:
        await stream(self, dues, start, tally)

    async def settle(self) -> str:
        try:
            await self._client.settled()
        except CircleNotRunning as problem:
            return str(problem)
        return ""


@contextlib.asynccontextmanager
async def into_link(state: Path, pads: Sequence[str], label: str) -> AsyncIterator[LinkTarget]:
    """Pads of these ids at the hub whose ``link.json`` is in ``state``.

    Raises:
        CircleNotRunning: no hub runs there.
    """
    async with _into(here("", "", "pad", state), pads, label, "the circle that runs here") as target:
        yield target


@contextlib.asynccontextmanager
async def into_circle(name: str, pads: Sequence[str], label: str) -> AsyncIterator[LinkTarget]:
    """Pads of these ids in the circle called ``name`` on this network.

    Raises:
        CircleNotRunning: there is none.
        UsageError: its join code was not given on this machine.
    """
    asked = argparse.Namespace(find=name, join=None)
    with contextlib.ExitStack() as stack:  # not on the loop's thread, which mDNS would work on then
        find = await asyncio.to_thread(stack.enter_context, finding(asked, "pad"))
        async with _into(find, pads, label, f"the circle {name!r}") as target:
            yield target


@contextlib.asynccontextmanager
async def _into(find: Find, pads: Sequence[str], label: str, words: str) -> AsyncIterator[LinkTarget]:
    ended: list[str] = []
    watcher = Watcher(on_end=ended.append)
    async with LinkClient.following(find, "pad", label, watcher, patience=START_SECONDS) as client:
        for pad in pads:
            await client.found(pad, pad)
        yield LinkTarget(client, ended, words)


async def announce_here(state: Path, start: int, title: str) -> str:
    """Tell the hub that runs here of a performance that reaches it another way.

    Raises:
        CircleNotRunning: no hub runs here.
    """
    async with LinkClient.here(state, "pad", title) as client:
        return (await client.command(Perform(start, title))).message


async def told_pulse(client: LinkClient) -> PulseShown | None:
    """The pulse as a client of role pad was last told it."""
    try:
        async with asyncio.timeout(PULSE_SECONDS):
            await client.pulse_told()
    except TimeoutError:
        return None
    beat = client.pulse()
    return None if beat is None else PulseShown(beat.t, beat.bar, beat.beat, beat.bpm, beat.meter)
