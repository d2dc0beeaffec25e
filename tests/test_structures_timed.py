"""Talk: minutes that a stop does not count, prompts, faces and markers; silence during and after."""

from __future__ import annotations

import pytest

from core_circle import Circle, ends, judged, words_at
from drumcircle.core.events import Arm, Cue, GoOn, Leave, Mark, Press, StopAll
from drumcircle.errors import UsageError


def test_it_is_silent_unjudged_lasts_its_minutes_and_leaves_silence() -> None:
    circle = Circle("Ana", "talk:minutes=0.5")
    circle.play("Ana", 3, 4, 5)
    assert words_at(circle, 20.5) == "0:20 left"
    assert ends(circle.beat(70)) == [60]
    assert [cue for cue in circle.all(Cue) if cue.player is None] == []
    assert judged(circle, 70) == {"Ana": (0, 0)}
    done = circle.results(71)
    assert done == {"minutes": pytest.approx(0.5), "markers": {}}
    circle.do(Arm("groove", {}, 0), 72)
    assert any(cue.id == "beat:80" for cue in circle.beat(82).all(Cue))


def test_time_stopped_is_not_counted() -> None:
    circle = Circle("Ana", "talk:minutes=0.5")
    circle.do(StopAll(), 20.5)
    circle.do(GoOn(), 99)
    circle.beat(180)
    assert ends(circle) == [140]
    assert circle.results(181)["minutes"] == pytest.approx(0.5)


def test_prompts_come_one_after_the_other_and_those_shown_are_kept() -> None:
    circle = Circle("Ana", "talk:prompts=What did you hear?|Who led|One word")
    assert words_at(circle, 1) == "1 of 3: What did you hear? (5:00 left)"
    circle.do(Press("next"), 4)
    assert words_at(circle, 5.5) == "2 of 3: Who led (4:58 left)"
    assert circle.results(6)["prompts"] == ["What did you hear?", "Who led"]
    with pytest.raises(UsageError, match="no key 'next'"):
        Circle("Ana", "talk").do(Press("next"), 1)


def test_faces_are_counted_for_the_group_only_where_they_are_asked_for() -> None:
    circle = Circle("Ana Ben", "talk:faces=after")
    for face in ("face 4", "face 5", "face 4"):
        circle.do(Press(face), 4)
    assert circle.results(6)["faces_after"] == [0, 0, 0, 2, 1]
    with pytest.raises(UsageError, match="no key 'face 1'"):
        Circle("Ana", "talk").do(Press("face 1"), 1)


def test_markers_since_it_began_are_counted_by_kind_and_somebody_may_leave() -> None:
    circle = Circle("Ana")
    circle.do(Mark("moment", "before"), 1)
    circle.do(Arm("talk", {}, 0), 2)
    for kind, beat in (("distress", 6), ("moment", 7), ("moment", 8)):
        circle.do(Mark(kind), beat)
    circle.do(Leave("Ana"), 9)
    assert circle.results(12)["markers"] == {"distress": 1, "moment": 2}
    assert circle.session.faults() == []
