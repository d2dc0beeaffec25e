"""Cues to pads that have a light or a motor: sent ahead, in each pad's own time, so that the network cannot move them.

A pad lights the beats by itself, from the last ``pulse`` it was told; so one message a bar does, and a pad that
loses its network goes on.  Only what follows from nothing else is sent by itself: count-ins, calls, turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Literal

from drumcircle.core.events import (
    MS,
    Cue,
    Effect,
    OutputLatency,
    PulseLit,
    PulseShown,
    Stopped,
    TurnBegan,
    Withdraw,
)
from drumcircle.net.pad import Pad
from drumcircle.net.wire import VERSION, PadCue

MINUTE = 60_000_000
"""µs."""

Tell = Callable[[Pad, PadCue], None]


class Lights:
    """The pads' lights; each is told what concerns it as soon as its clock is known."""

    def __init__(self, pads: Callable[[], Iterable[Pad]], tell: Tell) -> None:
        self._pads, self._tell = pads, tell
        self._latency = 0
        self._pulse: PulseShown | None = None
        self._dark_until = -inf
        self._led = True
        """The pulse leads; where it is let go no light may."""
        self._turn: TurnBegan | None = None
        self._lit: set[str] = set()

    def take(self, effect: Effect) -> None:
        """What the circle asks of the world; most of it is not for lights."""
        if isinstance(effect, PulseShown):
            self._pulse = effect
            self._to_all(self._beat)
        elif isinstance(effect, Cue):
            if effect.voice in ("count", "call"):
                self._to_all(lambda pad: self._once(pad, effect))
        elif isinstance(effect, Withdraw):
            self._to_all(lambda pad: self._cue(pad, effect.prefix, "withdraw", effect.since))
        elif isinstance(effect, TurnBegan):
            self._turn_to(effect)
        elif isinstance(effect, Stopped):
            self._stop(effect)
        elif isinstance(effect, PulseLit):
            self._let_go(effect)
        elif isinstance(effect, OutputLatency) and effect.channel == "light":
            self._latency = round((effect.ms or 0.0) * MS)

    def welcome(self, pad: Pad, *, back: bool = False) -> None:
        """Its clock is known now: what everybody has been told before.  ``back``: it was away, and may show what has
        passed since."""
        dark = back or not self._led or self._dark_until == inf
        told = [self._dark(pad) if dark else None, self._beat(pad)]
        if self._turn is not None and pad.device in self._turn.pads:
            told.append(self._turn_of(pad, self._turn))
        for cue in told:
            if cue is not None:
                self._tell(pad, cue)

    # ------------------------------------------------------------ what a cue says

    def _beat(self, pad: Pad) -> PadCue | None:
        shown = self._pulse
        if shown is None or not self._led or shown.t < self._dark_until:
            return None
        at_us = self._pad_time(pad, shown.t)
        if at_us is None:
            return None
        beats = int(shown.meter.partition("/")[0])
        return PadCue(
            VERSION, pad.boot or 0, "pulse", "pulse", at_us,
            bar=shown.bar, beat=shown.beat, beats=beats, period_us=MINUTE / shown.bpm,
        )  # fmt: skip

    def _once(self, pad: Pad, cue: Cue) -> PadCue | None:
        return self._cue(pad, cue.id, "count" if cue.voice == "count" else "call", cue.due)

    def _turn_of(self, pad: Pad, turn: TurnBegan) -> PadCue | None:
        until = None if turn.until is None else self._pad_time(pad, turn.until)
        return self._cue(pad, "turn", "turn", turn.time, until)

    def _cue(
        self, pad: Pad, name: str, kind: Literal["count", "call", "turn", "withdraw"], at: int,
        until_us: int | None = None,
    ) -> PadCue | None:  # fmt: skip
        at_us = self._pad_time(pad, at)
        return None if at_us is None else PadCue(VERSION, pad.boot or 0, name, kind, at_us, until_us)

    def _dark(self, pad: Pad) -> PadCue:
        return PadCue(VERSION, pad.boot or 0, "stop", "stop")

    def _pad_time(self, pad: Pad, at: int) -> int | None:
        """Early by what lights need; None where the pad's clock is not known, or was not running yet."""
        pad_us = pad.clock.pad_time(at - self._latency)
        return pad_us if pad_us is not None and pad_us >= 0 else None

    # ------------------------------------------------------------ to whom

    def _to_all(self, cue_for: Callable[[Pad], PadCue | None]) -> None:
        for pad in self._pads():
            cue = cue_for(pad)
            if cue is not None:
                self._tell(pad, cue)

    def _turn_to(self, turn: TurnBegan) -> None:
        """Whose turn it was goes dark when it ends; whose it becomes lights up."""
        self._turn = turn if turn.player is not None else None
        before, self._lit = self._lit, set(turn.pads)
        for pad in self._pads():
            if pad.device in self._lit:
                cue = self._turn_of(pad, turn)
            elif pad.device in before:
                cue = self._cue(pad, "turn", "turn", turn.time, self._pad_time(pad, turn.time))
            else:
                continue
            if cue is not None:
                self._tell(pad, cue)

    def _stop(self, stopped: Stopped) -> None:
        """Dark now; light again from the bar line on which all go on."""
        if stopped.on:
            self._dark_until = inf
            self._to_all(self._dark)
        else:
            self._dark_until = stopped.time
            self._to_all(self._beat)

    def _let_go(self, lit: PulseLit) -> None:
        """Dark as long as the pulse is let go; the beat it comes back on is shown anew."""
        self._led = lit.on
        if not lit.on:
            self._to_all(self._dark)
