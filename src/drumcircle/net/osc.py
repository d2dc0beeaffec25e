"""OSC in (Open Sound Control 1.0 over UDP): ``/pad/NAME velocity`` and ``/drumcircle/hit note velocity [pad]``.

A hit counts at its arrival, or by its bundle's time tag once four tags have come: a tag is a time of the sender's own
clock, mapped as low as the earliest arrivals of two minutes allow (:mod:`drumcircle.net.clock_sync`), so that a
sender's constant lead and constant delay drop out of it and the network's jitter too.  UDP says nothing of what is lost,
and nobody is asked for a password: it is off unless asked for.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from dataclasses import dataclass, field

from drumcircle.core.events import NS, Hit, PadFound, PadLink
from drumcircle.errors import MissingPart, PortTaken
from drumcircle.hub.part import Circle, PartBase
from drumcircle.net.clock_sync import FittedClock
from drumcircle.net.offset import Exchange
from drumcircle.net.osc_packets import OscError, Struck, read_packet
from drumcircle.net.pad import differs
from drumcircle.net.placing import place_at_once
from drumcircle.net.wire_constants import LONGEST

PREFIX = "osc:"
MOST_PADS, MOST_SENDERS = 256, 64
TICK = NS // 50
A_TICK = 40
"""Hits, or packets without any, taken a tick, from all senders: 2000 a second, however many come; the system drops
the rest."""
A_SECOND = 400
"""Packets, or hits where a packet has several, of one sender a second; 16 pads rolling are 320."""
WAITING_BYTES = 32 * 1024
"""What the system may keep for us: no packet read is older than some tens of ms."""
TELL_S = 1.0
TROUBLE_TOLD = 10 * NS
"""What is wrong is told anew no sooner, and over when nothing was wrong for so long."""
BEHIND_US = 1_000_000
"""A tag this much before the last one: the sender's clock was set; less is packets overtaking each other."""


@dataclass(slots=True)
class _Sender:
    """One machine that sends, and its clock as its time tags show it."""

    clock: FittedClock = field(default_factory=FittedClock)
    last_tag: int = 0
    second: int = 0
    sent: int = 0

    def spend(self, now: int, cost: int) -> bool:
        """Whether so much more is within what a sender may send."""
        if now // NS != self.second:
            self.second, self.sent = now // NS, 0
        self.sent += cost
        return self.sent <= A_SECOND

    def hear(self, tag_us: int, arrival: int) -> None:
        """What a new tag says of the sender's clock; a chord's hits share one."""
        if tag_us > self.last_tag or tag_us < self.last_tag - BEHIND_US:
            self.clock.exchange(Exchange(tag_us, arrival))
            self.last_tag = tag_us


