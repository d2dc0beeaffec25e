"""Call and response: somebody calls, everybody echoes, and a bar of rest in which it is heard how it went.

Nobody is judged on the beat here: an echo is compared with its call alone (``measures/echo.py``).
A round is the call, its echo in the same length, and at least one bar of rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from typing import Literal

from drumcircle.core.events import MS
from drumcircle.core.structures.base import Played, Setting, Stage, Structure, Value, Wake
from drumcircle.core.structures.calls import LIVE_MARGIN, Call, Stroke, echo_words, group_words, nearly_all
from drumcircle.core.structures.choosing import choose
from drumcircle.core.structures.ladder import LOW, Ladder
from drumcircle.core.view import CallView, EchoView

LIBRARY, UNHEARD, FACILITATOR, LEADER = "library", "unheard", "facilitator", "leader"
BETWEEN = 15 * MS
"""Chance takes milliseconds to work out, so players are scored one after the other."""
AHEAD = 300 * MS
"""A call is planned at least this long before it sounds."""
KEPT_CALLS = 1000
CALL = "the next call"


class CallAndResponse(Structure):
    """Library, player or a voice calls; the same call again where the group's echo was low."""

    name = "call_and_response"
    title = "Call and response"
    sentence = "Listen first, then play it back together."
    why = "Listening, holding in mind and answering together; everybody hears that they are heard."
    method = "re-creational"
    domains = ("cognitive", "communication", "social")
    measures = ("echo precision, recall and F1 above chance", "timing error", "lag", "dynamics correlation")
    settings = (
        Setting(
            "caller", LIBRARY, "who calls: the library, unheard (voice, body), the facilitator, whoever leads, or a player",
            choices=(LIBRARY, UNHEARD, FACILITATOR, LEADER), free=True, live=CALL,
        ),
        Setting("bars", 1, "length of a call", choices=(1, 2, 4), live=CALL),
        Setting("level", 1, "how hard calls of the library are", low=1, high=3, live=CALL),
        Setting("pattern", "", "one pattern of the library, always; none: by level", free=True, live=CALL),
        Setting("grace", 0.0, "beats after its bars in which an echo still counts", low=0, high=1, live=CALL),
        Setting("retries", 1, "how often a call is repeated if little of it came back", low=0, high=5, live=CALL),
        Setting("rounds", 8, "how many calls; 0: until it is ended", low=0, high=500, live=CALL),
        Setting("ladder", False, "simpler after two low echoes, harder after three high ones", live=CALL),
    )  # fmt: skip
    hears = hears_late = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._read(self.chosen)
        self._ladder = _ladder(self.chosen)
        self._call: Call | None = None
        """The call that is played, echoed or comes next."""
        self._last: Call | None = None
        """The call before it, whose echoes are complete."""
        self._heard: tuple[EchoView, ...] = ()
        self._group_words = ""
        self._rows: deque[dict[str, object]] = deque(maxlen=KEPT_CALLS)
        self._calls = 0
        self._why = ""
        self._grace = 0

    def _read(self, chosen: dict[str, Value]) -> None:
        self._bars, self._retries, self._rounds = (
            int(chosen[name]) for name in ("bars", "retries", "rounds")
        )
        self._late = float(chosen["grace"])

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._grace = stage.grace
        self._announce(stage, self._fresh(stage, 0, 1))

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        """The call that has been announced is played as it is; the ladder stays on its step."""
        before = self.chosen
        super().adopt(stage, chosen, beat)
        self._read(chosen)
        if any(chosen[name] != before[name] for name in ("level", "ladder")):
            self._ladder = _ladder(chosen)

    def wake(self) -> Wake | None:
        call = self._call
        if call is None:
            return None
        if not call.told:
            return Wake(call.echo_start - LIVE_MARGIN)
        return Wake(call.echo_end + call.grace, self._grace + BETWEEN * len(call.scored))

    def act(self, stage: Stage) -> None:
        call = self._call
        if call is None:
            return
        if not call.told:
            call.told = True
            self._tell(stage, call)
            return
        player = call.next_to_score()
        if player is not None:
            call.score(stage, player)
        else:
            self._conclude(stage, call)
            self._go_on(stage, call)

    def resume(self, stage: Stage, beat: int) -> None:
        """A call or echo that was interrupted begins again with its call."""
        call = self._call
        if call is not None and beat < call.echo_end:
            call.begin_again(max(beat, call.start))
            self._announce(stage, call)

    def close(self, stage: Stage, beat: float) -> None:
        call = self._call
        if call is None or call.echo_end > beat:
            return
        while (player := call.next_to_score()) is not None:
            call.score(stage, player)
        self._conclude(stage, call)

    # ---- calls

    def _fresh(self, stage: Stage, start: int, number: int) -> Call:
        """The call of a new round, from ``start`` on."""
        caller, by = self._caller(stage)
        self._calls += 1
        if caller != LIBRARY:
            beats = self._bars * stage.beats_in_bar
            return Call(
                self._calls, number, 1, caller, by, None, start, beats, grace=self._late, told=by is None
            )
        level = self._ladder.level if self._ladder is not None else int(self.chosen["level"])
        last = self._last.pattern.name if self._last is not None and self._last.pattern is not None else ""
        pattern, why = choose(stage, self._bars, level, str(self.chosen["pattern"]), last)
        self._explain(stage, why)
        strokes = [Stroke(*stroke) for stroke in zip(pattern.onsets, pattern.velocities, strict=True)]
        beats = int(pattern.beats)
        return Call(self._calls, number, 1, LIBRARY, None, pattern, start, beats, strokes, self._late)

    def _caller(self, stage: Stage) -> tuple[str, str | None]:
        """(what people read, player): who calls the next round."""
        wanted = str(self.chosen["caller"])
        if wanted == LEADER:
            wanted = stage.leader.id if stage.leader is not None else FACILITATOR
        if wanted in (LIBRARY, UNHEARD):
            return wanted, None
        person = stage.player(wanted)
        if person is not None and person.active:
            return person.alias, person.id
        if person is None and wanted == FACILITATOR:
            return FACILITATOR, None
        who = person.alias if person is not None else wanted
        self._explain(stage, f"{who} is not in the circle; the library calls.")
        return LIBRARY, None

    def _explain(self, stage: Stage, why: str) -> None:
        """Say why a call is not as it was asked for, once in a row."""
        if why and why != self._why:
            stage.say(why)
        self._why = why or self._why

    def _announce(self, stage: Stage, call: Call) -> None:
        """Hand out what sounds, and tell the world what comes."""
        self._call = call
        if call.pattern is not None:
            for index, stroke in enumerate(call.strokes):
                gain = stroke.velocity / 127
                stage.cue(call.start + stroke.beat, "call", gain, f"call:{call.number}:{index}")
        if call.by is not None:
            stage.turn(call.by, call.start, call.start + call.beats)
        self._tell(stage, call)

    def _tell(self, stage: Stage, call: Call) -> None:
        onsets = tuple(call.start + onset for onset in call.onsets)
        stage.call_began(call.by or call.caller, onsets, call.echo_start, call.echo_end)

    def _conclude(self, stage: Stage, call: Call) -> None:
        """Every echo of this call is scored."""
        self._last = call
        self._rows.append(call.row(stage))
        self._heard = tuple(_heard(stage, call))
        # Of one who echoes alone, words for the group would be that person's score.
        told = len(call.scored) != 1 and bool(call.strokes)
        self._group_words = group_words(call.scored.values()) if told else ""
        if call.pattern is not None and call.scored and told:
            stage.say(f"{call.pattern.title}: {self._group_words}.")

    def _go_on(self, stage: Stage, call: Call) -> None:
        """The same call again, the next round, or the end."""
        above = call.above_chance()
        if self._ladder is not None and call.pattern is not None:
            self._ladder.step(stage, above)
        start = stage.bar_line(call.echo_end + stage.beats_in_bar)
        while stage.time(start) < stage.time(stage.beat) + AHEAD:
            start = stage.bar_line(start + 1)
        low = above is not None and above < LOW and not nearly_all(call.scored.values())
        if low and call.attempt <= self._retries and call.pattern is not None:
            self._calls += 1
            again = replace(
                call, number=self._calls, attempt=call.attempt + 1, start=start, echoes={}, scored={}
            )
            self._announce(stage, again)
        elif self._rounds and call.round >= self._rounds:
            self._call = None
            stage.finish(call.echo_end)
        else:
            self._announce(stage, self._fresh(stage, start, call.round + 1))

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        call = self._call
        if call is None or not played.kept:
            return
        if played.player == call.by:
            call.hear_call(played.beat, played.velocity)
        else:
            call.hear_echo(played.player, played.beat, played.velocity)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        """A caller who goes while calling: the library calls after one bar."""
        call = self._call
        if call is not None and call.by == player and not call.told:
            start = stage.bar_line(ceil(max(beat, stage.beat, call.start)) + stage.beats_in_bar)
            self._announce(stage, self._fresh(stage, start, call.round))

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._rows.clear()
        if self._call is not None:
            self._call.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        return {"rounds": list(self._rows)}

    def words(self, beat: float) -> str:
        call = self._shown(beat)
        if call is None:
            return ""
        of = f" of {self._rounds}" if self._rounds else ""
        again = ", again" if call.attempt > 1 else ""
        return f"round {call.round}{of}{again}: {_phase(call, beat)}"

    def call_view(self, beat: float) -> CallView | None:
        call = self._shown(beat)
        if call is None:
            return None
        phase = _phase(call, beat)
        return CallView(
            phase=phase,
            caller=_seen(call),
            pattern=call.pattern.title if call.pattern is not None else "",
            beats=float(call.beats),
            onsets=call.onsets,
            round=call.round,
            echoes=self._heard if call is self._last else (),
            group_words=self._group_words,
        )

    def _shown(self, beat: float) -> Call | None:
        """The call of this moment; in the rest after an echo still the one before."""
        coming = self._call is None or beat < self._call.start
        return self._last if coming and self._last is not None else self._call


def _ladder(chosen: dict[str, Value]) -> Ladder | None:
    return Ladder(int(chosen["level"])) if chosen["ladder"] else None


def _seen(call: Call) -> str:
    """Who calls, as a display says it."""
    if call.pattern is not None:
        return f"{LIBRARY}: {call.pattern.name}"
    return "voice" if call.caller == UNHEARD else call.caller


def _phase(call: Call, beat: float) -> Literal["call", "echo", "rest"]:
    if call.start <= beat < call.echo_start:
        return "call"
    return "echo" if call.echo_start <= beat < call.echo_end else "rest"


def _heard(stage: Stage, call: Call) -> Iterator[EchoView]:
    """Everybody's echo in words; who played nothing was listening."""
    for person in stage.players():
        if person.id == call.by:
            continue
        hits = tuple(stroke.beat for stroke in call.echo_of(person.id))
        scored = call.scored.get(person.id)
        if scored is not None:
            yield EchoView(person.id, hits, echo_words(scored), scored.f1_above_chance)
        elif person.live_only:
            yield EchoView(person.id, (), "live only")
        else:
            yield EchoView(person.id, hits, "played along" if hits else "listening")
