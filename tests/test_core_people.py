"""People and pads: hand-overs by date, rest, assistance, and figures that follow what is said afterwards."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core_circle import ARRIVES, START, Circle, at
from drumcircle.core.events import (
    MS,
    NS,
    Assign,
    Assist,
    Cue,
    Hit,
    Join,
    Judge,
    Leave,
    Mute,
    PadFound,
    Rename,
    Rest,
    Return,
    SplitByNote,
    Swap,
    UnknownPad,
)
from drumcircle.core.layout import Layout
from drumcircle.errors import UsageError


def figures(circle: Circle, beat: float) -> dict[str, Any]:
    players: dict[str, Any] = circle.beat(beat).session.summary(at(beat))["players"]
    return players


def room(*pads: str) -> Circle:
    """A groove with devices and no people."""
    circle = Circle("", "groove")
    for pad in pads:
        circle.tell(PadFound(pad, pad, "link"), START - NS)
    return circle


# ---------------------------------------------------------------- who it was

hits_of_two_pads = st.lists(
    st.tuples(st.sampled_from(["link:x", "link:y"]), st.integers(0, 40), st.floats(-0.2, 0.2)), max_size=60
)


@given(hits_of_two_pads, st.floats(2, 38), st.sampled_from(["assign", "swap", "leave"]))
@example([("link:x", 2, 0.0)], 2.0, "swap")
@example([("link:x", 2, 0.0)], 2.0, "assign")
@settings(max_examples=60, deadline=None)
def test_said_two_minutes_later_it_is_as_if_it_had_been_so_from_the_start(
    played: list[tuple[str, int, float]], when: float, what: str
) -> None:
    """A hand-over that is told afterwards gives the figures of one told in time."""
    since = at(when)
    command = {
        "assign": Assign("link:x", "Ben", since), "swap": Swap("Ana", "Ben", since), "leave": Leave("Ana", since)
    }[what]  # fmt: skip
    hits = sorted((max(START, at(beat + off)), pad) for pad, beat, off in played)
    circles = []
    for told in (since, at(50)):
        circle = room("link:x", "link:y")
        for name, pad in (("Ana", "link:x"), ("Ben", "link:y")):
            circle.tell(Join(name, name, pads=(pad,), since=START - NS), START - NS)
        timed: list[tuple[int, Any]] = [(time, Hit(time, pad, 38, 90)) for time, pad in hits]
        for now, event in sorted([*timed, (told, command)], key=lambda item: item[0]):
            circle.tell(event, now)
        circles.append(figures(circle, 60))
    in_time, afterwards = circles
    if what == "leave":  # nobody can play unheard before leaving is said: their pad is nobody's either way
        assert in_time["Ben"] == afterwards["Ben"]
        assert in_time["Ana"]["n"] == afterwards["Ana"]["n"]
    else:
        assert in_time == afterwards


def test_the_hit_that_asked_who_is_this_is_theirs_and_figures_begin_when_they_sit_down() -> None:
    circle = room("link:x")
    hit = at(3) - 10 * MS
    circle.tell(Hit(hit, "link:x", 38, 90), hit + ARRIVES)
    assert [unknown.pad for unknown in circle.all(UnknownPad)] == ["link:x"]
    circle.tell(Join("Ana", "Ana", pads=("link:x",)), at(4))
    for beat in (5, 6, 7):
        circle.tell(Hit(at(beat), "link:x", 38, 90), at(beat))
    ana = figures(circle, 9)["Ana"]
    assert (ana["n"], ana["missed"]) == (3, 0)
    assert [heard.player for heard in circle.session.heard_hits()] == ["Ana"] * 4


def test_somebody_who_left_and_is_back_has_their_pad_again() -> None:
    circle = Circle("Ana Ben", "groove")
    circle.play("Ana", 0, 1)
    circle.do(Leave("Ana"), 2)
    circle.play("Ana", 3)
    circle.do(Return("Ana"), 4)
    circle.play("Ana", 5, 6)
    assert figures(circle, 8)["Ana"]["n"] == 4


def test_leaving_twice_is_refused_and_the_pad_still_waits() -> None:
    circle = Circle("Ana", "groove")
    circle.do(Leave("Ana"), 2)
    with pytest.raises(UsageError, match="left already"):
        circle.do(Leave("Ana"), 3)
    circle.do(Return("Ana"), 4)
    assert circle.session.has_pad("Ana", at(5))


def test_two_people_share_one_kit_by_note_and_one_person_may_have_two_pads() -> None:
    circle = Circle("", "groove")
    circle.tell(PadFound("usb:kit", "kit", "usb"), START - NS)
    circle.tell(PadFound("link:bell", "bell", "link"), START - NS)
    circle.tell(Join("Ana", "Ana", pads=("usb:kit#36", "link:bell")), START - NS)
    circle.tell(Join("Ben", "Ben", pads=("usb:kit#38",)), START - NS)
    for beat, pad, note in ((0, "usb:kit", 36), (1, "link:bell", 60), (1, "usb:kit", 38), (2, "usb:kit", 36)):
        circle.tell(Hit(at(beat), pad, note, 90), at(beat) + ARRIVES)
    found = figures(circle, 4)
    assert (found["Ana"]["n"], found["Ben"]["n"]) == (3, 1)
    circle.tell(SplitByNote("usb:kit", False), at(4))
    circle.tell(Assign("usb:kit", "Ana"), at(4))
    circle.tell(Hit(at(5), "usb:kit", 38, 90), at(5))
    assert figures(circle, 7)["Ana"]["n"] == 4


# ---------------------------------------------------------------- rest and assistance


def test_who_rests_is_neither_scored_nor_missing_and_a_hit_only_says_they_want_back() -> None:
    circle = Circle("Ana Ben", "groove")
    circle.play_together(*((b, "Ana") for b in range(8)), *((b, "Ben") for b in range(16)))
    circle.do(Rest("Ana", True), 15.6)
    circle.play("Ana", 20, 21)
    before = circle.beat(23).session.view(at(23)).players[0]
    assert (before.state, before.wants_back) == ("resting", True)
    circle.do(Rest("Ana", False), 23.6)
    circle.play("Ana", 24, 25)
    ana = figures(circle, 27)["Ana"]
    assert (ana["n"], ana["missed"], ana["extra"]) == (10, 8, 0)
    after = circle.session.view(at(27)).players[0]
    assert (after.state, after.wants_back) == ("playing", False)


def test_assisted_hits_are_never_scored() -> None:
    circle = Circle("Ana", "groove")
    circle.play("Ana", 0, 1)
    circle.do(Assist("Ana", True), 1.6)
    circle.play("Ana", 2, 3)
    circle.do(Assist("Ana", False), 3.6)
    circle.play("Ana", 4)
    ana = figures(circle, 6)["Ana"]
    assert (ana["n"], ana["missed"]) == (3, 0)


# ---------------------------------------------------------------- how they are judged


def test_each_is_judged_on_their_own_grid_and_double_triggers_and_soft_hits_do_not_count() -> None:
    circle = Circle("", "groove")
    circle.seat("Ana", subdivision=2.0)
    circle.seat("Ben", subdivision=0.25, velocity_floor=20)
    circle.play("Ana", 0, 0.5, 1)
    circle.play("Ana", 1, off_ms=40)
    circle.play("Ben", 4)
    circle.play("Ben", 6, velocity=10)
    circle.play("Ben", 8)
    found = figures(circle, 10)
    assert [found[p]["n"] for p in ("Ana", "Ben")] == [3, 2]
    assert [found[p]["extra"] for p in ("Ana", "Ben")] == [0, 0]
    assert found["Ben"]["missed"] == 0
    assert [hit.mark for hit in circle.session.heard_hits()] == ["", "", "", "double", "", "floor", ""]


def test_a_change_of_subdivision_is_from_now_on() -> None:
    circle = Circle("Ana", "groove")
    circle.play("Ana", 0, 1, 2, 3)
    circle.do(Judge("Ana", subdivision=2.0), 3.6)
    circle.play("Ana", 4, 4.5, 5.5, 6)
    ana = figures(circle, 8)["Ana"]
    assert (ana["n"], ana["missed"], ana["mean_asynchrony_ms"]) == (8, 1, 0.0)


def test_the_hub_sounds_for_pads_without_a_voice_unless_muted() -> None:
    circle = room("link:x")
    circle.tell(Join("Ana", "Ana", pads=("link:x",)), START - NS)
    circle.tell(Hit(at(0), "link:x", 38, 64), at(0) + ARRIVES)
    circle.tell(Mute("Ana", True), at(1))
    circle.tell(Hit(at(2), "link:x", 38, 64), at(2) + ARRIVES)
    drums = [cue for cue in circle.all(Cue) if cue.player == "Ana"]
    assert [(cue.due, cue.gain) for cue in drums] == [(at(0), 64 / 127)]


@pytest.mark.parametrize(
    "wrong",
    [
        Join("x", "Ana"),
        Join("x", " "),
        Join("x", "X", subdivision=0),
        Join("x", "X", velocity_floor=128),
        Join("x", "X", double_trigger_ms=-1),
        Rename("Ben", "Ana"),
        Rename("Zoe", "Z"),
        Rest("Zoe", True),
        Assign("link:Ana", "Zoe"),
        Swap("Ana", "Zoe"),
        Swap("Ana", "Ana"),
        Leave("Zoe"),
        Judge("Ana", subdivision=99),
        SplitByNote("usb:none", True),
    ],
    ids=repr,
)
def test_what_cannot_be_is_refused_and_changes_nothing(wrong: Any) -> None:
    circle = Circle("Ana Ben", "groove")
    circle.play("Ana", 0, 1)
    before = circle.session.summary(at(2)), circle.session.roster_plain(at(2))
    with pytest.raises(UsageError):
        circle.do(wrong, 2)
    assert (circle.session.summary(at(2)), circle.session.roster_plain(at(2))) == before


def test_a_pad_leant_on_for_a_night_fills_no_memory_but_the_log() -> None:
    circle = Circle("Ana", "groove", double_trigger_ms=0)
    dice = random.Random(1)
    for number in range(3000):
        time = at(number / 10) + dice.randrange(MS)
        circle.tell(Hit(time, "link:Ana", 38, 90), time)
    view = circle.session.view(at(301))
    assert len(view.players[0].hits) <= 300
    assert view.players[0].points == 32


def test_a_pad_hit_while_its_player_was_gone_asks_no_more_once_they_are_back() -> None:
    circle = Circle("ana ben", "groove")
    circle.do(Leave("ana"), 4)
    circle.play("ana", 6)
    assert len(circle.session.view(at(6.5)).unknown) == 1
    circle.do(Return("ana"), 8)
    assert circle.session.view(at(8.5)).unknown == ()


def test_nobody_is_asked_whose_a_note_is_that_has_become_part_of_one_pad() -> None:
    circle = room("link:kit")
    circle.do(SplitByNote("link:kit", True), 0)
    circle.play("kit", 1)
    assert [pad.label for pad in circle.session.view(at(1.5)).unknown] == ["link:kit 38"]
    circle.do(SplitByNote("link:kit", False), 2)
    assert circle.session.view(at(2.5)).unknown == ()
    circle.play("kit", 3)
    assert [pad.label for pad in circle.session.view(at(3.5)).unknown] == ["link:kit"]


# ---------------------------------------------------------------- what a profile knows

SIX = Layout((((38, 40),),), ((38, "bass"), (40, "pad 2")))


def test_pads_of_a_known_device_go_by_their_names_wherever_pads_are_named() -> None:
    circle = Circle("", "groove")
    circle.tell(PadFound("usb:kit", "Kit", "usb", layout=SIX), START - NS)
    circle.tell(Hit(at(0), "usb:kit", 38, 90), at(0))
    circle.tell(Hit(at(1), "usb:kit", 41, 90), at(1))
    view = circle.session.view(at(1))
    assert [pad.label for pad in view.unknown] == ["Kit bass", "Kit 41"]
    assert [pad.layout for pad in view.pads] == [SIX]
    circle.tell(Join("ana", "ana"), at(2))
    circle.tell(Assign("usb:kit#40", "ana"), at(2))
    assert [h.text for h in circle.session.happenings_after(0)][-1] == "Kit pad 2 is ● ana."


def test_who_is_given_a_pad_that_bounces_is_spared_it_from_the_first_hit_on() -> None:
    circle = Circle("", "groove")
    circle.tell(PadFound("usb:kit", "Kit", "usb", double_trigger_ms=80.0), START - NS)
    circle.tell(Hit(at(0), "usb:kit", 38, 90), at(0))
    circle.tell(Hit(at(0) + 70 * MS, "usb:kit", 38, 40), at(0) + 70 * MS)
    circle.tell(Join("ana", "ana", pads=("usb:kit#38",), since=at(0)), at(1))
    assert [(hit.player, hit.mark) for hit in circle.session.heard_hits()] == [("ana", ""), ("ana", "double")]


def test_a_double_trigger_time_set_by_hand_stands_when_the_device_comes_back() -> None:
    circle = Circle("", "groove")
    found = PadFound("usb:kit", "Kit", "usb", double_trigger_ms=80.0)
    circle.tell(found, START - NS)
    circle.tell(Join("ana", "ana", pads=("usb:kit#38",)), at(0))
    circle.tell(Judge("ana", double_trigger_ms=30.0), at(1))
    circle.tell(found, at(2))
    assert [row["double_trigger_ms"] for row in circle.session.roster_plain(at(2))] == [30.0]
