"""What else gives hits a hub's time: the first answer, and what Lab Streaming Layer does.

LSL's way is written after its documentation and the defaults of ``lsl_api.cfg`` (``[tuning]``), liblsl 1.16: its
inlet, here the hub, asks in waves over UDP and takes from each wave the answer with the shortest round trip.
"""

from __future__ import annotations

from dataclasses import dataclass

from drumcircle.bench.sync_traffic import PAD_TAKES, Traffic
from drumcircle.core.events import MS, NS
from drumcircle.net.offset import Exchange, middle

PROBES, PROBE_PAUSE = 8, 64 * MS
"""TimeProbeCount, TimeProbeInterval."""
WAVE_PAUSE = 2 * NS
"""TimeUpdateInterval."""
WAVE_TAKES = 128 * MS + PROBES * PROBE_PAUSE
"""TimeProbeMaxRTT after its last probe a wave is over."""
LEAST_ANSWERS = 6
"""TimeUpdateMinProbes; a wave with fewer changes nothing."""


class FirstPing:
    """The first whole exchange, for ever."""

    def __init__(self) -> None:
        self._first: Exchange | None = None

    def exchange(self, exchange: Exchange) -> None:
        """Only the first with all four stamps counts."""
        if self._first is None and exchange.round_trip is not None:
            self._first = exchange

    def map(self, pad_us: int) -> tuple[int, int] | None:
        """(hub ns, uncertainty ns); None before."""
        if self._first is None or self._first.round_trip is None:
            return None
        return pad_us * 1000 + middle(self._first), self._first.round_trip // 2


@dataclass(frozen=True, slots=True)
class _Answer:
    offset: int
    round_trip: int


class LslClock:
    """An inlet's clock correction."""

    def __init__(self) -> None:
        self._best: _Answer | None = None

    def map(self, pad_us: int) -> tuple[int, int] | None:
        """(hub ns, uncertainty ns); None before the first wave is over."""
        if self._best is None:
            return None
        return pad_us * 1000 + self._best.offset, self._best.round_trip // 2

    def wave(self, traffic: Traffic, began: int) -> None:
        """Probe after probe; what is not back when it is over does not count."""
        answers: list[_Answer] = []
        for number in range(PROBES):
            traffic.at(began + number * PROBE_PAUSE, lambda now: self._probe(traffic, now, answers))
        traffic.at(began + WAVE_TAKES, lambda _: self._over(answers))

    def _probe(self, traffic: Traffic, sent: int, answers: list[_Answer]) -> None:
        def at_pad(heard: int) -> None:
            pad_heard, pad_sent = (
                traffic.crystal.us(heard) * 1000,
                traffic.crystal.us(heard + PAD_TAKES) * 1000,
            )

            def back(received: int) -> None:
                trip = received - sent - (pad_sent - pad_heard)
                answers.append(_Answer((sent + received - pad_heard - pad_sent) // 2, trip))

            traffic.at(traffic.path.up(heard + PAD_TAKES), back)

        traffic.at(traffic.path.down(sent), at_pad)

    def _over(self, answers: list[_Answer]) -> None:
        if len(answers) >= LEAST_ANSWERS:
            self._best = min(answers, key=lambda answer: answer.round_trip)
