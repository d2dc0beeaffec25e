"""What each structure costs the core: time an event with 8, 32 and 128 players, and what ``hold`` does to the spread.

Everybody plays on every beat, about as far off as people are; deadlines and effects are in the time.  The time of
one event may grow with the players at most as they do.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from drumcircle.bench.catalogue import Teller, Wanted
from drumcircle.bench.leaning import GEM_MS, lean
from drumcircle.bench.row import Aim, Row, median
from drumcircle.core.events import MS, NS, Arm, Hit, Join, PadFound
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.core.structures import STRUCTURES

PLAYERS = (8, 32, 128)
SECONDS = 40.0
"""Of virtual time."""
BPM = 100.0
SPREAD_MS = 25.0
ROUNDS = 3
LEANING_BEATS = 20_000
FEWEST_BEATS = 100


def measure(wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """Every structure there is, as it comes; then hold at three alphas."""
    seconds = wanted.seconds or SECONDS
    rehearsals = {players: _hits(players, seconds) for players in PLAYERS}
    for structure in STRUCTURES:
        tell.doing(structure.title)
        costs = {players: _cost(structure.name, players, rehearsals[players]) for players in PLAYERS}
        for players, cost in costs.items():
            yield Row(f"{structure.name}, {players} players", "time an event", cost, "µs")
        growth = costs[PLAYERS[-1]] / costs[PLAYERS[0]]
        most = Aim(PLAYERS[-1] / PLAYERS[0])
        yield Row(structure.name, "growth of that from 8 to 128 players", growth, "times", aim=most)
    yield from _leaning(wanted, tell)


def _hits(players: int, seconds: float) -> list[Hit]:
    """Every player on every beat, in order of time."""
    dice, beat = random.Random(1), 60 / BPM
    played = [
        (round((number * beat + 1) * NS + dice.gauss(0, SPREAD_MS) * MS), player)
        for number in range(2, int(seconds / beat))
        for player in range(players)
    ]
    return [Hit(at, f"mqtt:p{player}", 38, 80) for at, player in sorted(played)]


def _cost(structure: str, players: int, hits: list[Hit]) -> float:
    return median([_handled(structure, players, hits) for _ in range(ROUNDS)])


def _handled(structure: str, players: int, hits: list[Hit]) -> float:
    """µs of CPU an event, from the structure's first bar line on."""
    session = Session(SessionConfig(start=NS, bpm=BPM))
    session.effects()
    for player in range(players):
        session.handle(PadFound(f"mqtt:p{player}", f"p{player}", "mqtt"), 0)
        session.handle(Join(f"p{player}", f"p{player}", "●", "grey", (f"mqtt:p{player}",), 0), 0)
    session.handle(Arm(structure, {}, 0), NS // 2)
    session.advance(NS)
    began = time.process_time_ns()
    for hit in hits:
        session.handle(hit, hit.time + MS)
    return (time.process_time_ns() - began) / max(1, len(hits)) / 1e3


def _leaning(wanted: Wanted, tell: Teller) -> Iterator[Row]:
    beats = LEANING_BEATS if wanted.seconds is None else max(FEWEST_BEATS, round(wanted.seconds * 2))
    people = ", ".join(f"{ms:g}" for ms in GEM_MS.values())
    for alpha in GEM_MS:
        tell.doing(f"Hold at alpha {alpha:g}")
        found = lean(alpha, beats)
        case = f"hold, four simulated people, alpha {alpha:g}"
        yield Row(case, "SD of asynchrony", found.sd_asynchrony_ms, "ms")
        yield Row(
            case, "largest move of the pulse a beat", 100 * found.largest_move, "%", aim=Aim(10.0 + 1e-6)
        )
    tell.remark(f"GEM's four people had {people} ms at alpha {', '.join(f'{alpha:g}' for alpha in GEM_MS)}.")
