"""What the sound device calls, a hundred times a second: take what came in, render one block, count lateness."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import numpy as np

from drumcircle.audio.clock import DeviceClock
from drumcircle.audio.mixer import HEARD, Mixer
from drumcircle.audio.recording import Backing
from drumcircle.audio.voices import RATE, Samples
from drumcircle.core.events import MS, Effect

BLOCK_MS = 10
BLOCKS = 3
"""What the device is asked to keep: less costs reserve, more costs delay."""
LATE = (BLOCKS - 1) * BLOCK_MS * MS
"""A request this much behind the device's own pace counts as late: its reserve is used up."""
WAITING = 4096
"""Effects that may wait for the next block; only a device that stands still lets them pile up."""


class Stream:
    """Takes effects on one thread, renders on another.

    Only the ``incoming`` deque is shared: its append and popleft are atomic.  Everything else belongs to
    the thread that calls :meth:`pull`.
    """

    def __init__(self) -> None:
        self.late_callbacks = 0
        self.callbacks = 0
        self.worst_lateness = 0
        """ns."""
        self.last_pull: int | None = None
        """When the device last asked, ns; None before it did."""
        self._now: Callable[[], int] = time.perf_counter_ns
        self._incoming: deque[Effect | Backing] = deque(maxlen=WAITING)
        self._mixer = Mixer()
        self._clock = DeviceClock(RATE)
        self._frame = 0
        self._silence = np.zeros(RATE, np.float32)

    @property
    def dropped(self) -> int:
        """Cues that came too late to be sounded."""
        return self._mixer.dropped

    def take(self, effect: Effect | Backing) -> None:
        """Hand an effect to the sound thread; any thread, never blocks."""
        if isinstance(effect, HEARD):
            self._incoming.append(effect)

    def begin(self, now: Callable[[], int]) -> None:
        """Another device takes over, with a pace of its own; ``now`` reads the hub's clock."""
        self._now = now
        self._clock = DeviceClock(RATE)
        self.last_pull = None

    def pull(self, frames: int) -> memoryview:
        """The next ``frames`` frames, float32 mono, as bytes; good until the next call."""
        now = self._now()
        self._count(self._clock.observe(self._frame, now))
        self.last_pull = now
        while self._incoming:
            self._mixer.take(self._incoming.popleft())
        mix = self._mixer.render(self._frame, frames, self._clock.time_of, self._clock.frame_at)
        self._frame += frames
        return (self._quiet(frames) if mix is None else mix).data.cast("B")

    def _count(self, late: int) -> None:
        self.callbacks += 1
        self.worst_lateness = max(self.worst_lateness, late)
        self.late_callbacks += late > LATE

    def _quiet(self, frames: int) -> Samples:
        if self._silence.size < frames:
            self._silence = np.zeros(frames, np.float32)
        return self._silence[:frames]
