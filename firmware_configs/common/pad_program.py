"""The loop of a pad: a sample, the light, and now and then one small step on the network.

Nothing in it waits but the sampler for its next sample.  Garbage is collected just after a hit, while that drum is
masked anyway, or in a quiet moment.
"""

import gc

import boot_counter
import status_light
from cue_book import CueBook
from pad_clock import PadClock
from pad_link import PadLink
from sensing import Sensing

SAMPLES_A_STEP = 4
COLLECT_EVERY_MS, COLLECT_AT_LAST_MS = 4000, 8000
MASKED_MS, QUIET_MS = 5, 400
LOOK_AT_LEAST_US = 500000
_STRANGE_US = 100000
"""A crossing so far from now is the counter's wrap between two samples."""


class PadProgram:
    """``board`` is all that is not arithmetic; ``ticks`` the board's time module."""

    def __init__(self, board, settings, ticks, boot_file="boot.txt"):
        self._board = board
        self._ticks = ticks
        self._clock = PadClock(ticks)
        self._notes = bytes(note for _, note, _ in settings.sensors)
        self._values = [0] * len(self._notes)
        self._sensing = Sensing([channel for _, _, channel in settings.sensors], settings.pad["period_us"])
        self._cues = CueBook()
        boot = boot_counter.next_boot(boot_file)
        self.link = PadLink(board, settings, boot, self._clock, self._take_cue)
        self._samples_left = 1
        self._look_ticks = ticks.ticks_us()
        self._hit_ms = self._collected_ms = 0
        self._levels = (0, 0)
        gc.collect()

    def run(self):
        """For ever."""
        while True:
            self.turn()

    def turn(self):
        """One sample of every sensor, and what follows."""
        ticks = self._board.sample(self._values)
        self._sensing.feed(ticks, self._values)
        hit = self._sensing.take()
        if hit is not None:
            self._struck(hit[0], hit[1], hit[2], ticks)
        if self._ticks.ticks_diff(ticks, self._look_ticks) >= 0:
            self._show(ticks)
        self._samples_left -= 1
        if self._samples_left <= 0:
            self._step()

    def _struck(self, channel, crossed, velocity, ticks):
        if not 0 <= self._ticks.ticks_diff(ticks, crossed) < _STRANGE_US:
            crossed = ticks
        now_ms = self._clock.ms()
        self.link.struck(self._notes[channel], velocity, self._clock.at(crossed), now_ms)
        self._hit_ms = now_ms
        self._samples_left = 0

    def _step(self):
        now_ms = self._clock.ms()
        self._board.alive()
        self.link.step(now_ms)
        self._samples_left = 1 if self.link.hurried(now_ms) else SAMPLES_A_STEP
        self._collect(now_ms)

    def _collect(self, now_ms):
        since_ms, quiet_ms = now_ms - self._collected_ms, now_ms - self._hit_ms
        just_hit = quiet_ms < MASKED_MS and self.link.hits.unsent() is None
        fit = just_hit or quiet_ms > QUIET_MS
        if (since_ms > COLLECT_EVERY_MS and fit) or since_ms > COLLECT_AT_LAST_MS:
            gc.collect()
            self._collected_ms = self._clock.ms()

    # ------------------------------------------------------------ the light

    def _take_cue(self, cue):
        self._cues.take(cue, self._clock.us())
        self._look_ticks = self._ticks.ticks_us()

    def _show(self, ticks):
        now_us = self._clock.at(ticks)
        light, motor, again_us = self._cues.look(now_us)
        if not self._cues.alive():
            light, again_us = status_light.look(self.link.status(self._clock.ms()), now_us)
        if (light, motor) != self._levels:
            self._levels = (light, motor)
            self._board.show(light, motor)
        wait_us = max(0, min(again_us - now_us, LOOK_AT_LEAST_US))
        self._look_ticks = self._ticks.ticks_add(ticks, wait_us)
