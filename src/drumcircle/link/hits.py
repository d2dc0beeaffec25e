"""Single hits for those facilitators who ask (``pads learn``, ``pads check``); the hub tells none otherwise."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from drumcircle.core.events import Hit
from drumcircle.link import messages
from drumcircle.link.host import Host

WAITING_HITS = 8192
"""Hits kept between two frames; more than a second of the busiest circle."""


class Hearer(Protocol):
    """Somebody who wants single hits."""

    def keep(self, frame: str) -> None:
        """Take one frame."""


class Hearers:
    """Who wants single hits, and the hits since the last frame: there is one a view, none a hit."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._hearers: set[Hearer] = set()
        self._waiting: deque[Hit] = deque(maxlen=WAITING_HITS)

    def add(self, hearer: Hearer) -> None:
        """From now on this one hears."""
        if not self._hearers:
            self._waiting.clear()
            self._host.tell_hits(self._waiting.append)
        self._hearers.add(hearer)

    def remove(self, hearer: Hearer) -> None:
        """This one hears no more; nothing happens if it never did."""
        if hearer in self._hearers:
            self._hearers.discard(hearer)
            if not self._hearers:
                self._host.tell_hits(None)

    def send(self) -> None:
        """One frame of all that was heard since the last."""
        if not self._waiting:
            return
        heard = [
            messages.HeardHit(hit.time, hit.pad, hit.note, hit.velocity, hit.uncertainty, hit.by_arrival)
            for hit in self._waiting
        ]
        self._waiting.clear()
        frame = messages.encode(messages.Hits(hits=heard))
        for hearer in self._hearers:
            hearer.keep(frame)
