"""Virtual players outside the hub: real pads on the link or the wire, following the pulse the hub tells."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import NoReturn

from drumcircle.cli._perform.performer import Outcome, Say, settle
from drumcircle.cli._perform.schedule import Due, is_fresh
from drumcircle.cli._perform.target import StampedTarget
from drumcircle.core.events import MS, NS, PulseShown, StructureBegan
from drumcircle.sim.ensemble import Ensemble
from drumcircle.sim.player import FIRST_NOTE, NOTES, VirtualPlayer
from drumcircle.sim.traits import names

LISTEN_SECONDS = 0.05
"""How often the pulse is asked for; the hub tells each bar ahead of its time."""
TOO_OLD = 250 * MS
"""Hits that a stalled machine could not play in time are left out, not played in a heap."""


def company(count: int, seed: int, prefix: str | None) -> list[VirtualPlayer]:
    """``count`` different people; pads are called ``PREFIX-1`` …, or by the circle's own aliases."""
    called = [f"{prefix}-{number}" for number in range(1, count + 1)] if prefix else names(count)
    return [VirtualPlayer(name, seed, note=FIRST_NOTE + number % NOTES) for number, name in enumerate(called)]


async def accompany(
    target: StampedTarget, players: Sequence[VirtualPlayer], seconds: float, say: Say, outcome: Outcome
) -> None:
    """Play along for so long (inf: until cancelled, which is no error)."""
    say(f"{len(players)} virtual players, into {target.words}.")
    outcome.start = target.now()
    try:
        async with asyncio.timeout(seconds if math.isfinite(seconds) else None):
            await _follow(target, players, outcome)
    except TimeoutError:
        pass
    except asyncio.CancelledError:
        outcome.stopped = True
    await settle(target, outcome)


async def _follow(target: StampedTarget, players: Sequence[VirtualPlayer], outcome: Outcome) -> NoReturn:
    ensemble = Ensemble(players)
    # Nobody tells a pad whose turn it is: these play on the pulse whatever the circle does.
    ensemble.take(StructureBegan("groove", 0, {}), target.now())
    heard: PulseShown | None = None
    while True:
        shown = await target.pulse()
        if shown is not None and shown != heard and is_fresh(shown, target.now()):
            heard = shown
            ensemble.take(shown, target.now())
        await _strike(target, ensemble, outcome)
        due = ensemble.next_due()
        wait = LISTEN_SECONDS if due is None else (due - target.now()) / NS
        await asyncio.sleep(min(max(wait, 0.0), LISTEN_SECONDS))


async def _strike(target: StampedTarget, ensemble: Ensemble, outcome: Outcome) -> None:
    now = target.now()
    for hit in ensemble.play(now):
        pad = hit.pad.removeprefix("sim:")
        if hit.time <= now - TOO_OLD:
            continue
        if await target.send(Due(hit.time, pad, hit.note, hit.velocity), hit.time):
            outcome.tally.count(pad, now - hit.time)
        else:
            outcome.tally.lose(pad)
