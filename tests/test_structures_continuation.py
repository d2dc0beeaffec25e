"""Continuation and paced steps: when the cue is there, when it is not, where it comes back, and what is kept."""

from __future__ import annotations

import random
from itertools import pairwise
from math import remainder
from typing import Any

import pytest

from core_circle import ARRIVES, START, Circle, at, beats_of, words_at
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Cue,
    GoOn,
    Hit,
    Leave,
    LiveOnly,
    PulseFollowed,
    PulseMovedByPlaying,
    Record,
    Rest,
    StopAll,
    StructureEnded,
)

SLOW = round(60 * NS / 110)


def tap(circle: Circle, *hits: tuple[int, str]) -> None:
    for time, player in sorted(hits):
        circle.tell(Hit(time, f"link:{player}", 38, 90), time + ARRIVES)


def row(first: int, period: int, count: int) -> list[int]:
    return [first + k * period for k in range(count)]


def sounded(circle: Circle, since: int = START, until: int = START + 10**15) -> list[tuple[int, float]]:
    """(due, gain) of the clicks that stood at last."""
    last = {cue.id: cue for cue in circle.all(Cue) if cue.id.startswith("beat:")}
    return sorted((cue.due, cue.gain) for cue in last.values() if since <= cue.due < until)


def results(circle: Circle, now: int) -> dict[str, Any]:
    circle.until(now)
    found: dict[str, Any] = circle.structures(now)[0]["results"]
    return found


SHORT = "continuation:with=1,without=4,ground=none"


def alone(names: str = "Ana") -> tuple[Circle, list[int]]:
    """A bar with the pulse at 120, then on at 110 BPM, beyond the silence."""
    circle = Circle(names, SHORT)
    taps = [at(beat) for beat in range(4)] + row(at(4), SLOW, 25)
    return circle, taps


def test_the_pulse_comes_back_softly_at_the_groups_tempo_and_phase() -> None:
    circle, taps = alone()
    tap(circle, *((t, "Ana") for t in taps))
    clicks = sounded(circle)
    assert [beats_of(due) for due, _ in clicks[:4]] == [0, 1, 2, 3]
    back = [due for due, _ in clicks[4:]]
    assert back[0] > at(20)
    assert all(abs(remainder(due - at(4), SLOW)) < 2 * MS for due in back)
    assert [b - a for a, b in pairwise(back[:5])] == pytest.approx([SLOW] * 4, abs=MS)
    gains = [gain for _, gain in clicks[4:]]
    assert gains[:3] == pytest.approx([0.5, 0.4, 0.4])
    done = results(circle, taps[-1] + NS)
    assert done["returned_at_bpm"] == pytest.approx(110, rel=0.001)
    assert (done["silent_from_beat"], done["silent_beats"], done["paced_bpm"]) == (4, 16, 120)
    [ended] = circle.all(StructureEnded)
    assert any(abs(ended.time - due) < 2 * MS for due in back)
    assert "adaptive_pulse" not in done


def test_in_the_silence_nobody_is_judged_and_intervals_are_the_figure() -> None:
    circle, taps = alone()
    tap(circle, *((t, "Ana") for t in taps))
    row_ = results(circle, taps[-1] + NS)["players"]["Ana"]
    assert row_["iti_n"] == 14
    assert row_["iti_mean_ms"] == pytest.approx(SLOW / MS)
    assert row_["iti_cv"] == pytest.approx(0, abs=1e-6)
    assert row_["why_not"] == {"motor_variance_ms2": "needs 100 intervals in a row; there are 14"}
    judged = circle.session.summary(taps[-1] + NS)["players"]["Ana"]
    assert judged["n"] == 12
    assert judged["mean_abs_asynchrony_ms"] < 3


def test_the_silence_is_long_enough_for_100_intervals_of_the_coarsest_grid() -> None:
    circle = Circle("Ana", "continuation:with=1,ground=none")
    assert results(circle, at(2))["silent_beats"] == 108
    coarse = Circle()
    coarse.seat("Ana", subdivision=2.0)
    coarse.do(Arm("continuation", {"with": 1}, 0), 1)
    assert coarse.beat(8).structures(at(8))[0]["results"]["silent_beats"] == 56


