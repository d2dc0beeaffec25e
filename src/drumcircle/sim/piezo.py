"""A piezo pad, from the force of a stroke to the counts of the converter: what the sensing code is tried on.

*Force.*  A stick or hand presses for a few milliseconds, as half a sine: 3 to 6 ms on a drumhead, shorter the harder the
stroke (A. Wagner, Analysis of Drumbeats: Interaction between Drummer, Drumstick and Instrument, KTH Stockholm 2006).
*Pad.*  The disc is glued to something that bends and rings: a sum of damped oscillators driven by that force.  The
response of one, ``x'' + 2 d x' + (w^2 + d^2) x = sin(a t)``, is written out in :class:`_Driven`; it has no steps, so a
voltage may be asked for at any moment.
*Disc.*  Its voltage follows the bending.  With its 20 nF a bleed of 1 MOhm is a high-pass of 8 Hz, which is left out:
it takes less than a fifth from a push of 5 ms.
*Front end.*  Two diodes clamp to 0 and 3.3 V (so the lower half-waves are lost), 12 bits, an offset, noise.
*Hum.*  The mains drive a current through some picofarads into the disc: at 50 Hz 1 MOhm beside 20 nF are 157 kOhm, so
that somebody's hand (10 pF to 230 V) makes .11 V or 140 counts, and a cable a tenth of that.
*Crosstalk.*  A stroke reaches the pads on the same frame weaker, later, and without its fast part.

The resonances and decays of :data:`MESH`, :data:`RUBBER` and :data:`SHELL` are assumed, not measured: chosen so that a
first peak comes after 1 to 3 ms and ringing lasts tens of ms, as makers of triggers tell their users to expect.  All
times are µs from the beginning; everything follows from the arguments and the seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, exp, hypot, pi, sin
from random import Random

FULL = 4095
COUNTS_PER_VOLT = FULL / 3.3
_SILENT = 12.0
"""Time constants after which ringing is nothing."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One way in which a pad rings."""

    hz: float
    decay_ms: float
    """Until 37 % are left."""
    weight: float


@dataclass(frozen=True, slots=True)
class Pad:
    """What is struck."""

    modes: tuple[Mode, ...]
    soft_contact_ms: float
    hard_contact_ms: float
    volts: float = 4.5
    """The peak of a stroke of force 1: above the clamp, as with real discs."""


MESH = Pad((Mode(170, 9, 1.0), Mode(390, 5, 0.3)), 6.0, 3.0)
"""A mesh head or a cushion over the disc."""
RUBBER = Pad((Mode(310, 6, 1.0), Mode(720, 3, 0.3)), 3.5, 1.5)
"""A practice pad."""
SHELL = Pad((Mode(150, 40, 1.0), Mode(240, 25, 0.4)), 6.0, 3.0)
"""A disc on a drum that nobody damped."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """``force`` 0..1, of which the hardest a pad is made for is 1."""

    pad: int
    at_us: int
    force: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is added to what was played; counts are of the converter."""

    offset: float = 12.0
    noise: float = 3.0
    """Standard deviation."""
    hum: float = 0.0
    """Amplitude."""
    hum_hz: float = 50.0
    hum_from_us: int = 0
    crosstalk: float = 0.0
    """Share of a stroke's voltage that its neighbours see."""
    crosstalk_us: int = 700
    """The way through the frame."""


class _Driven:
    """A damped oscillator at rest until 0, then driven by half a sine that lasts ``contact_ms``.

    Driven by ``sin(a t)`` without end it moves as ``p sin(a t) + q cos(a t) + exp(-d t)(r cos(w t) + s sin(w t))``, r and
    s such that it starts at rest.  The force ends because the same, begun a contact later, is added.
    """

    def __init__(self, mode: Mode, contact_ms: float) -> None:
        self.contact = contact_ms
        self.a = pi / contact_ms
        self.d = 1 / mode.decay_ms
        self.w = 2 * pi * mode.hz / 1000
        stiffness = self.w**2 + self.d**2
        size = hypot(stiffness - self.a**2, 2 * self.d * self.a) ** 2
        self.p = stiffness * (stiffness - self.a**2) / size
        self.q = -2 * stiffness * self.d * self.a / size
        self.r = -self.q
        self.s = (self.d * self.r - self.p * self.a) / self.w
        self.silent = _SILENT * mode.decay_ms + contact_ms

    def at(self, t_ms: float) -> float:
        """Its place, 1 where a steady force of 1 would hold it."""
        if t_ms <= 0 or t_ms > self.silent:
            return 0.0
        after = t_ms - self.contact
        return self._endless(t_ms) + (self._endless(after) if after > 0 else 0.0)

    def _endless(self, t: float) -> float:
        forced = self.p * sin(self.a * t) + self.q * cos(self.a * t)
        return forced + exp(-self.d * t) * (self.r * cos(self.w * t) + self.s * sin(self.w * t))


