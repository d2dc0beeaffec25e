"""Free play: nobody is judged, the pulse keeps out of the way or goes along, and moments are remembered."""

from __future__ import annotations

import itertools
from math import remainder
from typing import Any

import pytest

from core_circle import START, Circle, at, judged, words_at
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Cue,
    GoOn,
    Leave,
    LiveOnly,
    PulseMovedByPlaying,
    PulseShown,
    StopAll,
)
from tempo_band import Band, Person


def moments(circle: Circle, beat: float) -> dict[str, Any]:
    found: dict[str, Any] = circle.results(beat)["moments"]
    return found


def test_nobody_is_judged_and_a_soft_pulse_stays_where_it_is() -> None:
    circle = Circle("Ana Ben", "free_play:pulse=soft")
    circle.play("Ana", *(k * 1.13 for k in range(20)))
    assert judged(circle, 24) == {"Ana": (0, 0), "Ben": (0, 0)}
    clicks = {cue.id: cue for cue in circle.all(Cue) if cue.id.startswith("beat:")}
    assert clicks["beat:9"].gain == pytest.approx(0.32)
    circle.do(Arm("groove", {}, 0), 25)
    circle.beat(40)
    assert [cue.due for cue in circle.all(Cue) if cue.id == "beat:32"] == [at(32)]
    assert "adaptive_pulse" not in circle.results(40)


def test_a_hidden_pulse_is_silent_and_what_comes_next_is_counted_in_as_the_group_plays() -> None:
    circle = Circle("", "free_play")
    playing = Band(
        circle, *(Person(n, 96, 10, 5, START + 333 * MS) for n in ("Ana", "Ben", "Cy")), follow=False
    )
    playing.until(START + 30 * NS)
    assert [cue for cue in circle.all(Cue) if cue.player is None] == []
    circle.tell(Arm("groove", {"ground": "none"}, 1), START + 30 * NS)
    playing.until(START + 38 * NS)
    period = 60 * NS / 96
    counted = [cue.due for cue in circle.all(Cue) if cue.voice == "count"]
    assert len(counted) == 4
    assert all(abs(remainder(due - START - 333 * MS, period)) < 40 * MS for due in counted)
    assert "adaptive_pulse" not in circle.structures(START + 38 * NS)[0]["results"]


def test_density_force_and_tempo_are_curves_of_10_seconds() -> None:
    circle = Circle("Ana", "free_play")
    circle.play("Ana", *range(20), velocity=60)
    circle.play("Ana", *(20 + k / 2 for k in range(40)), velocity=100)
    found = circle.results(41)
    assert found["every_s"] == 10
    assert found["hits_a_second"] == [2.0, 4.0]
    assert found["velocity_mean"] == [60, 100]
    assert found["tempo_bpm"][0] == pytest.approx(120)


def test_the_longest_steady_run_is_the_longest_in_seconds() -> None:
    circle = Circle("Ana Ben", "free_play")
    circle.play_together(
        *((b, "Ana") for b in (0, 1, 2, 3, 4, 5, 5.5, 7, 8.9)),
        *((b, "Ben") for b in (0.2, 2.2, 4.2, 6.2, 8.2, 8.5)),
    )
    assert moments(circle, 12)["longest_steady_run"] == {
        "player": "Ben", "start_s": pytest.approx(0.1), "seconds": pytest.approx(4.0), "bpm": pytest.approx(60),
    }  # fmt: skip
    assert moments(Circle("Ana", "free_play"), 4) == {
        "longest_steady_run": None, "first_change_begun": None, "longest_exchange": None,
    }  # fmt: skip


def test_the_first_change_is_whose_playing_changed_most() -> None:
    circle = Circle("Ana Ben", "free_play")
    circle.play_together(
        *((b, "Ana") for b in range(40)),
        *((b, "Ben") for b in range(20)),
        *((20 + b / 3, "Ben") for b in range(60)),
    )
    assert moments(circle, 44)["first_change_begun"] == {"player": "Ben", "start_s": 10.0}


def test_the_longest_exchange_is_two_who_alternate() -> None:
    circle = Circle("Ana Ben Cy", "free_play")
    line = ["Ana", "Ana", "Ben", "Cy", "Ana", "Ana", "Cy", "Cy", "Ana", "Cy", "Ana", "Ben", "Ben"]
    circle.play_together(*((float(beat), name) for beat, name in enumerate(line)))
    assert moments(circle, 16)["longest_exchange"] == {
        "players": ["Cy", "Ana"], "turns": 6, "start_s": 1.5, "seconds": 3.5,
    }  # fmt: skip


def test_following_the_pulse_goes_to_the_group_in_tempo_and_phase_and_never_far_at_once() -> None:
    circle = Circle("", "free_play:pulse=following")
    playing = Band(
        circle, *(Person(n, 96, 15, 5, START + 333 * MS) for n in ("Ana", "Ben", "Cy")), follow=False
    )
    playing.until(START + 40 * NS)
    shown = [e for e in circle.all(PulseShown) if e.t < START + 40 * NS]
    assert shown[-1].bpm == pytest.approx(96, rel=0.03)
    period = 60 * NS / 96
    off = [remainder(e.t - START - 333 * MS, period) for e in shown[-6:]]
    assert max(abs(o) for o in off) < 50 * MS
    clicks = {int(c.id[5:]): c.due for c in circle.all(Cue) if c.id.startswith("beat:")}
    gaps = [clicks[b + 1] - clicks[b] for b in range(len(clicks) - 1)]
    assert all(0.84 < later / before < 1.2 for before, later in itertools.pairwise(gaps))
    found = circle.structures(START + 40 * NS)[0]["results"]
    assert found["adaptive_pulse"] is True
    assert found["tempo_bpm"][2] == pytest.approx(96, rel=0.02)


def test_a_live_only_player_moves_the_pulse_as_a_fact_and_leaves_no_curve() -> None:
    circle = Circle("", "free_play:pulse=following")
    playing = Band(circle, Person("Ana", 100, 5, 5, START), follow=False)
    circle.tell(LiveOnly("Ana", True), START)
    playing.until(START + 12 * NS)
    assert len(circle.all(PulseMovedByPlaying)) > 5
    results = circle.structures(START + 12 * NS)[0]["results"]
    assert (results["hits_a_second"], results["tempo_bpm"]) == ([], [])


def test_a_stop_tears_every_run_and_a_player_who_leaves_breaks_nothing() -> None:
    circle = Circle("Ana Ben", "free_play:pulse=following")
    circle.play("Ana", 0, 1, 2, 3)
    circle.do(StopAll(), 3.5)
    circle.do(GoOn(), 6)
    circle.play("Ana", 8, 9, 10, 11)
    circle.do(Leave("Ana"), 11.2)
    assert moments(circle, 20)["longest_steady_run"] is None
    assert words_at(circle, 20) == "the beat goes with you"
    assert circle.session.faults() == []
