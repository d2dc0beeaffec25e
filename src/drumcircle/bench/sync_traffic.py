"""Pads that synchronise and play, in virtual time: what a hub would hear of them, and when.

A pad asks as ``docs/wire.md`` tells it to: a burst on joining and after an outage, then once a second and
shortly after each hit.  Hits it cannot send it keeps and sends when the connection is back.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from drumcircle.bench.delays import Path
from drumcircle.core.events import MS, NS
from drumcircle.net.offset import Exchange

BURST, BURST_PAUSE, SYNC_PAUSE = 20, 50 * MS, 1 * NS
AFTER_HIT = 20 * MS
"""A pad asks this long after a hit: its radio is awake then, and the hit itself is not held up."""
HUB_TAKES = 100_000
PAD_TAKES = 300_000
"""ns from hearing to answering."""
FIRST_HIT = 2 * NS
HIT_GAPS_S = (0.3, 1.2)
DRIFT = 50e-6


class Learning(Protocol):
    """What learns from exchanges; :class:`~drumcircle.net.offset.PadClock` does."""

    def exchange(self, exchange: Exchange) -> object:
        """One more: with two stamps when the request arrives, with all four when the pad has told its own."""


@dataclass(frozen=True, slots=True)
class Crystal:
    """A pad's clock: µs since some moment, as true as ``drift`` lets it be."""

    started: int
    drift: float

    def us(self, now: int) -> int:
        """What it shows at ``now``, ns of the hub's clock."""
        since = now - self.started
        return (since + round(since * self.drift)) // 1000


@dataclass(frozen=True, slots=True)
class Heard:
    """A hit as the hub hears it."""

    true: int
    pad_us: int
    arrival: int


class Traffic:
    """Events of one pad in order of time."""

    def __init__(self, path: Path, crystal: Crystal) -> None:
        self.path = path
        self.crystal = crystal
        self._due: list[tuple[int, int, Callable[[int], None]]] = []
        self._count = 0

    def at(self, time: int | None, happens: Callable[[int], None]) -> None:
        """Something happens then; nothing for a message that is lost."""
        if time is not None:
            self._count += 1
            heapq.heappush(self._due, (time, self._count, happens))

    def run(self, until: int | None = None) -> None:
        """Let everything happen, or what does before ``until``."""
        while self._due and (until is None or self._due[0][0] < until):
            time, _, happens = heapq.heappop(self._due)
            happens(time)


def play(
    traffic: Traffic, times: Sequence[int], hear: Callable[[Heard], None], then: Callable[[int], None]
) -> None:
    """Hit at these times; ``then`` is called a little after each, at the pad."""

    def send(true: int, now: int) -> None:
        arrival = traffic.path.up(now)
        if arrival is None:
            traffic.at(traffic.path.back, lambda later: send(true, later))
            return
        heard = Heard(true, traffic.crystal.us(true), arrival)
        traffic.at(arrival, lambda _: hear(heard))

    for true in times:
        traffic.at(true, lambda now: send(now, now))
        traffic.at(true + AFTER_HIT, then)


def ask(traffic: Traffic, now: int, clocks: Sequence[Learning]) -> None:
    """One exchange from the pad: request, answer, report; every clock learns of it as the hub does."""
    if not traffic.path.connected(now):
        return
    pad_sent = traffic.crystal.us(now)

    def request(received: int) -> None:
        for clock in clocks:
            clock.exchange(Exchange(pad_sent, received))
        sent = received + HUB_TAKES
        traffic.at(traffic.path.down(sent), lambda heard: answer(Exchange(pad_sent, received, sent), heard))

    def answer(begun: Exchange, heard: int) -> None:
        whole = Exchange(begun.pad_sent_us, begun.hub_received, begun.hub_sent, traffic.crystal.us(heard))
        traffic.at(traffic.path.up(heard + PAD_TAKES), lambda _: report(whole))

    def report(whole: Exchange) -> None:
        for clock in clocks:
            clock.exchange(whole)

    traffic.at(traffic.path.up(now), request)


def asking_times(path: Path, joined: int, until: int) -> Iterator[int]:
    """Burst, then once a second; the same after an outage."""
    begins = [joined, path.back] if path.back > path.down_from else [joined]
    for began, end in zip(begins, [*begins[1:], until], strict=True):
        yield from (began + number * BURST_PAUSE for number in range(BURST))
        yield from range(began + BURST * BURST_PAUSE, end, SYNC_PAUSE)


def hit_times(dice: Random, joined: int, until: int) -> list[int]:
    """Irregular playing from two seconds after joining on."""
    times, now = [], joined + FIRST_HIT
    while now < until:
        times.append(now)
        now += round(dice.uniform(*HIT_GAPS_S) * NS)
    return times
