"""The dashboard as a terminal program, against a hub whose time stands still."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
from textual.command import CommandList
from textual.pilot import Pilot

from drumcircle import INTENDED_USE
from drumcircle.core.events import GoOn, Mark, NudgeTempo, Rest, StopAll
from drumcircle.core.view import SessionView
from drumcircle.tui.app import Dashboard
from drumcircle.tui.ink import text_of
from drumcircle.tui.source import Ended, Linked
from drumcircle.tui.stage import Stage, changed_cells
from tui_views import BEAT, NOW, FrozenSource, armed, calling, groove, taking_turns, with_unknown

Snap = Any


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures do not depend on the terminal the tests run in."""
    monkeypatch.delenv("NO_COLOR", raising=False)


class Frozen(Dashboard):
    """A dashboard that draws when told and never by itself."""

    def __init__(self, source: FrozenSource, *, watching: bool = False) -> None:
        super().__init__(source, watching=watching, frames=0)


async def seen(pilot: Pilot[int]) -> str:
    """The screen once everything that waits has been handled."""
    await pilot.pause()
    app = pilot.app
    assert isinstance(app, Dashboard)
    app.frame()
    await pilot.pause()
    stage = app.query_one(Stage)
    return "\n".join(stage.render_line(y).text.rstrip() for y in range(stage.size.height))


async def sent(pilot: Pilot[int], source: FrozenSource, count: int) -> list[object]:
    """The first ``count`` commands, once they have arrived."""

    async def arrived() -> list[object]:
        while len(source.sent) < count:
            await pilot.pause()
        return list(source.sent)

    return await asyncio.wait_for(arrived(), 10)


async def _found(pilot: Pilot[int]) -> None:
    """The palette has found one thing."""
    found = pilot.app.screen.query_one(CommandList)
    while found.option_count != 1:
        await pilot.pause()


# ---------------------------------------------------------------- keys and mouse


async def test_keys_reach_the_hub_in_order() -> None:
    source = FrozenSource(groove())
    async with Frozen(source).run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press("space", "m", "plus", "1", "r")
        assert await sent(pilot, source, 4) == [StopAll(), Mark(), NudgeTempo(1), Rest("blue", True)]


async def test_space_stops_the_circle_while_the_palette_is_open() -> None:
    source = FrozenSource(groove())
    async with Frozen(source).run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 2
        await pilot.press("space")
        assert await sent(pilot, source, 1) == [StopAll()]


async def test_the_palette_finds_an_action_and_does_it() -> None:
    source = FrozenSource(groove(stopped=True))
    async with Frozen(source).run_test(size=(100, 30)) as pilot:
        await seen(pilot)
        await pilot.press("ctrl+p", *"stopall")
        await asyncio.wait_for(_found(pilot), 10)
        await pilot.press("enter")
        assert await sent(pilot, source, 1) == [GoOn()]


async def test_a_click_on_a_key_presses_it_and_on_a_player_chooses_them() -> None:
    source = FrozenSource(groove())
    async with Frozen(source).run_test(size=(80, 24)) as pilot:
        screen = (await seen(pilot)).split("\n")
        await pilot.click(Stage, offset=(screen[-1].index("mark"), 23))
        assert await sent(pilot, source, 1) == [Mark()]
        row = next(y for y, line in enumerate(screen) if "■ amber" in line and "CIRCLE" in line)
        await pilot.click(Stage, offset=(screen[row].index("amber"), row))
        assert "2 ■ amber:" in await seen(pilot)


async def test_the_wheel_scrolls_the_lanes() -> None:
    source = FrozenSource(groove(32))
    async with Frozen(source).run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press("v", "v", "down", "down")
        assert "↑ 2 above" in await seen(pilot)


async def test_what_the_hub_refuses_is_said() -> None:
    source = FrozenSource(groove(), refusal="A count-in is 0 to 2 bars.")
    async with Frozen(source).run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press("g")
        await sent(pilot, source, 1)
        assert "A count-in is 0 to 2 bars." in await seen(pilot)


# ---------------------------------------------------------------- what is drawn


async def test_the_marker_moves_on_without_a_new_message() -> None:
    source = FrozenSource(groove())
    async with Frozen(source).run_test(size=(80, 24)) as pilot:
        first = await seen(pilot)
        source.now += BEAT
        second = await seen(pilot)
        assert first != second
        assert text_of(pilot.app.desk.lines(80, 24)) == second  # type: ignore[attr-defined]  # a Dashboard


async def test_a_lost_link_dims_the_last_picture_and_stops_its_clock() -> None:
    source = FrozenSource(groove())
    source.later = [Linked(False, "No answer from the hub; trying again.")]
    async with Frozen(source).run_test(size=(80, 24)) as pilot:
        first = await seen(pilot)
        source.now += 10 * BEAT
        assert await seen(pilot) == first
        assert "No answer from the hub" in first
        stage = pilot.app.query_one(Stage)
        inks = {
            str(segment.style.color.name)
            for segment in stage.render_line(5)
            if segment.style and segment.style.color
        }
        assert len(inks) == 1


