"""Suggestions: rules on what was seen, one at a time, rarely, and nothing done by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core_circle import Circle, at
from drumcircle.core.events import (
    NS,
    AnswerSuggestion,
    Arm,
    Notice,
    RampTempo,
    Rest,
    SetSound,
    StopAll,
    Suggest,
)
from drumcircle.core.suggestions import (
    REST_BETWEEN,
    SAME_AGAIN,
    STANDS_FOR,
    Adviser,
    PlayerSeen,
    Seen,
    falling,
    one_sided,
    silent,
)
from drumcircle.core.view import SuggestionView, community

NOW = 1_000 * NS
FALL = (0.8, 0.78, 0.75, 0.7, 0.66, 0.62, 0.58, 0.55, 0.5)
"""Togetherness over 16 beats."""
CALM = Seen(NOW, (), (), 100.0, True, 0.0, 0.0)


def somebody(name: str, *, silent_s: int = 1, hits: int = 60) -> PlayerSeen:
    return PlayerSeen(name, f"▲ {name}", NOW - silent_s * NS, hits)


# ---------------------------------------------------------------- rules


def test_falling_togetherness_suggests_slower_then_louder_then_a_pause() -> None:
    seen = replace(CALM, together=FALL, gain_db=-6.0)
    found = list(falling(seen))
    assert [each.offer for each in found] == [RampTempo(95.0, 2), SetSound(True, -3.0), StopAll()]
    assert found[0].reason == "togetherness has fallen for 16 beats, from 0.80 to 0.50"
    assert [each.offer for each in falling(replace(seen, bpm=60.0, gain_db=0.0))] == [StopAll()]


@pytest.mark.parametrize(
    "line",
    [FALL[1:], (*FALL[:4], 0.9, *FALL[5:]), (*FALL[:4], None, *FALL[5:]), tuple(0.5 - i / 100 for i in range(9))],
    ids=["fourteen beats", "a rise between", "a gap", "hardly"],
)  # fmt: skip
def test_less_than_a_fall_of_sixteen_beats_suggests_nothing(line: tuple[float | None, ...]) -> None:
    assert not list(falling(replace(CALM, together=line)))


def test_who_has_not_played_for_two_minutes_may_rest() -> None:
    seen = replace(
        CALM, players=(somebody("ana"), somebody("ben", silent_s=119), somebody("cy", silent_s=125))
    )
    (found,) = silent(seen)
    assert (found.reason, found.offer) == ("▲ cy has not played for 2 min 05 s", Rest("cy", True))


def test_half_of_all_hits_by_one_suggests_turns() -> None:
    group = (somebody("ana", hits=60), somebody("ben", hits=30), somebody("cy", hits=30))
    (found,) = one_sided(replace(CALM, players=group))
    assert (found.reason, found.offer) == (
        "▲ ana made 60 of the last minute's 120 hits",
        Arm("turn_taking", {}),
    )
    assert not list(one_sided(replace(CALM, players=(somebody("ana", hits=59), *group[1:]))))
    assert not list(one_sided(replace(CALM, players=group[:2]))), "of two, one always makes half"
    few = tuple(replace(player, hits=player.hits // 5) for player in group)
    assert not list(one_sided(replace(CALM, players=few))), "too few hits to say"


# ---------------------------------------------------------------- how often


def test_one_at_a_time_with_rests_between_and_nothing_twice_within_five_minutes() -> None:
    adviser = Adviser(on=True)
    seen = replace(CALM, together=FALL, players=(somebody("cy", silent_s=125),))
    first = adviser.look(seen)
    assert first is not None
    assert first.topic == "falling:slower"
    assert adviser.looks_at == NOW + STANDS_FOR
    adviser.close(NOW + NS)
    assert adviser.looks_at == NOW + NS + REST_BETWEEN
    topics = []
    for step in range(1, 4):
        again = adviser.look(replace(seen, now=NOW + step * REST_BETWEEN))
        topics.append(again.topic if again else "")
    assert topics == ["falling:pause", "silent:cy", ""]
    later = adviser.look(replace(seen, now=NOW + SAME_AGAIN))
    assert later is not None
    assert later.topic == "falling:slower"


# ---------------------------------------------------------------- in the circle


def playing_unevenly(circle: Circle, beats: int, since: int = 0) -> None:
    """ana four times a beat, the others each beat; cy never."""
    for beat in range(since, beats):
        circle.play("ana", beat, beat + 0.02)
        circle.play("ben", beat + 0.03)
        circle.play("ana", beat + 0.25, beat + 0.5)


def standing(circle: Circle, beat: float) -> SuggestionView | None:
    return circle.beat(beat).session.view(at(beat)).suggestion


def group() -> Circle:
    circle = Circle(structure="groove")
    for name in ("ana", "ben", "cy"):
        circle.seat(name, double_trigger_ms=0.0)
    return circle


def test_they_are_off_until_somebody_asks() -> None:
    circle = group()
    playing_unevenly(circle, 60)
    assert standing(circle, 60) is None
    circle.do(Suggest(True), 60.5)
    playing_unevenly(circle, 80, 61)
    found = standing(circle, 80)
    assert found is not None
    assert "▲ ana made" in found.reason.replace("●", "▲")


def test_nothing_happens_unless_it_is_taken_and_what_is_not_answered_goes() -> None:
    circle = group()
    circle.do(Suggest(True), 0.1)
    playing_unevenly(circle, 60)
    assert standing(circle, 60) is not None
    assert circle.session.view(at(60)).next is None
    playing_unevenly(circle, 180, 60)
    assert standing(circle, 180) is None
    assert any("not answered" in n.text for n in circle.all(Notice))
    assert all(n.scope == "therapist" for n in circle.all(Notice) if "uggestion" in n.text)


def test_the_answer_is_in_the_record_by_value() -> None:
    circle = group()
    circle.do(Suggest(True), 0.1)
    playing_unevenly(circle, 60)
    found = standing(circle, 60)
    assert found is not None
    circle.do(AnswerSuggestion(found.number, False, found.reason, found.words), 60.1)
    assert standing(circle, 60.2) is None
    (kept,) = circle.session.summary(at(61))["suggestions"]
    assert kept == {"time_s": 30.05, "reason": found.reason, "words": found.words, "answer": "dismissed"}


def test_who_rests_or_is_not_asked_to_play_is_never_the_subject() -> None:
    circle = group()
    circle.do(Suggest(True), 0.1)
    circle.do(Rest("cy", True), 1)
    circle.beat(300)
    seen = [n.text for n in circle.all(Notice) if "uggestion:" in n.text]
    assert seen
    assert not [text for text in seen if "cy" in text]


def test_in_free_play_everybody_is_watched_and_in_talk_nobody() -> None:
    free, talk = Circle("ana ben cy", "free_play"), Circle("ana ben cy", "talk:minutes=10")
    for circle in (free, talk):
        circle.do(Suggest(True), 0.1)
        circle.play("ana", *range(2, 242, 2))
    said = [n.text for n in free.all(Notice) if n.text.startswith("Suggestion:")]
    assert any("ana made" in text for text in said)
    assert not [n for n in talk.all(Notice) if n.text.startswith("Suggestion:")]


def test_no_suggestion_reaches_a_community_view() -> None:
    circle = group()
    circle.do(Suggest(True), 0.1)
    playing_unevenly(circle, 60)
    seen = community(circle.beat(60).session.view(at(60)))
    assert (seen.suggestion, seen.suggests) == (None, False)
    assert "uggestion" not in " ".join(entry.text for entry in seen.happenings)