class Shape:
    """The voltage of a stroke whose highest peak is 1, after its first touch."""

    def __init__(self, modes: Sequence[Mode], contact_ms: float) -> None:
        self._parts = [(mode.weight, _Driven(mode, contact_ms)) for mode in modes]
        self.silent_ms = max(part.silent for _, part in self._parts)
        steps = [number * contact_ms / 200 for number in range(401)]
        self._scale = 1 / max(self._sum(t) for t in steps)

    def at(self, t_ms: float) -> float:
        return self._scale * self._sum(t_ms) if 0 < t_ms < self.silent_ms else 0.0

    def _sum(self, t_ms: float) -> float:
        return sum(weight * part.at(t_ms) for weight, part in self._parts)


@cache
def _struck(pad: Pad, hardness: int) -> Shape:
    """Hardness in tenths: contacts do not differ more finely."""
    softer = pad.soft_contact_ms - pad.hard_contact_ms
    return Shape(pad.modes, pad.soft_contact_ms - softer * hardness / 10)


@cache
def _shaken(pad: Pad) -> Shape:
    """A pad by its frame: its lowest mode, pushed as slowly as by the softest stroke."""
    return Shape(pad.modes[:1], pad.soft_contact_ms)


class Piezos:
    """Pads on one frame, played; ask for any moment, or for samples in order."""

    def __init__(
        self,
        pads: Sequence[Pad],
        strokes: Sequence[Stroke],
        around: Surroundings | None = None,
        seed: int = 0,
    ) -> None:
        self.pads = tuple(pads)
        self.around = around or Surroundings()
        self._seed = seed
        self._arriving = [self._arrivals(index, strokes) for index in range(len(pads))]

    def _arrivals(self, index: int, strokes: Sequence[Stroke]) -> list[tuple[int, int, float, Shape]]:
        """(from, until, volts, shape) of all that reaches this pad, in order."""
        reaching = []
        for stroke in strokes:
            volts = stroke.force * self.pads[stroke.pad].volts
            at, shape = stroke.at_us, _struck(self.pads[index], min(10, int(stroke.force * 10)))
            if stroke.pad != index:
                volts *= self.around.crosstalk
                at, shape = at + self.around.crosstalk_us, _shaken(self.pads[index])
            if volts > 0:
                reaching.append((at, at + round(shape.silent_ms * 1000), volts, shape))
        return sorted(reaching, key=lambda one: one[0])

    def volts(self, pad: int, t_us: float) -> float:
        """What the disc makes, without hum and noise, unclamped."""
        return sum(
            volts * shape.at((t_us - since) / 1000)
            for since, until, volts, shape in self._arriving[pad]
            if since < t_us < until
        )

    def counts(self, pad: int, t_us: float, noise: float = 0.0) -> int:
        """What the converter says; ``noise`` in counts."""
        return self._converted(self.volts(pad, t_us), t_us, noise)

    def samples(self, times_us: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """One count a pad at each of these moments, in order, with noise of the seed."""
        dice = Random(self._seed)
        first = [0] * len(self.pads)
        for t in times_us:
            yield tuple(
                self._converted(self._volts_from(pad, t, first), t, dice.gauss(0, self.around.noise))
                for pad in range(len(self.pads))
            )

    def _volts_from(self, pad: int, t: int, first: list[int]) -> float:
        """As :meth:`volts`, passing over what has rung out before ``t`` once and for all."""
        arriving = self._arriving[pad]
        while first[pad] < len(arriving) and arriving[first[pad]][1] <= t:
            first[pad] += 1
        total = 0.0
        for since, until, volts, shape in arriving[first[pad] :]:
            if since >= t:
                break
            if t < until:
                total += volts * shape.at((t - since) / 1000)
        return total

    def _converted(self, volts: float, t_us: float, noise: float) -> int:
        around = self.around
        value = volts * COUNTS_PER_VOLT
        if around.hum and t_us >= around.hum_from_us:
            value += around.hum * sin(2 * pi * around.hum_hz * (t_us - around.hum_from_us) / 1e6)
        return max(0, min(FULL, round(max(value, 0.0) + around.offset + noise)))


def times(length_us: int, period_us: int, jitter: float = 0.0, seed: int = 0) -> list[int]:
    """When a loop of this period takes its samples; ``jitter``: share of the period by which each may be late."""
    dice = Random(seed)
    return [t + int(dice.random() * jitter * period_us) for t in range(0, length_us, period_us)]
