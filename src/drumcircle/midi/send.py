"""Sending notes: to a port that exists, or as a port of our own that others can listen to."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from drumcircle.core.events import NS
from drumcircle.errors import DeviceLost, MissingPart, UsageError
from drumcircle.midi import ports
from drumcircle.midi.ports import Api, PortName
from drumcircle.midi.watch import Watch, open_watch, own_client

DRUMS = 9
"""MIDI channel 10, counted from 0."""
NOTE_ON, NOTE_OFF = 0x90, 0x80


class MidiOutput:
    """An open output.  ``virtual``: it is a port of our own; ``port_name``: as the other side sees it."""

    def __init__(self, midi: Any, watch: Watch, port_name: str, own_port: str, virtual: bool) -> None:
        self.port_name = port_name
        self.virtual = virtual
        self._midi = midi
        self._watch = watch
        self._own_port = own_port
        self._closed = False

    def send(self, message: bytes) -> None:
        """Send one MIDI message now.

        Raises:
            DeviceLost: the port does not take it.
        """
        try:
            self._midi.send_message(message)
        except ports.rtmidi().RtMidiError as problem:
            raise DeviceLost(f"The MIDI port {self.port_name} takes no notes any more: {problem}.") from None

    def send_note_on(self, note: int, velocity: int, channel: int = DRUMS) -> None:
        """Strike a note; ``channel`` 0-15."""
        self.send(bytes((NOTE_ON | channel, note, velocity)))

    def send_note_off(self, note: int, channel: int = DRUMS) -> None:
        """End a note; ``channel`` 0-15."""
        self.send(bytes((NOTE_OFF | channel, note, 0)))

    def present(self) -> bool:
        """Whether what we send still arrives somewhere, as far as the MIDI system tells."""
        try:
            self._watch.names()
        except DeviceLost:
            return False
        if self.virtual:
            return True
        listeners = self._watch.listeners(self._own_port)
        return self.port_name in _names(self._midi) if listeners is None else bool(listeners)

    def exists_elsewhere(self, name: str) -> bool:
        """Whether the system has a port that ``name`` may mean (for a port of our own called so)."""
        return any(name.casefold() in port.raw.casefold() for port in _usable(self._midi, self._watch.api))

    def wait_for_listener(self, seconds: float) -> bool:
        """Wait until somebody listens, at most so long; where that cannot be seen, wait and hope (True)."""
        end = time.perf_counter_ns() + round(seconds * NS)
        while True:
            listeners = self._watch.listeners(self._own_port)
            if listeners:
                return True
            if time.perf_counter_ns() >= end:
                return listeners is None
            time.sleep(0.01)

    def close(self) -> None:
        """Send out what is left and let go; may be called again."""
        if not self._closed:
            self._closed = True
            self._midi.close_port()
            self._midi.delete()
            self._watch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_output(name: str, *, wait: float = 1.0, client: str | None = None) -> MidiOutput:
    """Open the output whose name is or contains ``name``; where there is none, make one called so.

    A port just made is not listened to yet, and notes sent then are lost: so this waits until somebody
    listens, but at most ``wait`` s.  ``client`` is what our side is called where that can be seen.

    Raises:
        MissingPart: no MIDI system, no rtmidi, or (Windows) no such port.
        UsageError: several ports match.
        DeviceLost: the port cannot be opened.
    """
    watch = open_watch(ports.find_api())
    try:
        output = _open(name, watch, client)
    except BaseException:
        watch.close()
        raise
    if output.virtual and wait > 0:
        output.wait_for_listener(wait)
    return output


def output_names(api: Api | None = None) -> list[str]:
    """Readable names of the ports notes can be sent to.

    Raises:
        MissingPart: as :func:`drumcircle.midi.ports.find_api`.
    """
    watch = open_watch(api or ports.find_api())
    try:
        return [port.base for port in _destinations(watch)]
    finally:
        watch.close()


def _destinations(watch: Watch) -> list[PortName]:
    """The ports that notes can be sent to: all but the inputs of a hub."""
    midi = _new(watch.api, own_client(ports.OWN_OUTPUT))
    try:
        return _usable(midi, watch.api)
    finally:
        midi.delete()


def _open(name: str, watch: Watch, client: str | None) -> MidiOutput:
    there = _destinations(watch)
    existing = _choose(name, there)
    if existing is not None:
        return _connect(existing, watch)
    if watch.api == "winmm":
        raise MissingPart(_no_virtual_ports(name, there))
    return _make(name, watch, client)


def _choose(name: str, there: list[PortName]) -> PortName | None:
    """An exact match before a partial one; None where nothing matches."""
    wanted = name.casefold()
    exact = [port for port in there if wanted in (port.base.casefold(), port.raw.casefold())]
    partial = [port for port in there if wanted in port.raw.casefold()]
    found = exact or partial
    if len(found) > 1:
        raise UsageError(
            f"{name!r} could be any of the MIDI ports {', '.join(port.raw for port in found)}: "
            "give more of its name."
        )
    return found[0] if found else None


def _connect(port: PortName, watch: Watch) -> MidiOutput:
    """Our side is named as our own output, so that no hub takes it for a pad."""
    before = set(watch.names())
    midi = _new(watch.api, own_client(ports.OWN_OUTPUT))
    try:
        midi.open_port(_names(midi).index(port.raw), name="out")
    except (ports.rtmidi().RtMidiError, ValueError) as problem:
        midi.delete()
        raise DeviceLost(f"The MIDI port {port.base} cannot be opened: {problem}.") from None
    return MidiOutput(midi, watch, port.raw, _appeared(watch, before, "out"), virtual=False)


def _make(name: str, watch: Watch, client: str | None) -> MidiOutput:
    """macOS shows a port by its own name, ALSA and JACK by its client's first."""
    before = set(watch.names())
    shown = name.replace(":", " ")
    midi = _new(watch.api, client or shown)
    try:
        midi.open_virtual_port(shown if client or watch.api == "coremidi" else "out")
    except (ports.rtmidi().RtMidiError, NotImplementedError) as problem:
        midi.delete()
        raise DeviceLost(f"No MIDI port {name} can be made here: {problem}.") from None
    made = _appeared(watch, before, shown)
    return MidiOutput(midi, watch, made, made, virtual=True)


def _appeared(watch: Watch, before: set[str], otherwise: str) -> str:
    """The name the system gave our new port: it may have added a number."""
    return next((name for name in watch.names() if name not in before), otherwise)


def _new(api: Api, client: str) -> Any:
    rtmidi = ports.rtmidi()
    try:
        return rtmidi.MidiOut(ports.rtmidi_constant(api), name=client)
    except rtmidi.RtMidiError as problem:
        raise MissingPart(f"The MIDI system ({api}) cannot be opened: {problem}.") from None


def _usable(midi: Any, api: Api) -> list[PortName]:
    return [ports.parse(name, api) for name in _names(midi) if not name.startswith(ports.OWN_INPUT)]


def _names(midi: Any) -> list[str]:
    return [name for name in midi.get_ports() if name]


def _no_virtual_ports(name: str, there: list[PortName]) -> str:
    names = ", ".join(port.base for port in there) or "none"
    return (
        f"There is no MIDI port called {name!r} (there are: {names}), and Windows can make none: install "
        "loopMIDI, add a port of that name in it, then try again."
    )
