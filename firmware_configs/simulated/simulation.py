"""The bench a simulated board lies on: the true clock, drums that are struck, the radio's range.

The true clock is the machine's monotonic one, µs, the same that a hub on this machine runs by.  Orders come on standard
input, a line each: ``strokes FILE``, ``range 0`` or ``1``.  What can be seen of the board goes to standard output.
``FILE`` has one stretch after the other that is not silent: pin, when it begins (true µs), how many samples, µs between
two of them, then the samples; none begins before the one before it on its pin has ended.
"""

import os
import select
import struct
import sys
from array import array

from utime import ticks_us as true_us

HEAD = "<BqIH"
HEAD_BYTES = struct.calcsize(HEAD)
ORDERS_EVERY_US = 20000
QUIET = 12

_began = true_us()
_origin = int(os.getenv("BOARD_ORIGIN_US") or 0)
_drift_ppm = int(os.getenv("BOARD_DRIFT_PPM") or 0)
_stretches = {}
_range = [True]
_now = [_began, _began]
_orders = select.poll()
_orders.register(sys.stdin, select.POLLIN)


def board_us(true):
    """What the board's crystal has counted, without wrapping."""
    since = true - _began
    return _origin + since + since * _drift_ppm // 1000000


def tell(*words):
    """Something to be seen."""
    print(*words)


def in_range():
    """Of the access point."""
    return _range[0]


def sampled_at(true):
    """The moment that is felt next; orders are looked for now and then."""
    _now[0] = true
    if true - _now[1] > ORDERS_EVERY_US:
        _now[1] = true
        if _orders.poll(0):
            _obey(sys.stdin.readline().split())


def felt(pin):
    """0-4095 at that moment: a straight line between two samples of a stretch, else quiet."""
    stretches = _stretches.get(pin)
    while stretches:
        begins, step, samples = stretches[0]
        since = _now[0] - begins
        if since < 0:
            break
        place = since // step
        if place < len(samples) - 1:
            here = samples[place]
            return here + (samples[place + 1] - here) * (since % step) // step
        stretches.pop(0)
    return QUIET


def _obey(order):
    if not order:  # whoever gave orders is gone
        sys.exit(0)
    if order[0] == "range":
        _range[0] = order[1] == "1"
    elif order[0] == "strokes":
        with open(order[1], "rb") as file:  # noqa: PTH123 - boards have no pathlib
            _read(file.read())
    tell("done", *order)


def _read(content):
    at = 0
    while at < len(content):
        pin, begins, count, step = struct.unpack_from(HEAD, content, at)
        at += HEAD_BYTES
        samples = array("H", content[at : at + 2 * count])
        at += 2 * count
        _stretches.setdefault(pin, []).append((begins, step, samples))
