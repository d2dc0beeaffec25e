"""How loud each cue leaves: what the structure asks for, never a jump, never over the facilitator's ceiling.

A structure sets the *level* of the click and of the ground over time; it ends with the structure.  No cue is
more than 6 dB louder than the loudest of the last bar in which the circle sounded, except that anything may
enter as softly as :data:`ENTRY`: after a fade to silence a count must be audible.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

from drumcircle.core.events import Cue

Level = Literal["click", "ground", "light"]
"""``light``: whether lights and screens show the beat, where that is not as the click is heard."""

STEP = 10 ** (6 / 20)
ENTRY = 0.25
GROUND = "part:ground:"
CLICKS = ("click", "accent")
AS_CLICK = -1.0
"""A level of light: seen where the click is heard."""
KEPT_BARS = 16
KEPT_LEVELS = 64


class Loudness:
    """Guards the levels, the loudness of the last bars and the ceiling."""

    def __init__(self) -> None:
        self.ceiling_db = 0.0
        self.hits_a_second = 0.0
        self._levels: dict[Level, list[tuple[float, float]]] = {"click": [], "ground": [], "light": []}
        self._bars: dict[int, float] = {}
        self._sounded: list[int] = []

    # ---- what the structure asks for

    def set(self, what: Level, gain: float, beat: float) -> None:
        """From ``beat`` on ``what`` leaves ``gain`` times as loud as it is by itself; later changes are dropped."""
        levels = [entry for entry in self._levels[what] if entry[0] < beat]
        self._levels[what] = [*levels[-KEPT_LEVELS:], (beat, gain)]

    def release(self, beat: float, *, silent: bool = False) -> None:
        """From ``beat`` on no structure asks for anything, or the last one leaves silence behind."""
        for what, levels in self._levels.items():
            if what == "light":
                self.set(what, AS_CLICK, beat)
            elif levels or silent:
                self.set(what, 0.0 if silent else 1.0, beat)

    def level(self, what: Level, beat: float) -> float:
        """Gain asked for at a beat."""
        levels = self._levels[what]
        index = bisect_right(levels, beat, key=lambda entry: entry[0]) - 1
        if index < 0:
            return AS_CLICK if what == "light" else 1.0
        return levels[index][1]

    def lit(self, beat: float) -> bool:
        """May the beat be seen?  A pulse that is let go must not lead through the eye."""
        light = self.level("light", beat)
        return (self.level("click", beat) if light == AS_CLICK else light) > 0

    # ---- what leaves

    def gain(self, cue: Cue, beat: float, bar: int, gain_db: float) -> float:
        """Of a cue at ``beat``, in ``bar``, where everything then leaves at ``gain_db``; 0: it is not heard."""
        gain = cue.gain
        if cue.voice in CLICKS:
            gain *= self.level("click", beat)
        elif cue.id.startswith(GROUND):
            gain *= self.level("ground", beat)
        before = self._before(bar)
        if before is not None:
            gain = min(gain, max(before * STEP, ENTRY))
        gain = min(gain, 1.0, 10 ** ((self.ceiling_db - gain_db) / 20))
        if gain > 0:
            self._heard(bar, gain)
        return gain

    def _before(self, bar: int) -> float | None:
        """The loudest of the last bar before ``bar`` in which anything sounded."""
        return next((self._bars[b] for b in reversed(self._bars) if b < bar), None)

    def _heard(self, bar: int, gain: float) -> None:
        if bar not in self._bars:
            self._bars[bar] = gain
            if len(self._bars) > KEPT_BARS:
                del self._bars[next(iter(self._bars))]
        elif gain > self._bars[bar]:
            self._bars[bar] = gain

    # ---- how many hits sound

    def sounds(self, time: int) -> bool:
        """May one more hit sound at ``time`` (ns)?"""
        if not self.hits_a_second:
            return True
        self._sounded = [t for t in self._sounded if time - t < 1_000_000_000]
        if len(self._sounded) >= self.hits_a_second:
            return False
        self._sounded.append(time)
        return True
