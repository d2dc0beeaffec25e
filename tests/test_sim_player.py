"""One virtual player: with the pulse, in turns, in echoes, and silent when the circle is."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.core.events import (
    MS,
    NS,
    CallBegan,
    Effect,
    PulseLit,
    PulseShown,
    Stopped,
    StructureBegan,
    StructureEnded,
    TurnBegan,
)
from drumcircle.sim.ensemble import Ensemble
from drumcircle.sim.heard_pulse import HeardPulse
from drumcircle.sim.player import Struck, VirtualPlayer, virtual_players
from drumcircle.sim.traits import Traits, names

START = 40 * NS
BEAT = 625 * MS
STEADY = Traits(
    mean_asynchrony_ms=-20.0, clock_sd_ms=10.0, motor_sd_ms=5.0, alpha=0.4, beta=0.0,
    miss=0.0, drop_out=0.0, double_trigger=0.0, early_in=0.0, over_run=0.0,
    echo_miss=0.0, echo_extra=0.0, echo_sd_ms=0.0,
)  # fmt: skip
EXACT = replace(STEADY, mean_asynchrony_ms=0.0, clock_sd_ms=0.0, motor_sd_ms=0.0)


def shown(beat: int = 0, bpm: float = 96.0, time: int | None = None, meter: str = "4/4") -> PulseShown:
    return PulseShown(START + beat * BEAT if time is None else time, 1, beat % 4 + 1, bpm, meter)


def playing(traits: Traits, *effects: Effect, seed: int = 5, structure: str = "groove") -> VirtualPlayer:
    player = VirtualPlayer("ann", seed, traits)
    for effect in (shown(), StructureBegan(structure, START, {}), *effects):
        player.take(effect, START - 150 * MS)
    return player


def beats(hits: list[Struck]) -> list[float]:
    return [round((hit.time - START) / BEAT, 6) for hit in hits]


# ---------------------------------------------------------------- the grid


def test_somebody_exact_plays_every_beat_on_its_nanosecond() -> None:
    hits = playing(EXACT).play(START + 7 * BEAT)
    assert [hit.time for hit in hits] == [START + n * BEAT for n in range(8)]


def test_subdivision_two_is_twice_a_beat_and_a_half_every_other_beat() -> None:
    until = START + 4 * BEAT
    twice = playing(replace(EXACT, subdivision=2.0)).play(until)
    assert beats(twice) == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]
    assert beats(playing(replace(EXACT, subdivision=0.5)).play(until)) == [0, 2, 4]


def test_a_tempo_shown_from_a_beat_on_is_played_from_that_beat_on() -> None:
    player = playing(replace(EXACT, period_correction=1.0))
    player.play(START + 2 * BEAT)
    player.take(shown(4, bpm=120.0), START + 3 * BEAT)
    hits = player.play(START + 4 * BEAT + 2 * NS)
    assert [hit.time - START - 4 * BEAT for hit in hits[:2]] == [-BEAT, 0]
    later = [hit.time - START - 4 * BEAT for hit in hits[2:]]
    # The interval kept is corrected by the phase correction alone: off at first, then with the pulse.
    errors = [abs(time - (n + 1) * 500 * MS) for n, time in enumerate(later)]
    assert errors[0] > 100 * MS
    assert errors[-1] < errors[0] / 2


def test_no_hits_before_a_structure_after_it_and_while_stopped() -> None:
    player = VirtualPlayer("ann", 5, EXACT)
    player.take(shown(), START - 150 * MS)
    assert player.play(START + BEAT) == []
    player.take(StructureBegan("groove", START + 4 * BEAT, {}), START + 3 * BEAT)
    assert beats(player.play(START + 5 * BEAT)) == [4, 5]
    player.take(Stopped(True, START + 5 * BEAT + 1), START + 5 * BEAT + 1)
    assert player.play(START + 7 * BEAT) == []
    player.take(Stopped(False, START + 8 * BEAT), START + 7 * BEAT)
    assert beats(player.play(START + 9 * BEAT)) == [8, 9]
    player.take(StructureEnded("groove", START + 12 * BEAT), START + 10 * BEAT)
    assert beats(player.play(START + 20 * BEAT)) == [10, 11]


def test_one_structure_follows_another_without_a_hole() -> None:
    player = playing(EXACT)
    player.play(START + 3 * BEAT)
    player.take(StructureEnded("groove", START + 4 * BEAT), START + 3 * BEAT)
    player.take(StructureBegan("groove", START + 4 * BEAT, {}), START + 3 * BEAT)
    assert beats(player.play(START + 6 * BEAT)) == [4, 5, 6]


@given(
    bpm=st.floats(30, 240),
    subdivision=st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0, 4.0]),
    beat=st.integers(0, 3),
)
def test_the_pulse_heard_goes_on_evenly_from_any_beat(bpm: float, subdivision: float, beat: int) -> None:
    pulse = HeardPulse()
    pulse.take(PulseShown(START, 3, beat + 1, bpm, "4/4"))
    after, times = -1e18, []
    for _ in range(40):
        point = pulse.after(after, subdivision)
        assert point is not None
        times.append(point.time)
        after = point.time + point.spacing / 2
    spacing = 60 * NS / bpm / subdivision
    assert times[0] >= START
    assert all(abs(b - a - spacing) <= 1 for a, b in pairwise(times))
    position = (times[0] - START) / (60 * NS / bpm) + beat
    assert position * subdivision == pytest.approx(round(position * subdivision), abs=1e-6)


# ---------------------------------------------------------------- timing


def test_mean_and_spread_are_those_of_the_model() -> None:
    hits = playing(STEADY).play(START + 4_000 * BEAT)
    asynchronies = [(hit.time - START - n * BEAT) / MS for n, hit in enumerate(hits)]
    assert len(hits) == 4_001
    assert fmean(asynchronies) == pytest.approx(-20.0, abs=1.0)
    assert stdev(asynchronies) == pytest.approx(model_sd(STEADY), rel=0.06)


def model_sd(traits: Traits) -> float:
    """SD of A where a' = a - alpha (a + M) + C: var a = (C² + alpha² M²)/(1 - (1 - alpha)²)."""
    keep = 1 - traits.alpha
    clock = (traits.clock_sd_ms**2 + traits.alpha**2 * traits.motor_sd_ms**2) / (1 - keep**2)
    return float((clock + traits.motor_sd_ms**2) ** 0.5)


