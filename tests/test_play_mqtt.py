"""Performing through a broker, where what is known of the hub's clock is vague at first and then refined."""

from __future__ import annotations

import time
from typing import cast

from drumcircle.cli._perform.mqtt_target import MqttTarget
from drumcircle.cli._perform.schedule import Due
from drumcircle.cli._perform.tally import Tally
from drumcircle.cli._perform.target import stream
from drumcircle.core.events import MS
from drumcircle.net.address import Address
from drumcircle.net.padclient import PadClient


class VaguePad:
    """A pad that knows the hub's clock, which is truly ours, to ``doubt`` ns, and errs by ``error``."""

    def __init__(self, error: int, doubt: int) -> None:
        self.error, self.doubt = error, doubt
        self.sent: list[tuple[int, int]] = []
        """(when it left, its stamp), on our clock."""

    def hub_offset_ns(self) -> int:
        return self.error

    def least_hub_offset_ns(self) -> int:
        return self.error - self.doubt

    def send_hit(self, pad: str, note: int, velocity: int, t_ns: int) -> None:
        self.sent.append((time.perf_counter_ns(), t_ns))


def target(**pads: VaguePad) -> MqttTarget:
    return MqttTarget(cast("dict[str, PadClient]", pads), Address("127.0.0.1", 1883))


async def test_no_hit_leaves_before_its_moment_has_surely_come_at_the_hub() -> None:
    # Both err towards a hub that is ahead: by as much, hits of the performance would arrive too early.
    vague, better = VaguePad(60 * MS, 70 * MS), VaguePad(30 * MS, 31 * MS)
    start = time.perf_counter_ns()
    dues = [Due(0, "vague", 36, 100), Due(10 * MS, "better", 38, 100)]
    await stream(target(vague=vague, better=better), dues, start, Tally())
    assert vague.sent[0][0] >= start
    assert better.sent[0][0] >= start + 10 * MS
    assert [stamp for pad in (vague, better) for _, stamp in pad.sent] == [
        start - 60 * MS,
        start + 10 * MS - 30 * MS,
    ]


def test_the_clock_is_as_good_as_what_is_known_now() -> None:
    pad = VaguePad(60 * MS, 80 * MS)
    clock = target(pad=pad)
    assert clock.now() <= time.perf_counter_ns() - 20 * MS
    pad.error, pad.doubt = MS, 2 * MS
    before = time.perf_counter_ns()
    assert clock.now() >= before - MS
