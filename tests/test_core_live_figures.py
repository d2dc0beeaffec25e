"""The figures of the last 32 judged points, hit by hit: always what the same window gives all at once."""

from __future__ import annotations

from collections import defaultdict
from math import floor, inf
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core_circle import Circle, at
from drumcircle.core.events import (
    Arm,
    Assign,
    Assist,
    Gap,
    GoOn,
    Judge,
    Leave,
    Rest,
    Return,
    StopAll,
)
from drumcircle.core.scores import WINDOW
from drumcircle.errors import UsageError
from drumcircle.measures import live
from drumcircle.measures.live import PlayerFigures

KEYS = PlayerFigures.__slots__


def judged_points(circle: Circle, player: str, beat: float) -> list[tuple[float, float]]:
    """(point, subdivision) of every judged point up to the one just ahead of ``beat``, counted through."""
    state = circle.session._state
    score = state.scores[player]
    bounds = [-inf, *(since for since, _ in score.grids[1:]), inf]
    found = []
    for (_, subdivision), low, high in zip(score.grids, bounds, bounds[1:], strict=False):
        first = max(low, -4.0)
        for index in range(floor(first * subdivision), floor(min(high, beat + 2) * subdivision) + 2):
            point = index / subdivision
            if low <= point < high and point - beat <= 0.5 / subdivision:
                found.append((point, subdivision))
    return [(p, n) for p, n in found if score.judges(p, state.silent)]


def all_at_once(circle: Circle, player: str, now: int) -> tuple[PlayerFigures, list[int]]:
    """By the definition, from every hit that was judged."""
    state = circle.session._state
    beat, record = state.beat(now), state.scores[player].record
    hits: dict[float, list[tuple[int, int, int]]] = defaultdict(list)
    for point, *times in zip(record.point, record.asynchrony, record.spacing, record.period, strict=True):
        hits[point].append(tuple(times))
    points = [p for p, n in judged_points(circle, player, beat) if p in hits or p + 0.5 / n <= beat][-WINDOW:]
    best = [min(hits[p], key=lambda hit: abs(hit[0])) for p in points if p in hits]
    columns = list(zip(*best, strict=True)) or [(), (), ()]
    extra = sum(len(hits[p]) - 1 for p in points if p in hits)
    figures = live.figures(*columns, len(points) - len(best), extra)
    return figures, [a for a, _, _ in best]


def same(circle: Circle, player: str, now: int) -> None:
    state = circle.session._state
    found = state.scores[player].live(state.beat(now), state.silent)
    figures, asynchronies = all_at_once(circle, player, now)
    assert list(found.asynchronies) == asynchronies
    for key in KEYS:
        wanted = getattr(figures, key)
        wanted = None if wanted is None else pytest.approx(wanted, rel=1e-9, abs=1e-9)
        assert getattr(found.figures, key) == wanted, key


COMMANDS: dict[str, Any] = {
    "halves": lambda now: Judge("ana", subdivision=2.0),
    "wholes": lambda now: Judge("ana", subdivision=1.0),
    "bars": lambda now: Judge("ana", subdivision=0.25),
    "rest": lambda now: Rest("ana", True),
    "play again": lambda now: Rest("ana", False),
    "helped": lambda now: Assist("ana", True),
    "alone": lambda now: Assist("ana", False),
    "stop": lambda now: StopAll(),
    "go on": lambda now: GoOn(),
    "slept": lambda now: Gap(now - at(0.7) + at(0), now, "suspended"),
    "hand over": lambda now: Assign("link:ben", "ana", now - at(5) + at(0)),
    "take back": lambda now: Assign("link:ben", "ben", now - at(9) + at(0)),
    "left": lambda now: Leave("ana", now - at(2.3) + at(0)),
    "back": lambda now: Return("ana"),
    "turns": lambda now: Arm("turn_taking", {"beats": 3, "rounds": 4}, 0),
    "groove": lambda now: Arm("groove", {}, 0),
}
steps = st.one_of(
    st.tuples(
        st.just("play"), st.integers(1, 60), st.sampled_from(["ana", "ben"]), st.integers(-240, 240), st.integers(1, 4)
    ),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 0.5, 0.9, 3.0, 17.0, 40.0])),
    st.tuples(st.just("look")),
    st.tuples(st.just("tell"), st.sampled_from(sorted(COMMANDS))),
)  # fmt: skip


def perform(circle: Circle, script: list[tuple[Any, ...]]) -> int:
    """Play the script, looking at the figures whenever it says so; returns the last moment."""
    now = at(0)
    for what, *rest in script:
        if what == "wait":
            now += round(rest[0] * at(1) - rest[0] * at(0))
            circle.until(now)
        elif what == "tell":
            try:
                circle.tell(COMMANDS[rest[0]](now), now)
            except UsageError:
                continue  # nothing to go on with, say
        elif what == "play":
            hits, player, off_ms, every = rest
            for beat in range(0, hits, every):
                circle.play(
                    player, (now - at(0)) / (at(1) - at(0)) + beat, off_ms=off_ms * (1 + beat % 3) / 3
                )
            now = max(now + at(hits - 0.7) - at(0), circle.events[-1][0])  # nobody looks before it has come
            circle.until(now)
        else:
            for player in ("ana", "ben"):
                same(circle, player, now)
    return now


@given(st.lists(steps, max_size=25))
@example(  # a point two beats ahead, on a grid of bars, whose window is made anew
    [("tell", "bars"), ("play", 2, "ana", 0, 1), ("play", 2, "ana", 0, 1), ("tell", "alone")]
)
@settings(max_examples=150, deadline=None)
def test_hit_by_hit_is_all_at_once_whatever_happens_in_a_circle(script: list[tuple[Any, ...]]) -> None:
    circle = Circle("ana ben", "groove", double_trigger_ms=0)
    now = perform(circle, script)
    for player in ("ana", "ben"):
        for later in (0.0, 0.3, 0.6, 5.0, 50.0):
            same(circle, player, now + round(later * (at(1) - at(0))))


def test_looking_changes_nothing() -> None:
    script = [("play", 20, "ana", 15, 1), ("wait", 3.0), ("tell", "rest"), ("wait", 0.9), ("tell", "play again"),
              ("play", 12, "ana", -30, 1), ("tell", "halves"), ("play", 9, "ana", 40, 2)]  # fmt: skip
    looked = [step for each in script for step in (each, ("look",))]
    one, other = Circle("ana ben", "groove"), Circle("ana ben", "groove")
    ends = perform(one, script), perform(other, looked)
    assert ends[0] == ends[1]
    assert one.session.view(ends[0]) == other.session.view(ends[1])
    assert one.session.summary(ends[0]) == other.session.summary(ends[1])


def test_points_that_pass_without_a_hit_push_the_others_out() -> None:
    circle = Circle("ana", "groove")
    circle.play("ana", *range(1, 41), off_ms=12.0)
    seen = [
        circle.session._state.scores["ana"].live(41.0 + later, circle.session._state.silent)
        for later in (0, 5, 30, 100)
    ]
    assert [found.figures.n for found in seen] == [32, 27, 2, 0]
    assert [found.figures.missed for found in seen] == [0, 5, 30, 32]
    assert all(found.points == WINDOW for found in seen)
