"""A recording that plays under nothing: a WAV of one's own, read whole, heard mono and faded in and out.

It is kept as 16-bit samples, 6 MB a minute.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drumcircle.audio.voices import RATE, Samples
from drumcircle.core.events import NS
from drumcircle.errors import FileProblem

MOST_S = 20 * 60
"""Seconds read of a recording; the rest is left out."""
FADE_IN = 2 * RATE
FADE_OUT = RATE
"""Frames."""

Pcm = NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Backing:
    """A recording that is loaded and begins at ``due`` (ns), ``offset`` frames into it."""

    samples: Pcm
    due: int
    offset: int = 0


def read_wav(path: Path) -> Pcm:
    """The recording, mono at :data:`RATE`, 16 bit.

    Raises:
        FileProblem: not there, or not a PCM WAV file.
    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            raw = file.readframes(min(file.getnframes(), MOST_S * rate))
    except FileNotFoundError:
        raise FileProblem(path, "is not there; give the path of a WAV file on the hub's machine.") from None
    except (OSError, EOFError, wave.Error) as problem:
        raise FileProblem(path, f"cannot be played ({problem}); save it as a PCM WAV file.") from None
    if width not in (1, 2, 3, 4) or not rate or not channels:
        raise FileProblem(path, "is of a kind that cannot be played; save it as a 16-bit PCM WAV file.")
    return _at_rate(_mono(_sixteen_bit(raw, width), channels), rate)


def _sixteen_bit(raw: bytes, width: int) -> Pcm:
    whole = len(raw) // width * width
    if width == 1:
        return ((np.frombuffer(raw, np.uint8).astype(np.int16) - 128) << 8).astype(np.int16)
    if width == 2:
        return np.frombuffer(raw[:whole], "<i2").astype(np.int16)
    # The two upper bytes of 24 or 32 bits are what 16 bits hold.
    upper = np.frombuffer(raw[:whole], np.uint8).reshape(-1, width)[:, -2:]
    return np.ascontiguousarray(upper).view("<i2").reshape(-1).astype(np.int16)


def _mono(samples: Pcm, channels: int) -> Pcm:
    whole = samples.size // channels * channels
    if channels == 1:
        return samples
    mixed: Pcm = samples[:whole].reshape(-1, channels).mean(axis=1).astype(np.int16)
    return mixed


def _at_rate(samples: Pcm, rate: int) -> Pcm:
    if rate == RATE or not samples.size:
        return samples
    wanted = np.arange(round(samples.size * RATE / rate)) * (rate / RATE)
    resampled: Pcm = np.interp(wanted, np.arange(samples.size), samples).astype(np.int16)
    return resampled


class BackingVoice:
    """Guards the recording that plays; belongs to the mixer's thread."""

    def __init__(self) -> None:
        self._backing: Backing | None = None
        self._onset: int | None = None
        self._out_from: int | None = None
        self._out_frames = FADE_OUT

    def take(self, backing: Backing) -> None:
        """It replaces what plays."""
        self._backing, self._onset, self._out_from = backing, None, None

    def fade(self, frame: int, frames: int = FADE_OUT) -> None:
        """Fade it out from this frame on."""
        if self._out_from is None or frame < self._out_from:
            self._out_from, self._out_frames = frame, frames

    def begins(self, start: int, frame: int) -> None:
        """Its due time is this frame, as it is known while frame ``start`` is made."""
        if self._onset is None or self._onset > start:
            self._onset = frame

    @property
    def due(self) -> int | None:
        """When it begins, ns; None where nothing plays."""
        return None if self._backing is None else self._backing.due

    def render(self, start: int, frames: int) -> Samples | None:
        """What it adds to ``frames`` frames from ``start`` on; None: nothing."""
        backing, onset = self._backing, self._onset
        if backing is None or onset is None:
            return None
        if self._out_from is not None and start >= self._out_from + self._out_frames:
            self._backing = None
            return None
        first, last = max(start, onset), min(start + frames, onset + backing.samples.size - backing.offset)
        if first >= last:
            if start >= last:
                self._backing = None
            return None
        part = np.zeros(frames, np.float32)
        taken = backing.samples[first - onset + backing.offset : last - onset + backing.offset]
        part[first - start : last - start] = taken.astype(np.float32) / np.float32(32768)
        part *= self._loudness(np.arange(start, start + frames), onset)
        return part

    def _loudness(self, at: NDArray[np.int64], onset: int) -> Samples:
        loudness = np.clip((at - onset) / FADE_IN, 0.0, 1.0)
        if self._out_from is not None:
            loudness *= np.clip(1.0 - (at - self._out_from) / self._out_frames, 0.0, 1.0)
        return loudness.astype(np.float32)


def frames_of(time: int) -> int:
    """How many frames a stretch of time (ns) is."""
    return round(time * RATE / NS)