def test_clock_and_hand_are_told_apart_from_100_intervals_on() -> None:
    dice = random.Random(2)
    circle = Circle("Ana", "continuation:with=1,ground=none")
    clock, taps = float(at(4)), []
    for _ in range(106):
        taps.append((round(clock + dice.gauss(0, 10 * MS)), "Ana"))
        clock += 500 * MS + dice.gauss(0, 15 * MS)
    tap(circle, *taps)
    found = results(circle, at(125))["players"]["Ana"]
    assert found["iti_n"] == 105
    assert found["clock_variance_ms2"] == pytest.approx(225, rel=0.4)
    assert found["motor_variance_ms2"] == pytest.approx(100, rel=0.5)
    assert -0.5 < found["lag1_autocorrelation"] < 0


def test_where_nobody_plays_the_pulse_comes_back_where_it_was_counted() -> None:
    circle = Circle("Ana", SHORT).beat(30)
    assert [beats_of(due) for due, _ in sounded(circle)][:8] == [0, 1, 2, 3, 20, 21, 22, 23]
    assert results(circle, at(31))["returned_at_bpm"] is None
    assert any("No common tempo" in h.text for h in circle.session.happenings_after(0))


def test_it_says_where_it_is() -> None:
    circle = Circle("Ana", SHORT)
    assert words_at(circle, 1.5) == "with the pulse, 3 beats left"
    assert words_at(circle, 10) == "on your own, 10 beats left"
    assert words_at(circle, 20.2) == "the pulse comes back"


def test_a_silence_that_was_stopped_begins_anew_after_two_bars_with_the_pulse() -> None:
    circle, taps = alone()
    tap(circle, *((t, "Ana") for t in taps[:9]))
    circle.do(StopAll(), 9)
    circle.do(GoOn(), 12.2)
    circle.beat(48)
    heard = [beats_of(due) for due, _ in sounded(circle, at(10))]
    assert heard[:8] == [16, 17, 18, 19, 20, 21, 22, 23]
    assert heard[8] == 40
    assert results(circle, at(48))["players"] == {}


def test_who_vanishes_in_the_silence_keeps_what_they_played_and_the_rest_bring_the_pulse_back() -> None:
    circle, taps = alone("Ana Ben")
    ben = row(at(4), round(60 * NS / 80), 9)
    tap(circle, *((t, "Ana") for t in taps[:14]), *((t, "Ben") for t in ben if t < taps[13]))
    circle.tell(Leave("Ben"), taps[13] + 10 * MS)
    tap(circle, *((t, "Ana") for t in taps[14:]))
    done = results(circle, taps[-1] + NS)
    assert done["returned_at_bpm"] == pytest.approx(110, rel=0.001)
    assert done["players"]["Ben"]["tempo_bpm"] == pytest.approx(80)
    circle.tell(Rest("Ana", True), taps[-1] + 2 * NS)
    assert circle.session.faults() == []


def test_a_live_only_player_brings_the_pulse_back_and_is_in_no_result() -> None:
    circle, taps = alone()
    circle.tell(LiveOnly("Ana", True), START)
    tap(circle, *((t, "Ana") for t in taps))
    done = results(circle, taps[-1] + NS)
    assert done["returned_at_bpm"] == pytest.approx(110, rel=0.001)
    assert done["players"] == {}
    facts = circle.moments(PulseMovedByPlaying)
    assert len(facts) == 1
    journal = [entry for entry in circle.events if not isinstance(entry[1], Hit)]
    journal += [(told, PulseFollowed(m.at, m.beat, m.time, m.bpm)) for told, m in facts]
    again = Circle("", SHORT).session
    for told, event in sorted(journal, key=lambda entry: entry[0]):
        again.handle(event, told)
    again.advance(taps[-1] + NS)
    assert again.summary(taps[-1] + NS)["structures"] == circle.session.summary(taps[-1] + NS)["structures"]


