"""Names -> sources and sinks of the hub, loaded only when used.

A new transport is one file and one line in :data:`PARTS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from drumcircle.hub.part import Part

if TYPE_CHECKING:
    from drumcircle.formats.profiles import Profile
    from drumcircle.net.address import Address
    from drumcircle.net.discovery import Announcement


@dataclass(frozen=True, slots=True)
class Setup:
    """What parts are made from; a field that is empty means: not this part."""

    broker: Address | None = None
    midi: bool = False
    profiles: tuple[Profile, ...] = ()
    """Which USB pads are known, the ones that count first."""
    midi_out: str = ""
    sound: bool = False
    simulate: int = 0
    seed: int = 1
    aliases: frozenset[str] = frozenset()
    """Aliases people have already; a virtual player takes another."""
    seated: frozenset[str] = frozenset()
    """Virtual players of before a restart, who sit down again as themselves."""
    osc: tuple[str, int] | None = None
    """Where OSC is heard: address and UDP port."""
    announce: Announcement | None = None
    interface: str = ""
    """Our address on the network meant, where this machine is on several."""


def _virtual(setup: Setup) -> tuple[object, ...] | None:
    return (setup.simulate, setup.seed, setup.aliases, setup.seated) if setup.simulate else None


PARTS: tuple[tuple[str, Callable[[Setup], tuple[object, ...] | None]], ...] = (
    ("drumcircle.net.mqtt:MqttPart", lambda s: (s.broker,) if s.broker is not None else None),
    ("drumcircle.net.osc:OscPart", lambda s: s.osc),
    ("drumcircle.net.announce:AnnouncePart", lambda s: (s.announce, s.interface) if s.announce else None),
    ("drumcircle.midi.source:MidiIn", lambda s: (s.profiles,) if s.midi else None),
    ("drumcircle.midi.out:MidiOutPart", lambda s: (s.midi_out,) if s.midi_out else None),
    ("drumcircle.audio.part:SoundPart", lambda s: () if s.sound else None),
    ("drumcircle.sim.part:VirtualPlayersPart", _virtual),
)
"""(where its class is, what it is made with; None: not wanted)."""


def make_parts(setup: Setup) -> list[Part]:
    """Every part that this setup wants, in the order of :data:`PARTS`."""
    parts: list[Part] = []
    for place, wanted in PARTS:
        arguments = wanted(setup)
        if arguments is not None:
            module, _, name = place.partition(":")
            parts.append(getattr(import_module(module), name)(*arguments))
    return parts
