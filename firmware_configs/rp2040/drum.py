"""A USB drum: from converter readings to MIDI messages.  What touches the board is handed in, and is in ``code.py``."""

import sensing
import settings

PAD = {"name": "drumcircle pad", "channel": 10, "gate_ms": 50}
SENSOR = {"pin": -1, "note": 38}
PINS = (26, 27, 28, 29)
"""Those with a converter; a Pico brings out the first three."""
SettingsError = settings.SettingsError
_TRIED = 400


def load(path):
    """``(pad, sensors)`` of a file: a dict, and a list of ``(pin, note, channel)``, the channel as sensing takes it.

    Raises:
        SettingsError: a mistake in it.
        OSError: it cannot be read.
    """
    found = settings.load(path)
    for table in found:
        if table not in {"pad", "sensor"}:
            raise SettingsError(f"There is no table {table!r} in pad.toml; there are [pad] and [[sensor]].")
    pad = settings.filled(found.get("pad", {}), PAD, "[pad]")
    if not 1 <= pad["channel"] <= 16:
        raise SettingsError("The channel of [pad] must be from 1 to 16.")
    sensors = [_sensor(told) for told in found.get("sensor", ())]
    pins = [pin for pin, _, _ in sensors]
    if not pins or len(set(pins)) < len(pins):
        raise SettingsError("pad.toml needs at least one [[sensor]], each with a pin of its own.")
    return pad, sensors


def _sensor(told):
    defaults = dict(sensing.DEFAULTS)
    defaults.update(SENSOR)
    channel = settings.filled(told, defaults, "[[sensor]]")
    pin, note = channel.pop("pin"), channel.pop("note")
    if pin not in PINS:
        raise SettingsError(f"The pin of a [[sensor]] must be one of {', '.join(str(one) for one in PINS)}.")
    if not 0 <= note <= 127:
        raise SettingsError("The note of a [[sensor]] must be from 0 to 127.")
    return pin, note, channel


def pace(inputs, now_ns):
    """µs from sample to sample, as quick as this board is while one pad rings; ``now_ns()`` is any clock."""
    rehearsed = list(inputs)
    rehearsed[0] = _Rehearsed(inputs[0])
    drum = Drum(PAD, [(0, 0, {}) for _ in inputs], rehearsed, _Nobody(), _Nobody(), 500)
    began = now_ns()
    for _ in range(_TRIED):
        drum.step(0)
    return max(100, (now_ns() - began) // _TRIED // 1000)


class _Rehearsed:
    """An input, struck every 40 readings."""

    def __init__(self, real):
        self._real = real
        self._readings = 0

    @property
    def value(self):
        self._readings += 1
        return 48000 if self._readings % 40 < 2 else self._real.value


class _Nobody:
    """Neither a port nor a light."""

    value = False

    def write(self, message):
        return len(message)


class Drum:
    """``inputs`` have a ``value`` of 16 bits, ``port`` a ``write(bytes)``, ``light`` a ``value`` to set."""

    def __init__(self, pad, sensors, inputs, port, light, period_us):
        self._notes = bytes(note for _, note, _ in sensors)
        self._sensing = sensing.Sensing([channel for _, _, channel in sensors], period_us)
        self._inputs = inputs
        self._values = [0] * len(inputs)
        self._port = port
        self._light = light
        self._on = bytearray((0x90 | (pad["channel"] - 1), 0, 0))
        self._off = bytearray((0x80 | (pad["channel"] - 1), 0, 0))
        self._gate = max(1, pad["gate_ms"] * 1000 // period_us)
        self._left = [0] * len(inputs)  # samples until its note ends
        self._sounding = 0

    def step(self, t_us):
        """Take one sample of all inputs, at ``t_us``, and send what follows from it."""
        if self._sounding:
            self._end_notes()
        index = 0
        for one in self._inputs:
            self._values[index] = one.value >> 4
            index += 1  # noqa: SIM113 - enumerate() would allocate
        self._sensing.feed(t_us, self._values)
        hit = self._sensing.take()
        while hit:
            self._strike(hit[0], hit[2])
            hit = self._sensing.take()

    def _strike(self, channel, velocity):
        if self._left[channel]:
            self._release(channel)
        self._on[1] = self._notes[channel]
        self._on[2] = velocity
        self._port.write(self._on)
        self._left[channel] = self._gate
        self._sounding += 1
        self._light.value = True

    def _end_notes(self):
        for channel in range(len(self._left)):
            if self._left[channel] == 1:
                self._release(channel)
            elif self._left[channel]:
                self._left[channel] -= 1
        if not self._sounding:
            self._light.value = False

    def _release(self, channel):
        self._off[1] = self._notes[channel]
        self._port.write(self._off)
        self._left[channel] = 0
        self._sounding -= 1
