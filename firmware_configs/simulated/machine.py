"""MicroPython's ``machine`` of an ESP32, its pins on the simulated bench of ``simulation.py``."""

import sys

import simulation


class Pin:
    """A number."""

    def __init__(self, number):
        self.number = number


class ADC:
    """What a pin feels at the moment that is sampled."""

    ATTN_11DB = 3

    def __init__(self, pin, atten=None):
        self._pin = pin.number

    def read_u16(self):
        """16 bits of which an ESP32 gives 12."""
        return simulation.felt(self._pin) << 4

    def read_uv(self):
        """Half of a lithium cell's 3.9 V."""
        return 1950000


class PWM:
    """Tells every change."""

    def __init__(self, pin, freq, duty_u16=0):
        self._pin = pin.number

    def duty_u16(self, duty):
        """Of 65535."""
        simulation.tell("pin", self._pin, simulation.true_us(), duty)


class WDT:
    """Bites, as the real one does."""

    def __init__(self, timeout):
        self._timeout_us = timeout * 1000
        self._fed = simulation.true_us()

    def feed(self):
        """Late is too late."""
        now = simulation.true_us()
        if now - self._fed > self._timeout_us:
            simulation.tell("bitten", now - self._fed)
            sys.exit(1)
        self._fed = now


def freq(hertz):
    """As fast as it is."""


def reset():
    """The program ends; what it printed says why."""
    sys.exit(1)
