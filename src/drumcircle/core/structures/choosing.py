"""Which pattern of the library is called next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drumcircle.core.pattern import Pattern
from drumcircle.core.structures.base import Stage

PLAIN = 80
"""Velocity of the beats of a call made from the bar alone."""


def choose(stage: Stage, bars: int, level: int, name: str, last: str) -> tuple[Pattern, str]:
    """A call of ``bars`` bars in the metre of this moment, and in words why it is not as asked ('' if it is).

    ``name``: this very pattern, if it is there and in the metre (a longer one keeps its length).  Else one
    by chance of this level, or of the level next to it, but not ``last`` again if there is another.
    A shorter pattern that goes into the length is repeated.
    """
    wanted = bars * stage.beats_in_bar
    fitting = [pattern for pattern in stage.patterns if pattern.meter == stage.meter]
    if name:
        named = next((pattern for pattern in fitting if pattern.name == name), None)
        if named is not None:
            return _repeated(named, wanted) or named, ""
    why = _why_not(stage, name) if name else ""
    library = [made for made in (_repeated(pattern, wanted) for pattern in fitting) if made is not None]
    if not library:
        why = f"The library has no call of this length in {stage.meter}; the beats themselves are called."
        return every_beat(wanted, stage.meter), why
    nearest = min(abs(pattern.level - level) for pattern in library)
    of_level = [pattern for pattern in library if abs(pattern.level - level) == nearest]
    return stage.rng.choice(_but(last, of_level)), why


def _but(last: str, patterns: Sequence[Pattern]) -> Sequence[Pattern]:
    return [pattern for pattern in patterns if pattern.name != last] or patterns


def _repeated(pattern: Pattern, beats: int) -> Pattern | None:
    """As often as it goes into so many beats; None where it does not."""
    times, left = divmod(beats, pattern.beats)
    if left or not times:
        return None
    return replace(
        pattern,
        beats=float(beats),
        onsets=tuple(onset + n * pattern.beats for n in range(int(times)) for onset in pattern.onsets),
        velocities=pattern.velocities * int(times),
    )


def every_beat(beats: int, meter: str) -> Pattern:
    """A call made of the beats themselves."""
    onsets = tuple(float(beat) for beat in range(beats))
    return Pattern("every-beat", "Every beat", 1, float(beats), meter, onsets, (PLAIN,) * beats)


def _why_not(stage: Stage, name: str) -> str:
    known = next((pattern for pattern in stage.patterns if pattern.name == name), None)
    if known is None:
        return f"There is no call {name} in the library; another one is called."
    return f"{known.title} is in {known.meter} and the circle in {stage.meter}; another one is called."
