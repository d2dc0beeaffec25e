"""USB pads: every MIDI input port found, watched and heard."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from drumcircle.core.events import Hit, PadFound, PadGone, PadLink
from drumcircle.errors import DeviceLost, MissingPart
from drumcircle.formats.profiles import Profile, profile_for
from drumcircle.hub.part import Circle, PartBase
from drumcircle.midi import ports
from drumcircle.midi.identity import Device, Identities
from drumcircle.midi.listener import GRACE, Heard, Listener
from drumcircle.midi.stamps import PortClock
from drumcircle.midi.watch import Watch, open_watch, own_client

LOOK_EVERY = 0.25
"""Seconds between two looks at the list of ports; longer than GRACE."""
TRY_AGAIN = 2.0
"""Seconds before a MIDI system that is not there, or a port that would not open, is tried again; longer
than GRACE, too."""

NOTE_ON = 0x90


@dataclass(slots=True)
class _Pad:
    """A connected device; ``listener`` None while its port would not open, until ``retry`` (loop s)."""

    device: Device
    not_pads: frozenset[int] = frozenset()
    """Notes it sends that no pad makes."""
    listener: Listener | None = None
    retry: float = 0.0


class MidiIn(PartBase):
    """Posts what USB pads do: found, gone, and each note-on with the time it was played."""

    name = "midi"

    def __init__(self, profiles: Sequence[Profile] = ()) -> None:
        self._profiles = profiles
        self._identities = Identities(run=f"{secrets.token_hex(2)}-")
        self._pads: dict[str, _Pad] = {}
        self._hushed: list[Listener] = []
        self._heard: Counter[tuple[str, int]] = Counter()
        self._watch: Watch | None = None

    async def run(self, circle: Circle) -> None:
        """Watch until cancelled; returns at once where rtmidi is missing, having said so."""
        try:
            ports.rtmidi()
        except MissingPart as problem:
            circle.report(self.name, False, str(problem))
            return
        while True:
            try:
                await self._follow(circle, self._open_watch())
            except (MissingPart, DeviceLost) as problem:
                circle.report(self.name, False, str(problem))
                for device in self._identities.see(()).gone:
                    self._lose(circle, device)
            await asyncio.sleep(TRY_AGAIN)
            self._let_go()

    def close(self) -> None:
        """Let go of every port (in two steps, see :mod:`drumcircle.midi.listener`)."""
        for pad in self._pads.values():
            self._hush(pad)
        self._pads.clear()
        if self._hushed:
            time.sleep(GRACE)
        self._let_go()

    def _open_watch(self) -> Watch:
        self._watch = open_watch(ports.find_api())
        return self._watch

    def _let_go(self) -> None:
        """The watch last: see :mod:`drumcircle.midi.jack`."""
        self._close_hushed()
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    async def _follow(self, circle: Circle, watch: Watch) -> None:
        """Follow the list of ports until the MIDI system is gone (DeviceLost)."""
        circle.report(self.name, True, "")
        while True:
            self._look(circle, watch)
            await asyncio.sleep(LOOK_EVERY)
            self._close_hushed()

    def _look(self, circle: Circle, watch: Watch) -> None:
        """One look: what went, what came, what fell silent, what would not open before."""
        listed = ports.readable_ports(watch.names(), watch.api)
        self._drop_silent(circle, watch)
        change = self._identities.see(listed)
        for device in change.gone:
            self._lose(circle, device)
        for device in change.found:
            self._find(circle, device)
        now = asyncio.get_running_loop().time()
        for pad in self._pads.values():
            if pad.listener is None and pad.retry <= now:
                self._open(circle, watch, pad)

    def use_profiles(self, profiles: Sequence[Profile], circle: Circle) -> None:
        """From now on these say which note is which pad, also on what is connected already."""
        self._profiles = profiles
        for pad in self._pads.values():
            pad.not_pads = self._tell(circle, pad.device)

    def _find(self, circle: Circle, device: Device) -> None:
        self._pads[device.id] = _Pad(device, self._tell(circle, device))

    def _tell(self, circle: Circle, device: Device) -> frozenset[int]:
        """Say that it is there and what its profile knows of it; returns its notes that are no pads."""
        profile = profile_for(device.port.base, self._profiles)
        if profile is None:
            circle.post(PadFound(device.id, device.label, "usb"))
            return frozenset()
        layout, bounces = profile.layout(), profile.double_trigger_ms
        circle.post(PadFound(device.id, device.label, "usb", layout=layout, double_trigger_ms=bounces))
        return frozenset(profile.not_pads)

    def _drop_silent(self, circle: Circle, watch: Watch) -> None:
        """A source closed and opened again between two looks is listed as ever, but not connected to us."""
        mine = own_client(ports.OWN_INPUT)
        for pad in list(self._pads.values()):
            listeners = watch.listeners(pad.device.port.raw) if pad.listener is not None else None
            if listeners is not None and not any(name.startswith(mine) for name in listeners):
                self._identities.drop(pad.device)
                self._lose(circle, pad.device)

    def _open(self, circle: Circle, watch: Watch, pad: _Pad) -> None:
        """Listen to one port; where it will not, say so and leave the others alone."""
        heard = self._hearing(circle, pad, PortClock(watch.delay()))
        try:
            pad.listener = Listener(watch.api, pad.device, heard)
        except DeviceLost as problem:
            circle.post(PadLink(pad.device.id, words=str(problem)))
            pad.retry = asyncio.get_running_loop().time() + TRY_AGAIN
        else:
            if pad.retry:
                circle.post(PadLink(pad.device.id))

    def _lose(self, circle: Circle, device: Device) -> None:
        pad = self._pads.pop(device.id, None)
        if pad is not None:
            self._hush(pad)
            circle.post(PadGone(device.id, "unplugged"))

    def _hush(self, pad: _Pad) -> None:
        if pad.listener is not None:
            pad.listener.hush()
            self._hushed.append(pad.listener)

    def _close_hushed(self) -> None:
        for listener in self._hushed:
            listener.close()
        self._hushed.clear()

    def _hearing(self, circle: Circle, pad: _Pad, clock: PortClock) -> Heard:
        """What rtmidi's thread calls: it only hands the message to the loop, in the order of arrival."""
        loop = asyncio.get_running_loop()

        def heard(arrival: int, delta: float, message: list[int]) -> None:
            loop.call_soon_threadsafe(self._judge, circle, pad, clock, arrival, delta, message)

        return heard

    def counts(self) -> dict[str, Any]:
        """Hits over USB, in all and by pad (``PORT/NOTE``); a cable loses and doubles none."""
        none = {"lost": 0, "duplicate": 0, "rejected": 0}
        pads = {
            f"{device.removeprefix('usb:')}/{note}": {"received": count, **none}
            for (device, note), count in self._heard.items()
        }
        return {"received": self._heard.total(), **none, "pads": pads}

    def _judge(
        self, circle: Circle, pad: _Pad, clock: PortClock, arrival: int, delta: float, message: list[int]
    ) -> None:
        """Stamp every message, for the clock's sake; post the note-ons of pads (velocity 0 is a note-off)."""
        stamp = clock.stamp(arrival, delta)
        if len(message) == 3 and message[0] & 0xF0 == NOTE_ON and message[2] > 0:
            if message[1] in pad.not_pads:
                return
            device = pad.device.id
            self._heard[device, message[1]] += 1
            circle.post(
                Hit(
                    time=stamp.time,
                    pad=device,
                    note=message[1],
                    velocity=message[2],
                    raw_time=stamp.raw,
                    uncertainty=stamp.uncertainty,
                    by_arrival=stamp.by_arrival,
                )
            )
