"""What is not kept is missing from no figure; what is kept is counted on any grid; who leans on a pad is told of."""

from __future__ import annotations

from math import ceil
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core_circle import Circle, at
from drumcircle.core.events import MS, Cue, Hit, Judge, LiveOnly, Notice, Record


def player(circle: Circle, alias: str, beat: float) -> dict[str, Any]:
    found: dict[str, Any] = circle.session.summary(at(beat))["players"][alias]
    return found


def test_beats_while_a_recording_paused_are_not_missing_from_it() -> None:
    circle = Circle("Ana", "groove")
    circle.do(Record(True), -0.6)
    circle.play("Ana", 0, 1, 3)
    circle.do(Record(False), 3.4)
    circle.play("Ana", 4, 5, 6, 7, 8)
    circle.do(Record(True), 8.4)
    circle.play("Ana", 9, 11)
    ana = player(circle, "Ana", 12)
    assert (ana["n"], ana["missed"], ana["extra"]) == (5, 2, 0)


def test_beats_while_somebody_was_live_only_are_not_missing_for_them_alone() -> None:
    circle = Circle("Ana Ben", "groove")
    circle.play_together((0, "Ana"), (0, "Ben"), (1, "Ana"), (1, "Ben"))
    circle.do(LiveOnly("Ana", True), 1.4)
    circle.play_together((2, "Ana"), (3, "Ana"), (4, "Ana"))
    circle.do(LiveOnly("Ana", False), 4.4)
    circle.play_together((5, "Ana"), (5, "Ben"))
    assert (player(circle, "Ana", 6)["n"], player(circle, "Ana", 6)["missed"]) == (3, 0)
    assert (player(circle, "Ben", 6)["n"], player(circle, "Ben", 6)["missed"]) == (3, 3)


@given(subdivision=st.integers(1, 16), first=st.integers(0, 70), length=st.integers(1, 60))
def test_on_every_grid_the_points_between_two_hits_are_missed_exactly(
    subdivision: int, first: int, length: int
) -> None:
    circle = Circle("Ana", "groove")
    circle.do(Judge("Ana", subdivision=float(subdivision), double_trigger_ms=0.0), -2.0)
    last = first + length
    circle.play("Ana", first / subdivision, last / subdivision)
    ana = player(circle, "Ana", ceil(last / subdivision) + 1)
    assert (ana["n"], ana["missed"]) == (2, length - 1)


def leant_on(circle: Circle, beat: float, seconds: float) -> None:
    for number in range(int(seconds * 200)):
        time = at(beat) + number * 5 * MS
        circle.tell(Hit(time, "link:Ana", 38, 60), time)


def test_somebody_who_leans_on_a_pad_is_told_of_once_a_minute_and_sounds_as_one_who_drums() -> None:
    circle = Circle("Ana Ben", "groove")
    leant_on(circle, 0, 20)
    told = [notice.text for notice in circle.all(Notice) if "leaning" in notice.text]
    assert len(told) == 1
    assert "link:Ana" in told[0] or "Ana" in told[0]
    assert len([cue for cue in circle.all(Cue) if cue.voice == "drum"]) <= 20 * 20
    leant_on(circle, 140, 2)
    assert len([notice for notice in circle.all(Notice) if "leaning" in notice.text]) == 2


def test_a_roll_is_not_taken_for_leaning() -> None:
    circle = Circle("Ana", "groove")
    circle.play("Ana", *(number / 8 for number in range(200)))
    assert not [notice for notice in circle.all(Notice) if "leaning" in notice.text]
