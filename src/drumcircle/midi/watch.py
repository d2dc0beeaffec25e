"""Looking at the MIDI system's list of ports without listening to any of them."""

from __future__ import annotations

import os
from typing import Protocol

from drumcircle.core.events import MS
from drumcircle.errors import DeviceLost, MissingPart
from drumcircle.midi import ports
from drumcircle.midi.jack import JackWatch
from drumcircle.midi.stamps import Delay

SCHEDULING = MS // 10
"""How long after a JACK period's start its notes are handed over: 0.08 ms measured."""


class Watch(Protocol):
    """The list of ports, and what else the MIDI system tells about them."""

    api: ports.Api

    def names(self) -> list[str]:
        """Raw names of all ports that can be listened to.

        Raises:
            DeviceLost: the MIDI system is gone; this watch is of no more use.
        """

    def listeners(self, name: str) -> list[str] | None:
        """Who is connected to this port now; None where the system does not tell."""

    def delay(self) -> Delay:
        """How late the system hands a note over."""

    def close(self) -> None:
        """Let go; may be called again."""


def open_watch(api: ports.Api) -> Watch:
    """Start looking at a MIDI system.

    Raises:
        MissingPart: it is not there.
    """
    return _Jack() if api == "jack" else _Rtmidi(api)


def own_client(kind: str) -> str:
    """The name of our clients of this kind (OWN_INPUT or OWN_OUTPUT) in this process."""
    return f"{kind}-{os.getpid()}"


class _Jack:
    """Through libjack, which also knows connections and when the server dies."""

    api: ports.Api = "jack"

    def __init__(self) -> None:
        self._jack = JackWatch()

    def names(self) -> list[str]:
        if not self._jack.alive:
            raise DeviceLost("The JACK server is gone, and the USB pads with it; start it again.")
        return self._jack.names()

    def listeners(self, name: str) -> list[str] | None:
        return self._jack.listeners(name)

    def delay(self) -> Delay:
        """JACK collects what is played in one period and hands it over at the next one's start, so a note
        is late by 0 to 1 period, half a one on average, and by how much cannot be told."""
        half = self._jack.period // 2
        return Delay(late=half, uncertainty=half + SCHEDULING)

    def close(self) -> None:
        self._jack.close()


class _Rtmidi:
    """Through one rtmidi object that opens no port.

    On macOS the list only changes for the thread that looked first, so it is always the same one.
    """

    def __init__(self, api: ports.Api) -> None:
        self.api = api
        rtmidi = ports.rtmidi()
        try:
            self._midi = rtmidi.MidiIn(ports.rtmidi_constant(api), name=own_client(ports.OWN_INPUT))
        except rtmidi.RtMidiError as problem:
            raise MissingPart(f"The MIDI system ({api}) cannot be opened: {problem}.") from None
        self._closed = False

    def names(self) -> list[str]:
        try:
            # A port that goes while the list is made has no name.
            return [name for name in self._midi.get_ports() if name]
        except ports.rtmidi().RtMidiError as problem:
            raise DeviceLost(f"The MIDI system ({self.api}) is gone: {problem}.") from None

    def listeners(self, name: str) -> list[str] | None:
        return None

    def delay(self) -> Delay:
        """Full-speed USB asks a device once a millisecond; Windows counts whole milliseconds on top."""
        return Delay(late=0, uncertainty=MS if self.api == "winmm" else MS // 2)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._midi.delete()  # what mere garbage collection would leave open are three descriptors
