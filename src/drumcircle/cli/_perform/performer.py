"""A performance from its first bar line to its last hit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from drumcircle.cli._perform.schedule import Due, Stretch, beginning, is_fresh
from drumcircle.cli._perform.tally import Tally
from drumcircle.cli._perform.target import Target
from drumcircle.core.events import MS, NS

LEAD = 500 * MS
"""Between the choice of a bar line and the first thing that may happen: the hub has cues to hand out."""
SETTLE_SECONDS = 10.0
LONG_SILENCE_S = 30

Say = Callable[[str], None]


@dataclass
class Outcome:
    """How a performance went so far."""

    start: int | None = None
    """Its time 0 on the circle's clock, ns."""
    on_bar_line: bool = False
    stopped: bool = False
    tally: Tally = field(default_factory=Tally)
    remarks: list[str] = field(default_factory=list)
    """What was left out or renamed."""
    problems: list[str] = field(default_factory=list)


async def perform(
    target: Target, dues: Sequence[Due], stretch: Stretch, title: str, say: Say, outcome: Outcome
) -> None:
    """Play ``dues`` from the next bar line on; being cancelled stops it cleanly, and is no error."""
    try:
        await _begin(target, stretch, title, say, outcome)
        _warn_of_silence(dues, stretch, say)
        await target.play(dues, outcome.start or 0, outcome.tally)
    except asyncio.CancelledError:
        outcome.stopped = True
    await settle(target, outcome)


async def settle(target: Target, outcome: Outcome) -> None:
    """Wait, not for ever, until what was sent has arrived."""
    try:
        async with asyncio.timeout(SETTLE_SECONDS):
            problem = await target.settle()
    except TimeoutError:
        problem = f"Not everything was confirmed within {SETTLE_SECONDS:g} s."
    if problem:
        outcome.problems.append(problem)


async def _begin(target: Target, stretch: Stretch, title: str, say: Say, outcome: Outcome) -> None:
    shown = await target.pulse()
    now = target.now()
    if shown is not None and not is_fresh(shown, now):
        shown = None
    start = outcome.start = beginning(shown, now, stretch, LEAD)
    outcome.on_bar_line = shown is not None
    waits = (start + stretch.offset(stretch.from_s) - now) / NS
    if shown is None:
        say(f"No pulse is known from {target.words}: it begins at once, on no bar line.")
    else:
        say(f"Into {target.words}, on a bar line ({shown.bpm:g} BPM, {shown.meter}), in {waits:.1f} s.")
    problem = await target.announce(start, title)
    if problem:
        outcome.problems.append(problem)


def _warn_of_silence(dues: Sequence[Due], stretch: Stretch, say: Say) -> None:
    silence = (dues[0].offset - stretch.offset(stretch.from_s)) / NS
    if silence > LONG_SILENCE_S:
        first = dues[0].offset * stretch.speed / NS
        say(f"The first hit comes after {silence:.0f} s of silence; --from {first:.0f} begins there.")
