"""One open MIDI input port, and how to let go of it without hanging.

rtmidi's own threads call us; they wait for the interpreter's lock to do so.  Closing a port waits for that
thread while it holds the lock, so a port closed in the middle of a roll would hang the program for ever
(and ``cancel_callback`` frees what a waiting thread is about to use).  Hence two steps: :meth:`hush` takes
the callback away, keeping alive what it holds; :meth:`close`, at least :data:`GRACE` s later, closes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from drumcircle.errors import DeviceLost
from drumcircle.midi import ports
from drumcircle.midi.identity import Device
from drumcircle.midi.watch import own_client

GRACE = 0.05

Heard = Callable[[int, float, list[int]], None]
"""Called on rtmidi's thread with the arrival (ns), the driver's delta (s) and the message."""


class Listener:
    """Hears one port until hushed."""

    def __init__(self, api: ports.Api, device: Device, heard: Heard) -> None:
        """
        Raises:
            DeviceLost: the port cannot be opened, or is not there any more.
        """
        rtmidi = ports.rtmidi()
        self._closed = False
        self._in_use: list[Any] = []
        try:
            self._midi = rtmidi.MidiIn(ports.rtmidi_constant(api), name=own_client(ports.OWN_INPUT))
        except rtmidi.RtMidiError as problem:
            raise DeviceLost(f"{device.label} cannot be heard: {problem}.") from None

        def called(message_and_delta: tuple[list[int], float], _: object) -> None:
            arrival = perf_counter_ns()  # before anything else
            message, delta = message_and_delta
            heard(arrival, delta, message)

        try:
            # An ignored message would swallow its delta.
            self._midi.ignore_types(sysex=False, timing=False, active_sense=False)
            self._midi.set_callback(called)
            self._midi.open_port(self._place_of(device), name="in")
        except (rtmidi.RtMidiError, DeviceLost) as problem:
            self._midi.delete()
            raise DeviceLost(
                f"{device.label} cannot be heard; another program may be using it ({problem})."
            ) from None

    def hush(self) -> None:
        """Hear nothing more; returns at once."""
        self._in_use = gc.get_referents(self._midi)
        self._midi.cancel_callback()

    def close(self) -> None:
        """Let go of the port; only after :meth:`hush` and a moment; may be called again."""
        if not self._closed:
            self._closed = True
            self._midi.close_port()
            self._midi.delete()

    def _place_of(self, device: Device) -> int:
        names = self._midi.get_ports()
        places = [place for place, name in enumerate(names) if name == device.port.raw]
        if len(places) <= device.place:
            raise DeviceLost("it is not there any more")
        return places[device.place]
