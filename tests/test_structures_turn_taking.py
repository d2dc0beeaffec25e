"""Turn-taking: whose turn a hit belongs to, when turns pass on, and what is kept of each."""

from __future__ import annotations

import random
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_circle import ARRIVES, START, Circle, at, beats_of
from drumcircle.core import codec
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Assign,
    GoOn,
    Hit,
    Join,
    Leave,
    LiveOnly,
    NextTurn,
    PadFound,
    Perform,
    Record,
    Rest,
    SetTempo,
    StopAll,
    TurnBegan,
    TurnEndedByPlaying,
    TurnPassedByPlaying,
)
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.errors import UsageError

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "dyads"


def turns(circle: Circle) -> list[tuple[str | None, float, float | None]]:
    """(player, from beat, to beat) of every turn announced."""
    return [
        (t.player, beats_of(t.time), None if t.until is None else beats_of(t.until))
        for t in circle.all(TurnBegan)
    ]


def rows(circle: Circle, beat: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = circle.results(beat)["turns"]
    return found


def spans(circle: Circle, beat: float) -> list[tuple[str, int, int | None]]:
    return [(r["player"], r["start_beat"], r["turn_duration_beats"]) for r in rows(circle, beat)]


def test_each_in_turn_round_after_round_and_then_it_is_over() -> None:
    circle = Circle("Ana Ben Cy", "turn_taking:beats=4,rounds=2").beat(30)
    assert turns(circle) == [
        ("Ana", 0, 4), ("Ben", 4, 8), ("Cy", 8, 12),
        ("Ana", 12, 16), ("Ben", 16, 20), ("Cy", 20, 24), (None, 24, None),
    ]  # fmt: skip
    assert [now for now, _ in circle.moments(TurnBegan)][1:] == [at(b - 0.5) for b in (4, 8, 12, 16, 20, 24)]
    [done] = circle.structures(at(30))
    assert (done["start_s"], done["end_s"]) == (0.0, 12.0)
    assert [row["round"] for row in done["results"]["turns"]] == [1, 1, 1, 2, 2, 2]


def test_a_hit_20_ms_early_at_the_boundary_belongs_to_the_coming_turn() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4,rounds=1")
    circle.play("Ana", 0, 1, 2, 3)
    circle.play("Ben", 4, off_ms=-20)
    ana, ben = rows(circle, 10)
    assert (ana["in_turn_hits"], ana["entry_offset_ms"]) == (4, 0.0)
    assert (ben["in_turn_hits"], ben["entry_offset_ms"], ben["before_turn_hits"]) == (1, -20.0, 0)
    assert ben["floor_transfer_offset_ms"] == 480.0
    assert ben["floor_transfer_offset_beats"] == pytest.approx(0.96, abs=1e-12)


def test_figures_are_exact_to_the_nanosecond() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4,rounds=1")
    for player, time in (("Ana", at(0) + 1), ("Ana", at(3) + 7), ("Ben", at(4) - 123_457)):
        circle.tell(Hit(time, f"link:{player}", 38, 90), time + ARRIVES)
    ana, ben = rows(circle, 10)
    assert ana["entry_offset_ms"] == 1 / MS
    assert ben["entry_offset_ms"] == -123_457 / MS
    assert ben["floor_transfer_offset_ms"] == (at(4) - 123_457 - at(3) - 7) / MS


def test_order_of_arrival_decides_nothing() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4,rounds=1")
    late = at(3.4)
    circle.play("Ben", 4, off_ms=-20)
    circle.tell(Hit(late, "link:Ana", 38, 90), at(4.3))
    ana, ben = rows(circle, 10)
    assert (ana["in_turn_hits"], ana["after_turn_hits"]) == (1, 0)
    assert ben["floor_transfer_offset_ms"] == (at(4) - 20 * MS - late) / MS


def test_a_hit_out_of_turn_counts_once_for_the_nearest_own_turn_and_after_if_equally_near() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4,rounds=2")
    circle.play("Ben", 1)
    circle.play("Ana", 4, 5, 6, 7)
    circle.play("Ben", 14, 15)
    first_ana, first_ben, second_ana, second_ben = rows(circle, 20)
    assert [first_ana["after_turn_hits"], second_ana["before_turn_hits"]] == [2, 2]
    assert [first_ben["before_turn_hits"], first_ben["after_turn_hits"]] == [1, 0]
    assert [second_ben[key] for key in ("in_turn_hits", "before_turn_hits", "after_turn_hits")] == [2, 0, 0]
    alone = Circle("Ana Ben", "turn_taking:beats=1,rounds=2")
    alone.play("Ana", 1)
    assert [r["after_turn_hits"] for r in rows(alone, 6)] == [1, 0, 0, 0]


def test_what_is_missing_on_either_side_leaves_the_offset_absent() -> None:
    circle = Circle("Ana Ben Cy", "turn_taking:beats=4,rounds=1")
    circle.play_together((0, "Ana"), (8, "Cy"))
    ana, ben, cy = rows(circle, 14)
    assert ana["floor_transfer_offset_ms"] is None
    assert (ben["entry_offset_ms"], ben["floor_transfer_offset_ms"], ben["in_turn_hits"]) == (None, None, 0)
    assert (cy["entry_offset_ms"], cy["floor_transfer_offset_ms"]) == (0.0, None)


def test_only_the_player_whose_turn_it_is_is_judged() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4,rounds=1")
    circle.play_together(*((b, p) for b in range(8) for p in ("Ana", "Ben")))
    players = circle.beat(12).session.summary(at(12))["players"]
    assert [players[p]["n"] for p in ("Ana", "Ben")] == [4, 4]


def test_rest_between_turns_is_nobodys() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4,rounds=1,rest=2").beat(20)
    assert turns(circle)[:4] == [("Ana", 0, 4), (None, 4, None), ("Ben", 6, 10), (None, 10, None)]


# ---------------------------------------------------------------- order


def test_players_named_in_the_order_exist_before_their_first_hit_and_have_turns_without_a_pad() -> None:
    circle = Circle("", "turn_taking:beats=1,rounds=40,order=48+47").beat(85)
    assert list(circle.session.players()) == ["48", "47"]
    assert [(t[0], t[1]) for t in turns(circle)[:80]] == [(("48", "47")[k % 2], k) for k in range(80)]
    assert all(row["no_pad"] and "in_turn_hits" not in row for row in rows(circle, 85))


def test_at_random_everybody_once_a_round_nobody_twice_in_a_row_and_the_same_from_the_same_seed() -> None:
    orders = []
    for seed in (5, 5, 6):
        circle = Circle("Ana Ben Cy Dee Eve", "turn_taking:beats=2,rounds=6,order=random", seed=seed).beat(70)
        orders.append([player for player, *_ in turns(circle) if player])
    assert orders[0] == orders[1] != orders[2]
    for order in orders:
        assert all(sorted(order[k : k + 5]) == sorted(order[:5]) for k in range(0, 30, 5))
        assert all(a != b for a, b in pairwise(order))


def test_nominated_turns_wait_for_a_name_and_end_after_as_many_turns_as_players_a_round() -> None:
    circle = Circle("Ana Ben", "turn_taking:order=nominated,beats=4,rounds=1").beat(5)
    assert turns(circle) == []
    assert circle.session.view(at(5)).structure.words == "who is next?"  # type: ignore[union-attr]
    circle.do(NextTurn("Ben"), 5)
    circle.do(NextTurn("Ben"), 9)
    circle.beat(20)
    assert turns(circle) == [("Ben", 8, 12), ("Ben", 12, 16), (None, 16, None)]
    with pytest.raises(UsageError, match="No structure"):
        circle.do(NextTurn("Ana"), 20)


def test_nominating_in_a_circle_brings_somebody_forward_once() -> None:
    circle = Circle("Ana Ben Cy", "turn_taking:beats=4,rounds=1")
    circle.do(NextTurn("Cy"), 1)
    circle.beat(20)
    assert [player for player, *_ in turns(circle)] == ["Ana", "Cy", "Ben", None]


@pytest.mark.parametrize(("who", "words"), [("Zoe", "Nobody"), ("Ben", "rests or has left")])
def test_only_somebody_who_is_there_can_be_nominated(who: str, words: str) -> None:
    circle = Circle("Ana Ben", "turn_taking")
    circle.do(Rest("Ben", True), 1)
    with pytest.raises(UsageError, match=words):
        circle.do(NextTurn(who), 2)


def test_an_order_that_names_nobody_somewhere_is_refused() -> None:
    with pytest.raises(UsageError, match="names nobody"):
        Circle("", "turn_taking:order=48++47")


def test_names_nobody_has_are_said_and_get_their_turns_once_they_join() -> None:
    circle = Circle("Ana")
    circle.do(Arm("turn_taking", {"order": "Ana+Zoe", "beats": 4}, 0), 1)
    circle.beat(5)
    assert any("Nobody here is called Zoe" in h.text for h in circle.session.happenings_after(0))
    circle.seat("Zoe", at(6))
    assert [player for player, *_ in turns(circle.beat(30))] == ["Ana", "Zoe", "Ana", "Zoe", None]


# ---------------------------------------------------------------- what ends a turn


def test_by_key_a_turn_ends_on_the_bar_line_after_the_key() -> None:
    circle = Circle("Ana Ben", "turn_taking:ends_by=key,rounds=1")
    circle.do(NextTurn(), 5)
    circle.do(NextTurn(), 15.8)
    circle.beat(30)
    assert turns(circle) == [
        ("Ana", 0, None), ("Ana", 5, 8), ("Ben", 8, None), ("Ben", 16, 20), (None, 20, None),
    ]  # fmt: skip
    assert spans(circle, 30) == [("Ana", 0, 8), ("Ben", 8, 12)]


def test_by_silence_a_turn_ends_so_many_beats_after_the_last_own_hit() -> None:
    circle = Circle("Ana Ben", "turn_taking:ends_by=silence,silence=2,rounds=1")
    circle.play("Ana", 0, 1, 2.5, 4, 5)
    circle.play("Ben", 6)
    circle.play("Ben", 8, 9)
    assert spans(circle, 30) == [("Ana", 0, 8), ("Ben", 8, 4)]
    assert turns(circle)[1] == ("Ben", 8, None)


def test_by_silence_a_turn_nobody_begins_passes_on_after_one_bar() -> None:
    circle = Circle("Ana Ben", "turn_taking:ends_by=silence,rounds=1").beat(12)
    assert spans(circle, 12) == [("Ana", 0, 4), ("Ben", 4, 4)]


def test_the_key_passes_a_turn_on_whatever_is_played_after_it() -> None:
    circle = Circle("Ana Ben", "turn_taking:ends_by=silence,rounds=1")
    circle.play("Ana", 0, 1)
    circle.do(NextTurn(), 1.2)
    circle.play("Ana", 2, 3)
    assert spans(circle, 6)[:1] == [("Ana", 0, 4)]


# ---------------------------------------------------------------- coming and going


def test_without_players_it_waits_and_the_first_hit_begins_the_first_turn() -> None:
    circle = Circle("", "turn_taking:beats=4").beat(6)
    assert circle.session.view(at(6)).structure.words == "waiting for players"  # type: ignore[union-attr]
    circle.tell(PadFound("link:Ana", "Ana", "link"), at(7))
    hit = at(8) - 15 * MS
    circle.tell(Join("Ana", "Ana", pads=("link:Ana",), since=hit), hit + ARRIVES)
    circle.tell(Hit(hit, "link:Ana", 38, 90), hit + ARRIVES)
    [ana] = rows(circle, 11)
    assert (ana["start_beat"], ana["in_turn_hits"], ana["entry_offset_ms"]) == (8, 1, -15.0)


def test_who_joins_comes_at_the_end_of_the_round() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4,rounds=2")
    circle.seat("Cy", at(2))
    assert [p for p, *_ in turns(circle.beat(40))] == ["Ana", "Ben", "Cy", "Ana", "Ben", "Cy", None]


@pytest.mark.parametrize("gone", [Leave("Ana"), Rest("Ana", True)])
def test_a_turn_whose_player_is_gone_passes_on_after_one_bar(gone: Leave | Rest) -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=16,rounds=1")
    circle.do(gone, 4.6)
    assert spans(circle, 40) == [("Ana", 0, 9), ("Ben", 9, 16)]


def test_somebody_who_is_back_within_the_bar_keeps_their_turn() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=16,rounds=1")
    circle.do(Rest("Ana", True), 4.6)
    circle.do(Rest("Ana", False), 6)
    assert spans(circle, 40)[0] == ("Ana", 0, 16)


def test_a_player_who_vanishes_just_before_their_turn_is_passed_over() -> None:
    circle = Circle("Ana Ben Cy", "turn_taking:beats=4,rounds=1")
    circle.do(Leave("Ben"), 3.49)
    assert [p for p, *_ in turns(circle.beat(20))] == ["Ana", "Cy", None]


def test_a_player_who_vanishes_in_the_half_beat_before_their_turn_has_one_bar() -> None:
    circle = Circle("Ana Ben Cy", "turn_taking:beats=8,rounds=1")
    circle.do(Leave("Ben"), 7.7)
    assert spans(circle, 40) == [("Ana", 0, 8), ("Ben", 8, 4), ("Cy", 12, 8)]


def test_when_everybody_is_gone_it_waits_for_the_first_who_is_back() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4,rounds=3")
    for player in ("Ana", "Ben"):
        circle.do(Rest(player, True), 1)
    circle.beat(21)
    circle.do(Rest("Ben", False), 21)
    assert [row[:2] for row in spans(circle, 26)] == [("Ana", 0), ("Ben", 24)]


# ---------------------------------------------------------------- stop, tempo, performance


def test_after_stop_all_the_interrupted_turn_goes_on_with_the_beats_it_had_left() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=8,rounds=1")
    circle.play("Ana", 0, 1, 4, 5)
    circle.do(StopAll(), 5.3)
    circle.play("Ana", 7)
    circle.do(GoOn(), 9)
    circle.play("Ana", 12, 13)
    circle.play("Ben", 16)
    assert turns(circle.beat(17))[1:] == [("Ana", 12, 16), ("Ben", 16, 24)]
    ana, ben = rows(circle, 40)
    assert ana["in_turn_hits"] == 4, "0 and 1, and the bar from 4 on as it was played the second time"
    assert (ben["entry_offset_ms"], ben["floor_transfer_offset_beats"]) == (0.0, 3.0)


def test_no_floor_transfer_is_taken_across_a_stop() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4,rounds=1")
    circle.play("Ana", 0, 1, 2, 3)
    circle.do(StopAll(), 4.2)
    circle.do(GoOn(), 9)
    circle.play("Ben", 12)
    ana, ben = rows(circle, 30)
    assert ana["in_turn_hits"] == 4
    assert (ben["entry_offset_ms"], ben["floor_transfer_offset_ms"]) == (0.0, None)


@pytest.mark.parametrize("order", ["circle", "random", "Ben+Ana+Cy"])
def test_short_turns_of_the_stopped_bar_are_played_again_by_the_same_players(order: str) -> None:
    circle = Circle("Ana Ben Cy", f"turn_taking:beats=1,rounds=4,order={order}")
    circle.do(StopAll(), 6.3)
    circle.do(GoOn(), 9)
    circle.beat(13)
    before = [(p, b) for p, b, _ in turns(circle) if 4 <= b < 7 and p]
    again = [(p, b - 8) for p, b, _ in turns(circle) if 12 <= b < 15 and p]
    assert again[:1] == before[:1]
    circle.beat(30)
    again = [(p, b - 8) for p, b, _ in turns(circle) if 12 <= b < 15 and p]
    assert again == before
    assert len(rows(circle, 30)) == 12


def test_a_change_of_tempo_in_a_turn_moves_its_end_and_no_phase() -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4,rounds=1")
    circle.do(SetTempo(60.0), 1.5)
    third = at(2) + NS
    circle.play("Ana", 0, 2)
    circle.tell(Hit(third, "link:Ana", 38, 90), third + ARRIVES)
    circle.tell(Hit(third + NS - 30 * MS, "link:Ben", 38, 90), third + NS)
    circle.until(at(30))
    ana, ben = circle.structures(at(30))[0]["results"]["turns"]
    assert (ana["in_turn_hits"], ben["entry_offset_ms"]) == (3, -30.0)
    assert ben["floor_transfer_offset_ms"] == 970.0
    assert ben["floor_transfer_offset_beats"] == pytest.approx(0.97, abs=1e-12)


@pytest.mark.parametrize("wait", [3.0, 7.8, 8.2, 9.0, 15.2])
def test_a_performance_moves_a_given_structure_that_nobody_has_played_in(wait: float) -> None:
    circle = Circle("Ana Ben", "turn_taking:beats=4,rounds=1")
    circle.do(Perform(at(16), "a file"), wait)
    circle.play("Ana", 16)
    assert [r["start_beat"] for r in rows(circle, 30)] == [0, 4]
    assert len(circle.structures(at(30))) == 1
    assert circle.structures(at(30))[0]["start_s"] == 8.0
    circle.do(Perform(at(40), "another"), 31)
    assert circle.structures(at(31))[0]["start_s"] == 8.0


# ---------------------------------------------------------------- not kept


def test_what_unjournalled_hits_do_to_a_turn_is_a_fact_from_which_a_replay_ends_the_same() -> None:
    lived = Circle("Ana Ben", "turn_taking:ends_by=silence,rounds=1")
    lived.tell(LiveOnly("Ana", True), START)
    lived.tell(Record(True), START)
    lived.play("Ana", 0, 1, 2, 2.2, 4)
    lived.play("Ben", 8, 9)
    replayed = Session(lived.session.config)
    journal = [(now, event) for now, event in lived.events if not _is_hit_of(event, "Ana")]
    journal += [(now, TurnEndedByPlaying(e.player, e.time)) for now, e in lived.moments(TurnPassedByPlaying)]
    for now, event in sorted(journal, key=lambda item: item[0]):
        replayed.handle(event, now)
    lived.beat(30)
    replayed.advance(at(30))
    assert replayed.summary(at(30)) == lived.session.summary(at(30))
    ana, ben = rows(lived, 30)
    assert ana == {"player": "Ana", "round": 1, "start_beat": 0, "turn_duration_beats": 7, "live_only": True}
    assert (ben["start_beat"], ben["in_turn_hits"], ben["floor_transfer_offset_ms"]) == (7, 2, None)


def _is_hit_of(event: object, player: str) -> bool:
    return isinstance(event, Hit) and event.pad == f"link:{player}"


# ---------------------------------------------------------------- dashboard


def test_the_view_says_whose_turn_it_is_who_follows_and_how_long_it_still_is() -> None:
    circle = Circle("Ana Ben Cy", "turn_taking:beats=4,rounds=2")
    circle.do(Rest("Cy", True), 0.5)
    shown = [circle.beat(b).session.view(at(b)) for b in (1.2, 3.8, 5.0, 14.9)]
    seen = [(v.turn.current, v.turn.following, v.turn.beats_left) for v in shown if v.turn]
    assert seen == [("Ana", "Ben", 3), ("Ana", "Ben", 1), ("Ben", "Ana", 3), ("Ben", None, 2)]
    assert shown[0].turn is not None
    assert shown[0].turn.order == ("Ana", "Ben", "Cy")
    assert shown[3].structure is not None
    assert shown[3].structure.words == "round 2 of 2"
    assert codec.decode_view(codec.plain(shown[0])) == shown[0]


# ---------------------------------------------------------------- whatever happens


@given(
    seed=st.integers(0, 10_000),
    chosen=st.fixed_dictionaries(
        {
            "order": st.sampled_from(["circle", "random", "nominated", "Ana+Cy"]),
            "ends_by": st.sampled_from(["beats", "silence", "key"]),
            "beats": st.integers(1, 9),
            "rest": st.integers(0, 3),
            "rounds": st.integers(1, 3),
        }
    ),
)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_turns_never_overlap_and_time_never_stands_still(
    seed: int, chosen: dict[str, object]
) -> None:
    dice = random.Random(seed)
    circle = Circle("Ana Ben Cy", "turn_taking:" + ",".join(f"{k}={v}" for k, v in chosen.items()))
    names, beat = ("Ana", "Ben", "Cy"), 0.0
    for _ in range(60):
        beat += dice.choice((0.1, 0.4, 0.9, 2.3))
        who = dice.choice(names)
        command = dice.choice(
            (None, None, None, Rest(who, dice.random() < 0.5), NextTurn(), NextTurn(who), StopAll(), GoOn(),
             Assign(f"link:{who}", dice.choice(names)), SetTempo(dice.uniform(90, 150)))
        )  # fmt: skip
        before = circle.session.next_deadline()
        with suppress(UsageError):
            circle.tell(command or Hit(at(beat), f"link:{who}", 38, 80), at(beat) + ARRIVES)
        assert circle.session.next_deadline() >= min(before, at(beat))
    found = circle.structures(at(beat))[0]["results"]["turns"]
    for earlier, later in pairwise(found):
        assert earlier["turn_duration_beats"] is not None
        assert earlier["start_beat"] + earlier["turn_duration_beats"] <= later["start_beat"]
    starts = [row["start_beat"] for row in found]
    assert starts == sorted(set(starts))


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["101_1", "104_3", "107_1", "109_3"])
def test_real_people_alternating_are_measured_as_in_the_file(name: str) -> None:
    path = SHARED / f"{name}.mid"
    if not path.exists():
        pytest.skip("the recordings in ../shared/data are not here")
    from e2e_truth import read_hits

    hits = {note: [round(t * NS) for t, _ in own if t < 16] for note, own in read_hits(path).items()}
    session = Session(
        SessionConfig(
            START, bpm=120, structure="turn_taking:beats=1,rounds=40,order=48+47", double_trigger_ms=0
        )
    )
    zero = START + 8 * NS
    session.handle(Perform(zero, name), zero - NS)
    for note in (48, 47):
        session.handle(Assign(f"usb:p#{note}", str(note), zero - NS), zero - NS)
    for time, note in sorted((t, note) for note, own in hits.items() for t in own):
        session.handle(Hit(zero + time, "usb:p", note, 80), zero + time + ARRIVES)
    session.advance(zero + 60 * NS)
    found = session.summary(zero + 60 * NS)["structures"][0]["results"]["turns"]
    before: list[int] = []
    assert len(found) == 80
    for turn, row in enumerate(found):
        start = turn * NS // 2
        own = sorted(t for t in hits[(48, 47)[turn % 2]] if abs(t - start) < NS // 4)
        assert row["in_turn_hits"] == len(own)
        assert row["entry_offset_ms"] == ((own[0] - start) / MS if own else None)
        assert row["floor_transfer_offset_ms"] == ((own[0] - before[-1]) / MS if own and before else None)
        before = own


def test_somebody_without_a_pad_has_their_turn_without_figures() -> None:
    circle = Circle("Ana")
    circle.tell(Join("Voice", "Voice"), START)
    circle.do(Arm("turn_taking", {"rounds": 1, "beats": 4}, 0), 1)
    circle.play("Ana", 4)
    turn = circle.results(20)["turns"][1]
    assert turn == {"player": "Voice", "round": 1, "start_beat": 4, "turn_duration_beats": 4, "no_pad": True}
