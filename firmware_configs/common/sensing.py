"""Strokes on piezo pads, out of samples: the same file under CPython, MicroPython and CircuitPython.

A strike rises within a millisecond or two; mains hum, drift and a leaning hand are slower.  So each channel is compared
with a slow follower of itself, and what is judged is the *rise* above it.  A rise above the level begins a scan for the
peak; after a short look at the neighbours, who may be the louder cause, the hit is decided: its time is the moment of
the crossing, its velocity the peak's.  Then the channel is masked, and its level comes down with the ringing it knows.

Rises are kept in sixteenths of a count and all arithmetic is in whole numbers below 2**30, so that no sample allocates
and every board says the same.  Durations are counted in samples of the nominal period.
"""

DEFAULTS = {
    "threshold": 40,  # counts a stroke must rise above the quiet signal
    "scan_us": 3000,  # from the crossing on: search for the peak
    "look_us": 1000,  # longer still: a louder neighbour may be the cause
    "mask_us": 12000,  # from the crossing on: nothing is a new stroke
    "retrigger": 110,  # % of the ringing that a new stroke must rise above
    "decay_us": 12000,  # the ringing falls to 37 % in this time
    "crosstalk": 30,  # % of a neighbour's rise that may be its doing
    "neighbours": None,  # indices of channels on the same frame; None: all others
    "hum": 150,  # % of the quiet signal's highest rises that a stroke must exceed
    "full": 3000,  # counts of velocity 127
    "curve": 0,  # -100 .. 100: above 0 soft strokes sound louder, below softer
}

_BITS = 4
_FOLLOWER_US = 2000
_WINDOW_US = 25000  # longer than a period of 50 Hz: each window holds a crest of the hum
_ALONE_US = 500  # at longer periods a stroke may be in one sample only; at these it never is
_KEPT = 32


