"""Conversation: who has the floor, who follows whom, gaps and overlaps, and the pulse's return."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_circle import ARRIVES, BEAT, START, Circle, at, beats_of, turns
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Cue,
    GoOn,
    Hit,
    Join,
    Leave,
    LiveOnly,
    Perform,
    PulseShown,
    StopAll,
)
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.measures.conversation import Said, floor, transfers

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "dyads"


def spoken(*hits: tuple[float, str], silence: float = 2.0) -> list[tuple[str, float, float]]:
    """(player, first beat, last beat) of every turn."""
    said = [Said(round(beat * 1000), beat, player) for beat, player in sorted(hits)]
    return [(t.player, t.first.beat, t.last.beat) for t in floor(said, silence).turns]


def results(circle: Circle, beat: float) -> dict[str, Any]:
    found: dict[str, Any] = circle.results(beat)
    return found


# ---------------------------------------------------------------- who has the floor


def test_the_floor_is_kept_by_playing_and_given_up_by_silence() -> None:
    assert spoken((0, "a"), (1, "a"), (2.9, "a"), (5, "b"), (8, "b")) == [
        ("a", 0, 2.9), ("b", 5, 5), ("b", 8, 8),
    ]  # fmt: skip


def test_one_hit_each_a_beat_apart_is_a_turn_each() -> None:
    assert spoken(*((b, "ab"[b % 2]) for b in range(5))) == [(p, b, b) for b, p in enumerate("ababa")]


def test_who_plays_on_through_anothers_hit_keeps_the_floor_and_it_was_an_interjection() -> None:
    hits = [(b / 2, "a") for b in range(12)] + [(1.25, "b")]
    assert spoken(*hits) == [("a", 0, 5.5)]
    found = floor([Said(round(b * 1000), b, p) for b, p in sorted(hits)], 2.0)
    found.advance(99)
    assert found.interjections == 1


def test_a_turn_that_begins_before_the_other_has_ended_is_an_overlap() -> None:
    hits = [(b / 2, "a") for b in range(5)] + [(1.75 + b / 2, "b") for b in range(6)]
    assert spoken(*hits) == [("a", 0, 2.0), ("b", 1.75, 4.25)]
    said = [Said(round(b * 1000), b, p) for b, p in sorted(hits)]
    assert [t.offset for t in transfers(floor(said, 2.0).turns)] == [-250]


def test_of_two_who_wait_the_one_who_began_first_comes_first() -> None:
    hits = [
        (0, "a"),
        (0.4, "a"),
        (0.8, "c"),
        (1.0, "b"),
        (1.3, "b"),
        (1.4, "c"),
        (1.6, "b"),
        (2.4, "b"),
        (3.4, "b"),
    ]
    assert [player for player, *_ in spoken(*hits)] == ["a", "c", "b"]


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from("abc")), max_size=60, unique=True))
def test_every_hit_is_in_at_most_one_turn_and_turns_begin_in_order(hits: list[tuple[int, str]]) -> None:
    said = [Said(t, t / 10, p) for t, p in sorted(hits)]
    found = floor(said, 2.0)
    assert sum(turn.hits for turn in found.turns) <= len(said)
    for before, after in pairwise(found.turns):
        assert before.last.time - before.first.time >= 0
        assert after.last.time >= before.last.time


# ---------------------------------------------------------------- in the circle


def test_a_whole_conversation_is_told_and_measured() -> None:
    circle = Circle("Ana Ben Cy", "conversation")
    circle.play("Ana", 0, 0.5, 1)
    circle.play("Ben", 3.1)
    circle.play("Ana", 4.5, 5)
    assert results(circle, 12) == {
        "turns": [
            {"player": "Ana", "start_beat": 0.0, "turn_duration_beats": 1.0, "entry_offset_ms": 0.0, "floor_transfer_offset_ms": None, "in_turn_hits": 3},
            {"player": "Ben", "start_beat": 3.1, "turn_duration_beats": 0.0, "entry_offset_ms": 50.0, "floor_transfer_offset_ms": 1050.0, "in_turn_hits": 1},
            {"player": "Ana", "start_beat": 4.5, "turn_duration_beats": 0.5, "entry_offset_ms": 250.0, "floor_transfer_offset_ms": 700.0, "in_turn_hits": 2},
        ],
        "follows": {"Ana": {"Ben": 1}, "Ben": {"Ana": 1}},
        "gaps_ms": [1050.0, 700.0],
        "overlaps_ms": [],
        "floor_transfer_offset_mean_ms": 875.0,
        "interjections": 0,
        "participation": {
            "Ana": {"hits": 5, "share": 5 / 6, "turns": 2},
            "Ben": {"hits": 1, "share": 1 / 6, "turns": 1},
            "Cy": {"hits": 0, "share": 0.0, "turns": 0},
        },
        "participation_gini": pytest.approx(5 / 9),
    }  # fmt: skip
    assert turns(circle)[:6] == [
        ("Ana", 0, None), (None, 3, None), ("Ben", 3.1, None), ("Ana", 4.5, None), (None, 7, None),
    ]  # fmt: skip


def test_the_order_of_arrival_decides_nothing() -> None:
    circle = Circle("Ana Ben", "conversation")
    circle.play("Ana", 0)
    circle.tell(Hit(at(2), "link:Ana", 38, 90), at(2) + ARRIVES)
    circle.tell(Hit(at(1), "link:Ben", 38, 90), at(2) + 2 * ARRIVES)
    assert [row["player"] for row in results(circle, 9)["turns"]] == ["Ana", "Ben", "Ana"]


def test_who_vanishes_with_the_floor_gives_it_up_by_their_silence() -> None:
    circle = Circle("Ana Ben", "conversation")
    circle.play("Ana", 0)
    circle.do(Leave("Ana"), 0.5)
    circle.beat(3)
    assert turns(circle) == [("Ana", 0, None), (None, 2, None)]
    view = circle.session.view(at(3))
    assert view.turn is not None
    assert (view.turn.order, view.turn.current) == (("Ben",), None)
    assert view.structure is not None
    assert view.structure.words == "the floor is free"


def test_across_a_stop_nobody_follows_anybody() -> None:
    circle = Circle("Ana Ben", "conversation")
    circle.play("Ana", 0, 1)
    circle.do(StopAll(), 1.5)
    circle.do(GoOn(), 2)
    circle.play("Ben", 4)
    found = results(circle, 9)
    assert [row["player"] for row in found["turns"]] == ["Ben"]
    assert found["follows"] == {}


def test_a_live_only_players_hits_are_in_no_result() -> None:
    circle = Circle("Ana Ben", "conversation")
    circle.tell(LiveOnly("Ana", True), START + MS)
    circle.play("Ana", 0.5)
    circle.play("Ben", 3)
    assert [row["player"] for row in results(circle, 9)["turns"]] == ["Ben"]


@pytest.mark.parametrize(("pulse", "loudest"), [("heard", 1.0), ("soft", 0.3), ("silent", 0.0)])
def test_the_pulse_is_as_loud_as_it_is_set(pulse: str, loudest: float) -> None:
    circle = Circle("Ana", f"conversation:pulse={pulse}").beat(9)
    gains = [cue.gain for cue in circle.all(Cue) if cue.id.startswith("beat:") and cue.due > at(0)]
    assert max(gains, default=0.0) == pytest.approx(loudest)


def test_a_silent_pulse_comes_back_in_the_groups_tempo_and_phase() -> None:
    circle = Circle("Ana Ben", "conversation:pulse=silent,silence=1")
    period = 600 * MS
    for k in range(40):
        time = at(0.37) + k * period
        circle.tell(Hit(time, f"link:{('Ana', 'Ben')[k // 8 % 2]}", 38, 90), time + ARRIVES)
    now = at(0.37) + 39 * period + 10 * MS
    circle.tell(Arm("groove", {}, 1), now)
    circle.until(now + 12 * NS)
    clicks = [c.due for c in circle.all(Cue) if c.id.startswith("beat:") and c.due > now]
    assert clicks
    off = [((due - at(0.37) + period // 2) % period - period // 2) / MS for due in clicks[:4]]
    assert max(map(abs, off)) < 10
    shown = [s.bpm for s in circle.all(PulseShown)]
    assert shown[-1] == pytest.approx(100.0, rel=0.01)


def test_a_soft_pulse_is_not_moved() -> None:
    circle = Circle("Ana", "conversation")
    for k in range(40):
        circle.tell(Hit(at(0.37) + k * 600 * MS, "link:Ana", 38, 90), at(0.37) + k * 600 * MS + ARRIVES)
    assert all(beats_of(s.t) == pytest.approx(round(beats_of(s.t))) for s in circle.all(PulseShown))


# ---------------------------------------------------------------- real people


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["101_1", "104_3", "107_1", "109_3"])
def test_real_people_alternating_follow_each_other_as_in_the_file(name: str) -> None:
    path = SHARED / f"{name}.mid"
    if not path.exists():
        pytest.skip("the recordings in ../shared/data are not here")
    from e2e_truth import read_hits

    hits = sorted((round(t * NS), note) for note, own in read_hits(path).items() for t, _ in own if t < 16)
    session = Session(SessionConfig(START, bpm=120, structure="conversation", double_trigger_ms=0))
    zero = START + 8 * NS
    session.handle(Perform(zero, name), zero - NS)
    for note in (47, 48):
        session.handle(
            Join(str(note), str(note), pads=(f"usb:p#{note}",), since=zero - NS, double_trigger_ms=0),
            zero - NS,
        )
    for time, note in hits:
        session.handle(Hit(zero + time, "usb:p", note, 80), zero + time + ARRIVES)
    session.advance(zero + 20 * NS)
    found = session.summary(zero + 20 * NS)["structures"][0]["results"]
    # A turn is new where the other one plays, and after two beats (1 s) of one's own silence.
    first = [hits[0], *(b for a, b in pairwise(hits) if a[1] != b[1] or b[0] - a[0] >= NS)]
    last = [*(a for a, b in pairwise(hits) if a[1] != b[1] or b[0] - a[0] >= NS), hits[-1]]
    offsets = [(b[0] - a[0]) / MS for a, b in zip(last, first[1:], strict=False)]
    entries = [((t + BEAT // 2) % BEAT - BEAT // 2) / MS for t, _ in first]
    assert len(first) >= 25
    assert [row["player"] for row in found["turns"]] == [str(note) for _, note in first]
    assert [row["floor_transfer_offset_ms"] for row in found["turns"]][1:] == pytest.approx(offsets, abs=1e-6)
    assert [row["entry_offset_ms"] for row in found["turns"]] == pytest.approx(entries, abs=1e-6)
    follows = {(a, b): n for a, row in found["follows"].items() for b, n in row.items()}
    assert follows == Counter((str(a), str(b)) for (_, a), (_, b) in zip(last, first[1:], strict=False))
    others = [
        o for o, (a, b) in zip(offsets, zip(last, first[1:], strict=False), strict=True) if a[1] != b[1]
    ]
    assert found["gaps_ms"] == pytest.approx([o for o in others if o > 0], abs=1e-6)
    assert found["overlaps_ms"] == []


def test_somebody_without_a_pad_takes_part_without_figures() -> None:
    circle = Circle("Ana Ben")
    circle.tell(Join("Voice", "Voice"), START)
    circle.do(Arm("conversation", {}, 0), 1)
    circle.play_together(*((beat, "Ana") for beat in range(4, 8)), *((beat, "Ben") for beat in range(10, 14)))
    results = circle.results(20)
    assert list(results["participation"]) == ["Ana", "Ben"]
    assert results["participation_gini"] == 0.0
