"""The hub outlives faults: of a structure, of a part, of the machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from drumcircle.core import events as ev
from drumcircle.core import session as session_module
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.core.structures.groove import Groove
from drumcircle.core.structures.turn_taking import TurnTaking
from drumcircle.formats.profiles import Bank, Profile
from drumcircle.hub import hub as hub_module
from drumcircle.hub.hub import Hub
from drumcircle.hub.part import PartBase
from drumcircle.link.host import FAILED
from drumcircle.link.server import LinkServer

PATIENCE_S = 10.0


class Keeping:
    """A recorder that only remembers."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []

    def write(self, now: int, event: ev.Event) -> None:
        self.events.append(event)

    def set_recording(self, on: bool) -> None:
        """Everything is remembered as it is."""

    def finish(self, end: dict[str, object]) -> None:
        """Nothing to end."""

    def close(self) -> None:
        """Nothing to close."""


class Listening(PartBase):
    """A part that hears every effect and can wait for one."""

    name = "listening"

    def __init__(self) -> None:
        self.effects: list[ev.Effect] = []
        self._waiting: list[tuple[Callable[[ev.Effect], bool], asyncio.Future[ev.Effect]]] = []

    def take(self, effect: ev.Effect) -> None:
        self.effects.append(effect)
        for wanted, future in self._waiting:
            if not future.done() and wanted(effect):
                future.set_result(effect)

    async def hears(self, wanted: Callable[[ev.Effect], bool]) -> Any:
        for effect in self.effects:
            if wanted(effect):
                return effect
        future: asyncio.Future[ev.Effect] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        return await asyncio.wait_for(future, PATIENCE_S)


class Broken(PartBase):
    """A part that fails at every effect."""

    name = "broken"

    def take(self, effect: ev.Effect) -> None:
        raise ZeroDivisionError("a part of this test fails")


class Circle:
    """A hub on a clock of the test's own, which only the test moves."""

    def __init__(self, *parts: PartBase) -> None:
        self.now = 0
        self.heard, self.recorder = Listening(), Keeping()
        self.session = Session(SessionConfig(0, bpm=120.0, structure="groove"))
        self.hub = Hub(
            self.session, self.recorder, [*parts, self.heard], LinkServer(), clock=lambda: self.now
        )  # fmt: skip

    async def plays(self, at: int, pad: str = "mqtt:a") -> None:
        """One hit; returns when the hub has taken it."""
        self.hub.post(ev.Hit(at, pad, 36, 90))
        await self.hub.command(ev.Mark())


@asynccontextmanager
async def running(*parts: PartBase) -> AsyncIterator[Circle]:
    circle = Circle(*parts)
    await circle.hub.start()
    try:
        yield circle
    finally:
        await circle.hub.stop()


def words(part: str) -> Callable[[ev.Effect], bool]:
    return lambda effect: isinstance(effect, ev.Notice) and part in effect.text


async def test_a_command_that_fails_by_a_fault_is_answered_and_the_circle_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise KeyError("a handler of this test fails")

    monkeypatch.setitem(session_module.HANDLERS, ev.NudgeTempo, fails)
    async with running() as circle:
        answer = await circle.hub.command(ev.NudgeTempo(1.0))
        assert (answer.ok, answer.message) == (False, FAILED)
        assert "a handler of this test fails" in caplog.text
        assert (await circle.hub.command(ev.SetTempo(90.0))).ok
        notice = await circle.heard.hears(words("drumcircle failed"))
        assert notice.level == "loud"