class _Channel:
    def __init__(self, settings, period_us):
        for key in settings:
            if key not in DEFAULTS:
                raise ValueError(f"a channel has no setting {key!r}; there are {', '.join(sorted(DEFAULTS))}")
        wanted = dict(DEFAULTS)
        wanted.update(settings)
        self.threshold = max(1, wanted["threshold"]) << _BITS
        self.scan = max(3, wanted["scan_us"] // period_us)  # samples
        self.look = wanted["look_us"] // period_us
        self.mask = max(self.scan + self.look, wanted["mask_us"] // period_us)
        self.retrigger = wanted["retrigger"]
        self.decay = min(4095, max(1, 4096 * period_us // max(1, wanted["decay_us"])))
        self.crosstalk = wanted["crosstalk"]
        self.neighbours = wanted["neighbours"]
        self.hum = wanted["hum"]
        self.full = wanted["full"]
        self.curve = wanted["curve"]
        self.shift = 0
        while period_us << (self.shift + 1) <= _FOLLOWER_US:
            self.shift += 1
        self.slow = 0  # the follower, sixteenths of a count
        self.rise = 0  # of the sample before
        self.quiet = 0  # highest rise of the window before
        self.watch = (
            4095 << _BITS
        )  # highest rise of this window; of the first: so high that nothing is a stroke
        self.level = self.watch << 1
        self.age = 0  # samples since the crossing, 0: nothing rings
        self.ringing = 0  # the envelope of the rise
        self.earlier = 0  # what it was before the crossing
        self.base = 0
        self.peak = 0
        self.alone = period_us <= _ALONE_US
        self.crossed = 0

    def velocity(self):
        """1..127 of the peak: straight from the threshold to ``full``, bent by ``curve``."""
        least = self.threshold >> _BITS
        part = (((self.peak - self.base) >> _BITS) - least) * 1024 // max(1, self.full - least)
        part = max(0, min(1024, part))
        part += self.curve * part * (1024 - part) // 102400
        return 1 + (part * 126 + 512) // 1024


class Sensing:
    """Feed it one sample of all channels after the other, and take hits.

    ``channels``: a dict of settings each, the rest is in DEFAULTS; ``period_us``: the nominal time between samples.
    """

    def __init__(self, channels, period_us):
        self._pads = [_Channel(settings, period_us) for settings in channels]
        known = range(len(self._pads))
        for index, pad in enumerate(self._pads):
            named = known if pad.neighbours is None else pad.neighbours
            for other in named:
                if other not in known:
                    raise ValueError(f"{other!r} is no neighbour: channels count from 0 to {len(known) - 1}")
            pad.neighbours = [self._pads[other] for other in named if other != index]
            if not pad.neighbours:
                pad.look = 0
        self._windows = max(1, _WINDOW_US // period_us)
        self._left = self._windows
        self._longest_us = 4 * period_us
        self._t_us = 0
        self._hits = []

    def feed(self, t_us, values):
        """One sample a channel, 0..4095, taken at ``t_us`` (never less than before)."""
        index = 0
        for pad in self._pads:
            value = values[index] << _BITS
            index += 1  # noqa: SIM113 - enumerate() would allocate
            rise = value - pad.slow
            if pad.age or rise > pad.watch:
                self._stir(pad, t_us, value, rise)
            pad.slow += rise >> pad.shift
            pad.rise = rise
        self._t_us = t_us
        self._left -= 1
        if self._left == 0:
            self._left = self._windows
            for pad in self._pads:
                self._new_window(pad)

    def take(self):
        """The oldest decided hit, ``(channel, t_us, velocity)``, or None.  Beyond 32 that nobody takes the oldest go."""
        return self._hits.pop(0) if self._hits else None

    def _stir(self, pad, t_us, value, rise):
        if pad.age == 0:
            if rise > pad.level:
                self._cross(pad, t_us, value, rise, pad.level)
            else:
                pad.watch = rise
            return
        pad.age += 1
        if pad.age <= pad.scan + pad.look:
            self._scan(pad, value, rise)
            return
        pad.ringing -= (pad.ringing * pad.decay + 4095) >> 12
        if pad.age <= pad.mask:
            pad.ringing = max(pad.ringing, rise)
            return
        over = pad.ringing * pad.retrigger // 100
        if rise > pad.level + over:
            self._cross(pad, t_us, value, rise, pad.level + over)
            return
        if rise > over and pad.watch < rise < pad.threshold << 2:
            # Small and beyond what should ring: hum.
            pad.watch = rise
            pad.level = max(pad.level, rise * pad.hum // 100)
        if over < pad.threshold >> 3:
            pad.age = 0

    def _cross(self, pad, t_us, value, rise, level):
        """A stroke begins, unless it is no more than what a neighbour's ringing brings here."""
        for other in pad.neighbours:
            level = max(level, other.ringing * pad.crosstalk // 100 if other.age else 0)
        if rise <= level:
            # A wave that still rises may be a stroke yet; one that turns was the neighbour's, and rings here, too.
            if rise < pad.rise:
                pad.ringing = max(pad.ringing, pad.rise)
                pad.age = pad.mask
            return
        pad.crossed = self._moment(t_us, pad.rise, level, rise)
        # After a pause a stroke may be almost over: one sample of it is enough.
        pad.age = 1 if t_us - self._t_us <= self._longest_us else 2
        pad.base = pad.slow
        pad.peak = value
        pad.earlier = pad.ringing
        pad.ringing = rise

    def _moment(self, t_us, before, level, rise):
        """When a straight line between two samples crosses the level."""
        since = t_us - self._t_us
        if since > self._longest_us or before >= level:
            return t_us
        return self._t_us + since * (level - before) // (rise - before)

    def _scan(self, pad, value, rise):
        if pad.age == 2 and pad.alone and rise < pad.ringing >> 1:
            # One sample alone is the converter's noise; what rang before it rings on.
            pad.ringing = pad.earlier
            pad.age = pad.mask
            return
        pad.ringing = max(pad.ringing, rise)
        if pad.age <= pad.scan and value > pad.peak:
            pad.peak = value
        if pad.age == pad.scan + pad.look:
            self._decide(pad)

    def _decide(self, pad):
        for other in pad.neighbours:
            earlier = other.age and other.age + pad.look >= pad.age
            if earlier and pad.ringing * 100 < other.ringing * pad.crosstalk:
                return
        if len(self._hits) == _KEPT:
            self._hits.pop(0)
        self._hits.append((self._pads.index(pad), pad.crossed, pad.velocity()))

    def _new_window(self, pad):
        highest = max(pad.quiet, pad.watch)
        pad.level = max(pad.threshold, highest * pad.hum // 100)
        pad.quiet = pad.watch
        pad.watch = pad.threshold >> 2
