"""Virtual players in a hub: they sit down, play when it is time, and stop with their part."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from drumcircle.core.events import MS, NS, Event, Hit, Join, PadFound, PulseShown, StructureBegan
from drumcircle.sim.part import VirtualPlayersPart
from drumcircle.sim.player import virtual_players

BEAT = 500 * MS


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time does not pass but jumps to the next timer, so an hour takes no time."""

    _jumped = 0.0

    def time(self) -> float:
        return self._jumped

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]  # asyncio's own queues
            self._jumped = max(self._jumped, self._scheduled[0]._when)  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def in_virtual_time(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(test)


class Room:
    """A hub's side of the seam; its clock is the loop's, and may jump further."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.slept = 5 * NS
        self.events: list[Event] = []

    def now(self) -> int:
        return self.slept + round(self.loop.time() * NS)

    def post(self, event: Event) -> None:
        assert not isinstance(event, Hit) or event.time <= self.now()
        self.events.append(event)

    post_from_thread = post

    def report(self, service: str, ok: bool, words: str) -> None:
        raise AssertionError(words)

    report_from_thread = report

    def hits(self) -> list[Hit]:
        return [event for event in self.events if isinstance(event, Hit)]

    async def until(self, time: int) -> None:
        reached = asyncio.Event()
        self.loop.call_later((time - self.now()) / NS, reached.set)
        await reached.wait()


async def begun(part: VirtualPlayersPart, room: Room) -> asyncio.Task[None]:
    task = asyncio.create_task(part.run(room))
    await room.until(room.now())
    return task


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def groove(part: VirtualPlayersPart, room: Room) -> int:
    start = room.now() + 200 * MS
    part.take(PulseShown(start, 1, 1, 120.0, "4/4"))
    part.take(StructureBegan("groove", start, {}))
    return start


def test_players_bring_a_pad_and_sit_down() -> None:
    async def test() -> None:
        room = Room()
        task = await begun(VirtualPlayersPart(3, seed=1), room)
        pads = [event.pad for event in room.events if isinstance(event, PadFound)]
        joins = [event for event in room.events if isinstance(event, Join)]
        assert len(joins) == 3
        assert pads == [f"sim:{join.player}" for join in joins]
        assert [join.pads for join in joins] == [(pad,) for pad in pads]
        await ended(task)

    in_virtual_time(test())


def test_they_sit_before_their_first_hit_though_a_busy_hub_began_before_them() -> None:
    async def test() -> None:
        room = Room()
        part = VirtualPlayersPart(3, seed=1)
        task = await begun(part, room)
        start = room.now() - 50 * MS
        part.take(PulseShown(start, 1, 1, 120.0, "4/4"))
        part.take(StructureBegan("groove", start, {}))
        await room.until(start + 4 * BEAT)
        sat = max(join.since or 0 for join in room.events if isinstance(join, Join))
        assert sat <= min(hit.time for hit in room.hits()) < start + BEAT / 2
        await ended(task)

    in_virtual_time(test())


def test_who_sits_already_does_not_sit_down_again() -> None:
    async def test() -> None:
        room, players = Room(), virtual_players(3, 1)
        part = VirtualPlayersPart(3, seed=1, seated=frozenset({players[0].pad}))
        task = await begun(part, room)
        joined = [event.player for event in room.events if isinstance(event, Join)]
        assert joined == [player.name for player in players[1:]]
        await ended(task)

    in_virtual_time(test())


def test_no_virtual_player_takes_the_alias_of_somebody_else() -> None:
    async def test() -> None:
        room, taken = Room(), frozenset(player.name for player in virtual_players(2, 1))
        task = await begun(VirtualPlayersPart(3, seed=1, taken=taken), room)
        joined = {event.alias for event in room.events if isinstance(event, Join)}
        assert len(joined) == 3
        assert not joined & taken
        await ended(task)

    in_virtual_time(test())


def test_hits_are_posted_when_they_are_due_with_the_time_they_were_meant() -> None:
    async def test() -> None:
        room, part = Room(), VirtualPlayersPart(4, seed=1)
        task = await begun(part, room)
        start = groove(part, room)
        await room.until(start + 8 * BEAT)
        hits = room.hits()
        assert 25 <= len(hits) <= 38
        assert [hit.time for hit in hits] == sorted(hit.time for hit in hits)
        assert all(abs((hit.time - start + BEAT // 2) % BEAT - BEAT // 2) < 100 * MS for hit in hits)
        await ended(task)

    in_virtual_time(test())


def test_a_machine_that_stood_still_does_not_play_in_a_heap() -> None:
    async def test() -> None:
        room, part = Room(), VirtualPlayersPart(4, seed=1)
        task = await begun(part, room)
        start = groove(part, room)
        await room.until(start + 2 * BEAT)
        before = len(room.hits())
        room.slept += 600 * NS
        await room.until(room.now() + BEAT)
        assert 0 < len(room.hits()) - before <= 12
        await ended(task)

    in_virtual_time(test())


def test_nothing_is_played_before_it_runs_or_after_it_ended() -> None:
    async def test() -> None:
        room, part = Room(), VirtualPlayersPart(2, seed=1)
        groove(part, room)
        await room.until(room.now() + 10 * BEAT)
        task = await begun(part, room)
        assert room.hits() == []
        await room.until(room.now() + 4 * BEAT)
        played = len(room.hits())
        assert played > 4
        await ended(task)
        await room.until(room.now() + 10 * BEAT)
        assert len(room.hits()) == played

    in_virtual_time(test())
