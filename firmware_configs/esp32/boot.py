"""Runs first.  Full speed: a pad samples all the time."""

import machine

machine.freq(240000000)
