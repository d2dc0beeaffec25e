"""What an OSC packet says (Open Sound Control 1.0): the hits in it, and when its sender says that they were."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from drumcircle.net.topics import is_id
from drumcircle.net.wire_constants import LONGEST

NAMED_NOTE = 38
"""The note of a pad that is only named (General MIDI's snare)."""
DEEPEST = 4
"""Bundles in bundles."""
MOST_TOGETHER = 32
"""Messages in a packet."""
IMMEDIATELY = 1

_MESSAGE = re.compile(rb"/[!-~]{1,120}\0{1,4},[ifdhs]{1,8}\0")
_BUNDLE = b"#bundle\0"


class OscError(ValueError):
    """What a packet is not, in words for the dashboard."""


@dataclass(frozen=True, slots=True)
class Struck:
    """One hit as a packet tells it; ``pad`` empty: the sender has one pad.  ``tag_us``: None: now."""

    pad: str
    note: int
    velocity: int
    tag_us: int | None


def read_packet(packet: bytes) -> list[Struck]:
    """Every hit in a packet; a velocity of 0 is the letting go of a pad, and none.

    Raises:
        OscError: this is no OSC, or none that is meant for us.
    """
    if len(packet) > LONGEST:
        raise OscError(f"more than {LONGEST} bytes")
    messages = list(islice(_messages(packet, None, DEEPEST), MOST_TOGETHER + 1))
    if len(messages) > MOST_TOGETHER:
        raise OscError(f"more than {MOST_TOGETHER} messages at once")
    hits = [_struck(message, tag) for tag, message in messages]
    return [struck for struck in hits if struck.velocity]


def _messages(packet: bytes, tag_us: int | None, deep: int) -> Iterator[tuple[int | None, bytes]]:
    """Bundles are taken apart here: python-osc 1.10 runs for ever on an element of negative size."""
    if not packet.startswith(_BUNDLE):
        yield tag_us, packet
        return
    if len(packet) < 16 or not deep:
        raise OscError("a bundle that is cut off or too deep")
    (tag,) = struct.unpack_from(">Q", packet, 8)
    at = 16
    while at < len(packet):
        size = int.from_bytes(packet[at : at + 4], "big")
        at += 4
        if not 0 < size <= len(packet) - at:
            raise OscError("a bundle that is cut off")
        yield from _messages(
            packet[at : at + size], None if tag == IMMEDIATELY else _microseconds(tag), deep - 1
        )
        at += size


def _microseconds(tag: int) -> int:
    """Of an NTP time tag: seconds since 1900 in the upper 32 bits, their fraction below."""
    return (tag * 1_000_000) >> 32


def _struck(packet: bytes, tag_us: int | None) -> Struck:
    from pythonosc.osc_message import OscMessage, ParseError

    if _MESSAGE.match(packet) is None:  # python-osc writes a line to the log for each type it does not know
        raise OscError("no message of numbers and words")
    try:
        message = OscMessage(packet)
    except (ParseError, ValueError, IndexError, struct.error):
        raise OscError("a message that is cut off") from None
    match message.address.split("/")[1:], message.params:
        case ["pad", name], [int() | float() as velocity]:
            return Struck(_pad(name), NAMED_NOTE, _velocity(velocity), tag_us)
        case ["drumcircle", "hit"], [int(note), int() | float() as velocity]:
            return Struck("", _note(note), _velocity(velocity), tag_us)
        case ["drumcircle", "hit"], [int(note), int() | float() as velocity, str(name)]:
            return Struck(_pad(name), _note(note), _velocity(velocity), tag_us)
    raise OscError("neither '/pad/NAME velocity' nor '/drumcircle/hit note velocity [pad]'")


def _pad(name: str) -> str:
    if not is_id(name.lower()):
        raise OscError("a pad's name that is not 1 to 32 of a-z, 0-9, -")
    return name.lower()


def _note(note: int) -> int:
    if not 0 <= note <= 127:
        raise OscError("a note outside 0 to 127")
    return note


def _velocity(value: float) -> int:
    """As MIDI has it; fractions up to 1.0 are how hard, as OSC's controls send it."""
    if not 0 <= value <= 127:
        raise OscError("a velocity outside 0 to 127")
    if isinstance(value, float) and value <= 1:
        return 0 if value == 0 else round(1 + 126 * value)
    return round(value)