class OscPart(PartBase):
    """Pads that speak OSC, on one UDP port."""

    name = "osc"

    def __init__(self, host: str, port: int) -> None:
        self._host, self.port = host, port
        self._senders: dict[str, _Sender] = {}
        self._received: Counter[str] = Counter()
        self._links: dict[str, PadLink] = {}
        self._told: dict[str, PadLink] = {}
        self._rejected = 0
        self._trouble = ""
        self._trouble_at = self._trouble_told = -TROUBLE_TOLD
        self._tick, self._taken = 0, 0

    async def run(self, circle: Circle) -> None:
        """Raises: MissingPart: python-osc is not installed; PortTaken: the port is another program's."""
        try:
            import pythonosc.osc_message  # noqa: F401
        except ImportError:
            raise MissingPart(
                "python-osc is not installed, so no OSC is heard: 'pip install python-osc'."
            ) from None
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            self._bind(ear)
            loop.add_reader(ear, self._read, ear, circle)
            try:
                await self._tend(circle)
            finally:
                loop.remove_reader(ear)

    def counts(self) -> dict[str, object]:
        """``{received, lost, duplicate, rejected, pads: {id: the same}}``; UDP does not say what is lost."""
        nothing = {"lost": 0, "duplicate": 0, "rejected": 0}
        pads = {pad: {"received": received, **nothing} for pad, received in self._received.items()}
        total = {"received": self._received.total(), **nothing, "rejected": self._rejected}
        return {**total, "pads": pads}

    def _bind(self, ear: socket.socket) -> None:
        ear.setblocking(False)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WAITING_BYTES)
        try:
            ear.bind((self._host, self.port))
        except OSError as problem:
            raise PortTaken(
                f"OSC cannot be heard on port {self.port} ({problem.strerror}); take another with --osc PORT."
            ) from None
        self.port = ear.getsockname()[1]

    # ------------------------------------------------------------ packets

    def _read(self, ear: socket.socket, circle: Circle) -> None:
        try:
            packet, (address, _port) = ear.recvfrom(LONGEST + 1)
        except OSError:  # nothing there after all, or (Windows) an answer of ours was not wanted
            return
        arrival = circle.now()
        if arrival - self._tick >= TICK:
            self._tick, self._taken = arrival, 0
        try:
            self._taken += max(1, self._take(packet, address, arrival, circle))
        except OscError as problem:
            self._taken += 1
            self._rejected += 1
            self._trouble, self._trouble_at = f"{address} sends {problem}", arrival
        if self._taken >= A_TICK:  # however many wait, everything else has its turn first
            self._pause(ear, circle, self._tick + TICK - arrival)

    def _pause(self, ear: socket.socket, circle: Circle, ns: int) -> None:
        loop = asyncio.get_running_loop()

        def go_on() -> None:
            if ear.fileno() >= 0:
                loop.add_reader(ear, self._read, ear, circle)

        loop.remove_reader(ear)
        loop.call_later(ns / NS, go_on)

    def _take(self, packet: bytes, address: str, arrival: int, circle: Circle) -> int:
        """How many hits there were in a packet."""
        sender = self._sender(address)
        if not sender.spend(arrival, 1):
            raise OscError(f"more than {A_SECOND} packets a second")
        hits = read_packet(packet)
        if len(hits) > 1 and not sender.spend(arrival, len(hits) - 1):
            raise OscError(f"more than {A_SECOND} hits a second")
        for struck in hits:
            if struck.tag_us is not None:
                sender.hear(struck.tag_us, arrival)
            self._hit(struck, sender, struck.pad or f"at-{address.replace('.', '-')}", arrival, circle)
        return len(hits)

    def _sender(self, address: str) -> _Sender:
        if address not in self._senders:
            if len(self._senders) >= MOST_SENDERS:
                del self._senders[next(iter(self._senders))]
            self._senders[address] = _Sender()
        return self._senders[address]

    def _hit(self, struck: Struck, sender: _Sender, pad: str, arrival: int, circle: Circle) -> None:
        device = PREFIX + pad
        if pad not in self._links:
            if len(self._links) >= MOST_PADS:
                raise OscError(f"the name of one more pad than {MOST_PADS}")
            circle.post(PadFound(device, pad, "osc"))
        self._received[pad] += 1
        placed = place_at_once(sender.clock, struck.tag_us, arrival)
        words = "OSC, time of arrival only" if placed.by_arrival else "OSC, timed one way only"
        self._links[pad] = PadLink(
            device, uncertainty=placed.uncertainty, by_arrival=placed.by_arrival, words=words
        )
        circle.post(
            Hit(
                placed.time, device, struck.note, struck.velocity,
                raw_time=None if struck.tag_us is None else struck.tag_us * 1000,
                uncertainty=placed.uncertainty, by_arrival=placed.by_arrival,
            )
        )  # fmt: skip

    async def _tend(self, circle: Circle) -> None:
        """Once a second: links that changed, and what could not be read."""
        while True:
            for pad, link in self._links.items():
                if pad not in self._told or differs(self._told[pad], link):
                    self._told[pad] = link
                    circle.post(link)
            self._tell_trouble(circle, circle.now())
            await asyncio.sleep(TELL_S)

    def _tell_trouble(self, circle: Circle, now: int) -> None:
        if now - self._trouble_at >= TROUBLE_TOLD:
            circle.report(self.name, True, "All OSC packets are understood again.")
        elif now - self._trouble_told >= TROUBLE_TOLD:
            self._trouble_told = now
            words = f"An OSC packet was not taken: {self._trouble} (so far: {self._rejected})."
            circle.report(self.name, False, words)
