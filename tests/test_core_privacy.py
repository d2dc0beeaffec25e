"""No one is shamed: what a group sees holds nothing about one person."""

from __future__ import annotations

from core_circle import Circle, at
from drumcircle.core.view import community


def test_the_echo_of_one_who_plays_alone_is_not_put_in_words_for_the_group() -> None:
    circle = Circle("Ana Ben", "call_and_response:pattern=two-and-three,retries=0")
    circle.play_together(*((4 + onset, "Ana") for onset in (0.0, 1.0, 1.5)))
    call = circle.beat(10).session.view(at(10)).call
    assert call is not None
    assert call.group_words == ""
    said = [entry.text for entry in circle.session.happenings_after(0) if entry.scope == "all"]
    assert not any("came back" in text or "together" in text for text in said)


def test_a_persons_own_call_reaches_the_group_as_a_rhythm_without_their_timing() -> None:
    pictures = []
    for off in (-0.03, 0.0, 0.03):
        circle = Circle("Ana Ben", "call_and_response:caller=Ana,retries=0")
        circle.play_together(*((beat + off, "Ana") for beat in (1.0, 2.0, 2.5)))
        call = community(circle.beat(5).session.view(at(5))).call
        assert call is not None
        pictures.append(call.onsets)
    assert pictures[0] == pictures[1] == pictures[2] == (1.0, 2.0, 2.5)
