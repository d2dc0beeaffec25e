"""Tempo match: the group's own tempo is found, taken with its phase, led, held and gone back to."""

from __future__ import annotations

import re
from math import remainder
from typing import Any

import pytest

from core_circle import START, Circle
from drumcircle.core.events import (
    NS,
    Arm,
    Cue,
    GoOn,
    Hit,
    Leave,
    Press,
    PulseFollowed,
    PulseMovedByPlaying,
    PulseShown,
    Rest,
    StopAll,
)
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.core.structures.group_tempo import common_tempo, own_tempo
from drumcircle.errors import UsageError
from tempo_band import Band, Person

NAMES = ["Ana", "Ben", "Cy", "Dee", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Lea"]


def band(bpm: float, count: int = 6, sd_ms: float = 20, seed: int = 1, settings: str = "") -> Band:
    circle = Circle("", f"tempo_match{settings}", bpm=100.0)
    return Band(circle, *(Person(name, bpm, sd_ms, seed, START + 777_000_000) for name in NAMES[:count]))


def results(playing: Band, now: int) -> dict[str, Any]:
    found: dict[str, Any] = playing.circle.structures(now)[0]["results"]
    return found


def words(playing: Band, now: int) -> str:
    structure = playing.circle.session.view(now).structure
    assert structure is not None
    return structure.words


def seconds(value: float) -> int:
    return START + round(value * NS)


def said(playing: Band) -> list[str]:
    return [h.text for h in playing.circle.session.happenings_after(0)]


@pytest.mark.parametrize("bpm", [52, 75, 104, 150])
def test_the_groups_own_tempo_is_found_within_2_percent_and_its_phase_taken(bpm: float) -> None:
    playing = band(bpm)
    playing.until(seconds(22))
    assert results(playing, seconds(22))["start_bpm"] == pytest.approx(bpm, rel=0.02)
    shown = playing.circle.all(PulseShown)[-1]
    period = 60 * NS / bpm
    off = remainder(shown.t - (START + 777_000_000), period)
    assert abs(off) < 0.06 * period


@pytest.mark.parametrize("bpm", [52, 75])
@pytest.mark.parametrize("seed", range(5))
def test_twelve_who_vary_by_100_ms_have_a_common_tempo_within_5_percent(bpm: float, seed: int) -> None:
    playing = band(bpm, 12, 100, seed)
    playing.until(seconds(32))
    assert results(playing, seconds(32))["start_bpm"] == pytest.approx(bpm, rel=0.05)


@pytest.mark.parametrize(
    ("tempi", "bpm"),
    [
        ((75, 75, 75, 75, 150, 37.5), 75),
        ((52, 104, 52, 52, 26, 52), 52),
        ((150, 150, 75, 150, 148, 151), 150),
    ],
)
def test_who_plays_twice_or_half_as_fast_is_moved_by_octaves_to_the_rest(
    tempi: tuple[float, ...], bpm: float
) -> None:
    circle = Circle("", "tempo_match", bpm=100.0)
    playing = Band(
        circle, *(Person(n, t, 20, 3, START + 500_000_000) for n, t in zip(NAMES, tempi, strict=False))
    )
    playing.until(seconds(22))
    assert results(playing, seconds(22))["start_bpm"] == pytest.approx(bpm, rel=0.02)


def test_with_no_common_tempo_it_goes_on_listening_in_silence() -> None:
    circle = Circle("", "tempo_match", bpm=100.0)
    tempi = (45, 56, 67, 78, 89, 100)
    playing = Band(circle, *(Person(n, t, 20, 3, START) for n, t in zip(NAMES, tempi, strict=False)))
    playing.until(seconds(60))
    assert results(playing, seconds(60))["start_bpm"] is None
    assert words(playing, seconds(60)) == "listening: no common tempo yet"
    heard = [cue for cue in circle.all(Cue) if cue.player is None]
    assert heard == []
    assert not circle.session.view(seconds(60)).pulse.sounding
    assert "adaptive_pulse" not in results(playing, seconds(60))


def test_tempi_are_folded_into_40_to_160_and_six_in_ten_must_agree() -> None:
    assert own_tempo([0, 2 * NS, 4 * NS]) == 60
    assert own_tempo([0, NS // 5, 2 * NS // 5]) == 150
    assert common_tempo([]) is None
    assert common_tempo([100, 101, 99, 80, 120]) == 100
    assert common_tempo([100, 101, 80, 120, 75]) is None
    assert common_tempo([60, 61, 120, 59.5, 119]) == pytest.approx(60)


def test_the_pulse_stays_16_beats_then_leads_to_the_target_3_bpm_a_minute() -> None:
    playing = band(76, settings=":target=72")
    playing.until(seconds(130))
    ground = [cue for cue in playing.circle.all(Cue) if cue.id.startswith("part:ground")]
    assert ground[0].gain == pytest.approx(90 / 127, abs=0.002)
    shown = [(e.t, e.bpm) for e in playing.circle.all(PulseShown) if e.t > seconds(20)]
    start = shown[0][1]
    ramp = [(t, bpm) for t, bpm in shown if 72.001 < bpm < start - 1e-6]
    assert ramp[0][0] - shown[0][0] == pytest.approx(16 * 60 * NS / start, rel=0.01)
    (t0, b0), (t1, b1) = ramp[0], ramp[-1]
    assert (b0 - b1) / ((t1 - t0) / (60 * NS)) == pytest.approx(3, rel=0.01)
    done = results(playing, seconds(130))
    assert done["reached_bpm"] == pytest.approx(72)
    assert (done["held"], done["returned"], done["target_bpm"]) == (0, 0, 72)
    assert done["share_of_ramp_in_lock"] > 0.8
    assert done["adaptive_pulse"] is True
    assert words(playing, seconds(130)) == "there, at 72"
    assert "Your tempo is 76; the pulse is with you." in said(playing)


def lost_band(lost: int, **settings: Any) -> Band:
    playing = band(76, settings=":target=60")
    playing.until(seconds(60))
    for person in playing.people[:lost]:
        person.lost = True
    return playing


def test_below_half_the_togetherness_before_the_ramp_the_tempo_is_held_until_it_is_back() -> None:
    playing = lost_band(4)
    playing.until(seconds(80))
    done = results(playing, seconds(80))
    held_at = done["reached_bpm"]
    assert (done["held"], done["returned"]) == (1, 0)
    assert words(playing, seconds(80)) == f"holding at {held_at:.0f}, to 60"
    playing.until(seconds(90))
    assert results(playing, seconds(90))["reached_bpm"] == held_at
    for person in playing.people:
        person.lost = False
    playing.until(seconds(130))
    done = results(playing, seconds(130))
    assert done["reached_bpm"] < held_at - 0.5
    assert done["held_s"] > 10
    assert any(text.startswith("Holding the tempo: togetherness") for text in said(playing))


def test_below_a_quarter_it_goes_back_to_the_last_steady_tempo() -> None:
    playing = lost_band(6)
    before = results(playing, seconds(60))["reached_bpm"]
    playing.until(seconds(90))
    done = results(playing, seconds(90))
    assert (done["held"], done["returned"]) == (1, 1)
    assert before - 0.6 < done["reached_bpm"] <= before + 0.6
    slowest = min(e.bpm for e in playing.circle.all(PulseShown) if e.t > seconds(60))
    assert slowest < done["reached_bpm"]


def test_the_half_and_the_double_are_shown_and_taken_with_one_key() -> None:
    playing = band(75)
    playing.until(seconds(15))
    assert words(playing, seconds(15)) == "listening: 75 (half 38, double 150)"
    playing.circle.tell(Press("double"), seconds(15.1))
    playing.until(seconds(24))
    assert results(playing, seconds(24))["start_bpm"] == pytest.approx(150, rel=0.02)
    playing.circle.tell(Press("half"), seconds(24.1))
    shown = playing.circle.all(PulseShown)[-1]
    assert shown.bpm == pytest.approx(75, rel=0.02)
    assert results(playing, seconds(25))["start_bpm"] == pytest.approx(75, rel=0.02)
    playing.circle.tell(Press("half"), seconds(25.1))
    with pytest.raises(UsageError, match="19 BPM is outside 30 to 240"):
        playing.circle.tell(Press("half"), seconds(26))


def test_a_half_or_double_the_pulse_cannot_go_is_not_offered() -> None:
    playing = band(52)
    playing.until(seconds(15))
    assert re.fullmatch(r"listening: 5\d \(double 10\d\)", words(playing, seconds(15)))


def test_a_key_it_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="it has half, double"):
        band(75).circle.tell(Press("freeze"), seconds(3))


def test_going_on_after_a_stop_it_listens_anew_or_leads_on() -> None:
    playing = band(75, settings=":target=60")
    playing.circle.tell(StopAll(), seconds(5))
    playing.circle.tell(GoOn(), seconds(6))
    playing.until(seconds(26))
    assert results(playing, seconds(26))["start_bpm"] is None
    playing.until(seconds(60))
    playing.circle.tell(StopAll(), seconds(60.5))
    led = results(playing, seconds(60.5))["reached_bpm"]
    assert led < 75
    playing.until(seconds(80))
    assert results(playing, seconds(80))["reached_bpm"] == led
    playing.circle.tell(GoOn(), seconds(80.5))
    playing.until(seconds(110))
    assert results(playing, seconds(110))["reached_bpm"] < led


def test_players_who_vanish_in_the_ramp_neither_hold_nor_break_it() -> None:
    playing = band(75, settings=":target=60")
    playing.until(seconds(55))
    for name in NAMES[:3]:
        playing.circle.tell(Leave(name), seconds(55))
    playing.circle.tell(Rest(NAMES[3], True), seconds(55))
    playing.people = playing.people[4:]
    playing.until(seconds(80))
    done = results(playing, seconds(80))
    assert (done["held"], done["returned"]) == (0, 0)
    assert done["reached_bpm"] < 74
    playing.people = (Person("Nobody", 1, 0, 1, START + 10**15),)
    for name in NAMES[4:6]:
        playing.circle.tell(Leave(name), seconds(80))
    playing.circle.until(seconds(100))
    assert results(playing, seconds(100))["held"] == 1
    assert playing.circle.session.faults() == []


def test_another_structure_takes_over_at_the_tempo_that_was_reached() -> None:
    playing = band(75, settings=":target=60")
    playing.until(seconds(60))
    playing.circle.tell(Arm("groove", {}, 1), seconds(60))
    playing.until(seconds(75))
    view = playing.circle.session.view(seconds(75))
    assert view.structure is not None
    assert view.structure.name == "groove"
    assert view.pulse.bpm == pytest.approx(results(playing, seconds(75))["reached_bpm"])


def test_what_unjournalled_hits_did_to_the_pulse_comes_back_from_facts_beat_for_beat() -> None:
    playing = band(76, settings=":target=60")
    playing.until(seconds(60))
    for person in playing.people[:4]:
        person.lost = True
    playing.until(seconds(80))
    lived, now = playing.circle, seconds(80)
    facts = [
        (told, PulseFollowed(m.at, m.beat, m.time, m.bpm)) for told, m in lived.moments(PulseMovedByPlaying)
    ]
    journal = [entry for entry in lived.events if not isinstance(entry[1], Hit)]
    again = Session(SessionConfig(START, structure="tempo_match:target=60", bpm=100.0))
    for told, event in sorted([*journal, *facts], key=lambda entry: entry[0]):
        again.handle(event, told)
    assert again.view(now).pulse == lived.session.view(now).pulse
    theirs = again.summary(now)["structures"][0]["results"]
    assert theirs["start_bpm"] == results(playing, now)["start_bpm"]
    assert theirs["reached_bpm"] == pytest.approx(results(playing, now)["reached_bpm"])
