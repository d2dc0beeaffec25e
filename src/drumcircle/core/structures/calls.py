"""One call and its echoes: what was called, what came back, and how it is put in figures and words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from drumcircle.core.events import MS
from drumcircle.core.pattern import Pattern
from drumcircle.core.structures.base import Stage, alias
from drumcircle.measures.echo import Echo, echo

SEED = 1
"""The random responses that chance is taken from are the same for every echo, so figures compare."""
LIVE_MARGIN = 0.2
"""Beats before a bar line from which on a stroke is of the next bar where nobody knows what will be played:
a sixteenth before the line still belongs to its own bar, a first stroke a little early to the next."""
STROKES_LIMIT = 512
ALL, NEARLY_ALL, MOST, PART = 0.99, 0.85, 0.6, 0.3
"""Median F1 of the group from which on the words change."""


class Stroke(NamedTuple):
    """One stroke of a call or an echo."""

    beat: float
    """From the start of its stretch."""
    velocity: int


@dataclass(slots=True)
class Call:
    """A call of ``beats`` beats from local beat ``start`` on, and the echo in the same length after it."""

    number: int
    round: int
    attempt: int
    caller: str
    """What people read: ``library``, ``facilitator``, ``unheard`` or an alias."""
    by: str | None
    """The player who calls; None: the library, or somebody without a pad."""
    pattern: Pattern | None
    start: int
    beats: int
    strokes: list[Stroke] = field(default_factory=list)
    grace: float = 0.0
    """Beats after its length in which a stroke still belongs to the echo."""
    told: bool = True
    """The world knows the onsets (a player's own call is known only when it has been played)."""
    echoes: dict[str, list[Stroke]] = field(default_factory=dict)
    scored: dict[str, Echo] = field(default_factory=dict)

    @property
    def echo_start(self) -> int:
        return self.start + self.beats

    @property
    def echo_end(self) -> int:
        return self.start + 2 * self.beats

    @property
    def onsets(self) -> tuple[float, ...]:
        return tuple(sorted(stroke.beat for stroke in self.strokes))

    @property
    def margin(self) -> float:
        """Beats before its first bar line from which on a stroke belongs to the echo.

        Half a beat (the nearest beat decides), or less, so that a last stroke a little late, and one on the
        last subdivision of the bar, still belong to the call they answer.
        """
        onsets = self.onsets
        return min(0.5, (self.beats + onsets[0] - onsets[-1]) / 2) if onsets else LIVE_MARGIN

    def hear_call(self, beat: float, velocity: int) -> None:
        """A stroke of the calling player at a local beat; once echoes are compared with the call it stands."""
        if not self.scored and self.start - LIVE_MARGIN <= beat < self.echo_start - LIVE_MARGIN:
            _keep(self.strokes, Stroke(beat - self.start, velocity))

    def hear_echo(self, player: str, beat: float, velocity: int) -> None:
        """A stroke of somebody who may be echoing, at a local beat."""
        if self.echo_start - 0.5 <= beat < self.echo_end + self.grace:
            _keep(self.echoes.setdefault(player, []), Stroke(beat - self.echo_start, velocity))

    def echo_of(self, player: str) -> list[Stroke]:
        """What of a player's strokes belongs to the echo."""
        low, high = -self.margin, self.beats - self.margin + self.grace
        return [stroke for stroke in self.echoes.get(player, ()) if low <= stroke.beat < high]

    def next_to_score(self) -> str | None:
        """Somebody who played in the echo and is not scored yet."""
        if not self.strokes:
            return None
        return next((p for p in self.echoes if p not in self.scored and self.echo_of(p)), None)

    def score(self, stage: Stage, player: str) -> None:
        """Compare one player's echo with the call, at the tempo of the echo's first beat."""
        beat_ms = (stage.time(self.echo_start + 1) - stage.time(self.echo_start)) / MS
        response = self.echo_of(player)
        self.scored[player] = echo(
            [stroke.beat * beat_ms for stroke in self.strokes],
            [stroke.beat * beat_ms for stroke in response],
            beat_ms=beat_ms,
            length_ms=self.beats * beat_ms,
            seed=SEED,
            call_velocities=[stroke.velocity for stroke in self.strokes],
            response_velocities=[stroke.velocity for stroke in response],
        )

    def begin_again(self, start: int) -> None:
        """The same call from another bar line; what was heard of it is forgotten."""
        self.start = start
        self.echoes.clear()
        self.scored.clear()
        if self.by is not None:
            self.strokes.clear()
            self.told = False

    def forget(self) -> None:
        """What was heard of it so far is in no result; the library's own strokes stay."""
        self.echoes.clear()
        self.scored.clear()
        if self.by is not None:
            self.strokes.clear()

    def above_chance(self) -> float | None:
        """The group's median F1 above chance; None where nobody has one."""
        figures = [e.f1_above_chance for e in self.scored.values() if e.f1_above_chance is not None]
        return median(figures) if figures else None

    def row(self, stage: Stage) -> dict[str, object]:
        """What the record keeps."""
        return {
            "round": self.round,
            "attempt": self.attempt,
            "pattern": self.pattern.name if self.pattern is not None else None,
            "caller": self.caller,
            "start_beat": self.start,
            "beats": self.beats,
            "call_onsets_beats": list(self.onsets),
            "echoes": {alias(stage, p): _figures(e) for p, e in self.scored.items()},
        }


def _keep(strokes: list[Stroke], stroke: Stroke) -> None:
    if len(strokes) < STROKES_LIMIT:
        strokes.append(stroke)


def _figures(scored: Echo) -> dict[str, object]:
    return {
        "precision": scored.precision, "recall": scored.recall, "f1": scored.f1, "f1_chance": scored.f1_chance,
        "f1_above_chance": scored.f1_above_chance, "lag_ms": scored.lag_ms,
        "timing_error_ms": scored.timing_error_ms, "interval_ratio_error": scored.interval_ratio_error,
        "dynamics_correlation": scored.dynamics_correlation, "hits": len(scored.pairs) + scored.extra,
    }  # fmt: skip


# ---------------------------------------------------------------- words


def echo_words(scored: Echo) -> str:
    """How one echo went: 'all there', 'one missed, two extra', 'all there, call too simple'."""
    parts = [_counted(scored.missed, "missed"), _counted(scored.extra, "extra")]
    told = ", ".join(part for part in parts if part) or "all there"
    return f"{told}, {scored.why_not}" if scored.why_not else told


def _counted(count: int, what: str) -> str:
    small = {0: "", 1: f"one {what}", 2: f"two {what}", 3: f"three {what}"}
    return small.get(count, f"{count} {what}")


def nearly_all(echoes: Iterable[Echo]) -> bool:
    """Did so much of the call come back that repeating it would puzzle the group?"""
    found = [scored.f1 for scored in echoes if scored.f1 is not None]
    return bool(found) and median(found) >= NEARLY_ALL


def group_words(echoes: Iterable[Echo]) -> str:
    """How it went for all: never a name, never a number."""
    found = [scored.f1 for scored in echoes if scored.f1 is not None]
    if not found:
        return "listening"
    middle = median(found)
    for least, words in (
        (ALL, "all of it came back"),
        (NEARLY_ALL, "nearly all together"),
        (MOST, "most of it came back"),
        (PART, "some of it came back"),
    ):
        if middle >= least:
            return words
    return "still finding it"
