"""Parts: the group plays a made piece, a part for each section.

A stroke belongs to the nearest stroke of the player's own part, if it is within half a beat of it and no nearer
to another one; of two on one the nearer is matched and the other extra.  Nobody is judged on the beat.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import ceil, floor

from drumcircle.core.piece import Piece, PiecePart
from drumcircle.core.structures.base import Played, Setting, Stage, Structure, Value, Wake, alias
from drumcircle.core.structures.groups import SECTIONS, Groups
from drumcircle.core.structures.heard import Heard, Stroke
from drumcircle.measures import live

AHEAD = 1.5
"""Beats by which a loop is handed out ahead."""
REACH = 0.5
HAIR = 1e-9
PLAIN = 80
LOOP = "the next loop"


@dataclass(slots=True)
class Stretch:
    """A player plays a part from one local beat to another."""

    start: float
    end: float | None
    part: int


class Parts(Structure):
    """The piece loops until it is ended; its parts sound once before the group has them alone."""

    name = "parts"
    title = "A piece in parts"
    sentence = "This is your part, that is theirs; listen once, then it is ours."
    why = (
        "Holding a part in a whole that is more than each: concentration, memory, and a piece to be proud of."
    )
    method = "re-creational"
    domains = ("cognitive", "motor", "social")
    measures = ("asynchrony to one's own part", "missed and extra", "complete bars")
    settings = (
        Setting("piece", "", "which piece, of the library or the group's own; none: the first", free=True),
        SECTIONS,
        Setting("bars", 0, "bars a loop; 0: the whole piece", low=0, high=16),
        Setting("loops", 0, "how often; 0: until it is ended", low=0, high=200, live=LOOP),
        Setting("guide", "first", "whether the parts sound: in the first loop, always, never", choices=("first", "always", "never"), live=LOOP),
    )  # fmt: skip
    hears = hears_late = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._groups = Groups(str(self.chosen["sections"]), 2)
        self._loops = int(self.chosen["loops"])
        self._piece = Piece("beat", "The beat", "4/4", 90.0, 4.0, ())
        self._length = 4
        """Beats a loop."""
        self._bar = 4
        self._next = 0
        """The loop that is handed out next."""
        self._plays: dict[str, list[Stretch]] = {}
        self._heard = Heard()
        self._times: dict[tuple[int, float], tuple[int, int, int]] = {}

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._bar = stage.beats_in_bar
        self._piece = self._choose(stage)
        bars = int(self.chosen["bars"]) * self._bar
        self._length = min(bars, int(self._piece.beats)) if bars else int(self._piece.beats)
        self._groups = Groups(str(self.chosen["sections"]), max(2, min(len(self._piece.parts), 6)))
        self._groups.begin(stage)
        for person in stage.players():
            self._enter(person.id, 0)
        told = "; ".join(
            f"{section.name}: {self._part(number).name}"
            for number, section in enumerate(self._groups.sections)
        )
        stage.say(f"{self._piece.title}. {told}.")
        self._hand_out(stage, 0)

    def _choose(self, stage: Stage) -> Piece:
        wanted = str(self.chosen["piece"])
        known = next((piece for piece in stage.pieces if piece.name == wanted), None)
        fitting = [piece for piece in stage.pieces if piece.meter == stage.meter]
        if known is None and wanted:
            stage.say(f"There is no piece {wanted}; another one is played.")
        piece = known or next(iter(fitting or stage.pieces), None) or self._every_beat()
        if piece.meter != stage.meter:
            stage.say(f"{piece.title} is in {piece.meter} and the circle in {stage.meter}.")
        return piece

    def _every_beat(self) -> Piece:
        """What there is to play where there is no piece."""
        beats = tuple(float(beat) for beat in range(self._bar))
        part = PiecePart("the beat", beats, (PLAIN,) * self._bar)
        return Piece("every-beat", "Every beat", "", 90.0, float(self._bar), (part,))

    def resume(self, stage: Stage, beat: int) -> None:
        """The loop goes on where it was."""
        self._heard.go_back(beat)
        self._next = beat // self._length
        self._hand_out(stage, beat)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._loops = int(chosen["loops"])

    def wake(self) -> Wake | None:
        return Wake(self._next * self._length - AHEAD)

    def act(self, stage: Stage) -> None:
        if self._loops and self._next >= self._loops:
            stage.finish(self._next * self._length)
        else:
            self._hand_out(stage, self._next * self._length)

    def _hand_out(self, stage: Stage, since: int) -> None:
        """What sounds of one more loop, from ``since`` on."""
        start, loop = self._next * self._length, self._next
        self._next += 1
        if self.chosen["guide"] == "never" or (self.chosen["guide"] == "first" and loop):
            return
        for number, part in enumerate(self._piece.parts):
            for onset, velocity in zip(part.onsets, part.velocities, strict=True):
                if onset < self._length and start + onset >= since:
                    stage.cue(start + onset, "call", velocity / 127, f"part:{number}:{start + onset}")

    # ---- who plays what

    def _part(self, section: int) -> PiecePart:
        return self._piece.parts[section % len(self._piece.parts)]

    def _enter(self, player: str, beat: float) -> None:
        part = self._groups.of(player) % len(self._piece.parts)
        self._plays.setdefault(player, []).append(Stretch(beat, None, part))

    def _exit(self, player: str, beat: float) -> None:
        for stretch in self._plays.get(player, [])[-1:]:
            stretch.end = beat if stretch.end is None else stretch.end

    def hit(self, stage: Stage, played: Played) -> None:
        self._heard.hear(played)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self._groups.joined(stage, player)
        self._exit(player, beat)
        self._enter(player, beat)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        self._exit(player, beat)

    def regrouped(self, stage: Stage, beat: float) -> None:
        if self._groups.regroup(stage):
            line = stage.bar_line(ceil(beat + REACH))
            for person in stage.players():
                self._exit(person.id, line)
                self._enter(person.id, line)

    def close(self, stage: Stage, beat: float) -> None:
        for player in self._plays:
            self._exit(player, beat)

    # ---- for the record

    def forget(self) -> None:
        self._heard.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        self._times.clear()  # what is ahead may still move
        rows: dict[str, dict[str, object]] = {}
        for player, stretches in self._plays.items():
            if stage.measured(player):
                rows[alias(stage, player)] = self._figures(stage, player, stretches)
        return {"piece": self._piece.name, "loop_beats": self._length, "players": rows}

    def _figures(self, stage: Stage, player: str, stretches: list[Stretch]) -> dict[str, object]:
        """One player's figures against their part, over all stretches."""
        asynchronies: list[int] = []
        spacings: list[int] = []
        periods: list[int] = []
        bars: dict[int, bool] = {}
        missed = extra = 0
        for stretch in stretches:
            end = stage.beat - REACH if stretch.end is None else min(stretch.end, stage.beat)
            points = list(self._points(stretch.part, stretch.start, end))
            matched, beside = _matched(points, self._heard.of(player, stretch.start - REACH, end + REACH))
            for at, point in enumerate(points):
                bar, stroke = floor(point / self._bar), matched.get(at)
                bars[bar] = bars.get(bar, True) and stroke is not None
                missed += stroke is None
                if stroke is not None:
                    time, spacing, period = self._at(stage, stretch.part, point)
                    asynchronies.append(stroke.time - time)
                    spacings.append(spacing)
                    periods.append(period)
            extra += len(beside)
            for stroke in beside:
                bars[floor(stroke.beat / self._bar)] = False
        figures = live.figures(asynchronies, spacings, periods, missed, extra)
        parts = [self._piece.parts[stretch.part].name for stretch in stretches[-1:]]
        return {
            "part": parts[0] if parts else None,
            **asdict(figures),
            "complete_bars": sum(bars.values()),
            "bars": len(bars),
        }

    def _at(self, stage: Stage, part: int, point: float) -> tuple[int, int, int]:
        """When a stroke of a part is, how long until the next one, and the length of the beat there, ns."""
        known = self._times.get((part, point))
        if known is None:
            following = next(self._points(part, point + HAIR, point + 2 * self._length))
            time = stage.time(point)
            known = self._times[part, point] = (
                time,
                stage.time(following) - time,
                stage.time(point + 1) - time,
            )
        return known

    def _points(self, part: int, start: float, end: float) -> Iterator[float]:
        """The strokes of a part on ``[start, end)`` in local beats."""
        onsets = [onset for onset in self._piece.parts[part].onsets if onset < self._length]
        loop = floor(start / self._length) * self._length
        while onsets and loop < end:
            yield from (loop + onset for onset in onsets if start <= loop + onset < end)
            loop += self._length

    def section_of(self, player: str) -> str:
        name = self._groups.name_of(player)
        return f"{name}: {self._part(self._groups.of(player)).name}" if name else ""

    def words(self, beat: float) -> str:
        loop = int(beat // self._length) + 1
        of = f" of {self._loops}" if self._loops else ""
        return f"{self._piece.title}, loop {max(1, loop)}{of}"


def _matched(points: list[float], strokes: list[Stroke]) -> tuple[dict[int, Stroke], list[Stroke]]:
    """(position of the point -> the stroke nearest to it, the strokes beside)."""
    best: dict[int, Stroke] = {}
    beside: list[Stroke] = []
    for stroke in strokes:
        after = bisect_left(points, stroke.beat)
        near = min(
            (at for at in (after - 1, after) if 0 <= at < len(points)),
            key=lambda at: abs(points[at] - stroke.beat),
            default=None,
        )
        if near is None or abs(points[near] - stroke.beat) > REACH:
            beside.append(stroke)
            continue
        other = best.get(near)
        if other is None:
            best[near] = stroke
        elif abs(points[near] - stroke.beat) < abs(points[near] - other.beat):
            best[near] = stroke
            beside.append(other)
        else:
            beside.append(stroke)
    return best, beside
