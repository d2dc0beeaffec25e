"""Where hits go: the seam between a performance and the ways into a circle."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from drumcircle.cli._perform.schedule import Due
from drumcircle.cli._perform.tally import Tally
from drumcircle.core.events import NS, PulseShown


class Target(Protocol):
    """One way into a circle, open.  All times are ns on the circle's clock."""

    words: str
    """What it is, for a person: 'the circle that runs here' ..."""

    def now(self) -> int:
        """The circle's clock."""

    async def pulse(self) -> PulseShown | None:
        """The circle's pulse as it was last shown; None where it cannot be known."""

    async def announce(self, start: int, title: str) -> str:
        """Tell the circle that time 0 is at ``start``; returns what went wrong, in words, or ''."""

    async def play(self, dues: Sequence[Due], start: int, tally: Tally) -> None:
        """Send every hit when it is due, never before; cancellable."""

    async def settle(self) -> str:
        """Return when all that was sent has arrived; what did not, in words, or ''."""


class Sender(Protocol):
    """What takes hits that carry their own time stamp."""

    def now(self) -> int: ...

    async def send(self, due: Due, at: int) -> bool:
        """One hit stamped ``at``; False: nobody there to take it."""


class StampedTarget(Target, Sender, Protocol):
    """A way in on which a hit says itself when it was."""


async def stream(sender: Sender, dues: Sequence[Due], start: int, tally: Tally) -> None:
    """Send stamped hits when they are due.

    The stamp says when, so a wake-up some milliseconds late costs nothing; but a hit never leaves early.
    """
    for due in dues:
        at = start + due.offset
        while (left := at - sender.now()) > 0:  # noqa: ASYNC110 - a moment is awaited, no event
            await asyncio.sleep(left / NS)
        late = sender.now() - at
        if await sender.send(due, at):
            tally.count(due.pad, late)
        else:
            tally.lose(due.pad)
