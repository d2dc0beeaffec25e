"""Leader rotation: who leads when, everybody beside the leader, and the pulse's return in the leader's time."""

from __future__ import annotations

from typing import Any

import pytest

from core_circle import ARRIVES, START, Circle, at, judged, turns, words_at
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Cue,
    GoOn,
    Hit,
    Lead,
    Leave,
    LiveOnly,
    NextTurn,
    PulseShown,
    StopAll,
    StructureEnded,
)
from drumcircle.errors import UsageError

SHORT = "leader_rotation:bars=2"


def leads(circle: Circle, beat: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = circle.results(beat)["leads"]
    return found


def lead_at(
    circle: Circle, player: str, start: float, period_ms: int, hits: int, *others: tuple[str, float]
) -> int:
    """``player`` plays steadily and others so many ms behind; the time of the last hit."""
    first = at(start)
    played = [(first + k * period_ms * MS, player) for k in range(hits)]
    played += [(t + round(late * MS), other) for t, _ in list(played) for other, late in others]
    for time, who in sorted(played):
        circle.tell(Hit(time, f"link:{who}", 38, 90), time + ARRIVES)
    return max(t for t, who in played if who == player)


def test_each_leads_for_so_many_bars_and_the_others_are_measured_beside_them() -> None:
    circle = Circle("Ana Ben", SHORT)
    for beat in range(8):
        circle.play("Ana", beat)
        circle.play("Ben", beat, off_ms=30)
    for beat in range(8, 16):
        circle.play("Ana", beat, off_ms=-10)
        circle.play("Ben", beat)
    first, second = leads(circle, 20)
    assert turns(circle) == [("Ana", 0, 8), ("Ben", 8, 16), (None, 16, None)]
    assert (first["leader"], first["start_beat"], first["beats"], first["tempo_bpm"]) == ("Ana", 0, 8, 120.0)
    assert first["players"]["Ben"] == {
        "n": 8, "mean_asynchrony_ms": 30.0, "sd_asynchrony_ms": 0.0, "mean_abs_asynchrony_ms": 30.0,
        "lag_plus1": None, "lag_minus1": None,
    }  # fmt: skip
    assert second["players"]["Ana"]["mean_asynchrony_ms"] == -10.0
    assert {name: n for name, (n, _) in judged(circle, 20).items()} == {"Ana": 0, "Ben": 0}


def test_the_pulse_is_silent_and_comes_back_in_the_leaders_tempo_and_phase() -> None:
    circle = Circle("Ana Ben", "leader_rotation:bars=8,order=Ana")
    period = 600
    last = lead_at(circle, "Ana", 0.4, period, 40)
    circle.until(last + 20 * NS)
    over = circle.all(StructureEnded)[0].time
    clicks = [c.due for c in circle.all(Cue) if c.id.startswith("beat:")]
    assert not [due for due in clicks if at(0) <= due < over - MS]
    off = [((due - at(0.4) + 300 * MS) % (period * MS) - 300 * MS) / MS for due in clicks if due >= over]
    assert len(off) > 4
    assert abs(off[0]) < 10
    assert circle.all(PulseShown)[-1].bpm == pytest.approx(100.0, rel=0.01)


def test_replaced_while_somebody_leads_the_count_is_in_their_time() -> None:
    circle = Circle("Ana", "leader_rotation:bars=64")
    last = lead_at(circle, "Ana", 0, 750, 30)
    circle.tell(Arm("groove", {}, 1), last + 10 * MS)
    circle.until(last + 10 * NS)
    counts = [c.due for c in circle.all(Cue) if c.voice == "count"]
    off = [((due - START + 375 * MS) % (750 * MS) - 375 * MS) / MS for due in dict.fromkeys(counts)]
    assert len(off) >= 4
    assert max(abs(o) for o in off[-4:]) < 10


def test_a_leader_who_vanishes_hands_on_after_a_bar() -> None:
    circle = Circle("Ana Ben", "leader_rotation:bars=16")
    circle.do(Leave("Ana"), 6)
    assert turns(circle.beat(20))[:2] == [("Ana", 0, 64), ("Ben", 12, 76)]


def test_the_facilitator_gives_the_lead_to_somebody() -> None:
    circle = Circle("Ana Ben Cy")
    circle.do(Lead("Cy"), 1)
    circle.do(Arm("leader_rotation", {"bars": 4}, 0), 1)
    circle.do(Lead("Ben"), 6)
    assert [(p, b) for p, b, _ in turns(circle.beat(10))] == [("Cy", 4), ("Ben", 8)]
    circle.do(NextTurn(), 13)
    assert turns(circle.beat(16.2))[-1][:2] == ("Ana", 16)


def test_nominated_leaders_wait_for_their_name() -> None:
    circle = Circle("Ana Ben", "leader_rotation:order=nominated")
    assert words_at(circle, 1) == "who leads?"
    with pytest.raises(UsageError, match="choose a player"):
        circle.do(NextTurn(), 1)
    circle.do(NextTurn("Ben"), 2)
    assert turns(circle.beat(5))[-1][:2] == ("Ben", 4)


def test_after_a_stop_the_same_player_leads_on_and_no_interval_spans_it() -> None:
    circle = Circle("Ana Ben", SHORT)
    circle.play_together(*((b, p) for b in range(6) for p in ("Ana", "Ben")))
    circle.do(StopAll(), 5.5)
    circle.do(GoOn(), 9)
    circle.play_together(*((b, p) for b in range(12, 16) for p in ("Ana", "Ben")))
    [first, *_] = leads(circle, 17)
    assert (first["leader"], first["tempo_bpm"], first["players"]["Ben"]["n"]) == ("Ana", 120.0, 4)


def test_nothing_of_a_live_only_leader_is_told() -> None:
    circle = Circle("Ana Ben", SHORT)
    circle.tell(LiveOnly("Ana", True), START + MS)
    circle.play_together(*((b, p) for b in range(1, 6) for p in ("Ana", "Ben")))
    assert leads(circle, 7)[0] == {"leader": "Ana", "start_beat": 0, "beats": 8, "live_only": True}


def test_the_view_says_who_leads_and_who_is_next() -> None:
    circle = Circle("Ana Ben", SHORT)
    turn = circle.beat(5.2).session.view(at(5.2)).turn
    assert turn is not None
    assert (turn.current, turn.following, turn.beats_left) == ("Ana", "Ben", 3)
    assert words_at(circle, 5.3) == "round 1 of 1"


@pytest.mark.parametrize(("pulse", "played"), [(30.0, 29.5), (240.0, 243.0)])
def test_a_leader_at_the_end_of_what_a_pulse_can_do_is_followed_as_far_as_it_goes(
    pulse: float, played: float
) -> None:
    circle = Circle("Ana", "leader_rotation:bars=16", bpm=pulse)
    for beat in range(40):
        time = START + round(beat * 60 * NS / played)
        circle.tell(Hit(time, "link:Ana", 38, 90), time + ARRIVES)
    assert circle.session.faults() == []
    view = circle.session.view(circle.events[-1][0])
    assert view.structure is not None
    assert view.pulse.bpm == pulse
