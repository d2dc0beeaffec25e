"""Stop cut: when all stop and begin again, how far apart, and who played into the silence."""

from __future__ import annotations

import pytest

from core_circle import Circle, at, ends, judged, standing, words_at
from drumcircle.core.events import GoOn, Leave, StopAll

ONE = "stop_cut:times=1,bars=1,ground=none"


def test_announced_it_is_counted_down_and_everything_about_it_is_measured() -> None:
    circle = Circle("Ana Ben", ONE)
    circle.play_together(*((b, p) for b in range(4) for p in ("Ana", "Ben")))
    circle.play("Ana", 4, off_ms=10)
    circle.play("Ben", 4, off_ms=50)
    circle.play("Ben", 5)
    circle.play("Ana", 8, off_ms=-20)
    circle.play("Ben", 8, off_ms=30)
    circle.play_together(*((b, p) for b in (9, 10, 11) for p in ("Ana", "Ben")))
    [cut] = circle.results(16)["cuts"]
    assert standing(circle) == [
        (0, "count", "count:0"), (1, "count", "count:1"), (2, "count", "count:2"), (3, "count", "count:3"),
        (4, "accent", "cut:4"),
    ]  # fmt: skip
    assert cut == {
        "cut_beat": 4,
        "again_beat": 8,
        "stop_spread_ms": 490.0,
        "start_spread_ms": 50.0,
        "false_hits": 1,
        "players": {
            "Ana": {"stop_ms": 10.0, "start_ms": -20.0, "false_hits": 0},
            "Ben": {"stop_ms": 500.0, "start_ms": 30.0, "false_hits": 1},
        },
    }
    assert ends(circle) == [12]
    assert judged(circle, 16) == {"Ana": (9, 0), "Ben": (9, 0)}


def test_by_surprise_it_comes_on_any_beat_unannounced_the_same_from_the_same_seed() -> None:
    found = []
    for seed in (1, 1, 2):
        circle = Circle("Ana", "stop_cut:how=surprise,times=6,bars=2,ground=none", seed=seed).beat(160)
        cuts = [(b, voice) for b, voice, _ in standing(circle)]
        assert {voice for _, voice in cuts} == {"accent"}
        found.append([b for b, _ in cuts])
    assert found[0] == found[1] != found[2]
    rows = circle.results(160)["cuts"]
    played = [
        row["cut_beat"] - before
        for row, before in zip(rows, (0, *(r["again_beat"] for r in rows)), strict=False)
    ]
    assert all(4 <= beats < 12 for beats in played)
    assert all(row["again_beat"] % 4 == 0 and row["again_beat"] - row["cut_beat"] >= 4 for row in rows)


def test_the_ground_is_silent_from_the_cut_on() -> None:
    circle = Circle("Ana", "stop_cut:times=1,bars=1,ground=heartbeat").beat(16)
    drums = [b for b, voice, _ in standing(circle) if voice == "drum"]
    assert drums == [0, 0.5, 2, 2.5, 4, 8, 8.5, 10, 10.5]


def test_words_say_what_comes() -> None:
    circle = Circle("Ana", "stop_cut:times=2,bars=2")
    said = [words_at(circle, beat) for beat in (1, 5.2, 8.2, 9.2, 13)]
    assert said == ["cut 1 of 2", "cut 1 of 2, stop in 3", "cut 1 of 2", "silence, again in 3", "cut 2 of 2"]


def test_somebody_who_vanishes_in_the_silence_is_missing_from_the_start_and_nothing_else() -> None:
    circle = Circle("Ana Ben Cy", ONE)
    circle.play_together(*((b, p) for b in range(5) for p in ("Ana", "Ben", "Cy")))
    circle.do(Leave("Ben"), 6)
    circle.play_together((8, "Ana"), (8, "Cy"))
    [cut] = circle.results(16)["cuts"]
    assert (cut["stop_spread_ms"], cut["start_spread_ms"]) == (0.0, 0.0)
    assert cut["players"]["Ben"]["start_ms"] is None
    assert ends(circle) == [12]


def test_after_a_stop_in_the_silence_the_cut_is_planned_anew() -> None:
    circle = Circle("Ana", ONE)
    circle.play("Ana", 0, 1, 2, 3, 4)
    circle.do(StopAll(), 5.5)
    circle.do(GoOn(), 6)
    circle.play("Ana", 8, 9, 10, 11, 12)
    results = circle.results(30)["cuts"]
    assert [(row["cut_beat"], row["again_beat"]) for row in results] == [(8, 12)]
    assert results[0]["players"]["Ana"]["stop_ms"] == 0.0
    assert ends(circle) == [20]


@pytest.mark.parametrize("beat", [4.5, 6.0, 7.8])
def test_who_comes_in_the_silence_plays_from_the_next_start_on(beat: float) -> None:
    circle = Circle("Ana", ONE)
    circle.seat("Ben", at(beat))
    circle.play("Ben", 8, 9)
    assert judged(circle, 16)["Ben"] == (2, 0)
