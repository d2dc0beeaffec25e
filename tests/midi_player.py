"""A MIDI source in a process of its own, obeying lines on stdin; run as a script by the tests.

``open NAME`` makes a JACK port NAME:out, ``close NAME`` takes it away, ``send NAME STATUS BYTE BYTE`` sends and
``quit`` takes all away at once.  Each is answered by a line: the time before it was done, in ns.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter_ns


def main() -> None:
    import rtmidi

    outputs: dict[str, rtmidi.MidiOut] = {}
    for line in sys.stdin:
        verb, *words = line.split()
        before = perf_counter_ns()
        if verb == "open":
            outputs[words[0]] = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=words[0])
            outputs[words[0]].open_virtual_port("out")
        elif verb == "close":
            outputs.pop(words[0]).delete()
        elif verb == "send":
            outputs[words[0]].send_message([int(word) for word in words[1:]])
        else:
            os._exit(0)  # as when a USB hub is pulled out: nobody says goodbye
        print(before, flush=True)


if __name__ == "__main__":
    main()
