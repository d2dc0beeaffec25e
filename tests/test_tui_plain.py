"""The circle in lines: nothing missed, nothing said twice, keys as typed lines."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace

from drumcircle.core.events import NS, Mark, NudgeTempo, Rest, SetTempo, StopAll
from drumcircle.core.view import Happening
from drumcircle.tui.plain import tell, typed_lines
from drumcircle.tui.source import Ended, Linked, Logged, News, Viewed
from tui_views import NOW, FrozenSource, groove, taking_turns


async def told(source: FrozenSource, *typed: str) -> list[str]:
    """What is said until the circle is over, with some lines typed."""
    lines: list[str] = []
    await asyncio.wait_for(tell(source, lines.append, _typed(*typed), watching=False), 10)
    return lines


async def _typed(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


def _source(*news: News) -> FrozenSource:
    source = FrozenSource(groove(3))
    source.later = [*news, Ended("The circle has ended.")]
    return source


async def test_every_happening_is_a_line_with_its_time() -> None:
    more = tuple(Happening(n, NOW + n * NS, f"thing {n}", "info", "all") for n in range(100, 140))
    lines = await told(_source(Logged(more)))
    for entry in (*groove(3).happenings, *more):
        assert sum(entry.text in line for line in lines) == 1
    assert "00:00:10  ▲ blue is in the circle." in lines
    assert "00:10:40  ! ■ amber: 2 hits came late and were resent." in lines


async def test_what_happened_is_said_in_order_and_before_the_circle_is_over() -> None:
    lines = await told(_source())
    assert lines[0] == "--:--:--  Connected."
    assert lines[-1] == "--:--:--  The circle has ended."


async def test_changes_of_structure_turn_and_tempo_are_said_once() -> None:
    faster = replace(groove(3), pulse=replace(groove(3).pulse, bpm=104.0))
    lines = await told(
        _source(Viewed(groove(3)), Viewed(faster), Viewed(faster), Viewed(taking_turns(6)), Viewed(groove(3)))
    )
    assert _after(lines, "tempo") == ["96 BPM, 4/4", "104 BPM, 4/4", "96 BPM, 4/4"]
    assert _after(lines, "now") == ["Groove", "Turns", "Groove"]
    assert _after(lines, "turn") == ["● green", "nobody's"]


async def test_a_lost_link_is_said() -> None:
    lines = await told(_source(Linked(False, "No answer from the hub; trying again.")))
    assert "--:--:--  No answer from the hub; trying again." in lines


async def test_typed_lines_are_keys_and_enter_answers_what_is_asked() -> None:
    source = FrozenSource(groove(6))
    code = await asyncio.wait_for(
        tell(
            source,
            lambda _words: None,
            _when_seen(source, "m", "+", "1r", "T96", " ", "q", "q"),
            watching=False,
        ),
        10,
    )
    assert code == 0
    assert source.sent == [Mark(), NudgeTempo(1), Rest("blue", True), SetTempo(96), StopAll()]


async def test_a_question_is_written_out() -> None:
    source = FrozenSource(groove(6))
    lines: list[str] = []
    await asyncio.wait_for(tell(source, lines.append, _when_seen(source, "v", "q", "q"), watching=False), 10)
    assert any(line.startswith("Therapist view?") for line in lines)
    assert any("E end the circle for everyone" in line for line in lines)


async def test_lines_are_read_from_a_descriptor_until_it_closes() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"g\n3r\r\nhalf")
    os.close(writer)
    try:
        assert [line async for line in typed_lines(reader)] == ["g", "3r"]
    finally:
        os.close(reader)


async def _when_seen(source: FrozenSource, *texts: str) -> AsyncIterator[str]:
    """Lines typed once the hub's first answers are in."""
    await source.asked.wait()
    for text in texts:
        yield text


def _after(lines: list[str], word: str) -> list[str]:
    return [line.partition(f"{word}: ")[2] for line in lines if f"  {word}: " in line]


async def test_what_the_hub_knows_is_asked_once_it_is_there() -> None:
    source = FrozenSource(groove(6))
    await asyncio.wait_for(
        tell(source, lambda _words: None, _when_seen(source, "q", "q"), watching=False), 10
    )
    assert [what for what, _ in source.requests] == ["patterns", "preferences", "plans"]
