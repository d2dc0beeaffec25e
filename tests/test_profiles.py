"""Profiles of USB pads: read, checked with the line of each mistake, written, matched, and used."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.core.layout import GAP
from drumcircle.errors import FileProblem
from drumcircle.formats.profiles import (
    LONGEST_NAME,
    Bank,
    Profile,
    load_profiles,
    parse_profile,
    profile_for,
    profile_text,
)

HEAD = 'title = "Mine"\ndevices = ["MINE*"]\nsource = "its manual"\n'


def parsed(words: str) -> Profile:
    return parse_profile(words.encode(), "mine.toml")


def shipped() -> dict[str, Profile]:
    profiles, problems = load_profiles(None)
    assert problems == []
    return {profile.title: profile for profile in profiles}


# ---------------------------------------------------------------- what is shipped


def test_every_shipped_profile_says_where_it_is_from():
    assert len(shipped()) >= 4
    assert all(profile.source for profile in shipped().values())


@pytest.mark.parametrize(
    ("device", "note", "name"),
    [
        ("MPD218", 36, "pad 1"),
        ("MPD218", 51, "pad 16"),
        ("MPD218 Port A", 52, "pad B1"),
        ("mpd218", 83, "pad C16"),
        ("nanoPAD2", 37, "top 1"),
        ("nanoPAD2 PAD", 50, "low 8"),
        ("LPD8", 43, "pad 8"),
        ("Ableton Push 2 MIDI 1", 99, "pad 64"),
    ],
)
def test_notes_of_documented_devices_have_their_pads_names(device: str, note: int, name: str):
    profile = profile_for(device, list(shipped().values()))
    assert profile is not None
    assert profile.layout().name(note) == name


def test_a_device_nobody_has_described_has_no_profile():
    assert profile_for("Somebody's Kit", list(shipped().values())) is None
    assert profile_for("LPD8 mk2", list(shipped().values())) is None


def test_a_note_outside_the_profile_is_called_by_its_number():
    assert shipped()["Akai LPD8"].layout().name(99) == "99"


# ---------------------------------------------------------------- the user's own


def test_a_profile_of_ones_own_wins_over_a_shipped_one(tmp_path: Path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "mpd.toml").write_text(
        HEAD.replace("MINE*", "MPD218") + '[[bank]]\nnotes = [[36, 37]]\npads = [["bass", "snare"]]\n'
    )
    profiles, problems = load_profiles(tmp_path)
    assert problems == []
    found = profile_for("MPD218", profiles)
    assert found is not None
    assert found.layout().name(36) == "bass"
    assert profile_for("LPD8", profiles) is not None


def test_one_bad_file_costs_only_itself(tmp_path: Path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "a.toml").write_text(HEAD)
    (tmp_path / "profiles" / "b.toml").write_text(HEAD + "[[bank]]\nnotes = [[1]]\n")
    profiles, problems = load_profiles(tmp_path)
    assert profiles[0].title == "Mine"
    assert len(problems) == 1
    assert "a.toml" in problems[0]
    assert "under [[bank]]" in problems[0]


@pytest.mark.parametrize(
    ("words", "line", "says"),
    [
        ('title = "A"\ndevices = ["A"]\n[[bank]]\nnotes = [[1]]\n', None, "needs 'source'"),
        (HEAD + "bnak = 3\n[[bank]]\nnotes = [[1]]\n", 4, "did you mean 'bank'?"),
        (HEAD.replace('["MINE*"]', "[]") + "[[bank]]\nnotes = [[1]]\n", 2, "devices must not be empty"),
        (HEAD + "double_trigger_ms = -4\n[[bank]]\nnotes = [[1]]\n", 4, "number from 0 to 1000"),
        (HEAD + "\n[[bank]]\nnotes = [36, 37]\n", 6, "must be a row of notes in square brackets, not 36"),
        (HEAD + "\n[[bank]]\nnotes = [[36, 128]]\n", 6, "whole number from -1 to 127, not 128"),
        (HEAD + "\n[[bank]]\nnotes = [[36], [36]]\n", 6, "note 36 stands here and in bank 1"),
        (HEAD + "not_pads = [36]\n[[bank]]\nnotes = [[36]]\n", 6, "note 36 stands here and in not_pads"),
        (HEAD + "\n[[bank]]\nnotes = [[-1]]\n", 6, "at least one pad"),
        (HEAD + '\n[[bank]]\nnotes = [[1, 2]]\npads = [["a"]]\n', 7, "a name in each place"),
        (
            HEAD + '\n[[bank]]\nnotes = [[1, 2]]\npads = [["a", "a"]]\n',
            7,
            "notes 1 and 2 are both called 'a'",
        ),
        (HEAD + "[[bank]]\nnotes = [[1]]\n[[bank]]\nnotes = [[2]]\n", 6, "needs a name"),
        (
            HEAD + "[[bank]]\nname='A'\nnotes=[[1]]\n[[bank]]\nname='A'\nnotes=[[2]]\n",
            8,
            "already a bank 'A'",
        ),
        (HEAD + "[[bank]]\nname = 'A'\n", 4, "a bank needs 'notes'"),
        (HEAD + "bank = 3\n", 4, "under [[bank]]"),
        (HEAD + "[[bank]\n", 4, "this is not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_line(words: str, line: int | None, says: str):
    with pytest.raises(FileProblem) as problem:
        parsed(words)
    assert says in str(problem.value)
    assert problem.value.line == line
    assert str(problem.value).startswith("mine.toml")


def test_a_file_that_is_not_there_is_said_in_words(tmp_path: Path):
    from drumcircle.formats.profiles import read_profile

    with pytest.raises(FileProblem, match=r"nowhere\.toml: cannot be read"):
        read_profile(tmp_path / "nowhere.toml")


# ---------------------------------------------------------------- writing

words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\n"), min_size=1).filter(
    lambda text: text == text.strip() and text
)
names = words.filter(lambda text: len(text) <= LONGEST_NAME)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    notes = draw(st.lists(st.integers(0, 127), min_size=2, max_size=40, unique=True))
    cuts = sorted(draw(st.sets(st.integers(1, len(notes) - 1), max_size=3)))
    groups = [notes[a:b] for a, b in zip([0, *cuts], [*cuts, len(notes)], strict=True)]
    titles = draw(st.lists(names, min_size=len(groups), max_size=len(groups), unique=True))
    banks = []
    for number, group in enumerate(groups):
        rows = ((GAP, *group), (GAP, GAP))
        called = draw(st.none() | st.lists(names, min_size=len(group), max_size=len(group), unique=True))
        pads = () if called is None else (("-", *called), ("-", "-"))
        banks.append(Bank(rows, titles[number] if number else "", pads))
    return Profile(
        draw(words), tuple(draw(st.lists(words, min_size=1, max_size=3))), draw(words), tuple(banks),
        draw(st.none() | st.floats(0, 1000)),
        tuple(draw(st.sets(st.integers(0, 127).filter(lambda note: note not in notes), max_size=3))),
        tuple(draw(st.lists(words, max_size=2))), "mine.toml",
    )  # fmt: skip


@given(profile=profiles())
def test_a_profile_comes_back_from_its_file_as_it_was(profile: Profile):
    assert parsed(profile_text(profile)) == profile
