"""The few sounds a circle needs, synthesised: no samples, no licence, the same on every machine.

Every voice is mono float32 at :data:`RATE`, peaks below 1 and ends in silence, so that nothing clicks but
the click.  Noise comes from a seeded generator: two runs sound alike.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
"""Frames a second of every voice and of the device."""

Samples = NDArray[np.float32]

LAYERS = 4
"""A hand drum struck harder is brighter, not only louder: so many renderings from soft to hard."""


@cache
def voice(name: str, layer: int = LAYERS - 1) -> Samples:
    """Samples of a cue's voice; ``layer`` 0 (soft) to ``LAYERS - 1`` (hard) matters to drums only."""
    if name == "drum":
        return _hand_drum(pitch=96.0, layer=layer)
    if name == "call":
        return _hand_drum(pitch=128.0, layer=layer)
    return _CLICKS[name]()


def layer_of(gain: float) -> int:
    """The rendering that fits a gain of 0-1."""
    return min(LAYERS - 1, max(0, int(gain * LAYERS)))


def all_voices() -> None:
    """Render everything now, so that the first beat does not wait for it."""
    for name in _CLICKS:
        voice(name)
    for name in ("drum", "call"):
        for layer in range(LAYERS):
            voice(name, layer)


def _accent() -> Samples:
    """First beat of the bar: an octave above the click, longer, with a bell's inharmonic partial."""
    t = _seconds(0.070)
    tone = np.sin(2 * np.pi * 1760 * t) + 0.6 * np.sin(2 * np.pi * 1760 * 2.76 * t)
    return _finished(tone * np.exp(-t / 0.014), peak=0.62)


def _click() -> Samples:
    """Every other beat: a short wooden tick."""
    t = _seconds(0.040)
    tone = np.sin(2 * np.pi * 880 * t) + 0.3 * np.sin(2 * np.pi * 880 * 2.41 * t)
    return _finished(tone * np.exp(-t / 0.008), peak=0.5)


def _count() -> Samples:
    """Counting in: between the two, hollow (odd partials), so that it is not taken for the pulse."""
    t = _seconds(0.060)
    tone = np.sin(2 * np.pi * 1174.7 * t) + 0.33 * np.sin(2 * np.pi * 3 * 1174.7 * t)
    return _finished(tone * np.exp(-t / 0.012), peak=0.55)


_CLICKS = {"accent": _accent, "click": _click, "count": _count}

# Ratios of the first modes of a circular membrane (zeros of the Bessel functions J01, J11, J21, J02):
# Fletcher & Rossing, The Physics of Musical Instruments, 1998, chapter 18.
_MODES = ((1.0, 1.0, 0.16), (1.593, 0.45, 0.10), (2.135, 0.25, 0.07), (2.295, 0.18, 0.05))


def _hand_drum(pitch: float, layer: int) -> Samples:
    """A djembe-like drum: membrane modes gliding down as the skin relaxes, and the slap of the hand."""
    hardness = (layer + 1) / LAYERS
    t = _seconds(0.55)
    glide = pitch * (t + 0.55 * hardness * 0.030 * (1 - np.exp(-t / 0.030)))
    body = np.zeros_like(t)
    for ratio, level, decay in _MODES:
        share = level if ratio == 1.0 else level * (0.35 + 0.65 * hardness)
        body += share * np.sin(2 * np.pi * ratio * glide) * np.exp(-t / decay)
    noise = np.random.default_rng(layer).standard_normal(t.size)
    slap = _smoothed(noise, width=5 - layer) * np.exp(-t / (0.004 + 0.006 * hardness))
    return _finished(body + 0.9 * hardness * slap, peak=0.72)


def _smoothed(noise: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    return np.convolve(noise, np.full(width, 1 / width), mode="same")


def _seconds(length: float) -> NDArray[np.float64]:
    return np.arange(round(length * RATE)) / RATE


def _finished(sound: NDArray[np.float64], peak: float) -> Samples:
    """Scaled to ``peak``; the tail is faded over 5 ms so that it ends at nothing."""
    fade = min(sound.size, round(0.005 * RATE))
    sound = sound.copy()
    sound[-fade:] *= np.linspace(1, 0, fade)
    finished: Samples = (sound * (peak / np.abs(sound).max())).astype(np.float32)
    finished.setflags(write=False)
    return finished