async def test_when_the_circle_is_over_the_screen_says_so_and_can_be_left() -> None:
    source = FrozenSource(groove())
    source.later = [Ended("The circle has ended.")]
    app = Frozen(source)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "The circle has ended. q closes this screen." in await seen(pilot)
        await pilot.press("q", "q")
    assert app.return_value == 0


async def test_ending_the_circle_is_asked_of_the_hub_before_the_screen_closes() -> None:
    source = FrozenSource(groove())
    app = Frozen(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press("q", "E")
        await pilot.pause()
    assert ("quit", {}) in source.requests
    assert app.return_value == 10


async def test_ctrl_c_asks_before_it_leaves() -> None:
    source = FrozenSource(groove())
    async with Frozen(source).run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press("ctrl+c")
        assert "Leave?" in await seen(pilot)


def test_only_the_cells_that_changed_are_refreshed() -> None:
    from drumcircle.tui.ink import line

    assert changed_cells(line("ab", "cd"), line("ab", "cd"), 4) == []
    assert changed_cells(line("ab", "cd", "ef"), line("ab", "xy", "ef"), 6) == [(2, 4)]
    assert changed_cells(line("ab", "cd"), line("zz", "cd"), 4) == [(0, 2)]


async def test_without_colours_everything_is_grey_and_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with Frozen(FrozenSource(taking_turns())).run_test(size=(80, 24)) as pilot:
        assert "▶ ● green  3 … 2 … 1" in await seen(pilot)
        svg = pilot.app.export_screenshot()
        colours = re.findall(r"fill: #(..)(..)(..)", svg)
        assert colours
        assert all(max(parts) - min(parts) < 8 for parts in ([int(part, 16) for part in c] for c in colours))


# ---------------------------------------------------------------- the first run


def on_one_line(screen: str) -> str:
    return " ".join(screen.split())


async def welcomed(pilot: Pilot[int], source: FrozenSource) -> str:
    """The screen once the hub has said that this is the first run."""
    await asyncio.wait_for(source.asked.wait(), 10)
    return on_one_line(await seen(pilot))


async def test_the_first_run_begins_with_what_it_is_for_and_one_key_goes_on() -> None:
    source = FrozenSource(groove(), first_run=True)
    async with Frozen(source).run_test(size=(80, 24)) as pilot:
        assert INTENDED_USE in await welcomed(pilot, source)
        await pilot.press("enter")
        assert "diagnose" not in await seen(pilot)
        while ("welcomed", {}) not in source.requests:
            await pilot.pause()
        assert source.sent == []


async def test_any_other_key_goes_on_too_and_does_what_it_always_does() -> None:
    source = FrozenSource(groove(), first_run=True)
    async with Frozen(source).run_test(size=(80, 24)) as pilot:
        await welcomed(pilot, source)
        await pilot.press("space")
        assert "diagnose" not in await seen(pilot)
        assert await sent(pilot, source, 1) == [StopAll()]
        assert ("welcomed", {}) in source.requests


@pytest.mark.parametrize("watching", [False, True])
async def test_the_page_is_not_for_a_later_run_nor_for_a_wall(watching: bool) -> None:
    source = FrozenSource(groove(), first_run=watching)
    async with Frozen(source, watching=watching).run_test(size=(80, 24)) as pilot:
        if not watching:
            await asyncio.wait_for(source.asked.wait(), 10)
        assert "diagnose" not in await seen(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_the_first_page_looks_as_it_did(snap_compare: Snap, size: tuple[int, int]) -> None:
    source = FrozenSource(groove(6), now=NOW, first_run=True)

    async def settle(pilot: Pilot[int]) -> None:
        await welcomed(pilot, source)

    assert snap_compare(Frozen(source), terminal_size=size, run_before=settle)


# ---------------------------------------------------------------- snapshots

LOOKS: list[tuple[str, SessionView, tuple[int, int], tuple[str, ...]]] = [
    ("community-80x24-1", groove(1), (80, 24), ()),
    ("community-80x24-6", with_unknown(armed(6)), (80, 24), ()),
    ("community-80x24-16", taking_turns(16), (80, 24), ()),
    ("community-120x40-6", calling(6), (120, 40), ()),
    ("community-120x40-16-turns", taking_turns(16), (120, 40), ()),
    ("community-200x60-16", armed(16), (200, 60), ()),
    ("therapist-80x24-6", groove(6), (80, 24), ("v", "v")),
    ("therapist-80x24-16", replace(groove(16), latency_known=False), (80, 24), ("v", "v")),
    ("therapist-120x40-6", calling(6), (120, 40), ("v", "v")),
    ("therapist-200x60-16", groove(16), (200, 60), ("v", "v")),
    ("player-80x24", groove(6), (80, 24), ("3",)),
    ("keys-120x40", groove(6), (120, 40), ("question_mark",)),
]


@pytest.mark.parametrize(
    ("view", "size", "keys"), [look[1:] for look in LOOKS], ids=[look[0] for look in LOOKS]
)
def test_it_looks_as_it_did(
    snap_compare: Snap, view: SessionView, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    async def settle(pilot: Pilot[int]) -> None:
        await seen(pilot)
        await pilot.press(*keys)
        await seen(pilot)

    assert snap_compare(Frozen(FrozenSource(view, now=NOW)), terminal_size=size, run_before=settle)
