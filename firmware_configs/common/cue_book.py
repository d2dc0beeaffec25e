"""What a light and a motor shall do, in the pad's own time: the pulse it knows, counts, calls and turns.

Pure: :meth:`CueBook.look` answers for any moment, and when to look again.  Levels are per mille.
"""

from wire_constants import FADE_AFTER_BARS

FULL = 1000
BEAT_US, BEAT_LEVEL = 60000, 450
BAR_US, BAR_LEVEL = 110000, FULL
"""The first beat of a bar is longer and brighter."""
BLINK_US = 45000
"""A count or a call is two short flashes this long and this far apart."""
TURN_LEVEL = 200
"""A glow under everything else."""
MOST_FLASHES, MOST_TURNS = 16, 4
FOREVER = 1 << 62


class Pulse:
    """Beat ``beat`` (from 0) of ``beats`` is at ``at_us``, the next ones every ``period_ns``."""

    def __init__(self, name, at_us, beat, beats, period_us):
        self.name = name
        self.at_us = at_us
        self.beat = beat
        self.beats = max(1, beats)
        self.period_ns = max(100000000, int(period_us * 1000))

    def time(self, number):
        """When the beat so many after the told one is."""
        return self.at_us + number * self.period_ns // 1000

    def strength(self, now_us):
        """Per mille: whole for eight bars, then fading out over one."""
        bars = (now_us - self.at_us) * FULL // (self.period_ns // 1000 * self.beats)
        return max(0, min(FULL, (FADE_AFTER_BARS + 1) * FULL - bars))


class CueBook:
    """Every time is µs of the pad's clock."""

    def __init__(self):
        self._forget()

    def _forget(self):
        self._pulse = None
        self._before = None  # goes on until the newest begins
        self._until_us = FOREVER
        self._flashes = {}
        self._turns = {}

    def take(self, cue, now_us):
        """A ``cue`` message, decoded; one that lacks something or is of another kind is left out."""
        try:
            self._take(cue, cue["cue"], cue["id"], _whole(cue.get("at_us", 0)), now_us)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            pass

    def _take(self, cue, kind, name, at_us, now_us):
        if type(name) is not str:
            raise TypeError
        if kind == "pulse":
            beat, beats = _whole(cue["beat"]) - 1, _whole(cue["beats"])
            self._begin(Pulse(name, at_us, beat, beats, cue["period_us"]), now_us)
        elif kind in ("count", "call"):
            _put(self._flashes, name, at_us, MOST_FLASHES)
        elif kind == "turn":
            _put(self._turns, name, (at_us, _whole(cue.get("until_us") or FOREVER)), MOST_TURNS)
        elif kind == "withdraw":
            self._withdraw(name, at_us)
        elif kind == "stop":
            self._forget()

    def _begin(self, pulse, now_us):
        if self._pulse is not None and self._pulse.at_us <= now_us < pulse.at_us:
            self._before = self._pulse
        self._pulse = pulse
        self._until_us = FOREVER

    def _withdraw(self, start, at_us):
        for name in [n for n, at in self._flashes.items() if n.startswith(start) and at >= at_us]:
            del self._flashes[name]
        for name in [n for n in self._turns if n.startswith(start)]:
            since, until = self._turns[name]
            self._turns[name] = (since, min(until, at_us))
        if self._pulse is not None and self._pulse.name.startswith(start):
            self._until_us = at_us

    # ------------------------------------------------------------ what is shown

    def alive(self):
        """Whether there is anything to show, now or later."""
        return bool(self._pulse or self._flashes or self._turns)

    def look(self, now_us):
        """``(light, motor, look_again_us)``; the motor beats, and does not glow."""
        self._tidy(now_us)
        glow, turn_edge = self._glow(now_us)
        beat, beat_edge = self._beat(now_us)
        flash, flash_edge = self._flash(now_us)
        motor = beat if flash is None else flash
        return max(motor or 0, glow), motor or 0, min(turn_edge, beat_edge, flash_edge)

    def _tidy(self, now_us):
        if self._pulse is not None and (
            now_us >= self._until_us or (now_us > self._pulse.at_us and not self._pulse.strength(now_us))
        ):
            self._pulse = self._before = None
        for name in [n for n, at in self._flashes.items() if now_us > at + 3 * BLINK_US]:
            del self._flashes[name]
        for name in [n for n, (_, until) in self._turns.items() if now_us >= until]:
            del self._turns[name]

    def _glow(self, now_us):
        level, edge = 0, FOREVER
        for since, until in self._turns.values():
            level = TURN_LEVEL if since <= now_us else level
            edge = min(edge, until if since <= now_us else since)
        return level, edge

    def _beat(self, now_us):
        """The level of the pulse, and when it changes."""
        pulse = self._pulse
        if pulse is None:
            return 0, FOREVER
        ahead = pulse.at_us if now_us < pulse.at_us else self._until_us
        if now_us < pulse.at_us:
            pulse = self._before
            if pulse is None or now_us < pulse.at_us:
                return 0, ahead
        number = (now_us - pulse.at_us) * 1000 // pulse.period_ns
        if now_us >= pulse.time(number + 1):
            number += 1
        first = (pulse.beat + number) % pulse.beats == 0
        off_us = pulse.time(number) + (BAR_US if first else BEAT_US)
        if now_us >= off_us:
            return 0, min(pulse.time(number + 1), ahead)
        level = (BAR_LEVEL if first else BEAT_LEVEL) * pulse.strength(now_us) // FULL
        return level, min(off_us, ahead)

    def _flash(self, now_us):
        """Full or dark while a flash's pattern runs, else None."""
        level, edge = None, FOREVER
        for at in self._flashes.values():
            part = (now_us - at) // BLINK_US
            if part < 0:
                edge = min(edge, at)
            elif part < 3:
                level = 0 if part == 1 else FULL
                edge = min(edge, at + (part + 1) * BLINK_US)
        return level, edge


def _whole(number):
    if type(number) is not int:
        raise TypeError
    return number


def _put(kept, name, what, most):
    """Replace or add by name; where there is no room the earliest falls out."""
    kept.pop(name, None)
    if len(kept) >= most:
        del kept[min(kept, key=kept.get)]
    kept[name] = what
