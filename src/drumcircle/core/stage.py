"""The stage of the running structure: its local beats turned into the circle's."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, inf
from random import Random
from typing import Literal

from drumcircle.core import conduct, sections
from drumcircle.core import stretch as stretches
from drumcircle.core.events import (
    CallBegan,
    Cue,
    PieceMade,
    PlayRecording,
    PulseMovedByPlaying,
    RhythmGiven,
    StopRecording,
    TurnBegan,
    TurnPassedByPlaying,
)
from drumcircle.core.loudness import Level
from drumcircle.core.pattern import Pattern
from drumcircle.core.piece import Piece
from drumcircle.core.pulse import Meter
from drumcircle.core.roster import Player
from drumcircle.core.sections import Section
from drumcircle.core.state import GRACE, Running, State
from drumcircle.measures import steady
from drumcircle.measures.incremental import JudgedHit, Sums
from drumcircle.measures.live import PlayerFigures


class RunningStage:
    """See :class:`drumcircle.core.structures.stage.Stage`."""

    __slots__ = ("_now", "_running", "_state")
    grace = GRACE

    def __init__(self, state: State, running: Running, now: int) -> None:
        self._state, self._running, self._now = state, running, now

    @property
    def rng(self) -> Random:
        return self._state.rng

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        return tuple(self._state.library)

    @property
    def beat(self) -> float:
        return self._state.local(self._running, self._state.beat(self._now))

    @property
    def beats_in_bar(self) -> int:
        return self._meter.beats

    @property
    def meter(self) -> str:
        return str(self._meter)

    @property
    def _meter(self) -> Meter:
        pulse, running = self._state.pulse, self._running
        return pulse.meter_at(max(self._state.beat(self._now), running.origin + running.since))

    def bar_line(self, beat: float) -> int:
        return self._state.pulse.next_bar_line(self._running.origin + beat) - self._running.origin

    def time(self, beat: float) -> int:
        return self._state.pulse.time_at(stretches.on_pulse(self._running, beat))

    # ---- the pulse, where it is let go

    def tempo(self, beat: float) -> float:
        return self._state.pulse.bpm_at(self._running.origin + beat)

    @property
    def counting_in(self) -> bool:
        armed = self._state.armed
        return armed is not None and not armed.adopts and armed.count_from - 2 <= self._state.beat(self._now)

    def movable(self) -> int:
        return conduct.movable(self._state, self._now) - self._running.origin

    def set_tempo(self, bpm: float, beat: int, *, journalled: bool = True) -> None:
        self._may_move()
        at = self._running.origin + beat
        self._state.pulse.set_tempo(bpm, at)
        conduct.retime(self._state, at, self._now)
        if not journalled:
            self._state.emit(PulseMovedByPlaying(self._now, at, self._state.pulse.time_at(at), bpm))

    def land(
        self, beat: int, time: int, bpm: float, *, since: float | None = None, journalled: bool = True
    ) -> None:
        self._may_move()
        state, at = self._state, self._running.origin + beat
        from_time = self._now if since is None else self.time(since)
        from_beat = state.beat(from_time)
        state.pulse.land(at, time, bpm, from_time)
        conduct.retime(state, from_beat, self._now, at)
        if not journalled:
            state.emit(PulseMovedByPlaying(from_time, at, time, bpm))

    def _may_move(self) -> None:
        if not self._running.structure.lets_pulse_go:
            raise RuntimeError(f"{self._running.structure.name} does not say that it lets the pulse go")

    def level(self, what: Level, gain: float, beat: float) -> None:
        self._state.loudness.set(what, gain, self._running.origin + beat)
        if self._running.origin + beat < self._state.next_beat:
            conduct.relevel(self._state, self._now)

    def steadiness(self, player: str, points: int) -> float | None:
        sums = Sums()
        for hit in self._recent(player, points):
            if hit is not None:
                sums.add(hit)
        return sums.figures().ppc_grid

    def steady_windows(self, player: str, count: int) -> list[bool]:
        recent = self._recent(player, steady.WINDOW + count - 1)
        phases = [None if hit is None else atan2(hit[2], hit[1]) for hit in reversed(recent)]
        return [steady.steady_window(phases[at : at + steady.WINDOW]) for at in range(count)]

    def _recent(self, player: str, points: int) -> list[JudgedHit | None]:
        score = self._state.score(player)
        return score.recent(points, self._state.beat(self._now), self._state.silent)

    # ---- people

    def players(self) -> list[Player]:
        return self._state.roster.active()

    def player(self, player: str) -> Player | None:
        known = self._state.roster.players.get(player)
        if known is not None:
            return known
        return next((p for p in self._state.roster.players.values() if p.alias == player), None)

    def measured(self, player: str) -> bool:
        person = self._state.roster.players.get(player)
        if person is None or person.live_only:
            return False
        return bool(self._state.roster.devices_ever(player))

    @property
    def leader(self) -> Player | None:
        leader = self._state.leader
        person = None if leader is None else self._state.roster.players.get(leader)
        return person if person is not None and person.active else None

    def sections(self, text: str, count: int) -> list[Section]:
        divided = self._state.sections
        if text == sections.CIRCLE and divided:
            return [Section(section.name, list(section.members)) for section in divided]
        return sections.divide(text, self.players(), count, self.rng.shuffle)

    def grid(self, player: str, start: float, subdivision: float) -> None:
        self._running.regridded[player] = None
        self._state.score(player).set_subdivision(self._running.origin + start, subdivision)

    def figures(self, player: str, start: float, end: float) -> PlayerFigures:
        stretch = list(stretches.spans(self._running, start, end))
        return stretches.figures(self._state, player, stretch, self._state.beat(self._now))

    def together(self, players: Sequence[str], start: float, end: float) -> float | None:
        return stretches.together(self._state, players, list(stretches.spans(self._running, start, end)))

    def invite(self, player: str, start: float, end: float | None = None) -> None:
        origin = self._running.origin
        score = self._state.score(player)
        score.invited.add(origin + start, inf if end is None else origin + end)

    def uninvite(self, player: str, start: float) -> None:
        self._state.score(player).invited.cut(self._running.origin + start)

    def cue(
        self,
        beat: float,
        voice: Literal["call", "drum", "click", "accent", "count"],
        gain: float,
        name: str,
    ) -> None:
        conduct.plan(self._state, self._running.origin + beat, Cue(f"part:{name}", 0, voice, gain))

    def hush(self, name: str, beat: float) -> None:
        conduct.withdraw_part(self._state, self._running.origin + beat, self._now, f"part:{name}")

    def play_recording(self, path: str, beat: float, offset: int) -> None:
        self._state.emit(PlayRecording(path, self.time(beat), offset))

    def stop_recording(self, beat: float) -> None:
        self._state.emit(StopRecording(self.time(beat)))

    def call_began(self, caller: str, onsets: tuple[float, ...], echo_start: float, echo_end: float) -> None:
        times = tuple(self.time(onset) for onset in onsets)
        self._state.emit(CallBegan(caller, times, self.time(echo_start), self.time(echo_end)))

    def turn(self, player: str | None, start: float, end: float | None = None) -> None:
        until = None if end is None else self.time(end)
        devices = () if player is None else self._state.roster.devices_of(player, self._now)
        self._state.emit(TurnBegan(player, self.time(start), until, devices))

    def turn_ends_by_playing(self, player: str, end: float) -> None:
        self._state.emit(TurnPassedByPlaying(player, self.time(end)))

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(self._state.pieces)

    def piece_made(self, piece: Piece) -> None:
        self._state.emit(PieceMade(piece))

    def rhythm_given(self, pattern: Pattern) -> None:
        self._state.emit(RhythmGiven(pattern))

    def markers(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for mark in self._state.marks:
            if mark[0] >= self._running.began:
                found[mark[1]] = found.get(mark[1], 0) + 1
        return found

    def say(self, text: str, *, scope: Literal["all", "therapist"] = "all") -> None:
        self._state.notice(self._now, text, scope=scope)

    def finish(self, beat: float) -> None:
        from drumcircle.core import grammar

        grammar.end_running(self._state, self._running.origin + beat, self._now)