async def test_a_structure_that_fails_at_hits_is_ended_and_hits_are_still_heard(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a structure of this test fails")

    monkeypatch.setattr(Groove, "hears", True)
    monkeypatch.setattr(Groove, "hit", fails)
    async with running() as circle:
        await circle.plays(1)
        await circle.plays(500_000_000)
        assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
        assert circle.session.view(0).structure is None
        assert [player.alias for player in circle.session.view(0).players] == ["a"]
        assert (await circle.hub.command(ev.Arm("turn_taking", {}))).ok


def fails_at(method: str, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A circle in turn-taking whose structure fails at ``method`` from now on, run on to its next bars."""

    def fails(*_: object) -> None:
        raise RuntimeError(f"{method} fails")

    session = Session(SessionConfig(0, bpm=120.0, structure="turn_taking"))
    session.handle(ev.Join("a", "a"), 0)
    session.handle(ev.Join("b", "b"), 0)
    session.advance(2 * ev.NS)
    monkeypatch.setattr(TurnTaking, method, fails)
    session.advance(20 * ev.NS)
    return session


@pytest.mark.parametrize("method", ["act", "wake"])
def test_a_deadline_that_fails_does_not_come_back(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = fails_at(method, monkeypatch)
    assert [str(fault) for fault in session.faults()] == [f"{method} fails"]
    assert session.next_deadline() > 19 * ev.NS
    clicks = [e for e in session.advance(30 * ev.NS) if isinstance(e, ev.Cue)]
    assert clicks, "the pulse goes on"
    assert session.faults() == []
    assert session.handle(ev.Arm("groove", {}), 31 * ev.NS)


async def test_a_part_that_fails_at_effects_is_told_of_once_and_the_others_hear_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(Broken()) as circle:
        await circle.heard.hears(words("'broken' fails"))
        await circle.plays(1)
        await circle.plays(2_000_000)
        assert await circle.heard.hears(lambda effect: isinstance(effect, ev.Cue) and effect.voice == "drum")
    assert len([r for r in caplog.records if "failed at an effect" in r.getMessage()]) == 1


async def test_a_program_that_was_stopped_for_long_tells_a_gap_and_judges_nothing_in_it() -> None:
    async with running() as circle:
        await circle.plays(0)
        circle.now = 60 * ev.NS
        gap = await circle.heard.hears(words("are missing from the figures"))
        assert gap.level == "warning"
        told = [event for event in circle.recorder.events if isinstance(event, ev.Gap)]
        assert [event.reason for event in told] == ["suspended"]
        for second in (62, 64, 66):
            circle.now = second * ev.NS
            await circle.plays(circle.now)
        player = circle.session.summary(circle.now)["players"]["a"]
        assert player["n"] > 1
        assert player["missed"] < 2 * 6, "the minute that is missing has 120 beats"


async def test_a_busy_machine_is_not_taken_for_one_that_slept() -> None:
    async with running() as circle:
        circle.now = hub_module.STALLED // 2
        await circle.plays(circle.now)
        assert not [event for event in circle.recorder.events if isinstance(event, ev.Gap)]


class Files(PartBase):
    """Keeps what groups give, as the user's files do."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def take(self, effect: ev.Effect) -> None:
        if isinstance(effect, ev.RhythmGiven):
            self.kept.append(effect.pattern.name)
        elif isinstance(effect, ev.PieceMade):
            self.kept.append(effect.piece.name)


async def test_a_rhythm_a_player_gave_is_a_fact_in_the_journal_and_in_the_library_and_handed_on() -> None:
    files = Files()
    async with running(files) as circle:
        await circle.plays(1)
        await circle.hub.command(ev.Arm("name_rhythm", {}, 0))
        for beat in (4, 5, 13):
            circle.now = beat * 500_000_000
            await circle.plays(circle.now)
        circle.now = 15 * 500_000_000
        await circle.hub.command(ev.Mark())
        await circle.hub.command(ev.Mark())
        assert files.kept == ["a"]
        assert [e.pattern.onsets for e in circle.recorder.events if isinstance(e, ev.PatternAdded)] == [
            (0.0, 1.0)
        ]
        assert (await circle.hub.request("patterns", {}))["patterns"][0]["name"] == "a"


async def test_what_unjournalled_hits_do_to_the_pulse_is_a_fact_in_the_journal() -> None:
    async with running() as circle:
        await circle.plays(1)
        await circle.hub.command(ev.Arm("hold", {"before": 0, "ground": "none"}, 0))
        for beat in (4, 5, 6):
            circle.now = beat * 500_000_000 + 60_000_000
            await circle.plays(circle.now)
        circle.now = 8 * 500_000_000
        await circle.hub.command(ev.Mark())
        facts = [event for event in circle.recorder.events if isinstance(event, ev.PulseFollowed)]
        moved = [effect for effect in circle.heard.effects if isinstance(effect, ev.PulseMovedByPlaying)]
        assert len(facts) == 3
        assert [(f.at, f.beat, f.time) for f in facts] == [(m.at, m.beat, m.time) for m in moved]
        assert facts[0].time > 5 * 500_000_000


async def test_a_piece_the_group_made_can_be_played_and_is_handed_on() -> None:
    files = Files()
    async with running(files) as circle:
        await circle.plays(1)
        await circle.hub.command(ev.Arm("compose", {"bars": 1}, 0))
        circle.now = 4 * 500_000_000
        await circle.plays(circle.now)
        await circle.hub.command(ev.Press("layer"))
        circle.now = 8 * 500_000_000
        await circle.hub.command(ev.Press("keep"))
        await circle.hub.command(ev.Mark())
        assert files.kept == ["our-piece"]
        assert [e.piece.name for e in circle.recorder.events if isinstance(e, ev.PieceAdded)] == ["our-piece"]


async def test_single_hits_are_told_once_the_core_has_them_and_only_while_somebody_listens() -> None:
    async with running() as circle:
        told: list[tuple[int, int]] = []

        def listen(hit: ev.Hit) -> None:
            told.append((hit.time, len(circle.session.players())))

        await circle.plays(1)
        circle.hub.tell_hits(listen)
        await circle.plays(2, "mqtt:b")
        circle.hub.tell_hits(None)
        await circle.plays(3, "mqtt:c")
    assert told == [(2, 2)]


async def test_profiles_are_read_anew_when_asked_and_handed_to_who_uses_them() -> None:
    class Using(PartBase):
        def use_profiles(self, profiles: Sequence[Profile], circle: object) -> None:
            used.append(profiles)

    used: list[Sequence[Profile]] = []
    mine = Profile("Mine", ("mine",), "this test", (Bank(((36,),)),))
    async with running(Using()) as circle:
        circle.hub._requests._profiles = lambda: [mine]
        assert await circle.hub.request("profiles", {}) == {"profiles": ["Mine"]}
    assert used == [[mine]]
