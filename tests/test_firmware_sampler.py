"""The ESP32's own pace, with a counter and a converter that a test turns."""

from __future__ import annotations

import itertools
import sys
from types import ModuleType, SimpleNamespace

import pytest

from drumcircle.formats.firmware_files import firmware_folder
from sensing_fixtures import firmware_module

PERIOD = 500
LOOK_US = 7
"""Between two looks at the counter."""
WRAP = 1 << 30


class Counter(SimpleNamespace):
    """Goes on a little at each look."""

    us = WRAP - 1200

    def ticks_us(self) -> int:
        self.us += LOOK_US
        return self.us % WRAP

    def ticks_add(self, ticks: int, more: int) -> int:
        return (ticks + more) % WRAP

    def ticks_diff(self, later: int, earlier: int) -> int:
        return (later - earlier + WRAP // 2) % WRAP - WRAP // 2


class Converter:
    """Gives 16 bits: the pin's number in the upper 12."""

    ATTN_11DB = 3

    def __init__(self, pin: int, atten: int) -> None:
        self._pin = pin

    def read_u16(self) -> int:
        return self._pin << 4 | 9


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    turned = Counter()
    monkeypatch.setitem(sys.modules, "time", turned)
    monkeypatch.setitem(sys.modules, "machine", SimpleNamespace(ADC=Converter, Pin=lambda number: number))
    return turned


@pytest.fixture
def sampler(counter: Counter) -> ModuleType:
    return firmware_module(firmware_folder() / "esp32" / "sampler.py")


def test_samples_are_evenly_apart_across_the_counters_wrap(counter: Counter, sampler: ModuleType) -> None:
    reading, values = sampler.Sampler([34, 32], PERIOD), [0, 0]
    times = [reading.read(values) for _ in range(50)]
    apart = {counter.ticks_diff(later, earlier) for earlier, later in itertools.pairwise(times)}
    assert all(abs(gap - PERIOD) <= LOOK_US for gap in apart)
    assert values == [34, 32]


def test_what_was_missed_is_not_made_up_for(counter: Counter, sampler: ModuleType) -> None:
    reading, values = sampler.Sampler([34], PERIOD), [0]
    reading.read(values)
    counter.us += 20 * PERIOD
    late = reading.read(values)
    assert counter.ticks_diff(reading.read(values), late) >= PERIOD
