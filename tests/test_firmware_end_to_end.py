"""Real playing on four boards: strokes on simulated piezos, the ESP32's program, a slow network, a real broker and hub.

Each player's figures in the session's summary are those computed straight from the file.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import aiomqtt
import pytest

from broker_fixtures import PATIENCE
from drumcircle.bench.delays import PROFILES, Profile
from drumcircle.bench.proxy import delaying
from drumcircle.net import topics, wire
from drumcircle.net.address import Address, parse_address
from drumcircle.sim.piezo import RUBBER, Piezos
from drumcircle.sim.piezo import Stroke as Touch
from e2e_rig import Rig, running_hub
from e2e_truth import Truth, read_hits, truth, undoubtful
from firmware_fixtures import STEP_US, Board, Stroke, beside, now_us, running_board, settings
from test_end_to_end import RECORDINGS, TOLERANCE_MS, needs_recordings

pytestmark = [needs_recordings, pytest.mark.shared_data, pytest.mark.timeout(180)]

BPM, SUBDIVISION, BAR = 100, 4, 4
BEAT_S = 60 / BPM
RUNG_OUT_US = 80_000
"""A rubber pad is silent again."""
SOFTEST = 16
SETTLE_S = 3.0
"""The burst of exchanges, and some of those after."""


@dataclass(frozen=True)
class Part:
    """What one pad plays: notes of a recording, each a sensor, from ``start_s`` on."""

    recording: str
    notes: tuple[int, ...]
    start_s: float
    seconds: float = 8.0

    def hits(self) -> list[tuple[float, int, int]]:
        """(s, note, velocity) of what is played.

        Left out by rule: hits softer than ``SOFTEST``; those on a disc that still rings from the hit before; and those that
        a millisecond could match with another grid point, or with another hit of it.
        """
        everything = read_hits(RECORDINGS / self.recording)
        kept = [hit for note in self.notes for hit in self._rung_out(note, everything.get(note, []))]
        sound = set(undoubtful((time for time, _, _ in kept), BPM, SUBDIVISION))
        return sorted(hit for hit in kept if hit[0] in sound)

    def _rung_out(self, note: int, played: Sequence[tuple[float, int]]) -> Iterator[tuple[float, int, int]]:
        last = -math.inf
        for time, velocity in sorted(played):
            if not self.start_s <= time < self.start_s + self.seconds or velocity < SOFTEST:
                continue
            if time - last >= RUNG_OUT_US / 1e6:
                last = time
                yield time, note, velocity

    def strokes(self) -> list[Stroke]:
        """On the discs, by µs from a bar line; a beat of the file is on a beat of the circle."""
        zero_s = math.floor(self.start_s / BEAT_S) * BEAT_S
        return [
            (self.sensors()[note], round((time - zero_s) * 1e6), struck(velocity))
            for time, note, velocity in self.hits()
        ]

    def sensors(self) -> dict[int, int]:
        """Note -> pin."""
        return {note: 32 + number for number, note in enumerate(self.notes)}

    def truth(self) -> Truth:
        """Straight from the file."""
        figures = truth((time for time, _, _ in self.hits()), BPM, SUBDIVISION)
        assert figures is not None
        return figures


PARTS: Mapping[str, Part] = {
    "left": Part("dyads/101_1.mid", (48,), 8, 10),
    "right": Part("dyads/101_1.mid", (47,), 8, 10),
    "kit": Part("groove/drummer1_5_funk-groove5_84_beat_4-4.mid", (36, 38), 0),
    "hats": Part("groove/drummer2_1_rock_130_beat_4-4.mid", (26, 38), 0),
}


@cache
def struck(velocity: int) -> list[int]:
    """Counts of a disc from the first touch on until it is silent."""
    piezos = Piezos([RUBBER], [Touch(0, 0, velocity / 127)])
    return [counts for (counts,) in piezos.samples(range(0, RUNG_OUT_US, STEP_US))]


async def next_bar_line_us(listener: aiomqtt.Client, circle: str) -> int:
    """One that is still ``SETTLE_S`` away, true µs."""
    await listener.subscribe(topics.pulse_topic(circle))
    async with asyncio.timeout(PATIENCE):
        message = await anext(aiter(listener.messages))
    assert isinstance(message.payload, bytes)
    told = wire.decode_pulse(message.payload)
    bar_us = round(BAR * BEAT_S * 1e6)
    line = told.t_ns // 1000 - round((told.beat - 1) * BEAT_S * 1e6)
    return line + math.ceil((now_us() + SETTLE_S * 1e6 - line) / bar_us) * bar_us


async def all_safe(listener: aiomqtt.Client, circle: str, strokes: Mapping[str, int]) -> None:
    """Every pad has its ack for as many hits as it was struck."""
    safe: dict[str, int] = {}
    try:
        async with asyncio.timeout(max(part.seconds for part in PARTS.values()) + PATIENCE):
            async for message in listener.messages:
                pad = topics.parse_pad_topic(circle, message.topic.value)
                if pad is not None:
                    assert isinstance(message.payload, bytes)
                    safe[pad[0]] = wire.decode_ack(message.payload).seq + 1
                if safe == strokes:
                    return
    except TimeoutError:
        raise AssertionError(f"{safe} of {strokes} strokes are safe") from None


async def four_boards(
    stack: AsyncExitStack, folder: Path, pads: Address, profile: Profile
) -> dict[str, Board]:
    """Each behind a network of its own, with a crystal of its own."""
    boards = {}
    for number, (name, part) in enumerate(PARTS.items()):
        proxy = await stack.enter_async_context(delaying(pads.host, pads.port, profile, number))
        pins = {pin: note for note, pin in part.sensors().items()}
        told = settings(beside(pads, proxy.port), name, sensors=pins, alone=True)
        boards[name] = await stack.enter_async_context(
            running_board(folder / name, told, drift_ppm=(-50, -20, 25, 50)[number], origin_us=number * 2**28)
        )
    return boards


async def played(
    folder: Path, rig: Rig, profile: Profile
) -> tuple[dict[str, dict[str, float]], dict[str, list[float]]]:
    """Everybody plays; their figures in the summary, and how late each flash of their lights was, ms."""
    pads = parse_address(rig.pads_url())
    strokes = {name: part.strokes() for name, part in PARTS.items()}
    async with AsyncExitStack() as stack:
        listener = await stack.enter_async_context(
            aiomqtt.Client(pads.host, pads.port, username=pads.user, password=pads.password)
        )
        boards = await four_boards(stack, folder, pads, profile)
        bar_line = await next_bar_line_us(listener, pads.circle)
        await listener.subscribe(topics.pad_topic(pads.circle, "+", "ack"))
        for name, board in boards.items():
            await board.strike([(pin, bar_line + at, samples) for pin, at, samples in strokes[name]])
        assert now_us() < bar_line, "this machine is too slow to be ready in time"
        await all_safe(listener, pads.circle, {name: len(own) for name, own in strokes.items()})
    players: dict[str, dict[str, float]] = (await rig.summary())["players"]
    return players, {name: lateness_ms(board, bar_line) for name, board in boards.items()}


def lateness_ms(board: Board, bar_line: int) -> list[float]:
    """Of each flash since that bar line, after the beat that is nearest."""
    beat_us = BEAT_S * 1e6
    since = [flash.at_us - bar_line for flash in board.lit() if flash.at_us > bar_line - beat_us / 2]
    return [(at - round(at / beat_us) * beat_us) / 1000 for at in since]


@pytest.mark.parametrize("profile", PROFILES[:2], ids=lambda profile: profile.name)
async def test_four_boards_are_each_measured_as_they_were_played(tmp_path: Path, profile: Profile) -> None:
    options = ("--bpm", str(BPM), "--subdivision", str(SUBDIVISION), "--structure", "groove")
    async with running_hub(tmp_path, *options, "--port", "0", "--no-midi") as rig:
        players, lateness = await played(tmp_path, rig, profile)
    assert set(players) == set(PARTS)
    for name, part in PARTS.items():
        found, wanted = players[name], part.truth()
        assert [found[key] for key in ("n", "missed", "extra")] == [wanted.n, wanted.missed, wanted.extra], (
            name
        )
        assert found["sd_asynchrony_ms"] == pytest.approx(wanted.sd_asynchrony_ms, abs=TOLERANCE_MS), name
        off = found["mean_asynchrony_ms"] - wanted.mean_asynchrony_ms
        assert abs(off) <= found["timing_uncertainty_ms"], f"{name}: {off} ms"
        assert len(lateness[name]) >= part.seconds / BEAT_S - 1
        assert abs(median(lateness[name])) <= found["timing_uncertainty_ms"], f"{name}: {lateness[name]}"
