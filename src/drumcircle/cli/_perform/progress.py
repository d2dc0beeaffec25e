"""A line on the terminal that moves with the performance."""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
from collections.abc import AsyncIterator

from drumcircle.cli._perform.performer import Outcome
from drumcircle.cli._perform.target import Target
from drumcircle.core.events import NS

PERIOD_S = 0.25
REWRITE, CLEAR = "\r", "\x1b[K"


@contextlib.asynccontextmanager
async def progress(outcome: Outcome, target: Target, length_s: float) -> AsyncIterator[None]:
    """While it lasts, time and hits so far on stderr; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    moving = asyncio.create_task(_move(outcome, target, length_s), name="progress line")
    try:
        yield
    finally:
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
        print(REWRITE + CLEAR, end="", file=sys.stderr, flush=True)


async def _move(outcome: Outcome, target: Target, length_s: float) -> None:
    while True:
        await asyncio.sleep(PERIOD_S)
        if outcome.start is not None:
            words = line((target.now() - outcome.start) / NS, length_s, outcome.tally.sent.total())
            print(REWRITE + words + CLEAR, end="", file=sys.stderr, flush=True)


def line(played_s: float, length_s: float, hits: int) -> str:
    """Where the performance is; ``length_s`` inf: it has no end."""
    if played_s < 0:
        return f"begins in {-played_s:.1f} s"
    whole = f" of {length_s:.1f}" if math.isfinite(length_s) else ""
    return f"{played_s:7.1f}{whole} s   {hits} hits"
