"""The pads on the link: whose connection each is, and how many hits came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from drumcircle.core.events import MS, NS, Fact, Hit, PadFound, PadGone, PadLink
from drumcircle.link import messages

FUTURE_BOUND = 50 * MS
PAST_BOUND = 60 * NS
"""A hit stamped outside these of the moment it is heard is judged by arrival."""

PADS_BOUND = 1024
"""Pads known at once; a client that names more is sent away."""

KEYS_WORDS = "keys, for trying out"


class LinkPads:
    """Posts what pads on the link do; a pad belongs to the connection that named it last.

    So a player program that comes back before the end of its old connection was seen keeps its pads.
    """

    def __init__(self, post: Callable[[Fact], None]) -> None:
        self._post = post
        self._owners: dict[str, object] = {}
        self._keys: dict[str, None] = {}
        """Pads that are keys of a keyboard."""
        self._received: dict[str, int] = {}

    def found(self, owner: object, found: messages.Found) -> None:
        """A pad of ``owner`` exists.

        Raises:
            msgspec.ValidationError: there are too many already.
        """
        _check_room(found.pad, self._owners)
        self._owners[found.pad] = owner
        label = found.label or found.pad
        if found.keys:
            self._keys[found.pad] = None
            self._post(PadFound(self._device(found.pad), label, "key", found.voiced))
            self._post(PadLink(self._device(found.pad), words=KEYS_WORDS))
        else:
            self._keys.pop(found.pad, None)
            self._post(PadFound(self._device(found.pad), label, "link", found.voiced))

    def _device(self, pad: str) -> str:
        return f"key:{pad}" if pad in self._keys else f"link:{pad}"

    def gone(self, owner: object, pad: str, reason: str) -> None:
        """``owner`` put a pad away; nothing happens where it is another's by now."""
        if self._owners.get(pad) is owner:
            del self._owners[pad]
            self._post(PadGone(self._device(pad), reason))
            self._keys.pop(pad, None)

    def left(self, owner: object, reason: str) -> None:
        """``owner`` went, with all its pads."""
        for pad in [pad for pad, its_owner in self._owners.items() if its_owner is owner]:
            self.gone(owner, pad, reason)

    def hit(self, hit: messages.Hit, received: int) -> None:
        """A hit heard at ``received`` (ns, hub's clock), at the time its client says unless that cannot be.

        Raises:
            msgspec.ValidationError: no MIDI note or velocity, or too many pads.
        """
        _check_room(hit.pad, self._received)
        if not 0 <= hit.note <= 127 or not 1 <= hit.velocity <= 127:
            raise msgspec.ValidationError("note must be 0-127 and velocity 1-127")
        self._received[hit.pad] = self._received.get(hit.pad, 0) + 1
        by_arrival = not received - PAST_BOUND <= hit.t <= received + FUTURE_BOUND
        time = received if by_arrival else hit.t
        self._post(
            Hit(time, self._device(hit.pad), hit.note, hit.velocity, raw_time=hit.t, by_arrival=by_arrival)
        )

    def counts(self) -> dict[str, Any]:
        """``{received, lost, duplicate, rejected, pads: {id: the same}}``; a WebSocket loses and repeats none."""
        pads = {
            pad: {"received": received, "lost": 0, "duplicate": 0, "rejected": 0}
            for pad, received in self._received.items()
        }
        return {
            "received": sum(self._received.values()),
            "lost": 0,
            "duplicate": 0,
            "rejected": 0,
            "pads": pads,
        }


def _check_room(pad: str, known: dict[str, Any]) -> None:
    if pad not in known and len(known) >= PADS_BOUND:
        raise msgspec.ValidationError(f"there are {PADS_BOUND} pads on the link already")
