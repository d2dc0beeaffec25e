"""Talk and listen: minutes that a stop does not count, what is heard meanwhile, and silence after."""

from __future__ import annotations

import pytest

from core_circle import Circle, at, beats_of, ends, judged, standing, words_at
from drumcircle.core.events import (
    NS,
    Arm,
    Cue,
    GoOn,
    Leave,
    Mark,
    PieceAdded,
    PlayRecording,
    Press,
    StopAll,
    StopRecording,
)
from drumcircle.core.piece import Piece, PiecePart
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


# ---------------------------------------------------------------- listen


def test_the_pacer_breathes_in_for_two_fifths_and_out_for_three() -> None:
    circle = Circle("Ana", "listen:minutes=0.5,breaths=5")
    circle.play("Ana", 3, 4)
    told = [words_at(circle, beat) for beat in (1, 9, 10, 23, 25)]
    assert [words.partition(" (")[0] for words in told] == [
        "breathe in", "breathe in", "breathe out", "breathe out", "breathe in",
    ]  # fmt: skip
    assert "stop if light-headed" in told[0]
    assert ends(circle.beat(70)) == [60]
    sounds = [(round(beat, 6), voice) for beat, voice, _ in standing(circle)]
    assert sounds == [(0, "call"), (9.6, "drum"), (24, "call"), (33.6, "drum"), (48, "call"), (57.6, "drum")]
    assert judged(circle, 70) == {"Ana": (0, 0)}
    assert circle.results(70) == {"minutes": pytest.approx(0.5)}


def test_after_a_stop_the_next_breath_begins_in_its_time() -> None:
    circle = Circle("Ana", "listen:breaths=6")
    circle.do(StopAll(), 10)
    circle.do(GoOn(), 30)
    circle.beat(60)
    assert [beat for beat, voice, _ in standing(circle) if voice == "call" and beat > 20] == [42]


def piece() -> Piece:
    parts = (PiecePart("low", (0.0, 2.0), (100, 60)), PiecePart("high", (1.5,), (127,)))
    return Piece("ours", "Ours", "4/4", 100.0, 4.0, parts)


def test_the_groups_own_piece_loops_at_the_pulse_of_the_circle() -> None:
    circle = Circle("Ana", pieces=(piece(),))
    circle.do(Arm("listen", {"what": "piece", "minutes": 0.1}, 0), 1)
    circle.beat(24)
    assert [beat for beat, _, _ in standing(circle)] == [4, 5.5, 6, 8, 9.5, 10, 12, 13.5, 14]
    assert circle.results(24) == {"minutes": pytest.approx(0.1), "piece": "ours"}


def test_a_piece_that_was_just_made_is_there_and_one_nobody_made_is_said() -> None:
    circle = Circle("Ana")
    circle.do(PieceAdded(piece()), 0.5)
    circle.do(Arm("listen", {"what": "piece", "piece": "theirs"}, 0), 1)
    circle.beat(8)
    assert standing(circle) == []
    assert any("no such piece" in h.text for h in circle.session.happenings_after(0))


def test_a_recording_plays_from_the_bar_line_goes_on_after_a_stop_and_fades_at_the_end() -> None:
    circle = Circle("Ana", "listen:what=recording,file=/tmp/sea.wav,minutes=0.2")
    circle.do(StopAll(), 10.5)
    circle.do(GoOn(), 13)
    circle.do(Leave("Ana"), 14)
    circle.beat(60)
    plays = [(beats_of(p.due), p.offset) for p in circle.all(PlayRecording)]
    assert plays == [(0, 0), (16, 5 * NS)]
    [stopped] = circle.all(StopRecording)
    assert stopped.due == at(ends(circle)[0])
    quiet = Circle("Ana", "listen:what=recording").beat(4)
    assert quiet.all(PlayRecording) == []
    assert any("No sound file" in h.text for h in quiet.session.happenings_after(0))


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        ("", []),
        (":prompts=One word", []),
        (":prompts=One word|Who led", ["next"]),
        (":faces=after", [f"face {number}" for number in range(1, 6)]),
    ],
)
def test_only_the_keys_that_mean_something_are_offered(settings: str, keys: list[str]) -> None:
    view = Circle("Ana", f"talk{settings}").beat(1).session.view(at(1))
    assert view.structure is not None
    assert [name for name, _ in view.structure.keys] == keys
