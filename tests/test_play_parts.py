"""Who is who in a performed file, when each hit is due, and on which bar line it begins."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drumcircle.cli._perform.schedule import Stretch, beginning, first_bar_line, is_fresh, schedule
from drumcircle.core.events import NS, PulseShown
from drumcircle.core.pulse import Meter, Pulse
from drumcircle.errors import FileProblem, UsageError
from drumcircle.formats.performance import (
    PAD_ID,
    Part,
    Strike,
    collect_players,
    load_performance,
    pad_ids,
)
from e2e_truth import write_hits

# ---------------------------------------------------------------- who is who


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    path = tmp_path / "kit.mid"
    write_hits(path, [(1.0, 38, 90), (0.0, 36, 100), (0.5, 42, 60), (1.0, 36, 101), (1.5, 46, 61)])
    return path


def test_every_note_of_a_midi_file_is_a_player_of_its_own(kit: Path) -> None:
    performance = load_performance(kit, {}, "ann")
    assert [part.name for part in performance.parts] == ["ann-36", "ann-38", "ann-42", "ann-46"]
    assert performance.parts[0].hits == (Strike(0.0, 36, 100), Strike(1.0, 36, 101))
    assert performance.remarks == ()


def test_named_players_have_their_notes_and_what_nobody_has_is_left_out_in_words(kit: Path) -> None:
    performance = load_performance(kit, collect_players(["low=36,38", "hat=46", "cow=56"]), "ann")
    assert [part.name for part in performance.parts] == ["low", "hat", "cow"]
    assert {hit.note for hit in performance.parts[0].hits} == {36, 38}
    assert "cow has nothing to play" in performance.remarks[0]
    assert "notes that no --player has (42; hits: 1)" in performance.remarks[1]


def test_players_whose_notes_are_not_in_the_file_are_refused_with_the_notes_that_are(kit: Path) -> None:
    with pytest.raises(FileProblem, match="it has 36, 38, 42, 46"):
        load_performance(kit, {"a": (99,)}, None)


def test_every_player_of_a_csv_is_a_pad_under_an_id_that_fits_a_topic(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("time_s,player,velocity\n2,Jörg B.,9\n1,p2,\n0.5,Jörg B.,12\n")
    performance = load_performance(path, {}, None)
    assert performance.parts == (
        Part("jorg-b", (Strike(0.5, 36, 12), Strike(2.0, 36, 9))),
        Part("p2", (Strike(1.0, 37, 100),)),
    )
    assert performance.remarks == ("Jörg B. plays as pad jorg-b.",)
    assert [part.name for part in load_performance(path, {}, "left").parts] == ["left-jorg-b", "left-p2"]


def test_notes_cannot_be_chosen_of_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("time_s,player\n1,p2\n")
    with pytest.raises(UsageError, match="names its players itself"):
        load_performance(path, {"a": (36,)}, None)


@pytest.mark.parametrize(
    "given", [["a"], ["=36"], ["A=36"], ["a="], ["a=36,x"], ["a=128"], ["a=-1"], ["a=36", "b=36"], ["a b=3"]]
)
def test_a_player_option_that_cannot_be_meant_is_refused(given: list[str]) -> None:
    with pytest.raises(UsageError):
        collect_players(given)


def test_a_player_named_twice_has_the_notes_of_both() -> None:
    assert collect_players(["a=36,38", "a=38,40"]) == {"a": (36, 38, 40)}


@pytest.mark.parametrize("prefix", ["", "Ann", "x" * 29, "a b"])
def test_a_prefix_that_cannot_begin_a_pad_id_is_refused(kit: Path, prefix: str) -> None:
    with pytest.raises(UsageError, match="--name"):
        load_performance(kit, {}, prefix)


@pytest.mark.parametrize("name", ["absent.mid", "absent.csv"])
def test_a_file_that_is_not_there_is_said_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileProblem, match=name):
        load_performance(tmp_path / name, {}, None)


def test_a_midi_file_is_known_by_its_first_bytes_whatever_its_name(kit: Path) -> None:
    renamed = kit.rename(kit.with_suffix(".bin"))
    assert len(load_performance(renamed, {}, None).parts) == 4


def test_a_midi_file_without_notes_is_refused(tmp_path: Path) -> None:
    write_hits(tmp_path / "none.mid", [])
    with pytest.raises(FileProblem, match="no notes"):
        load_performance(tmp_path / "none.mid", {}, None)


@given(st.lists(st.text(max_size=40), max_size=20))
def test_pad_ids_are_valid_and_all_different(names: list[str]) -> None:
    ids = pad_ids(names)
    assert len(set(ids)) == len(names)
    assert all(PAD_ID.fullmatch(pad) for pad in ids)


# ---------------------------------------------------------------- when each hit is due

hits = st.lists(st.floats(0, 600).map(lambda t: Strike(t, 36, 100)), max_size=30)
parts = st.lists(hits, max_size=4).map(
    lambda columns: tuple(
        Part(f"p{i}", tuple(sorted(c, key=lambda h: h.time_s))) for i, c in enumerate(columns)
    )
)


@given(parts=parts, start=st.floats(0, 600), length=st.floats(0.001, 600), speed=st.floats(0.1, 8))
def test_a_stretch_is_half_open_in_file_seconds_and_speed_divides_them(
    parts: tuple[Part, ...], start: float, length: float, speed: float
) -> None:
    stretch = Stretch(start, start + length, speed)
    due = schedule(parts, stretch)
    wanted = [(p.name, h.time_s) for p in parts for h in p.hits if start <= h.time_s < start + length]
    assert sorted((d.pad, d.offset) for d in due) == sorted((p, round(t * NS / speed)) for p, t in wanted)
    assert [d.offset for d in due] == sorted(d.offset for d in due)


def test_without_limits_all_is_played() -> None:
    part = Part("a", (Strike(0.0, 36, 1), Strike(1e6, 36, 1)))
    assert len(schedule((part,), Stretch())) == 2


# ---------------------------------------------------------------- on which bar line it begins

meters = st.sampled_from(["4/4", "3/4", "5/4", "6/8", "7/8", "12/8"])
bpms = st.floats(30, 240).map(lambda bpm: round(bpm, 2))


@given(bpm=bpms, meter=meters, beats=st.integers(0, 400), earliest=st.integers(0, 400 * NS))
def test_the_first_bar_line_is_a_bar_line_of_the_pulse_and_none_lies_between(
    bpm: float, meter: str, beats: int, earliest: int
) -> None:
    pulse = Pulse(50 * NS, bpm, Meter.parse(meter))
    bar, beat = pulse.bar_at(beats)
    line = first_bar_line(PulseShown(pulse.time_at(beats), bar + 1, beat + 1, bpm, meter), earliest)
    nearest = round(pulse.beat_at(line))
    # Each shown time is rounded to a nanosecond.
    assert abs(pulse.time_at(nearest) - line) <= 1
    assert pulse.bar_at(nearest)[1] == 0
    assert line >= earliest
    assert pulse.time_at(nearest - Meter.parse(meter).beats) < earliest + 2


@given(now=st.integers(0, 10**15), first=st.floats(0, 500), speed=st.floats(0.25, 4), bpm=bpms, meter=meters)
def test_time_zero_is_the_earliest_bar_line_that_leaves_the_lead_even_where_it_lies_in_the_past(
    now: int, first: float, speed: float, bpm: float, meter: str
) -> None:
    stretch, lead = Stretch(from_s=first, speed=speed), NS // 2
    shown = PulseShown(now + 3, 9, 2, bpm, meter)
    start = beginning(shown, now, stretch, lead)
    begins = start + stretch.offset(first)
    bar = Meter.parse(meter).beats * 60 * NS / bpm
    assert now + lead <= begins <= now + lead + bar + 1
    assert math.isclose((start - first_bar_line(shown, now)) / bar % 1, 0, abs_tol=1e-6) or math.isclose(
        (start - first_bar_line(shown, now)) / bar % 1, 1, abs_tol=1e-6
    )


def test_without_a_pulse_it_begins_as_soon_as_the_lead_is_over() -> None:
    assert beginning(None, 100 * NS, Stretch(from_s=10, speed=2), NS) == 96 * NS


@given(bpm=bpms, meter=meters, now=st.integers(10**12, 10**13))
def test_a_pulse_retained_from_long_ago_is_not_believed(bpm: float, meter: str, now: int) -> None:
    bar = round(Meter.parse(meter).beats * 60 * NS / bpm)
    assume(bar < 60 * NS)
    assert is_fresh(PulseShown(now - bar, 1, 1, bpm, meter), now)
    assert is_fresh(PulseShown(now + bar, 1, 1, bpm, meter), now)
    assert not is_fresh(PulseShown(now - 3 * bar - 2 * NS, 1, 1, bpm, meter), now)
