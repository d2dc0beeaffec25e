"""Name rhythm: a player gives a rhythm, all echo it, then the next one does.

The rhythm and its echo are measured as in call and response; each rhythm is kept in the pattern library under
its player's alias, to the nearest twelfth of a beat, so that it can be called again.
"""

from __future__ import annotations

import re
from collections import deque
from math import ceil
from typing import Literal

from drumcircle.core.events import MS
from drumcircle.core.pattern import Pattern
from drumcircle.core.structures.base import Played, Setting, Stage, Structure, Value, Wake, alias
from drumcircle.core.structures.calls import LIVE_MARGIN, Call, group_words
from drumcircle.core.structures.turn_order import ORDERS, Place, TurnOrder
from drumcircle.core.view import LIVE_GRID, CallView, TurnView
from drumcircle.errors import UsageError

AHEAD = 0.5
BETWEEN = 15 * MS
"""Chance takes milliseconds to work out, so players are scored one after the other."""
KEPT_CALLS = 1000
RHYTHM = "the next rhythm"
FEW, SOME = 4, 8
"""Strokes up to which a rhythm is of level 1, and of level 2."""


class NameRhythm(Structure):
    """Round the circle: one bar of one's own, one bar in which everybody gives it back."""

    name = "name_rhythm"
    title = "Name rhythm"
    sentence = "Play us your name, or a rhythm that is yours, and we all give it back to you."
    why = "Everybody is met by all as who they are; a gentle way to begin."
    method = "improvisational"
    domains = ("social", "communication", "cognitive")
    measures = ("echo precision, recall and F1 above chance by rhythm", "timing error")
    settings = (
        Setting("bars", 1, "length of a rhythm", choices=(1, 2), live=RHYTHM),
        Setting(
            "order", "circle", "who comes when; or players joined by +, such as blue+amber",
            choices=ORDERS, free=True,
        ),
        Setting("rounds", 1, "how often everybody gives a rhythm", low=1, high=20, live=RHYTHM),
        Setting("keep", True, "keep the rhythms in the pattern library, under the player's alias", live=RHYTHM),
    )  # fmt: skip
    next_key = "next turn"
    hears = hears_late = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._bars = int(self.chosen["bars"])
        self._order = TurnOrder(str(self.chosen["order"]), int(self.chosen["rounds"]))
        self._call: Call | None = None
        """The rhythm that is given or echoed, or is about to be."""
        self._last: Call | None = None
        """The one before it; its echoes are scored while the next is given."""
        self._scoring = False
        self._place: Place | None = None
        """Where the player of this rhythm stood in the order."""
        self._starts: int | None = None
        self._free = 0
        self._count = 0
        self._rows: deque[dict[str, object]] = deque(maxlen=KEPT_CALLS)
        self._words = ""
        self._grace = 0

    def named_players(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._order.names))

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._grace = stage.grace
        self._give(stage, 0)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._bars = int(chosen["bars"])
        self._order.change(str(chosen["order"]), int(chosen["rounds"]))

    def wake(self) -> Wake | None:
        if self._scoring and self._last is not None:
            return Wake(self._last.echo_end, self._grace + BETWEEN * len(self._last.scored))
        call = self._call
        if call is None:
            return None if self._starts is None else Wake(self._starts - AHEAD)
        return Wake(call.echo_end - AHEAD if call.told else call.echo_start - LIVE_MARGIN)

    def act(self, stage: Stage) -> None:
        call = self._call
        if self._scoring and self._last is not None:
            self._score(stage, self._last)
        elif call is None:
            self._give(stage, self._starts or 0)
        elif call.told:
            self._last, self._scoring = call, True
            self._give(stage, call.echo_end)
        else:
            self._echo(stage, call)

    def _give(self, stage: Stage, start: int) -> None:
        """The next in order gives a rhythm from ``start`` on; where nobody is there, it waits."""
        self._call = self._starts = None
        self._free = start
        player = self._order.take(stage, self._count)
        if player is None:
            stage.turn(None, start)
            if self._order.over and not self._scoring:
                stage.finish(start)
            return
        self._count += 1
        self._place = self._order.place(player)
        beats = self._bars * stage.beats_in_bar
        self._call = Call(
            self._count, self._place.round, 1, alias(stage, player), player, None, start, beats, told=False
        )
        stage.turn(player, start, start + beats)

    def _echo(self, stage: Stage, call: Call) -> None:
        """The rhythm is known: now everybody."""
        call.told = True
        onsets = tuple(call.start + onset for onset in call.onsets)
        stage.call_began(call.by or call.caller, onsets, call.echo_start, call.echo_end)
        stage.turn(None, call.echo_start)

    def _score(self, stage: Stage, call: Call) -> None:
        """One player's echo, and once all are scored, what is kept of the rhythm."""
        player = call.next_to_score()
        if player is not None:
            call.score(stage, player)
            return
        self._conclude(stage, call)
        if self._call is None and self._order.over:
            stage.finish(max(call.echo_end, self._free))

    def _conclude(self, stage: Stage, call: Call) -> None:
        self._scoring = False
        self._rows.append(call.row(stage))
        # Of one who echoes alone, words for the group would be that person's score.
        self._words = group_words(call.scored.values()) if len(call.scored) > 1 else ""
        if self.chosen["keep"] and call.strokes:
            stage.rhythm_given(_pattern(call, stage.meter))

    def resume(self, stage: Stage, beat: int) -> None:
        """A rhythm or echo that was interrupted begins again with the rhythm."""
        if self._scoring and self._last is not None and beat < self._last.echo_end:
            self._go_back(stage, self._last, beat)
        elif self._call is not None and beat < self._call.echo_end:
            self._call.begin_again(max(beat, self._call.start))
            stage.turn(self._call.by, self._call.start, self._call.echo_start)
        elif self._starts is not None:
            self._starts = max(self._starts, beat)

    def _go_back(self, stage: Stage, call: Call, beat: int) -> None:
        """The circle was stopped in the last half beat of an echo, when the next one had been given the floor."""
        if self._call is not None and self._place is not None:
            self._order.go_back(self._place)
            self._count -= 1
        self._call, self._scoring = call, False
        call.begin_again(max(beat, call.start))
        stage.turn(call.by, call.start, call.echo_start)

    def close(self, stage: Stage, beat: float) -> None:
        if self._call is not None and self._call.echo_end <= beat:
            self._last, self._scoring, self._call = self._call, True, None
        while self._scoring and self._last is not None and self._last.echo_end <= beat:
            player = self._last.next_to_score()
            if player is None:
                self._conclude(stage, self._last)
            else:
                self._last.score(stage, player)

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        for call in (self._last if self._scoring else None, self._call):
            if call is None or not played.kept:
                continue
            if played.player == call.by:
                call.hear_call(played.beat, played.velocity)
            else:
                call.hear_echo(played.player, played.beat, played.velocity)

    def next_turn(self, stage: Stage, player: str | None, beat: float) -> None:
        """A nominated player comes next; without one the key lets a rhythm that does not come go by."""
        if player is not None:
            self._order.nominate(stage, player)
        elif self._call is None:
            raise UsageError("Nobody gives a rhythm now; choose a player.")
        elif self._call.told:
            raise UsageError("It is being echoed; the next one follows.")
        line = stage.bar_line(ceil(beat + AHEAD))
        if self._call is None:
            self._starts = max(line, self._free)
        elif player is None:
            self._let_go(stage, line)

    def _let_go(self, stage: Stage, line: int) -> None:
        """Nobody echoes this one; the next comes on ``line``."""
        self._call, self._starts = None, max(line, self._free + 1)
        stage.turn(None, self._starts)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self._order.joined(stage, player)
        if self._call is None and self._starts is None and not (self._order.over or self._order.waits):
            self._starts = stage.bar_line(max(ceil(beat), ceil(stage.beat + AHEAD), self._free))

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        """Who goes while giving a rhythm: the next one comes after a bar."""
        self._order.gone(player)
        call = self._call
        if call is not None and call.by == player and not call.told:
            self._let_go(stage, stage.bar_line(ceil(max(beat, stage.beat, call.start)) + stage.beats_in_bar))

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._rows.clear()
        for call in (self._last, self._call):
            if call is not None:
                call.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        return {"rhythms": list(self._rows)}

    def words(self, beat: float) -> str:
        call = self._shown(beat)
        if call is None:
            return "who is next?" if self._order.waits else "waiting for players"
        return f"{self._order.words()}: {'echo' if beat >= call.echo_start else 'listening'}"

    def _shown(self, beat: float) -> Call | None:
        call = self._call
        if call is not None and call.start <= beat:
            return call
        return self._last if self._last is not None and beat < self._last.echo_end else None

    def turn_view(self, beat: float) -> TurnView | None:
        call = self._shown(beat)
        order = tuple(self._order.players)
        if call is None:
            return None if self._order.over else TurnView(order, None, self._order.peek(), None)
        coming = self._call.by if self._call is not None and self._call is not call else self._order.peek()
        if beat >= call.echo_start:
            return TurnView(order, None, coming, None)
        return TurnView(order, call.by, coming, ceil(call.echo_start - beat))

    def call_view(self, beat: float) -> CallView | None:
        call = self._shown(beat)
        if call is None:
            return None
        phase: Literal["call", "echo"] = "call" if beat < call.echo_start else "echo"
        return CallView(phase, call.caller, "", float(call.beats), call.onsets, call.round, (), self._words)


def _pattern(call: Call, meter: str) -> Pattern:
    """The rhythm for the library: to the nearest twelfth of a beat, the louder of two that fall together."""
    strokes: dict[int, int] = {}
    for stroke in call.strokes:
        step = min(max(round(stroke.beat * LIVE_GRID), 0), call.beats * LIVE_GRID - 1)
        strokes[step] = max(stroke.velocity, strokes.get(step, 1))
    steps = sorted(strokes)
    level = 1 if len(steps) <= FEW else 2 if len(steps) <= SOME else 3
    name = re.sub(r"[^a-z0-9]+", "-", call.caller.lower()).strip("-")[:36] or "player"
    return Pattern(
        name if call.round == 1 else f"{name}-{call.round}",
        call.caller,
        level,
        float(call.beats),
        meter,
        tuple(step / LIVE_GRID for step in steps),
        tuple(strokes[step] for step in steps),
    )
