"""MicroPython's ``time`` with the counters of an ESP32: they wrap, begin anywhere, and are not quite true."""

import simulation
from utime import *  # noqa: F403

PERIOD = 1 << 30


def ticks_us():
    """As on the board; it wraps every 18 minutes."""
    return simulation.board_us(simulation.true_us()) % PERIOD


def ticks_ms():
    """As on the board; it wraps every 12 days."""
    return simulation.board_us(simulation.true_us()) // 1000 % PERIOD


def ticks_add(ticks, more):
    """So much later."""
    return (ticks + more) % PERIOD


def ticks_diff(later, earlier):
    """How much later, half a period at most either way."""
    return (later - earlier + PERIOD // 2) % PERIOD - PERIOD // 2
