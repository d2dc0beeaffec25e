"""The voices: audible, told apart, never clipping, the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from drumcircle.audio.voices import LAYERS, RATE, layer_of, voice

NAMES = ("accent", "click", "count", "call", "drum")


@pytest.mark.parametrize("name", NAMES)
def test_a_voice_is_loud_but_does_not_clip_and_ends_in_silence(name: str) -> None:
    samples = voice(name)
    assert samples.dtype == np.float32
    assert 0.4 < np.abs(samples).max() < 0.9
    assert samples[-1] == 0.0


@pytest.mark.parametrize("name", NAMES)
def test_a_voice_is_heard_within_half_a_millisecond_of_its_first_frame(name: str) -> None:
    assert np.argmax(np.abs(voice(name)) > 0.02) < 0.0005 * RATE


def test_voices_sound_the_same_every_time() -> None:
    first = voice("drum", 2).copy()
    voice.cache_clear()
    assert np.array_equal(first, voice("drum", 2))


def test_the_first_beat_of_a_bar_is_clearly_higher_than_the_others() -> None:
    assert _loudest_frequency("accent") > 1.8 * _loudest_frequency("click")


def test_a_harder_stroke_is_brighter() -> None:
    brightness = [_centroid(voice("drum", layer)) for layer in range(LAYERS)]
    assert brightness == sorted(brightness)
    assert brightness[-1] > 1.5 * brightness[0]


@pytest.mark.parametrize(("gain", "layer"), [(0.0, 0), (0.3, 1), (0.99, 3), (1.0, 3), (1.7, 3)])
def test_the_layer_follows_the_gain(gain: float, layer: int) -> None:
    assert layer_of(gain) == layer


def _loudest_frequency(name: str) -> float:
    samples = voice(name)
    return float(np.abs(np.fft.rfft(samples, RATE)).argmax())


def _centroid(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    return float((spectrum * np.fft.rfftfreq(samples.size, 1 / RATE)).sum() / spectrum.sum())
