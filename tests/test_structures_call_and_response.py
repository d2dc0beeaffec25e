"""Call and response: what is called and when, whose hit is an echo, how it went, and what comes next."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_circle import ARRIVES, BEAT, PUSH, START, TWO_AND_THREE, WALTZ, Circle, at, beats_of
from drumcircle.core import codec
from drumcircle.core.events import (
    MS,
    Arm,
    CallBegan,
    Cue,
    Effect,
    GoOn,
    Hit,
    Lead,
    Leave,
    Notice,
    Rest,
    SetMeter,
    SetTempo,
    StopAll,
    StructureEnded,
)
from drumcircle.core.pattern import Pattern
from drumcircle.core.structures.base import Stage
from drumcircle.core.structures.ladder import Ladder
from drumcircle.core.view import CallView
from drumcircle.errors import UsageError

ONE = "call_and_response:pattern=two-and-three,rounds=1,retries=0"
STEADY_CHANCE = Pattern("four", "Four", 1, 4.0, "4/4", (0.0, 1.0, 2.0, 3.0), (80,) * 4)


def calls(circle: Circle) -> list[tuple[str, list[float], float, float]]:
    """(caller, onsets, echo from, to) of every call announced, in beats."""
    return [
        (c.caller, [beats_of(t) for t in c.onsets], beats_of(c.echo_start), beats_of(c.echo_end))
        for c in circle.all(CallBegan)
    ]


def cues(circle: Circle) -> dict[str, tuple[float, float]]:
    """id -> (beat, gain) of the calls that sound, as they stand at last."""
    return {c.id: (beats_of(c.due), c.gain) for c in circle.all(Cue) if c.voice == "call"}


def rounds(circle: Circle, beat: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = circle.results(beat)["rounds"]
    return found


def shown(circle: Circle, beat: float) -> CallView:
    view = circle.beat(beat).session.view(at(beat))
    assert view.call is not None
    assert codec.decode_view(codec.plain(view)) == view
    return view.call


def echo_well(circle: Circle, start: float, *players: str) -> None:
    circle.play_together(*((start + o, p) for o in TWO_AND_THREE.onsets for p in players))


def said(circle: Circle) -> list[str]:
    return [notice.text for notice in circle.all(Notice)]


# ---------------------------------------------------------------- one round


def test_the_library_calls_everybody_echoes_and_after_a_bar_of_rest_the_next_call_comes() -> None:
    circle = Circle("Ana", "call_and_response:pattern=two-and-three,rounds=2,retries=0").beat(30)
    assert calls(circle) == [("library", [0, 1, 1.5], 4, 8), ("library", [12, 13, 13.5], 16, 20)]
    assert cues(circle) == {
        "part:call:1:0": (0, 110 / 127), "part:call:1:1": (1, 80 / 127), "part:call:1:2": (1.5, 80 / 127),
        "part:call:2:0": (12, 110 / 127), "part:call:2:1": (13, 80 / 127), "part:call:2:2": (13.5, 80 / 127),
    }  # fmt: skip
    assert [beats_of(e.time) for e in circle.all(StructureEnded)] == [20]
    assert all(now + 100 * MS <= cue.due for now, cue in circle.moments(Cue) if cue.voice == "call")


def test_an_echo_is_measured_against_its_call() -> None:
    circle = Circle("Ana Ben Cy", ONE)
    circle.play_together((4.04, "Ana"), (5.04, "Ana"), (5.54, "Ana"), (4.0, "Ben"), (5.5, "Ben"), (7, "Ben"))
    [row] = rounds(circle, 12)
    assert (row["pattern"], row["caller"], row["start_beat"]) == ("two-and-three", "library", 0)
    ana, ben = row["echoes"]["Ana"], row["echoes"]["Ben"]
    assert (ana["f1"], ana["recall"], ana["hits"]) == (1.0, 1.0, 3)
    assert ana["lag_ms"] == pytest.approx(20.0)
    assert ana["timing_error_ms"] == pytest.approx(0.0, abs=1e-6)
    assert ben["precision"] == ben["recall"] == pytest.approx(2 / 3)
    assert 0 < ben["f1_chance"] < 1
    assert ben["f1_above_chance"] == pytest.approx((ben["f1"] - ben["f1_chance"]) / (1 - ben["f1_chance"]))
    assert "Cy" not in row["echoes"]


def test_nobody_is_judged_on_the_beat() -> None:
    circle = Circle("Ana", ONE)
    circle.play("Ana", 0, 1, 4, 5, 5.5)
    figures = circle.beat(12).session.summary(at(12))["players"]["Ana"]
    assert (figures["n"], figures["missed"], figures["extra"]) == (0, 0, 0)


def test_an_echo_20_ms_early_counts_and_what_is_played_during_the_call_does_not() -> None:
    circle = Circle("Ana", ONE)
    circle.play("Ana", 0, 1, 1.5)
    circle.play("Ana", 4, 5, 5.5, off_ms=-20)
    echo = rounds(circle, 12)[0]["echoes"]["Ana"]
    assert (echo["hits"], echo["f1"]) == (3, 1.0)
    assert echo["lag_ms"] == pytest.approx(-20)


def test_a_last_stroke_just_before_the_bar_line_still_belongs_to_its_echo() -> None:
    circle = Circle("Ana", "call_and_response:pattern=push,rounds=1,retries=0")
    circle.play("Ana", *(4 + onset for onset in PUSH.onsets), off_ms=40)
    echo = rounds(circle, 14)[0]["echoes"]["Ana"]
    assert (echo["hits"], echo["f1"]) == (4, 1.0)


@pytest.mark.parametrize(("grace", "hits"), [("0", 1), ("0.5", 2), ("1", 2)])
def test_with_grace_a_last_stroke_after_the_bar_still_counts(grace: str, hits: int) -> None:
    late = Pattern("late", "Late", 1, 4.0, "4/4", (0.0, 3.5), (100, 80))
    circle = Circle(
        "Ana", f"call_and_response:pattern=late,rounds=1,retries=0,grace={grace}", patterns=(late,)
    )
    circle.play("Ana", 4.3, 7.9)
    [row] = rounds(circle, 14)
    assert row["echoes"]["Ana"]["hits"] == hits


def test_a_late_message_with_an_early_stamp_is_an_echo_all_the_same() -> None:
    circle = Circle("Ana", ONE)
    circle.play("Ana", 4, 5)
    circle.tell(Hit(at(5.5), "link:Ana", 38, 90), at(8.3))
    assert rounds(circle, 12)[0]["echoes"]["Ana"]["f1"] == 1.0


def test_a_change_of_tempo_resends_what_is_ahead_with_the_same_ids_and_scores_in_beats() -> None:
    circle = Circle("Ana", ONE)
    circle.do(SetTempo(100.0), 0.1)
    beat = round(BEAT * 1.2)
    one = at(1)
    due = {cue.id: cue.due for cue in circle.beat(3).all(Cue) if cue.voice == "call"}
    assert due == {
        "part:call:1:0": at(0), "part:call:1:1": one, "part:call:1:2": one + beat // 2,
    }  # fmt: skip
    for onset in TWO_AND_THREE.onsets:
        time = one + round((3 + onset) * beat)
        circle.tell(Hit(time, "link:Ana", 38, 90), time + ARRIVES)
    circle.until(at(20))
    echo = circle.structures(at(20))[0]["results"]["rounds"][0]["echoes"]["Ana"]
    assert (echo["f1"], echo["lag_ms"]) == (1.0, pytest.approx(0, abs=1e-5))


def test_whoever_leads_calls_and_the_lead_passes_on_with_the_next_round() -> None:
    circle = Circle("Ana Ben", "call_and_response:caller=leader,retries=0,rounds=3")
    circle.do(Lead("Ana"), 3)
    circle.do(Lead("Ben"), 14)
    circle.beat(40)
    told = dict.fromkeys(caller for caller, *_ in calls(circle))
    assert list(told) == ["facilitator", "Ana", "Ben"]


# ---------------------------------------------------------------- in words


def test_while_a_call_is_played_the_view_shows_it_whole_and_nobodys_echo() -> None:
    call = shown(Circle("Ana", "call_and_response:pattern=two-and-three"), 1.0)
    assert (call.phase, call.caller, call.pattern) == ("call", "library: two-and-three", "Two and three")
    assert (call.onsets, call.beats, call.round, call.echoes) == ((0.0, 1.0, 1.5), 4.0, 1, ())


def test_the_log_says_how_it_went_without_saying_who() -> None:
    circle = Circle("Ana Ben", ONE)
    echo_well(circle, 4, "Ana", "Ben")
    circle.beat(10)
    assert "Two and three: all of it came back." in said(circle)


def test_the_view_shows_call_echo_and_then_how_it_went() -> None:
    circle = Circle("Ana Ben Cy", "call_and_response:pattern=two-and-three,rounds=3,retries=0")
    assert [shown(circle, b).phase for b in (0.5, 3.9, 4.1)] == ["call", "call", "echo"]
    circle.play_together((5, "Ana"), (5.5, "Ana"), (6.2, "Ana"), (7, "Ana"), (5, "Ben"), (5.5, "Ben"))
    after = shown(circle, 10)
    assert after.phase == "rest"
    assert [(e.player, e.words) for e in after.echoes] == [
        ("Ana", "one missed, two extra"), ("Ben", "one missed"), ("Cy", "listening"),
    ]  # fmt: skip
    assert after.echoes[0].hits == (1.0, 1.5, pytest.approx(2.2), 3.0)
    assert after.group_words == "most of it came back"
    assert shown(circle, 13).echoes == ()
    assert shown(circle, 13).group_words == "most of it came back"
    view = circle.session.view(at(13))
    assert view.structure is not None
    assert view.structure.words == "round 2 of 3: call"


@pytest.mark.parametrize(
    ("hits", "words"),
    [
        ((), "listening"),
        ((0, 1, 1.5), "all of it came back"),
        ((0, 1.5), "most of it came back"),
        ((0,), "some of it came back"),
        ((2.2, 3, 3.4), "still finding it"),
    ],
)
def test_the_groups_words_have_no_names_and_no_numbers(hits: tuple[float, ...], words: str) -> None:
    circle = Circle("Ana Ben", "call_and_response:pattern=two-and-three,retries=0")
    circle.play_together(*((4 + b, p) for b in hits for p in ("Ana", "Ben")))
    assert shown(circle, 10).group_words == words


def test_a_call_that_steady_beating_answers_says_nothing_and_repeats_nothing() -> None:
    circle = Circle("Ana", "call_and_response:rounds=2,retries=3", patterns=(STEADY_CHANCE,))
    circle.play("Ana", 4, 5)
    assert shown(circle, 10).echoes[0].words == "two missed, call too simple"
    assert [row["attempt"] for row in rounds(circle, 30)] == [1, 1]


# ---------------------------------------------------------------- what comes next


def test_a_call_of_which_little_came_back_is_repeated_as_often_as_allowed() -> None:
    circle = Circle("Ana Ben", "call_and_response:rounds=2,retries=1")
    for start in (4, 16, 28, 40):
        circle.play_together((start + 2.3, "Ana"), (start + 3.2, "Ana"), (start + 2.6, "Ben"))
    found = rounds(circle, 60)
    assert [(row["round"], row["attempt"]) for row in found] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert found[0]["pattern"] == found[1]["pattern"]
    assert found[2]["pattern"] == found[3]["pattern"]


def test_no_call_comes_twice_in_a_row_if_there_is_another() -> None:
    library = tuple(Pattern(f"p{n}", f"P{n}", 1, 4.0, "4/4", (0.0, 1.0 + n / 2), (80, 80)) for n in range(3))
    circle = Circle("", "call_and_response:rounds=20", patterns=library)
    names = [row["pattern"] for row in rounds(circle, 250)]
    assert len(names) == 20
    assert all(a != b for a, b in pairwise(names))
    assert set(names) == {"p0", "p1", "p2"}


def test_the_ladder_goes_down_after_two_low_echoes_and_up_after_three_high_ones() -> None:
    circle = Circle("Ana", "call_and_response:level=2,ladder=yes,retries=0,rounds=9")
    patterns = {"two-and-three": TWO_AND_THREE.onsets, "push": PUSH.onsets}
    for number in range(9):
        start = 12 * number
        name = _called(circle, start)
        badly, well = (2.2, 3.2), patterns[name]
        circle.play("Ana", *(start + 4 + onset for onset in (badly if number < 2 else well)))
    names = [row["pattern"] for row in rounds(circle, 120)]
    assert names == ["push"] * 2 + ["two-and-three"] * 3 + ["push"] * 4
    steps = [n for n in circle.all(Notice) if n.text.startswith("Calls get")]
    assert [n.text for n in steps] == [
        "Calls get simpler, level 1: two echoes under 0.3 above chance.",
        "Calls get harder, level 2: three echoes over 0.7 above chance.",
        "Calls get harder, level 3: three echoes over 0.7 above chance.",
    ]
    assert {n.scope for n in steps} == {"therapist"}


def test_the_ladder_wants_them_in_a_row() -> None:
    class Log:
        def __init__(self) -> None:
            self.lines: list[str] = []

        def say(self, text: str, *, scope: str = "all") -> None:
            self.lines.append(f"{scope}: {text}")

    log, ladder = Log(), Ladder(2)
    for figure in (0.1, 0.5, None, 0.2, 0.9, 0.9, 0.6, 0.9, 0.9):
        ladder.step(cast(Stage, log), figure)
    assert (ladder.level, log.lines) == (2, [])
    ladder.step(cast(Stage, log), 0.8)
    assert ladder.level == 3
    for _ in range(9):
        ladder.step(cast(Stage, log), 1.0)
    assert (ladder.level, len(log.lines)) == (3, 1)


def _called(circle: Circle, start: float) -> str:
    view = shown(circle, start + 0.5)
    return view.caller.removeprefix("library: ")


@pytest.mark.parametrize("bars", [2, 4])
def test_a_pattern_shorter_than_the_call_is_repeated(bars: int) -> None:
    circle = Circle("", f"call_and_response:bars={bars},rounds=1,level=1").beat(1)
    [(_, onsets, start, end)] = calls(circle)
    assert onsets == [4 * bar + onset for bar in range(bars) for onset in TWO_AND_THREE.onsets]
    assert (start, end) == (4 * bars, 8 * bars)


def test_patterns_of_another_metre_are_left_out_and_said_so_when_asked_for() -> None:
    circle = Circle("", "call_and_response:pattern=waltz,rounds=1")
    circle.beat(1)
    assert "Waltz is in 3/4 and the circle in 4/4; another one is called." in said(circle)
    assert calls(circle)[0][1] == [0, 1, 1.5]
    odd = Circle("", "call_and_response:rounds=2", meter="5/4").beat(20)
    assert calls(odd)[0][1:] == ([0, 1, 2, 3, 4], 5, 10)
    assert len([text for text in said(odd) if "the beats themselves are called" in text]) == 1
    unknown = Circle("", "call_and_response:pattern=nope,rounds=1").beat(1)
    assert "There is no call nope in the library; another one is called." in said(unknown)


def test_after_a_change_of_metre_the_next_call_is_in_the_new_one_on_its_bar_line() -> None:
    circle = Circle("", "call_and_response:rounds=2,retries=0")
    circle.do(SetMeter("3/4"), 5)
    circle.beat(30)
    assert calls(circle)[1] == ("library", [11, 12, 13], 14, 17)
    assert [row["pattern"] for row in rounds(circle, 30)][1] == WALTZ.name


def test_with_no_end_it_goes_on_until_it_is_ended() -> None:
    circle = Circle("", "call_and_response:rounds=0")
    assert len(rounds(circle, 12 * 40 - 2)) == 40


# ---------------------------------------------------------------- other callers


def test_a_players_own_call_is_heard_in_its_bar_and_told_before_its_echo() -> None:
    circle = Circle("Ana Ben", "call_and_response:caller=Ana,rounds=1,retries=0")
    circle.play("Ana", 0, off_ms=-30)
    circle.play("Ana", 0.75, 2)
    seen = shown(circle, 2.5)
    assert (seen.phase, seen.caller, len(seen.onsets)) == ("call", "Ana", 3)
    circle.play("Ana", 3.75)
    circle.play("Ben", 4, off_ms=-30)
    circle.play("Ben", 4.75, 6, 7.75)
    circle.beat(12)
    assert calls(circle)[0] == ("Ana", [], 4, 8)
    told, (caller, onsets, start, end) = circle.moments(CallBegan)[1][0], calls(circle)[1]
    assert (caller, start, end) == ("Ana", 4, 8)
    assert onsets == pytest.approx([-0.06, 0.75, 2, 3.75])
    assert told < at(4)
    [row] = rounds(circle, 12)
    assert row["caller"] == "Ana"
    assert row["echoes"]["Ben"]["f1"] == 1.0
    assert "Ana" not in row["echoes"]


def test_a_caller_who_plays_nothing_leaves_nothing_to_compare() -> None:
    circle = Circle("Ana Ben", "call_and_response:caller=Ana,rounds=2")
    circle.play("Ben", 4, 5)
    seen = shown(circle, 10)
    assert [(e.player, e.words) for e in seen.echoes] == [("Ben", "played along")]
    assert seen.group_words == ""
    assert [row["echoes"] for row in rounds(circle, 30)] == [{}, {}]


@pytest.mark.parametrize(("caller", "told"), [("unheard", "voice"), ("facilitator", "facilitator")])
def test_a_call_by_voice_is_not_heard_and_not_scored(caller: str, told: str) -> None:
    circle = Circle("Ana", f"call_and_response:caller={caller},rounds=1")
    circle.play("Ana", 4, 5, 5.5)
    seen = shown(circle, 7.9)
    assert (seen.caller, seen.onsets) == (told, ())
    assert calls(circle) == [(caller, [], 4, 8)]
    assert rounds(circle, 12)[0]["echoes"] == {}


def test_a_player_called_facilitator_is_the_facilitator() -> None:
    circle = Circle("facilitator Ana", "call_and_response:caller=facilitator,rounds=1,retries=0")
    circle.play("facilitator", 0, 1, 1.5)
    echo_well(circle, 4, "Ana")
    assert rounds(circle, 12)[0]["echoes"]["Ana"]["f1"] == 1.0


def test_a_caller_nobody_knows_is_said_and_the_library_calls() -> None:
    circle = Circle("Ana", "call_and_response:caller=Zoe,rounds=2").beat(30)
    assert {caller for caller, *_ in calls(circle)} == {"library"}
    assert said(circle).count("Zoe is not in the circle; the library calls.") == 1


@pytest.mark.parametrize("gone", [Leave("Ana"), Rest("Ana", True)])
def test_when_the_caller_goes_while_calling_the_library_takes_over_after_one_bar(gone: Leave | Rest) -> None:
    circle = Circle("Ana Ben", "call_and_response:caller=Ana,rounds=2,retries=0")
    circle.play("Ana", 0, 1)
    circle.do(gone, 1.4)
    circle.beat(40)
    assert [(caller, start) for caller, _, start, _ in calls(circle)] == [
        ("Ana", 4), ("library", 12), ("library", 24),
    ]  # fmt: skip
    assert [row["caller"] for row in rounds(circle, 40)] == ["library", "library"]


def test_when_the_caller_goes_during_the_echo_it_is_still_scored() -> None:
    circle = Circle("Ana Ben", "call_and_response:caller=Ana,rounds=2,retries=0")
    circle.play("Ana", 0, 1, 1.5)
    circle.play("Ben", 4)
    circle.do(Leave("Ana"), 4.5)
    circle.play("Ben", 5, 5.5)
    found = rounds(circle, 40)
    assert found[0]["echoes"]["Ben"]["f1"] == 1.0
    assert [row["caller"] for row in found] == ["Ana", "library"]


def test_what_a_live_only_player_plays_is_in_no_result() -> None:
    circle = Circle("Ana", ONE)
    circle.seat("Ben", START - 10, live_only=True)
    echo_well(circle, 4, "Ana", "Ben")
    assert list(rounds(circle, 12)[0]["echoes"]) == ["Ana"]
    going_on = Circle("", "call_and_response:pattern=two-and-three,rounds=2")
    going_on.seat("Ben", START - 10, live_only=True)
    echo_well(going_on, 4, "Ben")
    assert [e.words for e in shown(going_on, 10).echoes] == ["live only"]


# ---------------------------------------------------------------- stop, replace


@pytest.mark.parametrize("stopped", [1.2, 4.3, 7.9])
def test_after_stop_all_the_interrupted_call_is_called_again(stopped: float) -> None:
    circle = Circle("Ana", ONE)
    circle.play("Ana", *(b for b in (4, 5, 5.5) if b < stopped))
    circle.do(StopAll(), stopped)
    circle.do(GoOn(), 9)
    circle.beat(11.6)
    onsets = calls(circle)[-1][1]
    assert onsets == [12, 13, 13.5]
    echo_well(circle, 16, "Ana")
    [row] = rounds(circle, 26)
    assert (row["echoes"]["Ana"]["hits"], row["echoes"]["Ana"]["f1"]) == (3, 1.0)


def test_stopped_in_the_rest_the_next_call_comes_where_it_would_have() -> None:
    circle = Circle("Ana", "call_and_response:pattern=two-and-three,rounds=2,retries=0")
    echo_well(circle, 4, "Ana")
    circle.do(StopAll(), 9.5)
    circle.do(GoOn(), 13)
    circle.beat(25)
    assert calls(circle)[-1][1] == [20, 21, 21.5]
    assert [len(row["echoes"]) for row in rounds(circle, 40)] == [1, 0]


def test_replaced_just_after_an_echo_the_echo_is_scored_and_its_last_stroke_counts() -> None:
    circle = Circle("Ana", "call_and_response:pattern=push,retries=0")
    circle.do(Arm("groove", {}, 0), 5)
    circle.play("Ana", *(4 + onset for onset in PUSH.onsets[:-1]))
    circle.play("Ana", 7.5, off_ms=-40)
    circle.play("Ana", 7.5, off_ms=40)
    row = rounds(circle, 12)[0]
    assert (row["echoes"]["Ana"]["recall"], row["echoes"]["Ana"]["hits"]) == (1.0, 5)
    assert not [cue for cue in cues(circle).values() if cue[0] >= 8]


def test_replaced_in_the_middle_the_unfinished_echo_is_left_out() -> None:
    circle = Circle("Ana", "call_and_response:pattern=two-and-three,bars=2,retries=0")
    circle.do(Arm("groove", {}, 0), 9)
    circle.play("Ana", 8, 9, 9.5)
    assert rounds(circle, 20) == []


def test_settings_that_cannot_be_are_refused_in_words() -> None:
    for wrong, words in (
        ("bars=3", "bars cannot be 3"),
        ("level=4", "from 1 to 3"),
        ("ladder=perhaps", "yes or no"),
    ):
        with pytest.raises(UsageError, match=words):
            Circle("", f"call_and_response:{wrong}")


@given(
    hits=st.lists(st.tuples(st.floats(0, 60), st.sampled_from(["Ana", "Ben"])), max_size=60),
    bpm=st.sampled_from([40.0, 120.0, 240.0]),
    meter=st.sampled_from(["1/4", "3/4", "4/4", "7/8"]),
    caller=st.sampled_from(["library", "Ana", "unheard"]),
)
@settings(max_examples=40, deadline=None)
def test_whatever_is_played_calls_come_on_bar_lines_in_time_and_never_overlap(
    hits: list[tuple[float, str]], bpm: float, meter: str, caller: str
) -> None:
    beat = 60e9 / bpm
    circle = Circle("Ana Ben", f"call_and_response:caller={caller},rounds=4", bpm=bpm, meter=meter)
    for where, player in sorted(hits):
        time = START + round(where * beat)
        circle.tell(Hit(time, f"link:{player}", 38, 90), time + ARRIVES)
    circle.until(START + round(200 * beat))
    found = circle.structures(START + round(200 * beat))[0]["results"]["rounds"]
    bar = int(meter.partition("/")[0])
    assert max(row["round"] for row in found) == 4
    for row, following in zip(found, [*found[1:], None], strict=True):
        assert row["start_beat"] % bar == 0
        assert following is None or following["start_beat"] >= row["start_beat"] + 2 * row["beats"] + bar
    sounding: list[tuple[int, Effect]] = [
        (n, c) for n, c in circle.log if isinstance(c, Cue) and c.voice == "call"
    ]
    assert all(isinstance(cue, Cue) and cue.due - now > 50 * MS for now, cue in sounding)
