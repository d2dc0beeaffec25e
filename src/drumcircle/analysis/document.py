"""The document of ``drumcircle analyse --json`` (contract: ``docs/analyse.md``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drumcircle.analysis.judging import Played, judge
from drumcircle.analysis.players import player_row
from drumcircle.analysis.recording import Asked, Recording
from drumcircle.analysis.together import (
    Ensemble,
    Row,
    Shared,
    all_shared,
    coupling_of,
    ensemble_of,
    group_row,
    pair_correction,
    pair_row,
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """One recording, measured."""

    played: Played
    document: dict[str, Any]


def analyse(recording: Recording, asked: Asked) -> Analysis:
    """Everything that was asked for.

    Raises:
        UsageError, FileProblem: as :func:`drumcircle.analysis.judging.judge`.
    """
    played = judge(recording, asked)
    warnings = list(played.warnings)
    players = {
        name: player_row(
            judged, recording.no_pulse, correction=asked.phase_correction, adaptive=recording.adaptive
        )
        for name, judged in played.players.items()
    }
    shared = all_shared(played) if asked.pairs or asked.group else {}
    couplings = {pair: coupling_of(events) for pair, events in shared.items()}
    pairs: Row = {}
    if asked.pairs:
        ensemble = ensemble_of(played) if asked.phase_correction and len(played.players) > 2 else None
        if asked.phase_correction and len(played.players) > 2 and ensemble is None:
            warnings.append(_PAIRS_ALONE)
        for pair, events in shared.items():
            correction = _correction(pair, events, ensemble) if asked.phase_correction else None
            pairs["|".join(pair)] = pair_row(events, couplings[pair], correction)
    shares = {name: row["share_played"] for name, row in players.items()}
    return Analysis(
        played,
        {
            "pulse": _pulse(played),
            "players": players,
            "pairs": pairs,
            "group": group_row(played, shares, shared, couplings) if asked.group else {},
            "warnings": warnings,
        },
    )


_PAIRS_ALONE = (
    "Phase correction is of each pair alone: all players together share too few events in a row to separate who "
    "corrects to whom."
)


def _correction(pair: tuple[str, str], events: Shared, ensemble: Ensemble | None) -> Row:
    return pair_correction(events) if ensemble is None else ensemble.pair(*pair)


def _pulse(played: Played) -> Row:
    if played.pulse is None:
        return {"source": None, "why_not": played.recording.no_pulse}
    subdivisions = set(played.subdivisions.values())
    row = played.pulse.plain()
    row["subdivision"] = subdivisions.pop() if len(subdivisions) == 1 else dict(played.subdivisions)
    row["adaptive_pulse"] = played.recording.adaptive
    return row
