"""The pattern library and the user's own calls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from drumcircle.core.pattern import Pattern
from drumcircle.core.pulse import Meter
from drumcircle.errors import FileProblem
from drumcircle.formats.patterns import ACCENTED, PLAIN, keep_pattern, load_patterns
from drumcircle.measures.echo import TOO_SIMPLE, f1_chance


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "patterns").mkdir()
    return tmp_path / "patterns" / "mine.toml"


def written(own: Path, words: str) -> tuple[dict, list[str]]:
    own.write_text(words, encoding="utf-8")
    shipped = {pattern.name for pattern in load_patterns(None)[0]}
    patterns, problems = load_patterns(own.parents[1])
    return {pattern.name: pattern for pattern in patterns if pattern.name not in shipped}, problems


def test_the_library_has_calls_of_three_levels_and_several_metres_and_lengths():
    patterns, problems = load_patterns(None)
    assert problems == []
    assert len(patterns) >= 18
    assert all(sum(pattern.level == level for pattern in patterns) >= 6 for level in (1, 2, 3))
    assert {pattern.meter for pattern in patterns} >= {"4/4", "3/4", "6/8"}
    assert {pattern.beats for pattern in patterns if pattern.meter == "4/4"} == {4, 8, 16}
    assert [pattern.level for pattern in patterns] == sorted(pattern.level for pattern in patterns)


def test_every_call_of_the_library_is_playable():
    for pattern in load_patterns(None)[0]:
        assert pattern.beats % Meter.parse(pattern.meter).beats == 0
        assert list(pattern.onsets) == sorted(set(pattern.onsets))
        assert pattern.onsets[0] >= 0
        assert pattern.onsets[-1] < pattern.beats
        assert len(pattern.velocities) == len(pattern.onsets)
        assert pattern.title[0].isupper()


@pytest.mark.parametrize("bpm", [60, 100, 120])
def test_no_call_of_the_library_is_too_simple_to_say_anything(bpm: int):
    beat = 60_000 / bpm
    for pattern in load_patterns(None)[0]:
        call = tuple(onset * beat for onset in pattern.onsets)
        assert f1_chance(call, len(call), beat, pattern.beats * beat, 1) < TOO_SIMPLE, pattern.name


def test_onsets_may_be_fractions_and_accents_are_louder(own: Path):
    patterns, problems = written(
        own,
        '[[pattern]]\nname = "thirds"\nlevel = 3\nbars = 2\nonsets = [0, "1/3", "1 2/3", 4.5]\naccents = ["1 2/3"]\n',
    )
    assert problems == []
    thirds = patterns["thirds"]
    assert thirds.onsets == pytest.approx((0, 1 / 3, 5 / 3, 4.5))
    assert thirds.velocities == (PLAIN, PLAIN, ACCENTED, PLAIN)
    assert (thirds.title, thirds.beats, thirds.meter) == ("thirds", 8, "4/4")


def test_velocities_may_be_given_one_by_one(own: Path):
    patterns, _ = written(own, '[[pattern]]\nname = "v"\nonsets = [0, 1]\nvelocities = [127, 1]\n')
    assert patterns["v"].velocities == (127, 1)


def test_a_pattern_of_ones_own_replaces_the_shipped_one(own: Path):
    own.write_text('[[pattern]]\nname = "tresillo"\ntitle = "Ours"\nonsets = [0, 1.5]\n')
    before, (after, problems) = load_patterns(None)[0], load_patterns(own.parents[1])
    assert problems == []
    assert len(after) == len(before)
    assert next(pattern for pattern in after if pattern.name == "tresillo").title == "Ours"


@pytest.mark.parametrize(
    ("line", "number", "says"),
    [
        ('level = "easy"', 3, "level must be a whole number from 1 to 3, not 'easy'"),
        ("onsets = [0, 4]", 3, "the last onset, 4, lies outside the pattern's 4 beats"),
        ("onsets = [0, 2, 1]", 3, "onsets must ascend, and 1 does not come after 2"),
        ("onsets = []", 3, "at least one beat"),
        ("onsets = [-1]", 3, "must not be before beat 0"),
        ('onsets = [0, "1/0"]', 3, "item, number 2, that must be a beat"),
        ("onsets = [0, nan]", 3, "must be a beat"),
        ("onset = [0]", 3, "'onset' is not known here (did you mean 'onsets'?)"),
        ('meter = "4/3"', 3, "n/4 or n/8"),
        ("accents = [0.5]", 3, "an accent on beat 0.5 but no onset"),
        ("velocities = [1, 2, 3]", 3, "as many as the onsets, 2"),
        ('name = "Two Words"', 2, "small letters, digits and hyphens"),
    ],
)
def test_a_mistake_is_told_by_line_and_the_rest_loads(own: Path, line: str, number: int, says: str):
    lines = {"name": 'name = "odd"', "onsets": "onsets = [0, 1]"}
    key = line.split(" ", maxsplit=1)[0]
    body = line if key == "name" else f"{lines['name']}\n{line}"
    rest = "" if key == "onsets" else f"{lines['onsets']}\n"
    patterns, problems = written(
        own, f'[[pattern]]\n{body}\n{rest}[[pattern]]\nname = "good"\nonsets = [0]\n'
    )
    assert list(patterns) == ["good"]
    (problem,) = problems
    assert problem.startswith(f"{own}, line {number}: ")
    assert says in problem


def test_what_a_pattern_lacks_is_told_at_its_head(own: Path):
    patterns, problems = written(own, '\n[[pattern]]\nname = "silent"\n')
    assert patterns == {}
    assert problems == [
        f"{own}, line 2: a pattern needs 'onsets'; the pattern is left out until this is mended."
    ]


def test_a_file_that_is_not_toml_or_not_text_leaves_the_others_alone(own: Path):
    own.write_bytes(b"[[pattern]\nname = 1\n")
    own.with_name("a.toml").write_bytes(b"[[pattern]]\n# \xff\n")
    own.with_name("b.toml").write_text('[[pattern]]\nname = "b"\nonsets = [0]\n')
    patterns, problems = load_patterns(own.parents[1])
    assert "b" in {pattern.name for pattern in patterns}
    assert "a.toml, line 2: this is not UTF-8 text" in problems[0]
    assert "mine.toml, line 1: this is not TOML" in problems[1]


def test_one_name_in_two_files_is_told_and_the_first_counts(own: Path):
    own.write_text('[[pattern]]\nname = "twin"\nonsets = [0]\n')
    own.with_name("z.toml").write_text('[[pattern]]\nname = "twin"\nonsets = [1]\n')
    patterns, (problem,) = load_patterns(own.parents[1])
    assert next(pattern for pattern in patterns if pattern.name == "twin").onsets == (0,)
    assert "pattern 'twin' is already in" in problem


def test_one_name_twice_in_a_file_is_told(own: Path):
    patterns, (problem,) = written(
        own, '[[pattern]]\nname = "twin"\nonsets = [0]\n[[pattern]]\nname = "twin"\nonsets = [1]\n'
    )
    assert patterns["twin"].onsets == (0,)
    assert problem.startswith(f"{own}, line 5: there is already a pattern 'twin'")


def test_no_folder_of_ones_own_is_no_problem(tmp_path: Path):
    assert load_patterns(tmp_path) == load_patterns(None)


def test_a_rhythm_that_was_given_is_kept_in_a_file_of_its_own_and_read_back_as_it_was(tmp_path: Path) -> None:
    given = Pattern("ana", "Ana", 2, 8.0, "4/4", (0.0, 1 / 3, 1.5, 4 + 5 / 12, 7.75), (90, 1, 127, 64, 80))
    keep_pattern(tmp_path, replace(given, level=1))
    keep_pattern(tmp_path, replace(given, name="ben", title="Ben"))
    keep_pattern(tmp_path, given)
    library, problems = load_patterns(tmp_path)
    assert problems == []
    known = {pattern.name: pattern for pattern in library}
    assert known["ana"] == given
    assert known["ben"].title == "Ben"
    text = (tmp_path / "patterns" / "given.toml").read_text()
    assert '"1/3"' in text
    assert "\n\n\n" not in text


def test_a_file_of_given_rhythms_that_is_no_toml_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "patterns" / "given.toml"
    path.parent.mkdir()
    path.write_text("[[pattern\n")
    with pytest.raises(FileProblem):
        keep_pattern(tmp_path, Pattern("ana", "Ana", 1, 4.0, "4/4", (0.0,), (90,)))
    assert path.read_text() == "[[pattern\n"