def test_what_was_played_before_a_recording_began_is_in_no_result() -> None:
    circle, taps = alone()
    tap(circle, *((t, "Ana") for t in taps[:8]))
    circle.tell(Record(True), taps[7] + 100 * MS)
    tap(circle, *((t, "Ana") for t in taps[8:]))
    row = results(circle, taps[-1] + NS)["players"]["Ana"]
    assert row["iti_n"] == 10  # eleven taps after it fall into the silence


# ---------------------------------------------------------------- paced steps

OWN = round(60 * NS / 90)


def paced(names: str = "Ana") -> Circle:
    """Someone at 90 BPM who goes with the cue while there is one, and on at 92 without it."""
    circle = Circle(names, "paced_steps:bars=4,step=10")
    tap(circle, *((t, name) for t in row(at(0), OWN, 14) for name in names.split()[:1]))
    return circle


def go_along(circle: Circle, name: str, until: int, last: int) -> int:
    """Hits where the click is expected, from the beat after ``last`` on."""
    while last < until:
        circle.until(last + 200 * MS)
        view = circle.session.view(last + 200 * MS).pulse
        following = next((t for t in view.beat_times if t > last + 250 * MS), last + OWN)
        tap(circle, (following, name))
        last = following
    return last


def test_the_cue_joins_at_the_own_tempo_goes_up_and_down_fades_and_is_gone() -> None:
    circle = paced()
    last = go_along(circle, "Ana", START + 95 * NS, at(0) + 13 * OWN)
    done = results(circle, last + NS)
    assert done["own_bpm"] == pytest.approx(90, rel=0.001)
    assert [(step["step"], step["bpm"]) for step in done["steps"]] == [
        ("own tempo", None),
        ("cue", pytest.approx(90, rel=1e-3)),
        ("faster", pytest.approx(99, rel=1e-3)),
        ("slower", pytest.approx(81, rel=1e-3)),
        ("every 2nd", pytest.approx(90, rel=1e-3)),
        ("every 4th", pytest.approx(90, rel=1e-3)),
        ("alone", None),
    ]
    starts = [step["start_beat"] for step in done["steps"]]
    assert [b - a for a, b in pairwise(starts)][1:] == [16] * 5
    clicks = [due for due, _ in sounded(circle)]
    assert clicks[0] > at(15)
    assert abs(remainder(clicks[0] - at(0), OWN)) < 2 * MS
    gaps = [round(60 * NS / (b - a)) for a, b in pairwise(clicks)]
    assert gaps[:48] == [90] * 16 + [99] * 16 + [81] * 16
    assert gaps[48 : 48 + 8] == [45] * 8
    assert 22 in gaps[56:]
    cue = done["steps"][1]["players"]["Ana"]
    assert cue["ppc_grid"] == pytest.approx(1, abs=1e-4)
    assert cue["iti_cv"] == pytest.approx(0, abs=1e-4)
    assert done["alone_against_own"]["Ana"]["tempo_change_percent"] == pytest.approx(0, abs=0.5)


def test_without_a_steady_tempo_it_goes_on_listening() -> None:
    circle = Circle("Ana Ben Cy", "paced_steps:bars=4").beat(40)
    assert results(circle, at(40))["own_bpm"] is None
    assert words_at(circle, 40) == "your own tempo, no beat"
    assert sounded(circle) == []


def test_a_stop_begins_the_step_again_and_a_player_who_leaves_ends_nothing() -> None:
    circle = paced("Ana Ben")
    last = go_along(circle, "Ana", START + 16 * NS, at(0) + 13 * OWN)
    circle.tell(StopAll(), last + 100 * MS)
    circle.tell(GoOn(), last + 3 * NS)
    circle.until(last + 8 * NS)
    done = results(circle, last + 8 * NS)
    assert [step["step"] for step in done["steps"]] == ["own tempo", "cue"]
    assert done["steps"][1]["players"] == {}
    circle.tell(Leave("Ana"), last + 8 * NS)
    circle.until(last + 90 * NS)
    assert circle.session.faults() == []
    assert [s["name"] for s in circle.structures(last + 90 * NS)] == ["paced_steps"]
    assert len(circle.all(StructureEnded)) == 1
