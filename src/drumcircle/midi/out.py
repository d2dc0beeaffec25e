"""Cues as notes on a MIDI output port, each sent early by the port's latency."""

from __future__ import annotations

import asyncio
import threading
import time

from drumcircle.core.events import MS, NS, Cue, Effect, OutputLatency, Silence, SoundSet, Withdraw
from drumcircle.errors import DrumcircleError, MissingPart
from drumcircle.hub.cuebook import CueBook
from drumcircle.hub.part import Circle, PartBase
from drumcircle.midi import ports
from drumcircle.midi.send import MidiOutput, open_output
from drumcircle.midi.watch import own_client

NOTES = {"accent": 76, "click": 77, "count": 75, "call": 38, "drum": 36}
"""General MIDI percussion: high and low wood block, claves, snare, bass drum."""
LENGTH = 50 * MS
STALE = 100 * MS
"""A cue this late is left out: a click beside the beat is worse than none."""
NEAR = 20 * MS
SLICE = 2 * MS
"""Up to NEAR before a note the thread waits to be told of changes; from then on it sleeps in slices, which
is exact to 0.1 ms where waiting on a condition is not (Windows: 16 ms)."""
CHECK_EVERY = NS
TRY_AGAIN = 2.0


class MidiOutPart(PartBase):
    """Sends cues to the port whose name contains ``port``, or to one of our own called so."""

    name = "midi-out"

    def __init__(self, port: str) -> None:
        self._port = port
        self._changed = threading.Condition()
        """Guards everything below."""
        self._book = CueBook()
        self._offs: dict[int, int] = {}
        """Sounding notes and when they end (ns)."""
        self._latency = 0
        self._gain = 1.0
        self._thread: threading.Thread | None = None
        self._ending = False

    async def run(self, circle: Circle) -> None:
        """Keep the sending thread going until cancelled; returns at once without rtmidi, having said so."""
        try:
            ports.rtmidi()
        except MissingPart as problem:
            circle.report(self.name, False, str(problem))
            return
        self._ending = False
        self._thread = threading.Thread(target=self._work, args=(circle,), name="midi-out", daemon=True)
        self._thread.start()
        try:
            await asyncio.Event().wait()
        finally:
            self._end()

    def take(self, effect: Effect) -> None:
        """Keep cues until due; obey withdrawals, silence, latency and gain."""
        with self._changed:
            if isinstance(effect, (Cue, Withdraw, Silence)):
                self._book.take(effect)
            if isinstance(effect, Silence):
                self._offs = dict.fromkeys(self._offs, 0)
            elif isinstance(effect, OutputLatency) and effect.channel == "midi":
                self._latency = round((effect.ms or 0.0) * MS)
            elif isinstance(effect, SoundSet):
                self._gain = 10 ** (min(effect.gain_db, 0.0) / 20)
            self._changed.notify()

    def close(self) -> None:
        """Wait until the thread has ended what sounds and let go of the port."""
        self._end()
        if self._thread is not None:
            self._thread.join(timeout=3.0)

    def _end(self) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify()

    # ---------------------------------------------------------------- the sending thread

    def _work(self, circle: Circle) -> None:
        """Open, perform until the port is gone, say so, try again."""
        while not self._ending:
            try:
                with open_output(self._port, wait=0.0, client=own_client(ports.OWN_OUTPUT)) as output:
                    circle.report_from_thread(self.name, True, "")
                    self._perform(circle, output)
            except DrumcircleError as problem:
                circle.report_from_thread(self.name, False, str(problem))
                self._pause(TRY_AGAIN)
            else:
                if not self._ending and not output.virtual:
                    words = f"The MIDI port {output.port_name} is gone; it is used again once it is back."
                    circle.report_from_thread(self.name, False, words)
                    self._pause(TRY_AGAIN)

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ending, timeout=seconds)

    def _perform(self, circle: Circle, output: MidiOutput) -> None:
        """Send every note at its time until told to end, or the port is gone or another one meant."""
        check = circle.now() + CHECK_EVERY
        while not self._ending:
            now = circle.now()
            self._send_due(output, now)
            if now >= check:
                if not output.present() or (output.virtual and output.exists_elsewhere(self._port)):
                    return
                check = now + CHECK_EVERY
            self._wait(circle, check)
        for note in list(self._offs):
            output.send_note_off(note)

    def _send_due(self, output: MidiOutput, now: int) -> None:
        with self._changed:
            cues = self._book.pop_due(now + self._latency)
            ended = [note for note, end in self._offs.items() if end <= now]
            for note in ended:
                del self._offs[note]
            fresh = [(cue, self._gain) for cue in cues if cue.due - self._latency > now - STALE]
            self._offs.update({NOTES[cue.voice]: now + LENGTH for cue, _ in fresh})
        for note in ended:
            output.send_note_off(note)
        for cue, gain in fresh:
            output.send_note_on(NOTES[cue.voice], _velocity(cue.gain * gain))

    def _wait(self, circle: Circle, check: int) -> None:
        """Until the next note, its end, the next check, or a change; near a note in slices."""
        with self._changed:
            first = self._book.next_due()
            times = [check, *self._offs.values()]
            if first is not None:
                times.append(first - self._latency)
            ahead = min(times) - circle.now()
            if ahead > NEAR and not self._ending:
                self._changed.wait((ahead - NEAR) / NS)
                return
        if ahead > 0:
            time.sleep(min(ahead, SLICE) / NS)


def _velocity(gain: float) -> int:
    """Gain 1 is velocity 100."""
    return max(1, min(127, round(100 * gain)))
