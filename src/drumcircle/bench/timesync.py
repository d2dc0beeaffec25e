"""How true a networked pad's hits are in the hub's time, in virtual time, over networks of known delays.

Twelve pads play for ten minutes.  The same hits, over the same network, are placed by what ``net/`` does and by
what one would do instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from drumcircle.bench.best_of_sixteen import BestOfSixteen
from drumcircle.bench.catalogue import Teller, Wanted
from drumcircle.bench.delays import PROFILES, Path, Profile
from drumcircle.bench.other_clocks import WAVE_PAUSE, FirstPing, LslClock
from drumcircle.bench.row import Aim, Row, compared, median, percentile
from drumcircle.bench.sync_traffic import (
    DRIFT,
    Crystal,
    Heard,
    Traffic,
    ask,
    asking_times,
    hit_times,
    play,
)
from drumcircle.core.events import MS, NS
from drumcircle.net.clock_sync import FittedClock

PADS = 12
SECONDS = 600.0
JOINED = 1000 * NS
JOINS = 100
JOINED_FOR = 1500 * MS
OURS, ARRIVAL, FIRST, BEST, LSL = "ours", "arrival time", "first ping", "best of 16", "pylsl's algorithm"
RIVALS = (ARRIVAL, FIRST, BEST, LSL)
FIGURES: tuple[tuple[str, Callable[[list[float]], float]], ...] = (
    ("mean", lambda errors: sum(errors) / len(errors)),
    ("p95", lambda errors: percentile(errors, 0.95)),
    ("max", max),
)
P95_AIMS = {"10 + Pareto 15 ms": 0.8, "power save": 0.5}
"""ms."""
UNSEEN = "4 ms asymmetry"
"""Half of it, 2 ms, is in no stamp: who joins there is not asked to be nearer, and a hundredth of it between two
means is chance."""


class Mapping(Protocol):
    """What is asked of a clock."""

    def map(self, pad_us: int) -> tuple[int, int] | None:
        """(hub ns, uncertainty ns) of a pad time; None until synchronised."""


@dataclass(slots=True)
class Placed:
    """Hits of all pads by one way of placing them, ms."""

    errors: list[float] = field(default_factory=list)
    stated: list[float] = field(default_factory=list)

    def add(self, clock: Mapping | None, hit: Heard) -> None:
        """What a clock says of a hit; its arrival without one, or before it knows."""
        mapped = None if clock is None else clock.map(hit.pad_us)
        time, uncertainty = (hit.arrival, 0) if mapped is None else mapped
        self.errors.append(abs(time - hit.true) / MS)
        self.stated.append(uncertainty / MS)

    def outside(self) -> float:
        """% of hits whose error is larger than the uncertainty stated."""
        beyond = sum(error > stated for error, stated in zip(self.errors, self.stated, strict=True))
        return 100 * beyond / len(self.errors)


def measure(wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """Every profile."""
    length = round((wanted.seconds or SECONDS) * NS)
    for profile in PROFILES:
        tell.doing(f"{PADS} pads, {profile.name}")
        yield from _rows(profile, placed_hits(profile, PADS, length))
        joined = max(_error_after_joining(profile, number) for number in range(JOINS))
        aim = None if profile.name == UNSEEN else Aim(2.0)
        yield Row(profile.name, f"error 1.5 s after joining, max of {JOINS}", joined, "ms", aim=aim)


def placed_hits(profile: Profile, pads: int, length: int) -> dict[str, Placed]:
    """By the name of who placed them; ``length`` is ns of playing."""
    placed = {name: Placed() for name in (OURS, *RIVALS)}
    for pad in range(pads):
        _asked_by_pad(_pad(profile, pad, length), pad, length, placed)
        _asked_by_hub(_pad(profile, pad, length, in_order=False), pad, length, placed[LSL])
    return placed


def _rows(profile: Profile, placed: dict[str, Placed]) -> Iterator[Row]:
    for figure, of in FIGURES:
        value, theirs = of(placed[OURS].errors), of(placed[LSL].errors)
        aims = P95_AIMS if figure == "p95" else {}
        no_worse = Aim(1.01 if (profile.name, figure) == (UNSEEN, "mean") else 1.0, "ratio")
        aim = Aim(aims[profile.name]) if profile.name in aims else no_worse
        yield compared(Row(profile.name, f"error, {figure}", value, "ms", aim=aim), LSL, theirs)
    for name in RIVALS:
        for figure, of in FIGURES:
            value = of(placed[name].errors)
            yield Row(profile.name, f"error, {figure}, {name}", value, "ms", detail=figure != "p95")
    yield Row(profile.name, "hits outside the stated uncertainty", placed[OURS].outside(), "%", aim=Aim(5.0))
    yield Row(profile.name, "stated uncertainty, median", median(placed[OURS].stated), "± ms")


def _pad(profile: Profile, number: int, length: int, *, in_order: bool = True) -> Traffic:
    dice = Random(f"{profile.name}, pad {number}")
    crystal = Crystal(JOINED - dice.randrange(2**52), dice.uniform(-DRIFT, DRIFT))
    return Traffic(Path(profile, dice, JOINED, JOINED + length, in_order=in_order), crystal)


def _asked_by_pad(traffic: Traffic, number: int, length: int, placed: dict[str, Placed]) -> None:
    ours, first, best = FittedClock(), FirstPing(), BestOfSixteen()

    def asks(now: int) -> None:
        ask(traffic, now, (ours, first, best))

    def hear(hit: Heard) -> None:
        for name, clock in ((OURS, ours), (ARRIVAL, None), (FIRST, first), (BEST, best)):
            placed[name].add(clock, hit)

    for time in asking_times(traffic.path, JOINED, JOINED + length):
        traffic.at(time, asks)
    play(traffic, _hits(number, length), hear, asks)
    traffic.run()


def _asked_by_hub(traffic: Traffic, number: int, length: int, placed: Placed) -> None:
    clock = LslClock()
    for time in range(JOINED, JOINED + length, WAVE_PAUSE):
        clock.wave(traffic, time)
    play(traffic, _hits(number, length), lambda hit: placed.add(clock, hit), lambda _: None)
    traffic.run()


def _hits(number: int, length: int) -> list[int]:
    return hit_times(Random(number), JOINED, JOINED + length)


def _error_after_joining(profile: Profile, number: int) -> float:
    """ms; of a hit at that moment."""
    traffic, clock = _pad(profile, PADS + number, 4 * JOINED_FOR), FittedClock()
    for time in asking_times(traffic.path, JOINED, JOINED + JOINED_FOR):
        traffic.at(time, lambda now: ask(traffic, now, (clock,)))
    traffic.run(JOINED + JOINED_FOR)
    now = JOINED + JOINED_FOR
    placed = Placed()
    placed.add(clock, Heard(now, traffic.crystal.us(now), now + NS))
    return placed.errors[0]
