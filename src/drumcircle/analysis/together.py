"""Pairs of players, and the group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from drumcircle import measures
from drumcircle.analysis.judging import Judged, Played
from drumcircle.analysis.recording import Floats, Whole
from drumcircle.analysis.series import lattice, paired_numbers, steady_run

PAIR = ("n", "mean_asynchrony_ms", "sd_asynchrony_ms", "mean_abs_asynchrony_ms")
COUPLING = ("lag_plus1", "lag_minus1", "coupling_p")
PAIR_CORRECTION = ("alpha_1_from_2", "alpha_2_from_1", "timekeeper_sd_ms", "motor_sd_ms")
NOTHING_SHARED = "the two share no event"
LONGEST_SPREAD_MS = 5000.0
ALONE = "a group needs two players"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shared:
    """The events two players have in common."""

    first_ms: Floats
    second_ms: Floats
    numbers: Whole
    first: Whole
    """Which of the first player's events."""

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """How each player corrects to all the others, from events that all have in common."""

    names: tuple[str, ...]
    corrections: tuple[measures.PhaseCorrection, ...]

    def pair(self, first: str, second: str) -> Row:
        """The two players' rows of it."""
        one, two = self.names.index(first), self.names.index(second)
        a, b = self.corrections[one], self.corrections[two]
        return {
            "alpha_1_from_2": _alpha(a, two - (two > one)),
            "alpha_2_from_1": _alpha(b, one - (one > two)),
            "timekeeper_sd_ms": [a.timekeeper_sd_ms, b.timekeeper_sd_ms],
            "motor_sd_ms": [a.motor_sd_ms, b.motor_sd_ms],
        }


def _alpha(found: measures.PhaseCorrection, partner: int) -> float | None:
    return None if found.alpha is None else float(found.alpha[partner])


def shared_events(one: Judged, two: Judged) -> Shared:
    """By number; without numbers, mutual nearest hits within half the shorter median interval."""
    if one.numbers is not None and two.numbers is not None:
        i, j = measures.shared(one.numbers, two.numbers)
        return Shared(one.times_ms[i], two.times_ms[j], one.numbers[i], i)
    i, j = measures.mutual_nearest(one.times_ms, two.times_ms)
    return Shared(one.times_ms[i], two.times_ms[j], paired_numbers(i, j), i)


def all_shared(played: Played) -> dict[tuple[str, str], Shared]:
    """Of every pair, in the order of the players."""
    return {
        (first, second): shared_events(played.players[first], played.players[second])
        for first, second in combinations(played.players, 2)
    }


# ---------------------------------------------------------------- pairs


def pair_row(shared: Shared, coupling: measures.Coupling | None, correction: Row | None) -> Row:
    """One pair's figures, ``why_not`` last.  ``correction``: ``None`` where it is not asked for."""
    found = measures.pair_asynchrony(shared.first_ms, shared.second_ms)
    row = {key: measures.row(found)[key] for key in PAIR}
    reasons = dict(found.why_not) if len(shared) else {}
    if coupling is not None:
        row |= {key: measures.row(coupling)[key] for key in COUPLING}
        reasons |= coupling.why_not
    else:
        row |= dict.fromkeys(COUPLING)
    if correction is not None:
        reasons |= correction.pop("why_not", {})
        row |= correction
    missing = NOTHING_SHARED if not len(shared) else "too few shared events"
    row["why_not"] = {key: reasons.get(key, missing) for key in row if row[key] is None}
    return row


def coupling_of(shared: Shared) -> measures.Coupling | None:
    """Who follows whom; ``None`` where nothing is shared."""
    if not len(shared):
        return None
    chosen, places = lattice(shared.numbers)
    return measures.coupling(shared.first_ms[chosen], shared.second_ms[chosen], places)


def pair_correction(shared: Shared) -> Row:
    """How two players correct to each other, nobody else being looked at."""
    run = steady_run(shared.numbers)
    if len(run) <= measures.ENOUGH_INTERVALS:
        why = _too_few(len(run))
        return {**dict.fromkeys(PAIR_CORRECTION), "why_not": dict.fromkeys(PAIR_CORRECTION, why)}
    found = measures.pair_correction(shared.first_ms[run], shared.second_ms[run])
    row = measures.row(found)
    return {**{key: row[key] for key in PAIR_CORRECTION}, "why_not": dict(found.why_not)}


def ensemble_of(played: Played) -> Ensemble | None:
    """``None`` where all players together have too few events in a row."""
    names = tuple(played.players)
    numbers, onsets = common_onsets(played)
    run = steady_run(numbers)
    if len(names) < 3 or len(run) <= measures.ENOUGH_INTERVALS:
        return None
    return Ensemble(names, tuple(measures.ensemble_correction(onsets[run])))


def common_onsets(played: Played) -> tuple[Whole, Floats]:
    """Events all players have in common, as the first player's pairs with each other: numbers, (n, players)."""
    first, *others = played.players.values()
    pairs = [shared_events(first, other) for other in others]
    chosen = np.arange(len(first.times_ms))
    for pair in pairs:
        chosen = np.intersect1d(chosen, pair.first)
    places = [np.searchsorted(pair.first, chosen) for pair in pairs]
    partners = [pair.second_ms[at] for pair, at in zip(pairs, places, strict=True)]
    onsets = np.stack([first.times_ms[chosen], *partners], axis=1)
    steps = [np.diff(pair.numbers[at]) for pair, at in zip(pairs, places, strict=True)]
    numbers = np.concatenate([[0], np.cumsum(np.max(steps, axis=0))])[: len(chosen)]
    return numbers + (pairs[0].numbers[places[0][0]] if len(chosen) else 0), onsets


