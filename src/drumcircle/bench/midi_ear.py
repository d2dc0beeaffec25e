"""What stands beside the hub in ``bench hits``: a bare callback of python-rtmidi, or of mido, and nothing else.

Run as a program: ``rtmidi`` or ``mido``, and the PORT to hear.  It says ``ready``, and after a line on stdin
prints what it heard, when.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

Heard = list[tuple[int, int, int]]
"""(note, velocity, ns)."""


def main() -> None:
    """Hear until told."""
    library, port = sys.argv[1:3]
    heard: Heard = []
    close = {"rtmidi": _with_rtmidi, "mido": _with_mido}[library](port, heard)
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.readline()
    print(json.dumps({"heard": heard}), flush=True)
    close()


def _with_rtmidi(port: str, heard: Heard) -> Callable[[], None]:
    import rtmidi

    midi = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="bench-rtmidi")
    place = next(i for i, name in enumerate(midi.get_ports()) if port in name)

    def called(message_and_delta: tuple[list[int], float], _: object) -> None:
        arrival = perf_counter_ns()
        _, note, velocity = message_and_delta[0]
        heard.append((note, velocity, arrival))

    midi.set_callback(called)
    midi.open_port(place)
    close: Callable[[], None] = midi.delete
    return close


def _with_mido(port: str, heard: Heard) -> Callable[[], None]:
    import mido

    backend = mido.Backend("mido.backends.rtmidi/UNIX_JACK")
    name = next(name for name in backend.get_input_names() if port in name)

    def called(message: Any) -> None:
        arrival = perf_counter_ns()
        heard.append((message.note, message.velocity, arrival))

    opened = backend.open_input(name, callback=called)
    close: Callable[[], None] = opened.close
    return close


if __name__ == "__main__":
    main()
