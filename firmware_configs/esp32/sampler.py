"""When the sensors are read, and how: at an even pace by the board's own counter."""

from time import ticks_add, ticks_diff, ticks_us

from machine import ADC, Pin


class Sampler:
    """``pins`` of ADC1, one a sensor."""

    def __init__(self, pins, period_us):
        self._sensors = [ADC(Pin(pin), atten=ADC.ATTN_11DB) for pin in pins]
        self._period_us = period_us
        self._due = ticks_us()

    def read(self, values):
        """Wait until the next sample is due, take it (0-4095 each); its time, by the counter."""
        now = ticks_us()
        while ticks_diff(self._due, now) > 0:
            now = ticks_us()
        place = 0
        for sensor in self._sensors:
            values[place] = sensor.read_u16() >> 4
            place += 1  # noqa: SIM113 - enumerate() would allocate
        due = ticks_add(self._due, self._period_us)
        if ticks_diff(due, now) <= 0:  # what was missed is not made up for
            due = ticks_add(now, self._period_us)
        self._due = due
        return now