def test_intervals_alternate_as_motor_noise_makes_them() -> None:
    traits = replace(STEADY, alpha=0.0001, clock_sd_ms=0.2, motor_sd_ms=12.0)
    hits = playing(traits).play(START + 2_000 * BEAT)
    intervals = [(b.time - a.time) / MS for a, b in pairwise(hits)]
    centred = [i - fmean(intervals) for i in intervals]
    lag1 = sum(a * b for a, b in pairwise(centred)) / sum(c * c for c in centred)
    assert lag1 == pytest.approx(-0.5, abs=0.06)


def test_players_who_listen_to_each_other_are_closer_to_each_other() -> None:
    assert spread_between(beta=0.3) < 0.8 * spread_between(beta=0.0)


def spread_between(beta: float) -> float:
    """SD of the difference between two who correct little toward the pulse."""
    traits = replace(STEADY, alpha=0.05, beta=beta, motor_sd_ms=3.0)
    pair = Ensemble([VirtualPlayer("ann", 1, traits), VirtualPlayer("ben", 2, traits)])
    for effect in (shown(), StructureBegan("groove", START, {})):
        pair.take(effect, START - NS)
    times: dict[str, dict[int, int]] = {"sim:ann": {}, "sim:ben": {}}
    for hit in pair.play(START + 2_000 * BEAT):
        times[hit.pad][round((hit.time - START) / BEAT)] = hit.time
    both = times["sim:ann"].keys() & times["sim:ben"].keys()
    return stdev((times["sim:ann"][n] - times["sim:ben"][n]) / MS for n in sorted(both))


def test_drop_outs_last_some_bars_and_end() -> None:
    hits = playing(replace(STEADY, drop_out=0.1)).play(START + 800 * BEAT)
    gaps = [round((b.time - a.time) / BEAT) for a, b in pairwise(hits)]
    pauses = [gap for gap in gaps if gap > 1]
    assert pauses
    assert all(gap % 4 == 1 and gap > 8 for gap in pauses)


def test_a_pad_that_fires_twice_does_so_within_40_ms_and_softer() -> None:
    hits = playing(replace(STEADY, double_trigger=0.2, velocity_sd=0.0, accent=0.0)).play(START + 200 * BEAT)
    again = [(a, b) for a, b in pairwise(hits) if b.time - a.time < 40 * MS]
    assert 20 < len(again) < 60
    assert all(b.velocity < a.velocity for a, b in again)


# ---------------------------------------------------------------- turns and calls


