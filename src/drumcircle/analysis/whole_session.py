"""The document of a circle that has just ended: its own judging, with every figure of ``drumcircle analyse``.

The circle knows more than a recording of it: when each player was invited, at rest, helped, and how their grid
changed.  So nothing is matched anew here; the figures are made from the circle's own matched hits, and those it gives
itself come out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any

import numpy as np

from drumcircle.analysis.judging import Judged, of_players
from drumcircle.analysis.players import player_row
from drumcircle.analysis.recording import Hits
from drumcircle.analysis.sessions import is_adaptive, remarks
from drumcircle.core.events import MS, NS
from drumcircle.core.session import Session
from drumcircle.core.summary import HeardHit, PlayedRecord
from drumcircle.measures.matching import Matched
from drumcircle.measures.turn_taking import response_latency_ms

Row = dict[str, Any]


def whole_session(session: Session, summary: Mapping[str, Any]) -> Row:
    """The session's ``summary`` with every figure a player has in ``analyse``, and what a reader must know."""
    heard = tuple(sorted(session.heard_hits(), key=lambda hit: hit.time))
    adaptive = is_adaptive(summary)
    records = list(session.played_records())
    judged = {played.alias: _judged(played, heard, session.config.start) for played in records}
    return {
        **summary,
        "pulse": {
            "source": "session",
            **summary["pulse"],
            "subdivision": _subdivision(records),
            "adaptive_pulse": adaptive,
        },
        "players": {name: _player(judged[name], row, adaptive) for name, row in summary["players"].items()},
        "warnings": [
            *summary["warnings"],
            *remarks(heard, partial=False, adaptive=adaptive),  # the summary itself says if it is partial
            *of_players(judged),
        ],
        "structures": [_structure(done) for done in summary["structures"]],
    }


def _player(judged: Judged, row: Mapping[str, Any], adaptive: bool) -> Row:
    made = player_row(judged, "", correction=False, adaptive=adaptive)
    return made | {key: value for key, value in row.items() if key not in made}


def _judged(played: PlayedRecord, heard: Iterable[HeardHit], zero: int) -> Judged:
    own = sorted(_counted(heard, played.alias), key=attrgetter("time"))
    all_ns = np.array([hit.time - zero for hit in own], dtype=np.int64)
    times_ns = np.array(played.times, dtype=np.int64)
    numbers = np.array(played.numbers, dtype=np.int64)
    times_ms = times_ns / MS
    judged = np.array([hit.beat is not None for hit in own], dtype=bool)
    matched_hits = np.searchsorted(all_ns, times_ns)
    others = np.setdiff1d(np.arange(len(own)), matched_hits)
    others = others[
        np.argsort(~judged[others], kind="stable")
    ]  # what was judged is extra before what was not
    matched = Matched(
        hits=matched_hits,
        points=numbers,
        times_ms=times_ms,
        asynchronies_ms=np.array(played.asynchronies, dtype=np.int64) / MS,
        spacings_ms=np.array(played.spacings, dtype=np.int64) / MS,
        periods_ms=np.array(played.periods, dtype=np.int64) / MS,
        extra=others[: played.extra],
        outside=np.zeros(0, dtype=np.int64),
        missed=played.missed,
    )
    hits = Hits(
        all_ns / NS,
        np.array([hit.velocity for hit in own], dtype=np.int64),
        judged=judged,
        subdivision=played.subdivision,
        uncertainty_ms=None if played.uncertainty is None else played.uncertainty / MS,
        jitter_ms=None if played.jitter is None else played.jitter / MS,
    )
    return Judged(hits, matched, numbers, times_ms, np.array(played.points, dtype=np.float64))


def _counted(heard: Iterable[HeardHit], player: str) -> Iterator[HeardHit]:
    return (hit for hit in heard if hit.player == player and not hit.mark)


def _subdivision(records: Sequence[PlayedRecord]) -> float | dict[str, float]:
    """One number where all are judged alike."""
    each = {played.alias: played.subdivision for played in records}
    return next(iter(each.values())) if len(set(each.values())) == 1 else each


def _structure(done: Mapping[str, Any]) -> Row:
    """Turns also say how long each answer took."""
    turns = done["results"].get("turns")
    if not turns:
        return dict(done)
    latencies = [None, *(_latency(before, turn) for before, turn in pairwise(turns))]
    rows = [
        {**turn, "response_latency_ms": latency} if "floor_transfer_offset_ms" in turn else turn
        for turn, latency in zip(turns, latencies, strict=True)
    ]
    return {**done, "results": {**done["results"], "turns": rows}}


def _latency(before: Mapping[str, Any], turn: Mapping[str, Any]) -> float | None:
    return response_latency_ms(turn.get("floor_transfer_offset_ms"), before["player"], turn["player"])
