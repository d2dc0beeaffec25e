"""Hold: the next beat leans toward those who played, never by more than a tenth, and what that did is kept."""

from __future__ import annotations

from typing import Any

import pytest

from core_circle import ARRIVES, BEAT, Circle, at, beats_of
from drumcircle.bench.leaning import lean
from drumcircle.core.events import (
    MS,
    Cue,
    GoOn,
    Hit,
    Leave,
    LiveOnly,
    Press,
    PulseFollowed,
    PulseMovedByPlaying,
    Record,
    Rest,
    SetLatency,
    StopAll,
)
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.errors import UsageError


def clicks(circle: Circle) -> dict[int, int]:
    """Beat -> when it was last said to sound."""
    beats = (cue for cue in circle.all(Cue) if cue.id.startswith("beat:"))
    return {int(cue.id.split(":")[1]): cue.due for cue in beats}


def late(circle: Circle, player: str, beat: int, ms: float) -> None:
    """A hit so late after a beat as it is by then."""
    while beat not in clicks(circle):
        circle.until(circle.session.next_deadline())
    time = clicks(circle)[beat] + round(ms * MS)
    circle.tell(Hit(time, f"link:{player}", 38, 90), time + ARRIVES)


def moves_ms(circle: Circle, beats: int) -> list[float]:
    circle.until(at(beats + 1))
    times = clicks(circle)
    return [round((times[beat + 1] - times[beat] - BEAT) / MS, 3) for beat in range(beats)]


def test_the_next_beat_moves_by_alpha_times_the_mean_of_those_who_played() -> None:
    circle = Circle("Ana Ben Cy", "hold:alpha=0.5,before=0,ground=none")
    late(circle, "Ana", 1, 40)
    late(circle, "Ben", 1, 20)
    late(circle, "Ana", 3, -10)
    assert moves_ms(circle, 5) == [0, 15, 0, -5, 0]
    assert [round(beats_of(now), 2) for now, cue in circle.moments(Cue) if cue.id == "beat:2"] == [1.73]


def test_a_beat_never_moves_by_more_than_a_tenth() -> None:
    circle = Circle("Ana", "hold:alpha=1,before=0,ground=none")
    late(circle, "Ana", 1, 200)
    late(circle, "Ana", 2, -240)
    assert moves_ms(circle, 4) == [0, 50, -50, 0]
    assert circle.results(6)["pulse"]["largest_move_percent"] == pytest.approx(10)


def test_where_the_next_beat_cannot_be_replaced_any_more_it_is_the_one_after() -> None:
    circle = Circle("Ana", "hold:alpha=0.5,before=0,ground=none")
    circle.do(SetLatency("sound", 180.0), 0.1)
    late(circle, "Ana", 9, 40)
    assert moves_ms(circle, 12)[8:] == [0, 0, 20, 0]


def test_the_first_bars_stay_as_they_are_and_the_key_freezes() -> None:
    circle = Circle("Ana", "hold:alpha=0.5,before=1,ground=none")
    words = []
    for beat, ms in enumerate((0, 10, 30, 20, 10, 30, 0, 20), start=0):
        late(circle, "Ana", beat, ms) if beat else circle.play("Ana", 0)
        structure = circle.session.view(at(beat + 0.3)).structure
        assert structure is not None
        words.append(structure.words)
    circle.do(Press("freeze"), 8)
    for beat, ms in ((9, 40), (10, 80)):
        late(circle, "Ana", beat, ms)
    done = circle.results(12)
    assert moves_ms(circle, 11) == [0, 0, 0, 0, 5, 15, 0, 10, 0, 0, 0]
    assert words == ["steady, to compare with"] * 4 + ["leaning toward you"] * 4
    assert done["players"] == {
        "Ana": {
            "sd_asynchrony_before_ms": pytest.approx(12.909944, abs=1e-6),
            "sd_asynchrony_during_ms": pytest.approx(12.909944, abs=1e-6),
            "sd_asynchrony_after_ms": pytest.approx(28.284271, abs=1e-6),
        }
    }
    assert done["pulse"]["moves"] == 3
    assert done["pulse"]["net_move_ms"] == 30
    assert done["adaptive_pulse"] is True
    circle.do(Press("freeze"), 13)
    with pytest.raises(UsageError, match="it has freeze"):
        circle.do(Press("half"), 14)


