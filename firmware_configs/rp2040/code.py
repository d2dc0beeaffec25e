"""The program of a USB drum under CircuitPython; what it does with strokes is in ``drum.py``.

USB-MIDI carries no time: a computer takes a stroke for played when it arrives.  So a stroke is sent as soon as it is
decided, which is always equally long after it (``scan_us`` and, with several sensors, ``look_us``), and nothing here
may take memory per sample, or collecting it would now and then hold up a stroke.
"""

import time

import analogio
import board
import digitalio
import drum
import supervisor
import usb_midi

WRAP_MS = 1 << 18  # µs then stay below 2**28, so that no number needs memory; only distances matter


def complained(mistake):
    """Say it on the console and with the light: one long, three short."""
    print(mistake)
    for length in (1.0, 0.15, 0.15, 0.15):
        light.value = True
        time.sleep(length)
        light.value = False
        time.sleep(0.2)
    time.sleep(1.0)


def started():
    """The drum of ``pad.toml``, at this board's pace."""
    pad, sensors = drum.load("pad.toml")
    inputs = []
    for pin, _, _ in sensors:
        if not hasattr(board, f"GP{pin}"):
            raise drum.SettingsError(f"This board does not bring out pin {pin}.")
        inputs.append(analogio.AnalogIn(getattr(board, f"GP{pin}")))
    period_us = drum.pace(inputs, time.monotonic_ns)
    print(f"{pad['name']}: {len(inputs)} sensors, a sample each {period_us} µs")
    return drum.Drum(pad, sensors, inputs, usb_midi.ports[1], light, period_us)


supervisor.runtime.autoreload = False  # a computer that writes to the drive must not stop the drum
light = digitalio.DigitalInOut(board.LED)
light.switch_to_output()
try:
    step = started().step
except (ValueError, OSError) as mistake:
    while True:
        complained(mistake)
ticks_ms = supervisor.ticks_ms
while True:
    step(ticks_ms() % WRAP_MS * 1000)
