"""Louder and softer, faster and slower, down to silence: what is heard beat by beat, and how players follow."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from core_circle import ARRIVES, START, Circle, at, words_at
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Cue,
    EndStructure,
    GoOn,
    Hit,
    Leave,
    NudgeTempo,
    RampTempo,
    Rest,
    StopAll,
    StructureEnded,
)


def beats(circle: Circle, prefix: str = "beat:") -> dict[float, Cue]:
    return {float(cue.id.split(":")[-1]): cue for cue in circle.all(Cue) if cue.id.startswith(prefix)}


def follow(
    circle: Circle, player: str, count: int, velocity: Any = lambda beat: 90, late_ms: float = 0.0
) -> None:
    """Plays on every beat as it comes."""
    for beat in range(count):
        while beat not in beats(circle) and circle.session.next_deadline() < START + 300 * NS:
            circle.until(circle.session.next_deadline())
        time = beats(circle)[beat].due + round(late_ms * MS)
        circle.tell(Hit(time, f"link:{player}", 38, velocity(beat)), time + ARRIVES)


def intervals(circle: Circle) -> list[float]:
    times = [cue.due for _, cue in sorted(beats(circle).items())]
    return [round((b - a) / MS, 3) for a, b in pairwise(times)]


# ---------------------------------------------------------------- tempo


def test_a_ramp_takes_one_step_a_beat_and_is_over_at_its_last_bar_line() -> None:
    circle = Circle("Ana", "tempo_ramp:to=60,bars=2,ground=none")
    circle.until(START + 20 * NS)
    tempi = [120 - 7.5 * (step + 1) for step in range(8)]
    assert intervals(circle)[:10] == pytest.approx([60_000 / bpm for bpm in [*tempi, 60, 60]], abs=0.01)
    [ended] = circle.all(StructureEnded)
    assert ended.time == beats(circle)[8].due
    assert "adaptive_pulse" not in circle.structures(START + 20 * NS)[0]["results"]


def test_there_and_back_it_ends_where_it_began() -> None:
    circle = Circle("Ana", "tempo_ramp:to=140,bars=4,way=there_and_back,ground=none")
    circle.until(START + 12 * NS)
    tempi = [60_000 / gap for gap in intervals(circle)]
    assert tempi[:18] == pytest.approx(
        [120 + 2.5 * (k + 1) for k in range(8)] + [140 - 2.5 * (k + 1) for k in range(8)] + [120, 120],
        abs=0.01,
    )


def test_who_plays_with_the_change_lags_0_and_who_plays_the_interval_before_lags_1() -> None:
    circle = Circle("Ana Ben", "tempo_ramp:to=132,bars=8,way=there_and_back,ground=none")
    times: list[int] = []
    ben = 0
    for beat in range(32):
        while beat not in beats(circle):
            circle.until(circle.session.next_deadline())
        times.append(beats(circle)[beat].due)
        ben = times[-1] if beat < 2 else ben + times[beat - 1] - times[beat - 2]
        for player, time in sorted((("Ana", times[beat]), ("Ben", ben)), key=lambda one: one[1]):
            circle.tell(Hit(time, f"link:{player}", 38, 90), max(time, times[beat] - 50 * MS) + ARRIVES)
    rows = circle.structures(START + 40 * NS)[0]["results"]["players"]
    assert rows["Ana"]["tracking_lag_beats"] == pytest.approx(0, abs=1e-9)
    assert rows["Ana"]["prediction_tracking_ratio"] > 1
    assert rows["Ben"]["tracking_lag_beats"] == pytest.approx(1, abs=0.05)
    assert rows["Ben"]["prediction_tracking_ratio"] < 1


def test_a_nudge_on_the_way_is_taken_up_and_the_goal_is_still_reached() -> None:
    circle = Circle("Ana", "tempo_ramp:to=60,bars=2,ground=none")
    circle.do(NudgeTempo(20), 1.2)
    circle.until(START + 20 * NS)
    tempi = [60_000 / gap for gap in intervals(circle)]
    assert tempi[8:10] == pytest.approx([60, 60], abs=0.01)
    assert max(abs(b - a) for a, b in pairwise(tempi[3:9])) < 14


def test_stopped_the_tempo_stands_and_going_on_it_goes_on_with_its_bar() -> None:
    circle = Circle("Ana", "tempo_ramp:to=90,bars=4,ground=none")
    follow(circle, "Ana", 9)
    stopped = beats(circle)[8].due + 100 * MS
    circle.tell(StopAll(), stopped)
    bpm = circle.session.view(stopped).pulse.bpm
    circle.until(stopped + 10 * NS)
    assert circle.session.view(stopped + 10 * NS).pulse.bpm == bpm
    circle.tell(GoOn(), stopped + 10 * NS)
    circle.until(stopped + 30 * NS)
    assert circle.session.view(stopped + 30 * NS).pulse.bpm == pytest.approx(90)
    assert circle.structures(stopped + 30 * NS)[0]["results"]["players"]["Ana"]["n"] == 7


def test_a_stop_in_the_middle_is_no_interval_of_the_pulse() -> None:
    circle = Circle("Ana", "tempo_ramp:to=150,bars=8,ground=none")
    again = START + 25 * NS
    circle.tell(StopAll(), START + 5 * NS)
    circle.tell(GoOn(), again)
    due: list[int] = []
    ana = 0
    while len(due) < 20:
        circle.until(circle.session.next_deadline())
        ahead = sorted(cue.due for cue in beats(circle).values() if cue.due > again)
        for time in ahead[len(due) :]:
            due.append(time)
            # From the third beat on she plays the interval of one beat before.
            ana = time if len(due) < 3 else ana + due[-2] - due[-3]
            circle.tell(Hit(ana, "link:Ana", 38, 90), time + ARRIVES)
    row = circle.structures(due[-1] + NS)[0]["results"]["players"]["Ana"]
    assert row["tracking_lag_beats"] == pytest.approx(1, abs=0.1)


def test_somebody_vanishing_at_the_turn_leaves_the_ramp_as_it_is() -> None:
    circle = Circle("Ana Ben", "tempo_ramp:to=140,bars=4,way=there_and_back,ground=none")
    follow(circle, "Ana", 8)
    circle.tell(Leave("Ana"), beats(circle)[7].due + MS)
    circle.tell(Rest("Ben", True), beats(circle)[7].due + 2 * MS)
    circle.until(START + 12 * NS)
    assert [60_000 / gap for gap in intervals(circle)][15:18] == pytest.approx([120] * 3, abs=0.01)
    assert circle.session.faults() == []


# ---------------------------------------------------------------- loudness


def test_click_and_ground_go_from_one_loudness_to_the_other() -> None:
    circle = Circle("Ana", "dynamics:from=40,to=120,bars=2").beat(16)
    targets = [40 + 80 * beat / 7 for beat in range(8)]
    accents = [1.0 if beat % 4 == 0 else 0.8 for beat in range(8)]
    clicks, ground = beats(circle), beats(circle, "part:ground")
    assert [clicks[beat].gain for beat in range(8)] == pytest.approx(
        [t / 127 * a for t, a in zip(targets, accents, strict=True)]
    )
    assert [ground[beat].gain for beat in (0, 2, 4, 6)] == pytest.approx([t / 127 for t in targets[::2]])
    assert [cue.due for _, cue in sorted(clicks.items())][:8] == [at(beat) for beat in range(8)]
    assert [e.time for e in circle.all(StructureEnded)] == [at(8)]


def test_how_force_follows_the_target_is_a_slope_and_a_correlation() -> None:
    circle = Circle("Ana Ben", "dynamics:from=40,to=110,bars=4,ground=none")
    for beat in range(16):
        circle.play("Ana", beat, velocity=round(40 + 70 * beat / 15))
        circle.play("Ben", beat, velocity=80)
    done = circle.results(20)
    assert done["players"]["Ana"]["velocity_slope"] == pytest.approx(1, abs=0.01)
    assert done["players"]["Ana"]["velocity_correlation"] == pytest.approx(1, abs=0.001)
    assert done["players"]["Ben"] == {"n": 16, "velocity_slope": 0.0, "velocity_correlation": None}
    assert done["group"]["velocity_slope"] == pytest.approx(0.5, abs=0.01)
    few = Circle("Ana", "dynamics:bars=2")
    few.play("Ana", 1, 2)
    assert few.results(12)["players"]["Ana"]["velocity_slope"] is None


def test_after_a_fade_nothing_enters_more_than_6_db_louder_a_bar() -> None:
    circle = Circle("Ana", "dynamics:from=110,to=40,bars=2")
    circle.do(Arm("groove", {}, 0), 5)
    circle.beat(24)
    loudest = [
        max(cue.gain for cue in circle.all(Cue) if at(4 * bar) <= cue.due < at(4 * bar + 4))
        for bar in range(6)
    ]
    assert loudest[1] < 0.6
    assert all(b <= 10 ** (6 / 20) * a + 1e-9 for a, b in pairwise(loudest))


# ---------------------------------------------------------------- to silence


def test_winding_down_is_slower_and_softer_to_a_silence_that_stays() -> None:
    circle = Circle("Ana", "wind_down:bars=2,slower=50")
    circle.until(START + 30 * NS)
    clicks, ground = beats(circle), beats(circle, "part:ground")
    assert max(clicks) == 7
    assert max(ground) < 8
    tempi = [120 - 7.5 * (step + 1) for step in range(7)]
    assert intervals(circle) == pytest.approx([60_000 / bpm for bpm in tempi], abs=0.01)
    assert [clicks[beat].gain for beat in range(8)] == pytest.approx(
        [(1 - beat / 8) * (1.0 if beat % 4 == 0 else 0.8) for beat in range(8)]
    )
    view = circle.session.view(START + 30 * NS)
    assert (view.structure, view.pulse.sounding, view.pulse.bpm) == (None, False, 60)


def test_out_of_the_silence_the_next_is_counted_in_softly() -> None:
    circle = Circle("Ana", "wind_down:bars=8,slower=0,ground=none")
    circle.do(Arm("groove", {"ground": "none"}, 1), 39)
    circle.beat(54)
    gains = {beat: cue.gain for beat, cue in beats(circle).items()}
    counted = [cue for cue in circle.all(Cue) if cue.voice == "count"]
    assert [cue.due for cue in counted] == [at(beat) for beat in (40, 41, 42, 43)]
    assert [gains[40], gains[44], gains[48]] == pytest.approx([0.25, 0.4988, 0.9953], abs=1e-3)


def test_winding_down_is_measured_as_ramp_and_as_dynamics() -> None:
    circle = Circle("Ana Ben", "wind_down:bars=4,slower=30,ground=none")
    follow(circle, "Ana", 16, lambda beat: round(100 - 5 * beat))
    circle.tell(Leave("Ben"), beats(circle)[15].due + 10 * MS)
    done = circle.structures(START + 60 * NS)[0]["results"]
    assert (done["from_bpm"], done["to_bpm"]) == (120, pytest.approx(84))
    assert done["tempo"]["Ana"]["tracking_lag_beats"] == pytest.approx(0, abs=1e-9)
    assert done["loudness"]["Ana"]["velocity_correlation"] == pytest.approx(1, abs=1e-3)


def test_whoever_vanishes_at_the_loudest_moment_keeps_what_they_played() -> None:
    circle = Circle("Ana Ben", "dynamics:from=40,to=110,bars=4,ground=none")
    for beat in range(15):
        circle.play("Ana", beat, velocity=round(40 + 70 * beat / 15))
    circle.do(Leave("Ana"), 14.9)
    circle.do(Rest("Ben", True), 15.4)
    done = circle.results(20)
    assert done["players"]["Ana"]["n"] == 15
    assert done["players"]["Ana"]["velocity_correlation"] == pytest.approx(1, abs=0.001)
    assert [e.time for e in circle.all(StructureEnded)] == [at(16)]
    assert circle.session.faults() == []


def test_from_one_loudness_to_the_same_it_is_neither_louder_nor_softer() -> None:
    assert words_at(Circle("Ana", "dynamics:from=80,to=80,bars=2"), 2) == "as loud as it is, 6 beats left"


def test_the_tempo_of_this_moment_is_shown_without_the_next_step_beside_it() -> None:
    circle = Circle("Ana", "tempo_ramp:to=240,bars=8")
    shown = [
        circle.beat(tenth / 10).session.view(at(tenth / 10)).pulse.ramp_to_bpm for tenth in range(2, 200)
    ]
    assert shown == [None] * len(shown)
    circle.tell(EndStructure(), at(20))
    circle.do(RampTempo(60, 8), 28)
    assert circle.beat(28.5).session.view(at(28.5)).pulse.ramp_to_bpm == 60


def test_a_stop_in_the_middle_takes_up_the_loudness_where_it_was() -> None:
    circle = Circle("Ana", "dynamics:from=40,to=110,bars=4,ground=none")
    circle.do(StopAll(), 9.5)
    circle.do(GoOn(), 13.2)
    circle.beat(30)
    after = {
        round((cue.due - at(16)) / (at(1) - at(0))): cue.gain
        for cue in beats(circle).values()
        if cue.due >= at(16)
    }
    assert after[1] == pytest.approx(0.8 * (40 + 70 * 9 / 15) / 127)