def test_only_those_who_are_named_count_and_a_stroke_off_the_beat_means_none() -> None:
    circle = Circle("Ana Ben", "hold:alpha=0.5,before=0,ground=none,players=Ana")
    late(circle, "Ben", 1, 40)
    late(circle, "Ana", 2, 40)
    assert moves_ms(circle, 4) == [0, 0, 20, 0]
    fine = Circle("", "hold:alpha=0.5,before=0,ground=none")
    fine.seat("Ana", subdivision=2.0)
    late(fine, "Ana", 1, 230)
    late(fine, "Ana", 2, 20)
    assert moves_ms(fine, 4) == [0, 0, 10, 0]


def test_nobody_played_no_move_and_one_who_vanishes_in_the_window_is_still_heard_in_it() -> None:
    circle = Circle("Ana Ben", "hold:alpha=0.5,before=0,ground=none")
    late(circle, "Ana", 1, 40)
    circle.do(Leave("Ana"), 1.2)
    circle.do(Rest("Ben", True), 1.3)
    assert moves_ms(circle, 6) == [0, 20, 0, 0, 0, 0]
    assert circle.session.faults() == []


def test_it_goes_on_after_a_stop_with_nothing_left_from_before() -> None:
    circle = Circle("Ana", "hold:alpha=0.5,before=0,ground=none")
    late(circle, "Ana", 2, 100)
    circle.do(StopAll(), 2.4)
    circle.do(GoOn(), 4.1)
    late(circle, "Ana", 9, 20)
    assert circle.results(12)["pulse"]["net_move_ms"] == 10


def test_what_was_played_before_a_recording_began_is_in_no_result() -> None:
    circle = Circle("Ana", "hold:alpha=0.5,before=0,ground=none")
    late(circle, "Ana", 1, 100)
    late(circle, "Ana", 2, 20)
    assert circle.results(3)["pulse"]["moves"] == 2
    circle.do(Record(True), 3.2)
    late(circle, "Ana", 4, 10)
    results = circle.results(6)
    assert (results["pulse"]["moves"], results["pulse"]["net_move_ms"]) == (1, 5.0)
    assert results["players"]["Ana"]["sd_asynchrony_during_ms"] is None


def test_names_may_stand_apart() -> None:
    circle = Circle("Ana Ben", "hold:alpha=0.5,before=0,players=Ana + Ben,ground=none")
    late(circle, "Ben", 1, 100)
    assert circle.results(3)["pulse"]["moves"] == 1


def test_what_live_only_players_do_to_the_pulse_comes_back_from_facts() -> None:
    lived = Circle("Ana Ben", "hold:alpha=0.5,before=0,ground=none")
    lived.do(Record(True), 0.1)
    lived.do(LiveOnly("Ana", True), 0.2)
    for beat in range(1, 9):
        late(lived, "Ana", beat, 7 * beat)
        late(lived, "Ben", beat, 3)
    lived.beat(12)
    journal = [e for e in lived.events if not (isinstance(e[1], Hit) and e[1].pad == "link:Ana")]
    facts = lived.moments(PulseMovedByPlaying)
    assert len(facts) == 8
    journal += [(now, PulseFollowed(m.at, m.beat, m.time, m.bpm)) for now, m in facts]
    again = Session(
        SessionConfig(lived.session.config.start, bpm=120.0, structure="hold:alpha=0.5,before=0,ground=none")
    )
    for now, event in sorted(journal, key=lambda entry: entry[0]):
        again.handle(event, now)
    assert again.view(at(12)).pulse == lived.session.view(at(12)).pulse


def test_four_people_spread_least_at_35_percent_and_most_at_all_of_it() -> None:
    found: dict[float, Any] = {alpha: lean(alpha, 20_000) for alpha in (0.0, 0.35, 1.0)}
    sd = {alpha: leaning.sd_asynchrony_ms for alpha, leaning in found.items()}
    assert sd[0.35] < sd[0.0] < sd[1.0]
    assert sd[0.0] == pytest.approx(28.86, abs=0.3)
    assert max(leaning.largest_move for leaning in found.values()) <= 0.1 + 1e-9
