"""Mirror: what one player just played comes back to them, as musical mirroring does.

A bar is heard, comes back ``delay`` bars later, and then there is a bar for an answer, which is the next thing heard.
A stroke is handed out for its place in the mirror the moment it is played.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import ceil

from drumcircle.core.events import MS
from drumcircle.core.structures.base import Played, Setting, Stage, Structure, Wake, alias
from drumcircle.core.structures.calls import LIVE_MARGIN, SEED, Stroke
from drumcircle.core.view import TurnView
from drumcircle.errors import UsageError
from drumcircle.measures.echo import Echo, echo

STEPS = 4
"""Grid points a beat that strokes are drawn toward."""
ANSWER_WITHIN = 4
KEPT = 1000
STROKES = 256


@dataclass(slots=True)
class _Phrase:
    """A bar of one player's, from local beat ``start`` on, that comes back at ``back``."""

    player: str | None
    start: int
    beats: int
    back: int
    strokes: list[Stroke] = field(default_factory=list)
    kept: bool = True
    latency: int | None = None
    """From the end of the mirror to the player's first hit, ns; below 0: it began early."""
    answer: Echo | None = None

    @property
    def back_ends(self) -> int:
        return self.back + self.beats


class Mirror(Structure):
    """Bar for bar: listen, play it back, wait for the answer."""

    name = "mirror"
    title = "Mirror"
    sentence = "Play something; I will play it back to you. Then it is your turn again."
    why = "To hear oneself answered is to be met; from there a conversation can begin."
    method = "improvisational"
    domains = ("communication", "emotional")
    measures = ("answered within four beats", "similarity of the answer")
    settings = (
        Setting("player", "", "who is mirrored; none: whoever plays first", free=True),
        Setting("by", "hub", "who plays it back", choices=("hub", "facilitator")),
        Setting("delay", 1, "bars until it comes back", low=1, high=4),
        Setting("quantise", 50, "percent of the way to the nearest quarter of a beat", low=0, high=100),
        Setting("loudness", 0.8, "of what was played", low=0.1, high=1),
    )
    next_key = "anybody"
    hears = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._delay = int(self.chosen["delay"])
        self._quantise = int(self.chosen["quantise"]) / 100
        self._player: str | None = None
        self._phrase = _Phrase(None, 0, 1, 1)
        self._last: _Phrase | None = None
        """The phrase before, whose mirror is to be answered."""
        self._rows: deque[dict[str, object]] = deque(maxlen=KEPT)
        self._number = 0

    def named_players(self) -> tuple[str, ...]:
        name = str(self.chosen["player"])
        return (name,) if name else ()

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        person = stage.player(str(self.chosen["player"]))
        self._player = person.id if person is not None and person.active else None
        self._listen(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        """What was interrupted is forgotten; a new bar is heard."""
        self._last = None
        self._listen(stage, beat)

    def _listen(self, stage: Stage, beat: int) -> None:
        bar = stage.beats_in_bar
        self._phrase = _Phrase(self._player, beat, bar, beat + self._delay * bar)
        self._number += 1
        if self._player is not None:
            stage.turn(self._player, beat, beat + bar)

    def wake(self) -> Wake | None:
        return Wake(self._phrase.start + self._phrase.beats - LIVE_MARGIN)

    def act(self, stage: Stage) -> None:
        """The bar that was heard is over."""
        phrase = self._phrase
        self._conclude(stage, phrase)
        if not phrase.strokes:
            self._listen(stage, phrase.start + phrase.beats)
            return
        self._last = phrase
        stage.turn(None, phrase.start + phrase.beats)
        self._listen(stage, phrase.back_ends)

    def _conclude(self, stage: Stage, answer: _Phrase) -> None:
        """How the last mirror was answered."""
        last, self._last = self._last, None
        if last is None or not last.kept:
            return
        if answer.strokes and answer.kept and answer.player == last.player:
            last.answer = _compared(stage, last, answer.strokes)
        self._rows.append(_row(stage, last))

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        phrase = self._phrase
        low = phrase.start - LIVE_MARGIN
        if self._player is None and low <= played.beat < low + phrase.beats:
            self._player = phrase.player = played.player
        if played.player != self._player:
            return
        self._answered(stage, played)
        if low <= played.beat < low + phrase.beats and len(phrase.strokes) < STROKES:
            phrase.kept = phrase.kept and played.kept
            self._mirror(stage, Stroke(played.beat - phrase.start, played.velocity))

    def _answered(self, stage: Stage, played: Played) -> None:
        last = self._last
        if last is None or last.player != played.player or last.latency is not None or not played.kept:
            return
        if last.back_ends - LIVE_MARGIN <= played.beat < last.back_ends + ANSWER_WITHIN:
            last.latency = played.time - stage.time(last.back_ends)

    def _mirror(self, stage: Stage, stroke: Stroke) -> None:
        phrase = self._phrase
        phrase.strokes.append(stroke)
        if self.chosen["by"] != "hub":
            return
        nearest = round(stroke.beat * STEPS) / STEPS
        beat = phrase.back + max(0.0, stroke.beat + self._quantise * (nearest - stroke.beat))
        gain = stroke.velocity / 127 * float(self.chosen["loudness"])
        stage.cue(beat, "call", gain, f"mirror:{self._number}:{len(phrase.strokes)}")

    def next_turn(self, stage: Stage, player: str | None, beat: float) -> None:
        """Somebody else is mirrored from the next bar that is heard on; none named: whoever plays."""
        if player is None:
            self._player = None
            return
        person = stage.player(player)
        if person is None or not person.active:
            raise UsageError(f"{player} is not in the circle; choose somebody who is in.")
        self._player = person.id
        if not self._phrase.strokes:
            self._phrase.player = person.id
        stage.say(f"{person.shape} {person.alias} is mirrored.")

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        """Who is to be mirrored, and is back, is mirrored again."""
        wanted = stage.player(str(self.chosen["player"]))
        if wanted is not None and wanted.id == player:
            self._player = player
            if not self._phrase.strokes:
                self._phrase.player = player

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        """Whoever plays next is mirrored."""
        if player == self._player:
            self._player = None

    def close(self, stage: Stage, beat: float) -> None:
        if self._last is not None and self._last.back_ends <= beat:
            self._conclude(stage, self._phrase)

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._rows.clear()

    def results(self, stage: Stage) -> dict[str, object]:
        return {"phrases": list(self._rows)}

    def words(self, beat: float) -> str:
        last = self._last
        if last is not None and last.back <= beat < last.back_ends:
            return "playing it back" if self.chosen["by"] == "hub" else "play it back to them"
        return "listening" if self._player is not None else "whoever plays is mirrored"

    def turn_view(self, beat: float) -> TurnView | None:
        if self._player is None:
            return None
        heard = self._phrase.start <= beat < self._phrase.start + self._phrase.beats
        left = ceil(self._phrase.start + self._phrase.beats - beat) if heard else None
        return TurnView((self._player,), self._player if heard else None, self._player, left)


def _compared(stage: Stage, phrase: _Phrase, answer: list[Stroke]) -> Echo:
    beat_ms = (stage.time(phrase.back_ends) - stage.time(phrase.back_ends - 1)) / MS
    return echo(
        [stroke.beat * beat_ms for stroke in phrase.strokes],
        [stroke.beat * beat_ms for stroke in answer],
        beat_ms=beat_ms,
        length_ms=phrase.beats * beat_ms,
        seed=SEED,
        call_velocities=[stroke.velocity for stroke in phrase.strokes],
        response_velocities=[stroke.velocity for stroke in answer],
    )


def _row(stage: Stage, phrase: _Phrase) -> dict[str, object]:
    answer = phrase.answer
    return {
        "player": alias(stage, phrase.player or ""),
        "start_beat": phrase.start,
        "hits": len(phrase.strokes),
        "answered": phrase.latency is not None,
        "response_latency_ms": phrase.latency / MS if phrase.latency is not None else None,
        "similarity_f1": answer.f1 if answer is not None else None,
        "similarity_above_chance": answer.f1_above_chance if answer is not None else None,
        "dynamics_correlation": answer.dynamics_correlation if answer is not None else None,
    }
