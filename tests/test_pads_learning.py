"""What ``pads learn`` makes of hits and keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from drumcircle.cli._listening import drawing
from drumcircle.cli._listening.learning import WIDEST, Learning
from drumcircle.cli._pads.learn import forget, own_place, save
from drumcircle.core.events import MS
from drumcircle.core.layout import GAP
from drumcircle.errors import FileProblem, UsageError
from drumcircle.formats.profiles import Bank, Profile, parse_profile, profile_text
from drumcircle.link.messages import HeardHit


class Device:
    """Somebody who hits pads of one device, a second apart unless told otherwise."""

    def __init__(self, learning: Learning, name: str = "usb:MPD218") -> None:
        self._learning, self._name, self._now = learning, name, 0

    def hit(self, *notes: int, after_ms: float = 1000, velocity: int = 90) -> None:
        for note in notes:
            self._now += round(after_ms * MS)
            self._learning.hear(HeardHit(self._now, self._name, note, velocity))


@pytest.fixture
def learning() -> Learning:
    return Learning()


@pytest.fixture
def mpd(learning: Learning) -> Device:
    return Device(learning)


def test_pads_are_learnt_in_the_order_they_are_hit_row_by_row(learning: Learning, mpd: Device):
    mpd.hit(40, 41)
    learning.new_row()
    mpd.hit(36, 37)
    assert learning.rows == ((40, 41), (36, 37))
    profile = learning.profile("MPD218", "learnt today")
    assert profile.fits("MPD218")
    assert [profile.layout().name(note) for note in (40, 41, 36, 37)] == ["pad 1", "pad 2", "pad 3", "pad 4"]
    assert parse_profile(profile_text(profile).encode(), "") == profile


def test_a_note_that_is_known_is_said_and_marked_in_the_drawing(learning: Learning, mpd: Device):
    mpd.hit(40, 41, 40)
    assert learning.notes == [40, 41]
    assert learning.said == "Note 40 is pad 1 already; hit the next one."
    assert any("! 1 ·  40!" in line and "[ 2 ·  41]" in line for line in drawing.learnt(learning))
    mpd.hit(42)
    assert "!" not in "".join(drawing.learnt(learning))


def test_a_bounce_is_not_taken_for_a_repeated_pad(learning: Learning, mpd: Device):
    mpd.hit(40)
    mpd.hit(40, after_ms=40)
    assert learning.said == "Pad 1 is note 40."


@pytest.mark.parametrize(("first", "second", "kept"), [(90, 20, 40), (20, 90, 41)])
def test_of_two_notes_of_one_stroke_the_louder_is_the_pad(
    learning: Learning, mpd: Device, first: int, second: int, kept: int
):
    mpd.hit(40, velocity=first)
    mpd.hit(41, velocity=second, after_ms=5)
    assert learning.notes == [kept]
    mpd.hit(50, 40 + 41 - kept)
    assert learning.notes == [kept, 50, 40 + 41 - kept]


def test_a_neighbour_that_is_a_pad_already_takes_nothing_away_by_sounding_along(
    learning: Learning, mpd: Device
):
    mpd.hit(40, 41)
    mpd.hit(40, velocity=127, after_ms=5)
    assert learning.notes == [40, 41]


def test_one_key_takes_back_a_pad_or_a_row(learning: Learning, mpd: Device):
    mpd.hit(40, 41)
    learning.new_row()
    learning.undo()
    mpd.hit(42)
    assert learning.rows == ((40, 41, 42),)
    for _ in range(3):
        learning.undo()
    assert learning.rows == ((),)
    learning.undo()
    assert learning.said == "There is nothing to take back."
    mpd.hit(40)
    assert learning.notes == [40]


def test_a_row_without_pads_is_not_begun_and_not_kept(learning: Learning, mpd: Device):
    learning.new_row()
    mpd.hit(40)
    learning.new_row()
    learning.new_row()
    assert learning.rows == ((40,), ())
    assert learning.profile("A", "b").banks[0].notes == ((40,),)


def test_a_row_that_nobody_ends_is_wrapped(learning: Learning, mpd: Device):
    mpd.hit(*range(WIDEST + 1))
    assert [len(row) for row in learning.rows] == [WIDEST, 1]


def test_it_is_about_the_first_device_that_is_hit_and_no_other(learning: Learning, mpd: Device):
    mpd.hit(40)
    Device(learning, "usb:LPD8").hit(36, after_ms=5000)
    assert learning.notes == [40]
    assert learning.said == "That was LPD8; this is about MPD218."


def test_a_wireless_pad_needs_no_profile(learning: Learning):
    Device(learning, "mqtt:snare").hit(36)
    assert learning.device is None
    assert "USB" in learning.said


def test_without_a_hit_there_is_nothing_to_keep(learning: Learning):
    with pytest.raises(UsageError, match="No pad was hit"):
        learning.profile("A", "b")


def test_a_name_with_signs_of_a_pattern_fits_itself_alone(learning: Learning, mpd: Device):
    mpd.hit(40)
    profile = learning.profile("Kit [a]*", "b")
    assert profile.fits("kit [a]*")
    assert not profile.fits("Kit a")


# ---------------------------------------------------------------- those there are


def test_a_profile_of_ones_own_is_forgotten_by_title_or_file_name_and_no_other(tmp_path: Path):
    save(tmp_path / "profiles" / "one.toml", profile_of("Kit One"))
    save(tmp_path / "profiles" / "two.toml", profile_of("Kit Two"))
    with pytest.raises(UsageError, match=r"'Akai MPD218'; there is Kit One, Kit Two\."):
        forget("Akai MPD218", tmp_path)
    assert forget("kit one", tmp_path).name == "one.toml"
    (tmp_path / "profiles" / "two.toml").write_text("broken")
    assert forget("two", tmp_path).name == "two.toml"
    assert list((tmp_path / "profiles").glob("*")) == []


def test_a_device_learnt_again_keeps_its_file_and_takes_no_others(tmp_path: Path):
    first = own_place(tmp_path, "Kit One!")
    save(first, profile_of("Kit One!"))
    assert first.name == "kit-one.toml"
    assert own_place(tmp_path, "Kit One!") == first
    assert own_place(tmp_path, "kit (one)").name == "kit-one-2.toml"
    first.write_text("broken by hand, and perhaps to be mended")
    assert own_place(tmp_path, "Kit One!").name == "kit-one-2.toml"
    assert own_place(tmp_path, "鼓").name == "pads.toml"


def test_a_known_device_is_drawn_with_its_pads_names():
    rows = ((36, GAP, 37),)
    kit = Profile("Kit", ("Kit",), "this test", (Bank(rows, pads=(("bass", "-", "7"),)),))
    assert drawing.layout_lines(kit.layout()) == ["[bass]        [ 7  ]"]


def test_a_folder_that_refuses_is_said_in_one_sentence(tmp_path: Path):
    (tmp_path / "profiles").write_text("a file where a folder should be")
    with pytest.raises(FileProblem, match="cannot be written"):
        save(tmp_path / "profiles" / "one.toml", profile_of("Kit One"))


def profile_of(title: str) -> Profile:
    return Profile(title, (title,), "this test", (Bank(((36, 37),)),))
