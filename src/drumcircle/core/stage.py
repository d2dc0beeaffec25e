"""The stage of the running structure: its local beats turned into the circle's."""

from __future__ import annotations

from math import inf
from random import Random
from typing import Literal

from drumcircle.core import conduct
from drumcircle.core.events import CallBegan, Cue, TurnBegan, TurnPassedByPlaying
from drumcircle.core.pattern import Pattern
from drumcircle.core.pulse import Meter
from drumcircle.core.roster import Player
from drumcircle.core.state import GRACE, Running, State


class RunningStage:
    """See :class:`drumcircle.core.structures.base.Stage`."""

    __slots__ = ("_now", "_running", "_state")
    grace = GRACE

    def __init__(self, state: State, running: Running, now: int) -> None:
        self._state, self._running, self._now = state, running, now

    @property
    def rng(self) -> Random:
        return self._state.rng

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        return self._state.config.patterns

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
        return self._state.pulse.time_at(self._running.origin + beat)

    def players(self) -> list[Player]:
        return self._state.roster.active()

    def player(self, player: str) -> Player | None:
        known = self._state.roster.players.get(player)
        if known is not None:
            return known
        return next((p for p in self._state.roster.players.values() if p.alias == player), None)

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

    def call_began(self, caller: str, onsets: tuple[float, ...], echo_start: float, echo_end: float) -> None:
        times = tuple(self.time(onset) for onset in onsets)
        self._state.emit(CallBegan(caller, times, self.time(echo_start), self.time(echo_end)))

    def turn(self, player: str | None, start: float, end: float | None = None) -> None:
        until = None if end is None else self.time(end)
        devices = () if player is None else self._state.roster.devices_of(player, self._now)
        self._state.emit(TurnBegan(player, self.time(start), until, devices))

    def turn_ends_by_playing(self, player: str, end: float) -> None:
        self._state.emit(TurnPassedByPlaying(player, self.time(end)))

    def say(self, text: str, *, scope: Literal["all", "therapist"] = "all") -> None:
        self._state.notice(self._now, text, scope=scope)

    def finish(self, beat: float) -> None:
        from drumcircle.core import grammar

        grammar.end_running(self._state, self._running.origin + beat, self._now)
