"""A MIDI source in a process of its own, obeying lines on stdin; run as a script by the tests.

``open NAME`` makes a JACK port NAME:out, ``close NAME`` takes it away, ``send NAME STATUS BYTE BYTE`` sends,
``roll NAME COUNT`` sends so many notes as fast as it can, ``rest NAME MS`` pauses as a player does between
strokes, ``quit`` takes all away at once.  Each line is answered
by one: the time before it was done, in ns.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter_ns, sleep


def main() -> None:
    import rtmidi

    outputs: dict[str, rtmidi.MidiOut] = {}
    for line in sys.stdin:
        verb, name, *words = line.split()
        before = perf_counter_ns()
        if verb == "open":
            outputs[name] = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
            outputs[name].open_virtual_port("out")
        elif verb == "close":
            outputs.pop(name).delete()
        elif verb == "send":
            outputs[name].send_message([int(word) for word in words])
        elif verb == "roll":
            for _ in range(int(words[0])):
                outputs[name].send_message([0x99, 38, 64])
        elif verb == "rest":
            sleep(int(words[0]) / 1000)
        else:
            os._exit(0)  # as when a USB hub is pulled out: nobody says goodbye
        print(before, flush=True)


if __name__ == "__main__":
    main()
