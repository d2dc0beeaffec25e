"""MicroPython's ``network`` of an ESP32 whose radio is in range or out of it, as the simulation is told."""

import simulation

STA_IF = 0


class WLAN:
    """The one radio."""

    PM_NONE = 0

    def __init__(self, interface):
        pass

    def active(self, on):
        """It always is."""

    def config(self, pm):
        """It never sleeps."""

    def connect(self, name, password):
        """At once where it is in range."""

    def disconnect(self):
        """And at once again."""

    def isconnected(self):
        """Whether it is in range."""
        return simulation.in_range()

    def status(self, what):
        """dBm."""
        return -55
