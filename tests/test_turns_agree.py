"""One definition of turns: what the circle says of them is what the library says of the same schedule and hits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_circle import BEAT, Circle
from drumcircle.core.events import MS
from drumcircle.measures import Turn, turns

PLAYERS = ("ana", "ben", "cyd")
BEAT_MS = BEAT / MS
KEYS = (
    "entry_offset_ms",
    "floor_transfer_offset_ms",
    "floor_transfer_offset_beats",
    "in_turn_hits",
    "before_turn_hits",
    "after_turn_hits",
    "turn_duration_beats",
)
played = st.lists(
    st.tuples(st.integers(0, 36 * 500 // 5), st.sampled_from(PLAYERS)), max_size=40, unique=True
)


@given(played, st.integers(1, 5), st.integers(0, 3))
@settings(max_examples=120, deadline=None)
def test_the_circle_and_the_library_agree_on_every_turn(
    hits: list[tuple[int, str]], beats: int, rest: int
) -> None:
    circle = Circle(structure=f"turn_taking:beats={beats},rounds=2,rest={rest}")
    for name in PLAYERS:
        circle.seat(name, double_trigger_ms=0)
    last = (6 * (beats + rest) - rest - 0.5) * BEAT_MS  # what is nearest to a later beat is in no turn's time
    mine = sorted((5.0 * step, player) for step, player in hits if 5.0 * step <= last)
    for time_ms, player in mine:
        circle.play(player, time_ms / BEAT_MS)
    ours = circle.results(6 * (beats + rest) + 4)["turns"]
    schedule = [
        Turn(row["player"], row["start_beat"] * BEAT_MS, (row["start_beat"] + beats) * BEAT_MS, BEAT_MS)
        for row in ours
    ]
    theirs = turns(schedule, {name: [t for t, player in mine if player == name] for name in PLAYERS})
    assert len(ours) == len(theirs) == 6
    for row, figures in zip(ours, theirs, strict=True):
        for key in KEYS:
            wanted = getattr(figures, key)
            assert row[key] == (None if wanted is None else pytest.approx(wanted, abs=1e-9)), (key, row)
