"""Hits that come late, or whose time nobody knows: kept, counted, and never judged where all is over."""

from __future__ import annotations

from typing import Any

from core_circle import Circle, at
from drumcircle.core.events import MS, Cue, Hit, Join, Notice, PadFound, Record


def send(circle: Circle, player: str, beat: float, arrives: float, *, doubtful: bool = False) -> None:
    circle.tell(Hit(at(beat), f"link:{player}", 38, 90, doubtful=doubtful), at(arrives))


def row(circle: Circle, player: str, beat: float) -> dict[str, Any]:
    found: dict[str, Any] = circle.session.summary(at(beat))["players"][player]
    return found


def groove() -> Circle:
    circle = Circle("anna ben", "groove")
    circle.tell(Record(True), at(-1))
    return circle


def test_late_hits_are_in_the_figures_as_if_they_had_come_in_time_and_are_counted() -> None:
    circle, prompt = groove(), groove()
    for beat in range(32):
        prompt.play("anna", beat, off_ms=float(beat % 3))
        if beat < 8 or beat >= 16:
            circle.play("anna", beat, off_ms=float(beat % 3))
        if beat == 20:
            for missing in range(8, 16):
                circle.tell(Hit(at(missing) + missing % 3 * MS, "link:anna", 38, 90), at(20.5))
    late, known = row(circle, "anna", 33), row(prompt, "anna", 33)
    assert late.pop("late") == 8
    assert "late" not in known
    assert late == known
    heard = list(circle.session.heard_hits())
    assert sum(hit.late for hit in heard) == 8
    assert len(heard) == 32


def test_that_a_pad_was_away_is_told_once_in_words() -> None:
    circle = groove()
    circle.play("anna", 0, 16)
    for beat in range(2, 10):
        send(circle, "anna", beat, 16.5)
    told = [notice.text for notice in circle.all(Notice) if "late" in notice.text]
    assert told == ["anna was away; what was played on it comes late."]


def test_what_a_pad_that_was_away_sends_all_at_once_is_not_heard_all_at_once() -> None:
    circle = groove()
    circle.tell(PadFound("mqtt:stool", "stool", "mqtt"), at(-1))
    circle.tell(Join("cleo", "cleo", pads=("mqtt:stool",)), at(-1))
    for arrives, beats in ((1.01, (1,)), (16.5, range(2, 10))):
        for beat in beats:
            circle.tell(Hit(at(beat), "mqtt:stool", 38, 90), at(arrives))
    assert [cue.due for cue in circle.all(Cue) if cue.voice == "drum" and cue.player == "cleo"] == [at(1)]


def test_late_hits_on_a_pad_that_was_nobody_s_are_late_once_it_is_somebody_s() -> None:
    circle = groove()
    circle.tell(PadFound("mqtt:stool", "stool", "mqtt"), at(-1))
    for beat in (2, 3):
        circle.tell(Hit(at(beat), "mqtt:stool", 38, 90), at(9))
    circle.tell(Join("cleo", "cleo", pads=("mqtt:stool",), since=at(0)), at(10))
    assert row(circle, "cleo", 12)["late"] == 2


def test_a_late_hit_never_changes_a_turn_that_is_closed() -> None:
    circle = Circle("anna ben", "turn_taking:beats=4,rounds=2,order=anna+ben")
    circle.tell(Record(True), at(-1))
    circle.play("anna", 0, 1)
    circle.play("ben", 4, 5)
    circle.beat(5.5)
    before = circle.results(5.5)["turns"]
    send(circle, "anna", 2, 5.6)
    send(circle, "ben", 2.9, 5.7)
    after = circle.results(5.8)["turns"]
    assert after[0] == before[0]
    assert row(circle, "anna", 6)["late"] == 1
    assert row(circle, "anna", 6)["n"] == 3, "in the player's own figures it is"


def test_a_late_hit_still_belongs_to_a_turn_that_is_open() -> None:
    circle = Circle("anna ben", "turn_taking:beats=8,order=anna+ben")
    circle.tell(Record(True), at(-1))
    circle.play("anna", 0)
    send(circle, "anna", 1, 5)
    assert circle.results(5.5)["turns"][0]["in_turn_hits"] == 2


def test_a_hit_of_doubtful_time_is_kept_and_in_no_figure() -> None:
    circle = groove()
    circle.play("anna", 0, 1, 2)
    send(circle, "anna", 3, 3.1, doubtful=True)
    circle.play("anna", 4)
    figures = row(circle, "anna", 6)
    assert (figures["n"], figures["extra"], figures["missed"]) == (4, 0, 1)
    assert [hit.mark for hit in circle.session.heard_hits()] == ["", "", "", "doubtful", ""]


def test_double_triggers_are_found_among_late_hits_and_not_between_them_and_later_ones() -> None:
    circle = groove()
    circle.play("anna", 0, 16)
    for beat, ms in ((8, 0), (8, 30), (9, 0)):
        circle.tell(Hit(at(beat) + ms * MS, "link:anna", 38, 90), at(16.5))
    circle.play("anna", 17, off_ms=0.0)
    circle.tell(Hit(at(17) + 20 * MS, "link:anna", 38, 90), at(17) + 25 * MS)
    marks = [hit.mark for hit in circle.session.heard_hits()]
    assert marks == ["", "", "", "double", "", "", "double"]
