"""Strikes notes on a MIDI port of its own and keeps the moment before each: what ``bench hits`` measures against.

Run as a program: NAME of the port, NOTES different ones.  For each number it reads it strikes so many, at
distances drawn by chance so that no period of any driver repeats in them, and prints when it struck what.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import sys
import time

from drumcircle.core.events import MS, NS
from drumcircle.midi.send import DRUMS, NOTE_ON, open_output

NEAREST, FARTHEST = 6 * MS, 14 * MS
"""Between two notes: a hundred a second."""
FIRST_NOTE = 36
SPIN = MS // 2
PRIORITY = 20


def main() -> None:
    """Obey numbers on stdin."""
    name, notes = sys.argv[1], int(sys.argv[2])
    with open_output(name, wait=0.0) as output:
        _run_first()
        print(json.dumps({"ready": True}), flush=True)
        struck = 0
        for line in sys.stdin:
            gc.collect()
            gc.disable()
            strokes, at = [], time.perf_counter_ns() + 10 * MS
            for _ in range(int(line)):
                note, velocity = FIRST_NOTE + struck % notes, 1 + struck // notes % 127
                _wait_until(at)
                before = time.perf_counter_ns()
                output.send(bytes((NOTE_ON | DRUMS, note, velocity)))
                strokes.append((note, velocity, before))
                struck += 1
                at += dice.randrange(NEAREST, FARTHEST)
            print(json.dumps({"strokes": strokes}), flush=True)


def _wait_until(at: int) -> None:
    while (left := at - time.perf_counter_ns()) > SPIN:
        time.sleep((left - SPIN) / NS)
    while time.perf_counter_ns() < at:
        pass


def _run_first() -> None:
    """Before all others, where the system permits."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))


dice = random.Random(1)

if __name__ == "__main__":
    main()
