"""Settings changed in the middle of every structure: what it did so far stays, and what comes is as it is set now."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from core_circle import Circle, at, beats_of, ends, standing, turns, words_at
from drumcircle.cli.replay import changes_told
from drumcircle.core import codec
from drumcircle.core.events import (
    Arm,
    Change,
    Cue,
    Event,
    GoOn,
    Hit,
    NextTurn,
    Press,
    PulseShown,
    Record,
    StopAll,
    StructureBegan,
    UndoChange,
)
from drumcircle.core.structures import STRUCTURES
from drumcircle.core.structures.base import Setting, Structure, Value
from drumcircle.errors import UsageError

EVERY = [(structure, setting) for structure in STRUCTURES for setting in structure.settings]
FREE = {"order": "Ben+Ana", "players": "Ben", "player": "Ben", "sections": "Ana/Ben", "caller": "Ben"}

each_setting = pytest.mark.parametrize(
    ("structure", "setting"), EVERY, ids=lambda it: it.name
)  # a class or a setting; both have a name


def another(setting: Setting) -> Value:
    """A value it is not."""
    if setting.free:
        return FREE.get(setting.name, next((c for c in setting.choices if c != setting.default), "x"))
    if setting.choices:
        return next(choice for choice in setting.choices if choice != setting.default)
    if isinstance(setting.default, bool):
        return not setting.default
    assert isinstance(setting.default, (int, float))
    assert setting.high is not None
    more = (setting.default or 12) + (1 if isinstance(setting.default, int) else 0.5)  # 0 often is: no end
    return setting.check(more if more <= setting.high else setting.default / 2 or setting.high)


def played(until: int) -> list[tuple[float, str]]:
    return [(beat + 0.02 * index, who) for beat in range(until) for index, who in enumerate(("Ana", "Ben"))]


def evening(structure: type[Structure], *said: tuple[float, Event]) -> Circle:
    """Two people play every beat, and these things are said."""
    circle = Circle("Ana Ben")
    told: list[tuple[int, Event]] = [(at(beat), event) for beat, event in said]
    hits = [(at(beat) + 3_000_000, Hit(at(beat), f"link:{who}", 38, 80)) for beat, who in played(40)]
    began = [(at(0.1), Record(True)), (at(0.2), Arm(structure.name, {}, 0))]
    for now, event in sorted([*began, *told, *hits], key=lambda one: one[0]):
        circle.tell(event, now)
    circle.until(at(44))
    assert circle.session.faults() == []
    return circle


def first(circle: Circle) -> dict[str, Any]:
    return circle.structures(at(44))[0]


@each_setting
def test_what_is_live_goes_on_and_all_else_begins_anew(structure: type[Structure], setting: Setting) -> None:
    value = another(setting)
    circle = evening(structure, (14.2, Change({setting.name: value})))
    record = circle.session.summary(at(44))
    begun = [began for began in circle.all(StructureBegan) if began.name == structure.name]
    done = first(circle)
    assert done["settings"][setting.name] == setting.default
    if setting.live:
        assert len(begun) == 1
        assert [each["settings"][setting.name] for each in done["changes"]] == [value]
    else:
        assert [each.settings[setting.name] for each in begun] == [setting.default, value]
        assert "changes" not in done
    json.dumps(record, allow_nan=False)
    view = circle.session.view(at(44))
    assert codec.decode_view(codec.plain(view)) == view


@each_setting
def test_it_is_played_again_from_its_events_bit_for_bit(structure: type[Structure], setting: Setting) -> None:
    changed = (14.2, Change({setting.name: another(setting)}))
    circle = evening(structure, changed, (15.1, StopAll()), (17.3, GoOn()), (25.9, UndoChange()))
    again = Circle("Ana Ben")
    for now, event in circle.events[4:]:
        again.tell(event, now)
    again.until(at(44))
    assert again.session.summary(at(44)) == circle.session.summary(at(44))
    assert [effect for _, effect in again.log] == [effect for _, effect in circle.log]


@each_setting
def test_undone_it_is_as_it_was(structure: type[Structure], setting: Setting) -> None:
    value = another(setting)
    circle = evening(structure, (14.2, Change({setting.name: value})), (14.7, UndoChange()))
    assert "changes" not in first(circle)
    late = evening(structure, (14.2, Change({setting.name: value})), (18.4, UndoChange()))
    last = late.structures(at(44))[-1]
    now = [last["settings"], *(each["settings"] for each in last.get("changes", []))][-1]
    assert now[setting.name] == setting.default


@each_setting
def test_the_pulse_stays_where_it_is_unless_the_structure_lets_it_go(
    structure: type[Structure], setting: Setting
) -> None:
    circle = evening(structure, (14.2, Change({setting.name: another(setting)})), (18.4, UndoChange()))
    shown = [beats_of(each.t) for each in circle.all(PulseShown)]
    assert structure.lets_pulse_go or all(beat == round(beat) for beat in shown)


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
def test_all_that_is_live_at_once_at_the_worst_moments(structure: type[Structure]) -> None:
    live: dict[str, object] = {each.name: another(each) for each in structure.settings if each.live}
    if not live:
        pytest.skip("it has no such setting")
    circle = evening(
        structure,
        (3.55, Change(live)), (3.6, StopAll()), (5.1, GoOn()), (7.98, UndoChange()), (11.5, Change(live)),
        (11.52, UndoChange()), (11.54, Change(live)), (15.999, StopAll()), (16.001, GoOn()), (16.2, UndoChange()),
    )  # fmt: skip
    assert [began.name for began in circle.all(StructureBegan)].count(structure.name) == 1
    settings = [each["settings"] for each in first(circle)["changes"]]
    default = {each.name: each.default for each in structure.settings}
    assert settings[-1] == default


# ---------------------------------------------------------------- turns


def turn_taking(**settings: object) -> Circle:
    circle = Circle("Ana Ben Cy")
    circle.do(Arm("turn_taking", {"beats": 4, **settings}, 0), 0.1)
    return circle


def test_a_turn_keeps_its_length_and_the_next_one_has_the_new_one() -> None:
    circle = turn_taking()
    circle.play("Ana", 4, 5)
    circle.do(Change({"beats": 2}), 9.2)
    circle.beat(18.5)
    assert turns(circle)[:5] == [
        ("Ana", 4, 8), ("Ben", 8, 12), ("Cy", 12, 14), ("Ana", 14, 16), ("Ben", 16, 18),
    ]  # fmt: skip
    rows = circle.structures(at(24))[0]["results"]["turns"]
    assert [(row["player"], row["round"], row["in_turn_hits"]) for row in rows[:2]] == [
        ("Ana", 1, 2),
        ("Ben", 1, 0),
    ]
    assert words_at(circle, 19) == "round 2 of 2"


def test_more_rounds_and_less_rest_leave_the_round_of_now_where_it_is() -> None:
    circle = turn_taking(rest=4)
    circle.do(Change({"rounds": 1, "rest": 0}), 13.2)
    circle.beat(60)
    assert turns(circle) == [
        ("Ana", 4, 8), (None, 8, None), ("Ben", 12, 16), ("Cy", 16, 20), (None, 20, None),
    ]  # fmt: skip
    assert ends(circle) == [20]


def test_another_order_comes_with_the_next_round() -> None:
    circle = turn_taking()
    circle.do(Change({"order": "Cy+Ana"}), 5.2)
    circle.beat(30)
    assert [player for player, *_ in turns(circle)][:5] == ["Ana", "Ben", "Cy", "Cy", "Ana"]


def test_where_all_waited_for_a_name_the_circle_goes_on_by_itself() -> None:
    circle = turn_taking(order="nominated")
    circle.do(NextTurn("Ben"), 5)
    circle.do(Change({"order": "circle"}), 14)
    circle.beat(30)
    assert [(player, start) for player, start, _ in turns(circle)][:3] == [
        ("Ben", 8), (None, 12), ("Ana", 16),
    ]  # fmt: skip


def test_a_turn_that_ends_by_key_ends_by_key_and_the_next_by_beats() -> None:
    circle = turn_taking(ends_by="key")
    circle.do(Change({"ends_by": "beats"}), 6)
    circle.do(NextTurn(), 18)
    circle.beat(30)
    assert [turn for turn in turns(circle) if turn[0]][:4] == [
        ("Ana", 4, None), ("Ana", 18, 20), ("Ben", 20, 24), ("Cy", 24, 28),
    ]  # fmt: skip


def test_question_rhythm_lead_and_pass_go_on_with_what_comes_next() -> None:
    for name, change, results in (
        ("question_and_answer", {"bars": 2}, "exchanges"),
        ("name_rhythm", {"bars": 2}, "rhythms"),
        ("leader_rotation", {"bars": 2}, "leads"),
    ):
        circle = Circle("Ana Ben Cy")
        circle.do(Arm(name, {"bars": 1}, 0), 0.1)
        circle.do(Change(change), 5)
        circle.beat(60)
        rows = circle.structures(at(60))[0]["results"][results]
        starts = [row["start_beat"] for row in rows][:3]
        gaps = (8, 16) if name != "leader_rotation" else (4, 8)
        assert [b - a for a, b in pairwise(starts)] == list(gaps), name
    circle = Circle("Ana Ben Cy")
    circle.do(Arm("pass_the_beat", {}, 0), 0.1)
    circle.do(Change({"direction": "backward", "rounds": 2}), 9)
    circle.beat(40)
    passes = circle.structures(at(40))[0]["results"]["passes"]
    assert [row["player"] for row in passes] == ["Ana", "Ben", "Cy", "Ana", "Ben", "Ana"]


# ---------------------------------------------------------------- calls


def calling(**settings: object) -> Circle:
    circle = Circle("Ana Ben")
    circle.do(Arm("call_and_response", settings, 0), 0.1)
    return circle


def rounds(circle: Circle, beat: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = circle.results(beat)["rounds"]
    return found


def test_the_next_call_is_longer_and_the_rounds_are_counted_on() -> None:
    circle = calling()
    circle.play("Ana", 8, 9, 9.5)
    circle.do(Change({"bars": 2, "rounds": 3}), 9.8)
    assert words_at(circle, 18) == "round 2 of 3: call"
    found = rounds(circle, 80)
    assert [(row["round"], row["start_beat"], row["beats"]) for row in found] == [
        (1, 0, 4),
        (2, 12, 8),
        (3, 32, 8),
    ]
    assert found[0]["echoes"]["Ana"]["hits"] == 3


def test_the_ladder_stays_on_its_step_unless_it_is_set_itself() -> None:
    circle = calling(level=2, ladder=True)
    for start in (4, 16):
        circle.play("Ana", start + 4.31, start + 5.13)
    told = [happening.text for happening in circle.beat(40).session.happenings_after(0)]
    assert any("level 1" in text for text in told)
    circle.do(Change({"retries": 0}), 41)
    assert [row["pattern"] for row in rounds(circle, 80)][-1] == "two-and-three"
    circle.do(Change({"ladder": False}), 81)
    assert rounds(circle, 120)[-1]["pattern"] == "push"


# ---------------------------------------------------------------- pulse and loudness


def test_hold_leans_otherwise_and_stays_frozen() -> None:
    circle = Circle("Ana Ben", "hold:before=1,alpha=1")
    circle.do(Press("freeze"), 2)
    circle.do(Change({"alpha": 0.5, "players": "Ben"}), 5)
    assert words_at(circle, 9) == "steady again"
    circle.do(Press("freeze"), 9)
    circle.play_together(*((beat + 0.08, "Ana") for beat in range(10, 14)))
    assert circle.results(15)["pulse"]["moves"] == 0
    circle.play("Ben", 15.08)
    circle.beat(17)
    assert circle.results(17)["pulse"]["largest_move_percent"] == pytest.approx(4, abs=0.01)


def test_a_ramp_goes_on_from_where_it_is_to_the_new_tempo_and_end() -> None:
    circle = Circle("Ana", "tempo_ramp:to=160,bars=8")
    assert circle.beat(15.4).session.view(at(15.4)).pulse.bpm > 135
    circle.do(Change({"to": 100, "bars": 5}), 12)
    circle.beat(60)
    done = circle.results(60)
    assert (done["from_bpm"], done["to_bpm"]) == (120, 100)
    assert circle.session.view(at(60)).pulse.bpm == pytest.approx(100)


def test_a_ramp_cut_short_plays_one_more_bar() -> None:
    circle = Circle("Ana", "dynamics:bars=16")
    circle.do(Change({"bars": 2}), 21)
    assert ends(circle.beat(60)) == [28]


def test_what_was_asked_for_before_is_what_it_is_measured_by() -> None:
    circle = Circle("Ana", "dynamics:from=20,to=100,bars=8")
    for beat in range(17):
        circle.play("Ana", beat, velocity=20 + round(80 * beat / 31))
    circle.do(Change({"to": 20}), 17)
    for beat in range(18, 32):
        loud = 20 + 80 * 20 / 31
        down = loud + (20 - loud) * max(0, beat - 20) / 11
        circle.play("Ana", beat, velocity=round(down if beat >= 20 else 20 + 80 * beat / 31))
    row = circle.results(40)["players"]["Ana"]
    assert row["velocity_correlation"] > 0.999
    assert row["velocity_slope"] == pytest.approx(1, abs=0.02)


def test_a_wind_down_that_is_stretched_fades_on_from_as_soft_as_it_is() -> None:
    circle = Circle("Ana", "wind_down:bars=4,slower=0")
    circle.do(Change({"bars": 8}), 7)
    assert ends(circle.beat(60)) == [32]
    gains = [
        (beats_of(cue.due), cue.gain) for cue in circle.all(Cue) if cue.voice == "click" and cue.due > at(5)
    ]
    soft = dict(gains)
    assert soft[7] == pytest.approx(0.8 * (1 - 7 / 16))
    assert soft[9] == pytest.approx(0.8 * 0.5 * (1 - 1 / 24))


# ---------------------------------------------------------------- the rest


def test_only_the_end_of_what_lasts_by_the_clock_moves() -> None:
    for name in ("talk", "listen"):
        circle = Circle("Ana", f"{name}:minutes=0.2")
        circle.do(Change({"minutes": 0.4}), 9)
        assert ends(circle.beat(60)) == [48]
        assert circle.results(60)["minutes"] == pytest.approx(0.4)
        shorter = Circle("Ana", f"{name}:minutes=1")
        shorter.do(Change({"minutes": 0.1}), 40.6)
        assert ends(shorter.beat(130)) == [44]


def test_prompts_that_are_changed_stay_at_the_number_that_was_read() -> None:
    circle = Circle("Ana", "talk:prompts=One|Two|Three")
    circle.do(Press("next"), 2)
    circle.do(Change({"prompts": "One|Second|Three"}), 3)
    assert words_at(circle, 9).startswith("2 of 3: Second")


def test_the_floor_was_held_by_the_silence_of_then() -> None:
    circle = Circle("Ana Ben", "conversation:silence=4")
    circle.play_together((0, "Ana"), (3, "Ana"), (10, "Ben"))
    circle.do(Change({"silence": 1}), 10.2)
    circle.play_together((14, "Ana"), (17, "Ana"))
    found = circle.results(30)["turns"]
    assert [(row["player"], row["start_beat"]) for row in found] == [
        ("Ana", 0), ("Ben", 10), ("Ana", 14), ("Ana", 17),
    ]  # fmt: skip


def test_layers_stay_and_the_next_one_comes_by_the_new_bars() -> None:
    circle = Circle("Ana Ben Cy", "layering:bars=2,way=in")
    circle.do(Change({"bars": 1}), 3)
    circle.beat(40)
    assert turns(circle)[:3] == [("Ana", 0, 8), ("Ben", 8, 12), ("Cy", 12, 16)]


def test_other_accents_come_with_the_next_bar_even_where_it_is_handed_out() -> None:
    for when in (6, 7.65):
        circle = Circle("Ana", "accents")
        circle.do(Change({"beats": "2+4", "bars": 3}), when)
        circle.beat(30)
        accents = [beat for beat, voice, name in standing(circle) if voice == "accent" and "accent" in name]
        assert accents == [0, 4, 9, 11], when
        assert ends(circle) == [12]


def test_cuts_that_were_played_are_kept_and_more_may_be_asked_for_in_the_last_bar() -> None:
    circle = Circle("Ana", "stop_cut:times=1,bars=1")
    circle.do(Change({"times": 2}), 9.4)
    cuts = circle.results(60)["cuts"]
    assert [(cut["cut_beat"], cut["again_beat"]) for cut in cuts] == [(4, 8), (16, 20)]
    assert ends(circle) == [24]


def test_a_rumble_is_cut_after_the_bars_it_is_given_but_is_counted_down() -> None:
    circle = Circle("Ana", "rumble")
    circle.do(Change({"bars": 2}), 13)
    assert circle.results(40)["cut_beat"] == 24


def test_a_longer_silence_comes_back_later() -> None:
    circle = Circle("Ana", "continuation:with=1,without=2")
    circle.do(Change({"without": 4}), 5)
    assert circle.results(60)["silent_beats"] == 16


def test_a_match_that_is_there_leads_on_to_the_new_target() -> None:
    circle = Circle("Ana Ben", "tempo_match:target=120,rate=6")
    circle.play_together(*((beat / 1.0, who) for beat in range(80) for who in ("Ana", "Ben")))
    assert words_at(circle, 80) == "there, at 120"
    circle.do(Change({"target": 126}), 81)
    circle.play_together(*((beat, who) for beat in range(82, 90) for who in ("Ana", "Ben")))
    assert words_at(circle, 90).endswith("to 126")
    assert circle.results(90)["start_bpm"] == pytest.approx(120)


def test_nothing_sounds_of_a_ground_that_is_changed_while_the_group_is_listened_to() -> None:
    circle = Circle("Ana", "tempo_match")
    circle.do(Change({"ground": "walk"}), 3)
    assert standing(circle.beat(20)) == []


def test_a_setting_of_the_wrong_kind_is_refused_and_nothing_changes() -> None:
    circle = turn_taking()
    for settings in ({"beats": 0}, {"order": "+"}, {"rest": "no"}):
        with pytest.raises(UsageError):
            circle.do(Change(dict(settings)), 9)
    circle.beat(20)
    assert "changes" not in circle.structures(at(20))[0]


def test_a_replay_tells_from_when_on_which_settings_were_in_force() -> None:
    circle = turn_taking()
    circle.do(Change({"beats": 2, "order": "random"}), 9.2)
    circle.do(UndoChange(), 13)
    circle.beat(20)
    (done,) = circle.structures(at(20))
    assert changes_told(done) == "; from 6.0 s order random, beats 2; from 8.0 s order circle, beats 4"
    assert changes_told({**done, "changes": []}) == ""
