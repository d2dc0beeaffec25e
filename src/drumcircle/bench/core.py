"""The core alone, in virtual time: what a hit costs from handing it in to its effects, and what a view costs.

It stands beside the least that any program must do with a hit: find the nearest beat and keep its distance.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from drumcircle.bench.catalogue import Teller, Wanted
from drumcircle.bench.row import Aim, Row, compared, median
from drumcircle.core.events import MS, NS, Hit, Join, PadFound, Record
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig

PLAYERS = (12, 32)
SECONDS = 60.0
"""Of virtual time; a player hits on every beat."""
BPM = 100.0
SPREAD_MS = 25.0
VIEW_EVERY_NS = NS // 18
FLOOR = "nearest beat alone"
ROUNDS = 5


def measure(wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """A groove of 12 and of 32, recording."""
    seconds = wanted.seconds or SECONDS
    for players in PLAYERS:
        tell.doing(f"The core with {players} players")
        hits = _hits(players, seconds)
        case = f"groove, {players} players"
        floor = median([_floor(hits) for _ in range(ROUNDS)])
        yield compared(
            Row(
                case,
                "time a hit",
                median([_handled(players, hits) for _ in range(ROUNDS)]),
                "µs",
                aim=Aim(20),
            ),
            FLOOR,
            floor,
        )
        yield Row(case, "time a view", _viewed(players, hits), "µs")


def _hits(players: int, seconds: float) -> list[Hit]:
    """Every player on every beat, about as far off as people are; in order of time."""
    dice, beat = random.Random(1), 60 / BPM
    played = [
        (round((number * beat + 1) * NS + dice.gauss(0, SPREAD_MS) * MS), player)
        for number in range(1, int(seconds / beat))
        for player in range(players)
    ]
    return [Hit(t, f"mqtt:p{player}", 38, 80) for t, player in sorted(played)]


def _session(players: int) -> Session:
    session = Session(SessionConfig(start=NS, bpm=BPM, structure="groove"))
    session.effects()
    for player in range(players):
        session.handle(PadFound(f"mqtt:p{player}", f"p{player}", "mqtt"), 0)
        session.handle(Join(f"p{player}", f"p{player}", "●", "grey", (f"mqtt:p{player}",), 0), 0)
    session.handle(Record(True), 0)
    return session


def _handled(players: int, hits: list[Hit]) -> float:
    """µs a hit, beats and their cues included."""
    session = _session(players)
    began = time.perf_counter_ns()
    for hit in hits:
        session.handle(hit, hit.time + MS)
    return (time.perf_counter_ns() - began) / len(hits) / 1e3


def _viewed(players: int, hits: list[Hit]) -> float:
    """µs a view, the middle one of all that are made while the group plays."""
    session, following = _session(players), NS
    took = []
    for hit in hits:
        session.handle(hit, hit.time + MS)
        if hit.time >= following:
            following = hit.time + VIEW_EVERY_NS
            began = time.perf_counter_ns()
            session.view(hit.time + MS)
            took.append(time.perf_counter_ns() - began)
    return median(took) / 1e3


def _floor(hits: list[Hit]) -> float:
    """µs a hit."""
    start, period = NS, 60 * NS / BPM
    off: list[int] = []
    began = time.perf_counter_ns()
    for hit in hits:
        beat = round((hit.time - start) / period)
        off.append(hit.time - start - round(beat * period))
    return (time.perf_counter_ns() - began) / len(hits) / 1e3