def test_without_a_pulse_that_leads_time_is_carried_alone_and_wanders() -> None:
    def spread(*effects: Effect) -> float:
        hits = playing(replace(EXACT, clock_sd_ms=15.0, alpha=0.8), *effects).play(START + 120 * BEAT)
        return stdev((hit.time - START + BEAT // 2) % BEAT / MS for hit in hits[60:])

    assert spread(PulseLit(False, START)) > 2 * spread()
    assert spread(PulseLit(False, START), PulseLit(True, START + 30 * BEAT)) < 1.5 * spread()


@pytest.mark.parametrize("structure", ["talk", "listen"])
def test_sticks_are_down_while_people_talk_or_listen(structure: str) -> None:
    assert playing(EXACT, structure=structure).play(START + 8 * BEAT) == []


def test_a_turn_is_played_from_its_start_to_its_end_and_no_other() -> None:
    player = playing(EXACT, structure="turn_taking")
    player.take(TurnBegan("ben", START, START + 8 * BEAT), START - 150 * MS)
    assert player.play(START + 7 * BEAT) == []
    player.take(TurnBegan("ann", START + 8 * BEAT, START + 16 * BEAT), START + 7 * BEAT)
    player.take(TurnBegan("ben", START + 16 * BEAT, START + 24 * BEAT), START + 15 * BEAT)
    played = beats(player.play(START + 24 * BEAT))
    assert len(played) > 6
    assert all(8 <= beat < 16 and beat * 2 == int(beat * 2) for beat in played)


def test_an_open_turn_is_left_after_a_while() -> None:
    player = playing(EXACT, structure="turn_taking")
    player.take(TurnBegan("ann", START, None), START - 150 * MS)
    assert max(beats(player.play(START + 100 * BEAT))) < 8


def test_a_turn_taken_away_is_over() -> None:
    player = playing(EXACT, structure="turn_taking")
    player.take(TurnBegan("ann", START, START + 8 * BEAT), START - 150 * MS)
    player.play(START + 3 * BEAT)
    player.take(TurnBegan(None, START + 4 * BEAT), START + 3 * BEAT)
    assert all(beat < 4 for beat in beats(player.play(START + 30 * BEAT)))


def test_some_come_in_early_and_play_on_too_long() -> None:
    player = playing(replace(EXACT, early_in=1.0, over_run=1.0), structure="turn_taking")
    player.take(TurnBegan("ann", START + 4 * BEAT, START + 8 * BEAT), START + 2 * BEAT)
    played = beats(player.play(START + 20 * BEAT))
    assert (min(played), max(played)) == (3.5, 8.0)


def call(*onsets: float, beats_long: int = 4) -> CallBegan:
    times = tuple(START + round(onset * BEAT) for onset in onsets)
    return CallBegan("library", times, START + beats_long * BEAT, START + 2 * beats_long * BEAT)


def test_a_call_comes_back_in_its_echo() -> None:
    player = playing(EXACT, call(0, 1, 1.5, 2, 3), structure="call_and_response")
    assert beats(player.play(START + 12 * BEAT)) == [4, 5, 5.5, 6, 7]


def test_mistakes_leave_strokes_out_and_put_others_in() -> None:
    forgets = playing(replace(EXACT, echo_miss=1.0), call(0, 1, 2), structure="call_and_response")
    assert forgets.play(START + 12 * BEAT) == []
    adds = playing(replace(EXACT, echo_extra=1.0), call(0, 1, 2), structure="call_and_response")
    assert beats(adds.play(START + 12 * BEAT)) == [4, 4.5, 5, 5.5, 6, 6.5]


def test_nobody_echoes_their_own_call_or_one_that_was_cut_off() -> None:
    own = playing(EXACT, replace(call(0, 1, 2), caller="ann"), structure="call_and_response")
    assert own.play(START + 12 * BEAT) == []
    cut = playing(EXACT, call(0, 1, 2), structure="call_and_response")
    cut.take(StructureEnded("call_and_response", START + 4 * BEAT), START + 3 * BEAT)
    assert cut.play(START + 12 * BEAT) == []


# ---------------------------------------------------------------- who they are


def test_the_same_seed_is_the_same_people_and_another_seed_others() -> None:
    def perform(seed: int) -> list[Struck]:
        player = virtual_players(3, seed)[2]
        for effect in (shown(), StructureBegan("groove", START, {})):
            player.take(effect, START - NS)
        return player.play(START + 50 * BEAT)

    assert perform(1) == perform(1)
    assert perform(1) != perform(2)


def test_names_already_taken_are_left_to_those_who_have_them() -> None:
    first = names(30)
    assert len(set(first)) == 30
    others = names(30, frozenset(first[:5]))
    assert len(set(others)) == 30
    assert not set(others) & set(first[:5])


def test_a_player_s_playing_does_not_depend_on_how_often_it_is_asked() -> None:
    at_once = playing(STEADY).play(START + 64 * BEAT)
    asked = playing(STEADY)
    piece_by_piece = [hit for n in range(65 * 16) for hit in asked.play(START + n * BEAT // 16)]
    assert piece_by_piece == at_once
