"""The session in numbers: what `hub --summary` writes, what a replay must end in, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drumcircle.core import listen
from drumcircle.core.adopting import finished
from drumcircle.core.events import NS
from drumcircle.core.plan_record import plans
from drumcircle.core.pulse import place
from drumcircle.core.roster import Player
from drumcircle.core.scores import Score, group_with_pulse
from drumcircle.core.state import Finished, State
from drumcircle.measures import live

ENOUGH = 30


def summary(state: State, now: int) -> dict[str, Any]:
    """The ``analyse`` document over the whole session, plus its structures and marks."""
    structures = list(_structures(state, now))
    players = {played.alias: _row(played) for played in played_records(state)}
    records = {name: score.record for name, score in state.scores.items()}
    shares = [row["share_played"] or 0.0 for row in players.values() if not row.get("live_only")]
    return {
        "pulse": {
            "bpm": state.pulse.bpm_at(state.beat(now)),
            "meter": str(state.pulse.meter_at(state.beat(now))),
            "start_s": 0.0,
        },
        "players": players,
        "pairs": {},
        "group": {
            "with_pulse": group_with_pulse(records),
            "participation_gini": live.participation_gini(shares) if players else None,
        },
        "warnings": _warnings(state),
        "structures": [_structure(state, done) for done in structures],
        "marks": [{"time_s": _seconds(state, t), "kind": k, "text": text} for t, k, text in state.marks],
        **plans(state, structures, now),
    }


@dataclass(frozen=True, slots=True)
class PlayedRecord:
    """One player's matched hits of the session in order of their points, times in ns; the rows run beside each other."""

    alias: str
    points: tuple[float, ...]
    """In beats."""
    numbers: tuple[int, ...]
    """The same points counted on the player's grid, through every change of it."""
    times: tuple[int, ...]
    """From the session's first bar line."""
    asynchronies: tuple[int, ...]
    spacings: tuple[int, ...]
    periods: tuple[int, ...]
    missed: int
    extra: int
    live_only: bool
    subdivision: float
    """As it is now."""
    uncertainty: int | None
    """Of the times, as the player's pads last told it; the widest."""
    jitter: int | None
    late: int
    """Hits, of those that count, that came after the grace window."""


def played_records(state: State) -> Iterator[PlayedRecord]:
    """Everybody's, in the order they joined."""
    late = _late_hits(state)
    for player in state.roster.players.values():
        yield _played_record(state, player, late.get(player.id, 0))


def _late_hits(state: State) -> dict[str, int]:
    """Player -> how many."""
    counts: dict[str, int] = {}
    for (time, key, _, _, mark), late in zip(state.log, state.log.late(), strict=True):
        owner = state.roster.owner(key, time) if late and mark == listen.COUNTS else None
        if owner is not None:
            counts[owner] = counts.get(owner, 0) + 1
    return counts


def _played_record(state: State, player: Player, late: int) -> PlayedRecord:
    score = state.score(player.id)
    record, matched = score.record, score.record.matched()
    points = sorted(matched)
    chosen = [matched[point] for point in points]
    asynchronies = tuple(record.asynchrony[i] for i in chosen)
    since = state.config.start
    links = [pad.link for pad in state.roster.devices(state.roster.devices_ever(player.id)) if pad.link]
    return PlayedRecord(
        player.alias,
        tuple(points),
        tuple(score.numbered(points)),
        tuple(state.pulse.time_at(p) + a - since for p, a in zip(points, asynchronies, strict=True)),
        asynchronies,
        tuple(record.spacing[i] for i in chosen),
        tuple(record.period[i] for i in chosen),
        score.missed_among(points, state.silent, state.unkept) if points else 0,
        len(record.point) - len(points),
        player.live_only,
        player.subdivision,
        max((link.uncertainty for link in links if link.uncertainty is not None), default=None),
        max((link.jitter for link in links if link.jitter is not None), default=None),
        late,
    )


def _row(played: PlayedRecord) -> dict[str, Any]:
    figures = live.figures(played.asynchronies, played.spacings, played.periods, played.missed, played.extra)
    row: dict[str, Any] = {
        "n": figures.n,
        "missed": figures.missed,
        "extra": figures.extra,
        "share_played": figures.n / (figures.n + figures.missed) if figures.n else None,
        "mean_asynchrony_ms": figures.mean_asynchrony_ms,
        "sd_asynchrony_ms": figures.sd_asynchrony_ms,
        "mean_abs_asynchrony_ms": figures.mean_abs_asynchrony_ms,
        "vector_length": figures.vector_length,
        "vector_length_grid": figures.vector_length_grid,
        "ppc_grid": figures.ppc_grid,
        "rayleigh_p_grid": figures.rayleigh_p_grid,
        "provisional": figures.n < ENOUGH,
    }
    if played.late:
        row["late"] = played.late
    if played.live_only:
        row["live_only"] = True
    return row


def _warnings(state: State) -> list[str]:
    warnings = []
    if state.partial:
        warnings.append("Partial: not every hit of this session was kept.")
    return warnings


def _structures(state: State, now: int) -> Iterator[Finished]:
    yield from state.finished
    if state.closing is not None:
        done, ended = state.closing.running, state.pulse.time_at(state.closing.beat)
        yield finished(state, done, ended, now)
    running = state.running
    if running is not None:
        yield finished(state, running, now, now)


def _structure(state: State, done: Finished) -> dict[str, Any]:
    row = {
        "name": done.name,
        "start_s": _seconds(state, done.began),
        "end_s": _seconds(state, done.ended),
        "settings": done.settings,
        "results": done.results,
    }
    changes = [
        {"from_beat": beat, "time_s": _seconds(state, time), "settings": settings}
        for beat, time, settings in done.changes
    ]
    return {**row, "changes": changes} if changes else row


def _seconds(state: State, time: int) -> float:
    """Seconds from the session's first bar line."""
    return (time - state.config.start) / NS


# ---------------------------------------------------------------- hit by hit, for exports


@dataclass(frozen=True, slots=True)
class HeardHit:
    """One kept hit with what became of it; ``beat`` and ``asynchrony_ns`` where it was judged."""

    time: int
    player: str
    """Alias; '' where the pad was nobody's."""
    pad: str
    note: int
    velocity: int
    mark: str
    """'' counts, 'double' a double trigger, 'floor' too soft, 'doubtful' nothing tells when it was."""
    beat: float | None
    asynchrony_ns: int | None
    late: bool
    """It came after the grace window: in the record and the figures, in no turn that was closed already."""


def heard_hits(state: State) -> Iterator[HeardHit]:
    """Every kept hit in the order it was heard."""
    for (time, key, note, velocity, mark), late in zip(state.log, state.log.late(), strict=True):
        owner = state.roster.owner(key, time)
        placed = None
        if owner is not None and mark == listen.COUNTS:
            placed = _placed(state, state.score(owner), time)
        yield HeardHit(
            time, state.roster.players[owner].alias if owner else "", key, note, velocity,
            listen.MARKS[mark], placed[0] if placed else None, placed[1] if placed else None,
            late,
        )  # fmt: skip


def _placed(state: State, score: Score, time: int) -> tuple[float, int] | None:
    placed = place(state.pulse, time, score.subdivision_at(state.beat(time)))
    if not score.judges(placed.point, state.silent):
        return None
    return placed.point, placed.asynchrony
