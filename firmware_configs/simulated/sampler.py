"""Samples at an even pace by the true clock; stands in for the ESP32's ``sampler.py``.

A machine that runs many programs interrupts each for longer than any board is, so this converter keeps its samples
until they are read: what is late is only when they are.
"""

from time import PERIOD, sleep_us

import simulation
from machine import ADC, Pin

LONGEST_KEPT_US = 2000000


class Sampler:
    """As the ESP32's."""

    def __init__(self, pins, period_us):
        self._sensors = [ADC(Pin(pin)) for pin in pins]
        self._period_us = period_us
        self._due = simulation.true_us()

    def read(self, values):
        """The next sample, and its time by the board's counter."""
        ahead = self._due - simulation.true_us()
        if ahead > 0:
            sleep_us(ahead)
        elif ahead < -LONGEST_KEPT_US:
            simulation.tell("overrun", -ahead)
            self._due -= ahead
        simulation.sampled_at(self._due)
        place = 0
        for sensor in self._sensors:
            values[place] = sensor.read_u16() >> 4
            place += 1  # noqa: SIM113 - enumerate() would allocate
        ticks = simulation.board_us(self._due) % PERIOD
        self._due += self._period_us
        return ticks
