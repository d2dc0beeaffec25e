"""The device's clock: jitter is seen through, drift is followed, a break is noticed."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from drumcircle.audio.clock import DeviceClock, envelope
from drumcircle.core.events import MS, NS

RATE, BLOCK = 48_000, 480
BEAT = 625 * MS
"""96 BPM."""


class Device:
    """Asks for blocks as real ones do: by its own crystal, now and then late, never early."""

    def __init__(self, ppm: float = 0.0, jitter_ms: float = 0.0, seed: int = 1) -> None:
        self.frame_ns = NS / RATE * (1 + ppm * 1e-6)
        self.jitter, self.rng = jitter_ms * MS, random.Random(seed)
        self.frame, self.lost, self.before = 0, 0, 0
        self.clock = DeviceClock(RATE)

    def true_time(self, frame: int) -> int:
        return 9 * NS + round(frame * self.frame_ns) + self.lost

    def ask(self) -> int:
        """One request; returns how late the clock thinks it is."""
        late = self.rng.expovariate(1.0) * self.jitter + (self.rng.random() < 0.01) * 20 * MS
        self.before = max(self.before, self.true_time(self.frame) + round(late if self.jitter else 0.0))
        lateness = self.clock.observe(self.frame, self.before)
        self.frame += BLOCK
        return lateness

    def errors_ms(self, seconds: int) -> list[float]:
        """How far from its due time each beat sounds while the device runs on for so long."""
        errors = []
        due = self.true_time(self.frame) + BEAT
        for _ in range(seconds * RATE // BLOCK):
            self.ask()
            if self.clock.time_of(self.frame) > due:
                errors.append((self.true_time(self.clock.frame_at(due)) - due) / MS)
                due += BEAT
        return errors


@pytest.mark.parametrize(
    ("ppm", "jitter_ms"), [(0.0, 0.0), (50.0, 0.0), (-100.0, 0.05), (20.0, 0.3), (80.0, 1.0)]
)
def test_a_drifting_device_keeps_the_beat_within_a_tenth_of_a_millisecond(
    ppm: float, jitter_ms: float
) -> None:
    device = Device(ppm, jitter_ms)
    device.errors_ms(20)
    errors = device.errors_ms(180)
    steps = [abs(b - a) for a, b in pairwise(errors)]
    assert len(errors) > 280
    assert max(map(abs, errors)) < 0.1
    assert max(steps) < 0.1


def test_a_perfect_device_is_followed_to_the_frame() -> None:
    device = Device()
    for _ in range(500):
        assert device.ask() == 0
    frames = [device.clock.frame_at(device.true_time(60_000) + n * BEAT) for n in range(100)]
    assert frames == [60_000 + 30_000 * n for n in range(100)]


def test_frames_and_times_are_each_others_inverse() -> None:
    device = Device(ppm=70.0, jitter_ms=0.2)
    for _ in range(3_000):
        device.ask()
    for frame in range(device.frame, device.frame + 5_000, 7):
        assert device.clock.frame_at(device.clock.time_of(frame)) == frame


def test_frames_that_a_device_lost_move_the_beat_back_into_place() -> None:
    device = Device(jitter_ms=0.1)
    device.errors_ms(20)
    device.lost += 30 * MS
    device.errors_ms(2)
    assert max(map(abs, device.errors_ms(20))) < 0.5


def test_after_a_pause_the_relation_is_made_anew() -> None:
    device = Device(jitter_ms=0.1)
    device.errors_ms(10)
    device.lost += 2 * NS
    assert device.ask() > 1.9 * NS
    assert device.ask() < 20 * MS
    assert max(map(abs, device.errors_ms(10))) < 0.5


def test_a_single_late_request_is_told_and_moves_nothing() -> None:
    device = Device()
    for _ in range(1_000):
        device.ask()
    expected = device.clock.time_of(600_000)
    device.before = device.true_time(device.frame) + 40 * MS
    assert device.ask() == 40 * MS
    assert device.clock.time_of(600_000) == expected


def test_a_device_that_is_slow_to_begin_is_not_late() -> None:
    device = Device()
    assert device.ask() == 0
    device.lost += 2 * NS
    assert device.ask() == 0


def test_a_buffer_filled_at_the_start_is_not_taken_for_the_pace() -> None:
    device = Device()
    device.clock.observe(0, device.true_time(0))
    device.clock.observe(BLOCK, device.true_time(0))
    device.clock.observe(2 * BLOCK, device.true_time(0))
    assert device.clock.time_of(2 * BLOCK) == device.true_time(0)


def test_the_envelope_lies_below_all_points_and_has_the_drift() -> None:
    rng = random.Random(3)
    points = [(t * 0.25 * NS, t * 0.25 * NS * 40e-6 + rng.expovariate(1 / 2e5)) for t in range(100)]
    at_end, drift = envelope(points, points[-1][0])
    assert drift == pytest.approx(40e-6, abs=5e-6)
    assert all(at_end + drift * (x - points[-1][0]) <= y + 1e-3 for x, y in points)


def test_a_short_stretch_has_no_drift() -> None:
    assert envelope([(0.0, 5.0), (1e9, 3.0), (2e9, 9.0)], 2e9) == (3.0, 0.0)