def _too_few(events: int) -> str:
    return f"needs {measures.ENOUGH_INTERVALS} shared intervals in a row; there are {max(events - 1, 0)}"


# ---------------------------------------------------------------- group


def group_row(
    played: Played,
    shares: Mapping[str, float | None],
    pairs: Mapping[tuple[str, str], Shared],
    couplings: Mapping[tuple[str, str], measures.Coupling | None],
) -> Row:
    """The group's figures, ``why_not`` last."""
    players = [judged for judged in played.players.values() if len(judged.times_ms)]
    row: Row = {
        "with_pulse": _with_pulse(players) if played.pulse is not None else None,
        "with_each_other": _with_each_other(played, pairs, couplings),
    }
    row |= _phases(played)
    row["start_spread_ms"] = _at_once(measures.start_spread_ms([judged.times_ms for judged in players]))
    row["stop_spread_ms"] = _at_once(measures.stop_spread_ms([judged.times_ms for judged in players]))
    known = [share or 0.0 for share in shares.values()]
    row["participation_gini"] = measures.participation_gini(known) if any(known) else None
    row["why_not"] = {key: _why_not(key, played, len(players)) for key in row if row[key] is None}
    return row


def _at_once(spread_ms: float | None) -> float | None:
    """A spread, if it can be one of an entry or a cut and not of people who play one after the other."""
    return spread_ms if spread_ms is not None and spread_ms <= LONGEST_SPREAD_MS else None


def _with_pulse(players: list[Judged]) -> float | None:
    judged = [(p.numbers, p.matched) for p in players if p.matched is not None and p.numbers is not None]
    points = [numbers for numbers, _ in judged]
    phases = [2 * np.pi * m.asynchronies_ms / m.spacings_ms for _, m in judged]
    return measures.with_pulse(points, phases) if judged else None


def _with_each_other(
    played: Played,
    pairs: Mapping[tuple[str, str], Shared],
    couplings: Mapping[tuple[str, str], measures.Coupling | None],
) -> float | None:
    """From pairs whose coupling beats its surrogates: nothing in a file says that the pulse was silent."""
    differences, spacings, coupling_p = [], [], []
    for (first, second), shared in pairs.items():
        matched, found = played.players[first].matched, couplings[first, second]
        if matched is None or found is None:
            continue
        differences.append(shared.first_ms - shared.second_ms)
        spacings.append(matched.spacings_ms[shared.first])
        coupling_p.append(found.coupling_p)
    return measures.with_each_other(differences, spacings, coupling_p) if differences else None


def _phases(played: Played) -> Row:
    """Kuramoto's order parameter and the cluster phase, over everybody with two events."""
    events = {name: _rising(judged) for name, judged in played.players.items()}
    events = {name: (numbers, times) for name, (numbers, times) in events.items() if len(times) > 1}
    found = _group_phase(list(events.values())) if len(events) > 1 else None
    if found is None:
        return {"order_parameter": None, "cluster_phase": None}
    of_players = zip(events, found.player_rho.tolist(), found.player_phase_deg.tolist(), strict=True)
    each = {name: {"rho": rho, "phase_deg": degrees} for name, rho, degrees in of_players}
    return {"order_parameter": found.order_parameter, "cluster_phase": {"rho": found.rho, "players": each}}


def _group_phase(events: list[tuple[Whole, Floats]]) -> measures.GroupPhase | None:
    first = events[0][0]
    if all(np.array_equal(first, numbers) and np.all(np.diff(numbers) == 1) for numbers, _ in events):
        # Everybody played everything: a row an event, of which a first row of equal times is none.
        return measures.group_phase(np.stack([times for _, times in events], axis=1))
    return measures.group_phase([times for _, times in events], [numbers for numbers, _ in events])


def _rising(judged: Judged) -> tuple[Whole, Floats]:
    """Numbers and times of the events that came after all events before them: a phase never runs back."""
    times = judged.times_ms
    if not len(times):
        return np.zeros(0, dtype=np.int64), times
    rises = np.append(True, times[1:] > np.maximum.accumulate(times)[:-1])
    numbers = np.arange(len(times)) if judged.numbers is None else judged.numbers
    return numbers[rises], times[rises]


def _why_not(key: str, played: Played, players: int) -> str:
    if players < 2:
        return ALONE
    if played.pulse is None and key in ("with_pulse", "with_each_other", "participation_gini"):
        return played.recording.no_pulse
    return {
        "with_pulse": "no judged point has two players",
        "with_each_other": "no pair's coupling beats its surrogates, and nothing says the pulse was silent",
        "start_spread_ms": "the players do not begin within 5 s of each other: no common entry",
        "stop_spread_ms": "the players do not end within 5 s of each other: no common cut",
    }.get(key, "the players do not play at the same time")
