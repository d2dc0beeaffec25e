"""The grammar of every change: armed, counted in, executed on the bar line; stopped and gone on with."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest

from core_circle import ARRIVES, BEAT, START, Circle, at, beats_of
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Cancel,
    Command,
    Cue,
    EndStructure,
    Gap,
    GoOn,
    Hit,
    Leave,
    NextTurn,
    NudgeTempo,
    OutputLatency,
    PulseShown,
    RampTempo,
    SetLatency,
    SetMeter,
    SetSound,
    SetTempo,
    Silence,
    StopAll,
    Stopped,
    StructureBegan,
    StructureEnded,
    TapTempo,
    Withdraw,
)
from drumcircle.core.structures import STRUCTURES, named
from drumcircle.errors import UsageError

NAMES = tuple(structure.name for structure in STRUCTURES)


def heard(circle: Circle) -> dict[float, str]:
    """beat -> voice of what the click says, as it stands at last: sent, replaced, withdrawn, silenced."""
    standing: dict[str, Cue] = {}
    for now, effect in circle.log:
        if isinstance(effect, Cue) and effect.id.startswith("beat:"):
            standing[effect.id] = effect
        elif isinstance(effect, (Withdraw, Silence)):
            prefix = effect.prefix if isinstance(effect, Withdraw) else ""
            since = effect.since if isinstance(effect, Withdraw) else now
            standing = {
                name: cue for name, cue in standing.items() if cue.due < since or not name.startswith(prefix)
            }
    return {beats_of(cue.due): cue.voice for cue in standing.values()}


def began(circle: Circle) -> list[tuple[str, float]]:
    return [(e.name, beats_of(e.time)) for e in circle.all(StructureBegan)]


def ended(circle: Circle) -> list[tuple[str, float]]:
    return [(e.name, beats_of(e.time)) for e in circle.all(StructureEnded)]


# ---------------------------------------------------------------- armed, counted in, executed


@pytest.mark.parametrize(("count_in", "begins"), [(0, 4), (1, 8), (2, 12)])
def test_what_is_armed_is_counted_in_and_begins_on_the_bar_line(count_in: int, begins: int) -> None:
    circle = Circle("Ana")
    circle.do(Arm("groove", {}, count_in), 2.5)
    circle.beat(begins + 5)
    assert began(circle) == [("groove", begins)]
    voices = heard(circle)
    assert {b for b, voice in voices.items() if voice == "count"} == set(range(4, begins))
    assert [voices[begins + k] for k in range(4)] == ["accent", "click", "click", "click"]
    assert not [b for b in voices if b < min(4, begins)]


def test_every_view_says_what_comes_and_when() -> None:
    circle = Circle("Ana", "groove")
    circle.do(Arm("turn_taking", {}, 2), 1.5)
    seen = []
    for beat in (1.6, 4.1, 11.8):
        coming = circle.beat(beat).session.view(at(beat)).next
        assert coming is not None
        assert coming.at == at(12)
        seen.append((coming.phase, coming.bars_left, coming.beats_left))
    assert seen == [("armed", 2, 11), ("counting in", 1, 8), ("counting in", 0, 1)]
    view = circle.beat(12.1).session.view(at(12.1))
    assert view.next is None
    assert view.structure is not None
    assert view.structure.name == "turn_taking"


def test_escape_takes_it_back_until_it_is_executed() -> None:
    circle = Circle("Ana", "groove")
    circle.do(Arm("turn_taking", {}), 1.5)
    circle.do(Cancel(), 6.2)
    circle.beat(20)
    assert began(circle) == [("groove", 0)]
    assert heard(circle)[7] == "click"
    with pytest.raises(UsageError, match="Nothing is armed"):
        circle.do(Cancel(), 20)


def test_choosing_another_replaces_it() -> None:
    circle = Circle("Ana", "groove")
    circle.do(Arm("turn_taking", {}), 1.5)
    circle.do(Arm("call_and_response", {}), 3)
    assert began(circle.beat(20)) == [("groove", 0), ("call_and_response", 8)]


def test_armed_too_late_for_a_bar_line_it_takes_the_next_one() -> None:
    circle = Circle("Ana")
    circle.do(Arm("groove", {}, 0), 3.75)
    assert began(circle.beat(9)) == [("groove", 8)]


@pytest.mark.parametrize(
    "wrong",
    [
        Arm("dance", {}), Arm("groove", {"steps": 3}), Arm("groove", {}, 3), Arm("turn_taking", {"beats": 0}),
        Arm("turn_taking", {"beats": "many"}), Arm("turn_taking", {"beats": 2.5}), EndStructure(), NextTurn(),
        GoOn(), Cancel(), SetTempo(20), SetMeter("4/3"), RampTempo(90, 0), SetSound(True, 1), SetLatency("sound", -1),
    ],
    ids=repr,
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_changes_nothing(wrong: Command) -> None:
    circle = Circle("Ana").beat(3)
    before = circle.session.view(at(3))
    with pytest.raises(UsageError):
        circle.do(wrong, 3)
    assert circle.session.view(at(3)) == before


def test_ended_it_closes_on_the_bar_line_and_hears_that_bar_out() -> None:
    circle = Circle("Ana", "turn_taking:beats=16")
    circle.play("Ana", 0)
    circle.do(EndStructure(), 1.5)
    assert circle.session.view(at(1.5)).structure is not None
    circle.play("Ana", 2, 3)
    circle.play("Ana", 3.4)
    circle.beat(8)
    assert ended(circle) == [("turn_taking", 4)]
    [turn] = circle.results(8)["turns"]
    assert (turn["in_turn_hits"], turn["turn_duration_beats"]) == (4, 4)
    assert heard(circle)[7] == "click", "the ground goes on"


def test_a_message_that_comes_late_is_heard_by_the_structure_that_was_on_when_it_was_played() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4")
    circle.do(Arm("turn_taking", {"beats": 4}, 0), 1.5)
    circle.beat(3.9)
    for beat in (3.4, 3.6):
        circle.tell(Hit(at(beat), "link:Ana", 38, 90), at(4.1))
    assert circle.structures(at(4.1))[0]["end_s"] == 2.0, "in the summary before it is closed"
    first, second = (circle.results(10, index)["turns"] for index in (0, 1))
    assert [(t["player"], t["in_turn_hits"], t["after_turn_hits"]) for t in first] == [("Ana", 1, 0)]
    assert second[0]["entry_offset_ms"] == -200.0


# ---------------------------------------------------------------- every structure to every other


@cache
def clicks_on(name: str) -> bool:
    """Does the click go on through this structure, where it is?"""
    circle = Circle("Ana Ben Cy", name)
    circle.play_together(*((b, p) for b in range(20) for p in ("Ana", "Ben", "Cy")))
    return sorted(heard(circle.beat(20))) == list(range(21))


def moves_pulse(*names: str) -> bool:
    return any(named(name).lets_pulse_go for name in names)


@pytest.mark.parametrize(("first", "second"), list(product(NAMES, NAMES)))
def test_switching_live_is_on_a_bar_line_with_a_count_and_no_hit_is_lost(first: str, second: str) -> None:
    circle = Circle("Ana Ben Cy", first)
    circle.play_together(*((b, p) for b in range(7) for p in ("Ana", "Ben", "Cy")))
    circle.do(Arm(second, {}), 6.3)
    circle.do(Leave("Cy"), 9.7)
    circle.play_together(*((b, p) for b in range(10, 31) for p in ("Ana", "Ben")))
    circle.beat(32)
    assert [name for name, _ in began(circle)] == [first, second]
    assert ended(circle)[0] == (first, began(circle)[1][1])
    lines = [beats_of(shown.t) for shown in circle.all(PulseShown) if shown.beat == 1]
    assert began(circle)[1][1] in lines
    counts = [b for b, voice in heard(circle).items() if voice == "count"]
    assert len(counts) == 4
    assert max(counts) < began(circle)[1][1]
    before, after = circle.structures(at(32))
    assert before["end_s"] == after["start_s"]
    if not moves_pulse(first):
        assert began(circle)[1] == (second, 12)
        assert sorted(counts) == [8, 9, 10, 11]


@pytest.mark.parametrize(
    ("first", "second"), [pair for pair in product(NAMES, NAMES) if not moves_pulse(*pair)]
)
def test_switching_live_moves_no_beat(first: str, second: str) -> None:
    circle = Circle("Ana Ben Cy", first)
    circle.do(Arm(second, {}), 6.3)
    circle.play_together(*((b, p) for b in range(7, 31) for p in ("Ana", "Ben")))
    circle.beat(32)
    clicks = heard(circle)
    assert all(
        voice == ("accent" if b % 4 == 0 else "click") for b, voice in clicks.items() if not 8 <= b < 12
    )
    if clicks_on(first) and clicks_on(second):
        assert sorted(clicks) == list(range(33))
    assert circle.session.view(at(32)).pulse.beat_times[0] == at(32)


@pytest.mark.parametrize("name", NAMES)
def test_cues_of_what_is_over_are_withdrawn(name: str) -> None:
    circle = Circle("Ana", name)
    circle.do(Arm("turn_taking", {}, 0), 1)
    circle.beat(10)
    standing: dict[str, int] = {}
    for _, effect in circle.log:
        if isinstance(effect, Cue) and effect.id.startswith("part:"):
            standing[effect.id] = effect.due
        elif isinstance(effect, Withdraw) and effect.prefix == "part:":
            standing = {cue: due for cue, due in standing.items() if due < effect.since}
    assert all(due < at(4) for due in standing.values())


# ---------------------------------------------------------------- stop and go on


@pytest.mark.parametrize("name", NAMES)
def test_stop_all_is_silence_now_and_going_on_is_on_a_bar_line_in_the_same_pulse(name: str) -> None:
    circle = Circle("Ana", name)
    circle.play("Ana", 0, 1, 2, 3, 4, 5)
    circle.do(StopAll(), 5.3)
    circle.play("Ana", 6, 7, 8)
    assert [now for now, _ in circle.moments(Silence)] == [at(5.3)]
    view = circle.session.view(at(9))
    assert (view.stopped, view.pulse.sounding) == (True, False)
    circle.do(GoOn(), 9.1)
    circle.play("Ana", *range(12, 20))
    circle.beat(22)
    if moves_pulse(name):
        assert [e.on for e in circle.all(Stopped)] == [True, False]
        return
    assert [(e.on, beats_of(e.time)) for e in circle.all(Stopped)] == [(True, 5.3), (False, 12)]
    clicks = heard(circle)
    assert not [b for b in clicks if 5.3 < b < 12]
    if clicks_on(name):
        assert clicks[12] == "accent"
        assert sorted(b for b in clicks if b >= 12) == list(range(12, 23))
    if name == "groove":
        player = circle.session.summary(at(22))["players"]["Ana"]
        assert (player["n"], player["missed"], player["extra"]) == (14, 0, 0)


def test_stopped_again_before_it_went_on_it_is_still_where_it_was_stopped_first() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=8,rounds=1")
    circle.do(StopAll(), 2.5)
    circle.do(GoOn(), 9.1)
    circle.do(StopAll(), 9.5)
    circle.do(GoOn(), 21)
    circle.beat(45)
    turns = circle.results(45)["turns"]
    assert [(t["start_beat"], t["turn_duration_beats"]) for t in turns] == [(0, 8), (8, 8)]
    assert ended(circle) == [("turn_taking", 40)]


def test_stopped_just_before_the_bar_line_it_was_to_go_on_at_nothing_is_lost() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=8,rounds=1")
    circle.do(StopAll(), 2.5)
    circle.do(GoOn(), 9.1)
    circle.do(StopAll(), 11.8)
    circle.do(GoOn(), 21)
    assert ended(circle.beat(45)) == [("turn_taking", 40)]


def test_what_was_armed_when_all_stopped_waits_and_is_counted_in_after() -> None:
    circle = Circle("Ana", "groove")
    circle.do(Arm("turn_taking", {}, 1), 1)
    circle.do(StopAll(), 5)
    circle.beat(20)
    assert began(circle) == [("groove", 0)]
    circle.do(GoOn(), 21)
    circle.beat(34)
    assert began(circle)[1:] == [("turn_taking", 28)]
    assert {b for b, voice in heard(circle).items() if voice == "count" and b > 5} == set(range(24, 28))


def test_arming_while_stopped_ends_what_was_stopped_and_counts_in() -> None:
    circle = Circle("Ana", "turn_taking")
    circle.do(StopAll(), 2.5)
    circle.do(Arm("groove", {}, 1), 9.5)
    circle.play("Ana", 16, 17)
    circle.beat(20)
    assert ended(circle) == [("turn_taking", 2.5)]
    assert began(circle)[1:] == [("groove", 16)]
    assert {b for b, voice in heard(circle).items() if voice == "count"} == {12, 13, 14, 15}
    assert circle.session.summary(at(20))["players"]["Ana"]["n"] == 2


@pytest.mark.parametrize("name", NAMES)
def test_after_a_gap_nothing_inside_is_judged_and_it_goes_on_by_itself(name: str) -> None:
    circle = Circle("Ana", name)
    circle.play("Ana", 0, 1, 2)
    circle.tell(Gap(at(3), at(50), "suspended", 40 * NS), at(50))
    circle.play("Ana", 52, 53)
    circle.beat(60)
    assert any("slept" in h.text for h in circle.session.happenings_after(0))
    clicks = heard(circle)
    if clicks_on(name):
        assert [clicks[b] for b in (52, 53)] == ["accent", "click"]
    if name == "groove":
        player = circle.session.summary(at(60))["players"]["Ana"]
        assert (player["n"], player["missed"]) == (5, 0)


def test_no_turn_is_passed_on_while_stopped() -> None:
    circle = Circle("Ana Ben", "turn_taking:ends_by=key")
    circle.do(StopAll(), 2)
    with pytest.raises(UsageError, match="stopped"):
        circle.do(NextTurn(), 3)


# ---------------------------------------------------------------- pulse


def test_a_change_of_tempo_keeps_the_next_beat_and_resends_what_is_ahead_with_the_same_ids() -> None:
    circle = Circle("Ana", "groove")
    circle.do(SetTempo(240.0), 3.8)
    circle.until(at(6))
    dues: dict[str, list[int]] = {}
    for cue in circle.all(Cue):
        if cue.id in ("beat:4", "beat:5", "part:ground:4.0", "part:ground:4.5"):
            dues.setdefault(cue.id, []).append(cue.due)
    assert dues["beat:4"][-1] == at(4)
    assert dues["beat:5"][-1] == at(4) + BEAT // 2
    assert dues["part:ground:4.5"] == [at(4.5), at(4) + BEAT // 4]


def test_taps_set_the_tempo_from_the_fourth_on_and_leave_the_phase() -> None:
    circle = Circle("Ana", "groove")
    taps = [at(4) + 37 * MS + k * 600 * MS for k in range(4)]
    for tap in taps[:3]:
        circle.tell(TapTempo(tap), tap)
    assert circle.session.view(taps[2]).pulse.bpm == 120
    circle.tell(TapTempo(taps[3]), taps[3])
    following = at(int(beats_of(taps[3])) + 1)
    view = circle.session.view(following)
    assert view.pulse.bpm == pytest.approx(100)
    assert following in view.pulse.beat_times


def test_nudges_add_up_and_stop_at_the_limits() -> None:
    circle = Circle("")
    for _ in range(3):
        circle.do(NudgeTempo(5), 1)
    assert circle.beat(3).session.view(at(3)).pulse.bpm == 135
    for _ in range(60):
        circle.do(NudgeTempo(5), 3)
    circle.until(at(6))
    assert circle.session.view(at(6)).pulse.bpm == 240


def test_a_metre_changes_on_a_bar_line_and_so_do_latencies() -> None:
    circle = Circle("", "groove")
    circle.do(SetMeter("3/4"), 1)
    circle.do(SetLatency("sound", 40.0), 1)
    circle.beat(12)
    assert [(beats_of(p.t), p.meter) for p in circle.all(PulseShown)][:4] == [
        (0, "4/4"), (4, "3/4"), (7, "3/4"), (10, "3/4"),
    ]  # fmt: skip
    [(when, latency)] = [(n, e) for n, e in circle.moments(OutputLatency) if e.ms is not None]
    assert (latency.channel, latency.ms) == ("sound", 40.0)
    assert at(3) < when < at(4)


def test_cues_go_out_early_enough_for_the_slowest_output() -> None:
    circle = Circle("", "groove", sound_latency_ms=400.0).beat(20)
    lead = {
        cue.due - now for now, cue in circle.moments(Cue) if cue.id.startswith("beat:") and cue.due > at(1)
    }
    assert min(lead) >= 450 * MS


def test_nothing_gets_louder_by_more_than_6_db_at_once() -> None:
    circle = Circle("", "groove", gain_db=-30.0)
    circle.do(SetSound(True, 0.0), 1)
    assert circle.session.view(at(1)).gain_db == -24.0


# ---------------------------------------------------------------- deadlines


def test_time_neither_goes_back_nor_stands_still_whatever_is_said() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=1,rounds=50")
    said: list[tuple[float, Any]] = [
        (1.2, SetTempo(240.0)), (1.9, StopAll()), (2.0, GoOn()), (2.2, Arm("call_and_response", {}, 0)),
        (2.3, EndStructure()), (5.5, SetLatency("sound", 900.0)), (9.9, SetMeter("1/4")),
        (14.2, Arm("groove", {}, 2)), (15.0, StopAll()), (15.1, Arm("turn_taking", {"beats": 1}, 1)),
        (20.0, Gap(at(19), at(20), "suspended")), (25.0, SetTempo(30.0)), (26.0, RampTempo(240.0, 2)),
    ]  # fmt: skip
    due = circle.session.next_deadline()
    for beat, event in said:
        while circle.session.next_deadline() <= at(beat):
            assert circle.session.next_deadline() >= due
            due = circle.session.next_deadline()
            circle.tell(Hit(due, "link:Ana", 38, 90), due + ARRIVES)
        try:
            circle.do(event, beat)
        except UsageError:
            continue
    steps = 0
    while circle.session.next_deadline() <= START + 60 * NS:
        circle.session.advance(circle.session.next_deadline())
        steps += 1
    assert steps < 2000
