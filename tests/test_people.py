"""``circle.toml``: kept from one day to the next, whatever people write into it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drumcircle.core.aliases import ALIASES, COLOURS
from drumcircle.errors import FileProblem
from drumcircle.formats.people import CircleFile, PadSetting, Person, load_circle, save_circle

MINE = """\
# the tuesday group
[circle]
title = "Tuesday"
bpm = 90 # slow

# who comes
[[player]]
alias = "blue"   # by the window
pads = [
  "usb:MPD218#36", # left hand
]

[[player]]
id = "p2"
alias = "amber"
subdivision = 2

[[pad]]
id = "usb:MPD218"
split_by_note = true
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "circle.toml"


def load(path: Path, words: str) -> tuple[CircleFile, list[str]]:
    path.write_text(words, encoding="utf-8")
    return load_circle(path)


def test_no_file_is_an_empty_circle(path: Path):
    assert load_circle(path) == (CircleFile(), [])


def test_a_file_written_by_hand_is_read(path: Path):
    circle, problems = load(path, MINE)
    assert problems == []
    assert circle.kept() == {"title": "Tuesday", "bpm": 90.0}
    blue, amber = circle.people
    assert (blue.id, blue.alias, blue.shape, blue.colour) == ("blue", "blue", "▲", COLOURS["blue"])
    assert blue.pads == ("usb:MPD218#36",)
    assert (amber.id, amber.alias, amber.subdivision, amber.double_trigger_ms) == ("p2", "amber", 2.0, 50.0)
    assert circle.pads == (PadSetting("usb:MPD218", split_by_note=True),)


@pytest.mark.parametrize(
    ("added", "line", "says"),
    [
        ("[circle]\nbpm = 900", 2, "bpm must be a number from 30 to 240, not 900"),
        ("[circle]\nbpm = true", 2, "bpm must be a number from 30 to 240, not true"),
        ('[circle]\nmeter = "waltz"', 2, "meter must be n/4 or n/8"),
        ('[circle]\nsound = "loud"', 2, "sound must be true or false, not 'loud'"),
        ('[circle]\ntittle = "x"', 2, "'tittle' is not known here (did you mean 'title'?)"),
        ('[circle]\ncircle = "Our Room"', 2, "circle must be 1 to 32 small letters"),
        ("circle = 3", 1, "under [circle]"),
        ("player = 3", 1, "under [[player]]"),
        ("[people]", 1, "'people' is not known here"),
        (
            '[[player]]\nalias = "x"\nvelocity_floor = 0',
            3,
            "velocity_floor must be a whole number from 1 to 127",
        ),
        ('[[player]]\nalias = "x"\ncolour = "puce"', 3, "colour must be blue, orange"),
        ('[[player]]\nalias = "x"\nshape = "xy"', 3, "shape must be one character of single width"),
        ('[[player]]\nalias = "x"\nshape = "\U0001f941"', 3, "shape must be one character of single width"),
        ('[[player]]\nalias = "x"\npads = "usb:a"', 3, "pads must be a list in square brackets"),
        ('[[player]]\nalias = "x"\npads = ["usb:a", 3]', 3, "has an item, number 2, that must be"),
        ('[[player]]\nalias = "x"\npads = ["usb:a", "usb:a"]', 3, "pad 'usb:a' already belongs to x"),
        ('[[player]]\nshape = "▲"', 1, "a player needs an alias"),
        ('[[player]]\nalias = "x"\n[[player]]\nalias = "x"', 3, "there is already a player 'x'"),
        (
            '[[player]]\nalias = "x"\npads = ["a"]\n[[player]]\nalias = "y"\npads = ["a"]',
            6,
            "already belongs to x",
        ),
        ('[[pad]]\nlabel = "x"', 1, "a pad needs its id"),
        ('[[pad]]\nid = "x"\n[[pad]]\nid = "x"', 4, "pad 'x' stands here twice"),
        ("[circle\nbpm = 3", 1, "this is not TOML"),
        ('[circle]\ntitle = "x', 2, "this is not TOML"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line(path: Path, added: str, line: int, says: str):
    _, problems = load(path, added + "\n")
    (problem,) = problems
    assert problem.startswith(f"{path}, line {line}: ")
    assert says in problem
    assert problem.endswith(".")


def test_a_mistake_costs_only_what_it_is_about(path: Path):
    circle, problems = load(
        path, MINE.replace("bpm = 90", 'bpm = "slow"').replace("subdivision = 2", "subdivision = 99")
    )
    assert len(problems) == 2
    assert (circle.title, circle.bpm) == ("Tuesday", None)
    assert circle.people[1] == Person("p2", "amber", subdivision=1.0, shape="■", colour=COLOURS["orange"])


def test_a_file_that_is_not_text_is_told_and_the_circle_is_empty(path: Path):
    path.write_bytes(b"[circle]\n# \xff\n")
    circle, (problem,) = load_circle(path)
    assert circle == CircleFile()
    assert f"{path}, line 2: this is not UTF-8 text" in problem


def test_saving_what_was_read_changes_nothing(path: Path):
    circle, _ = load(path, MINE)
    assert save_circle(path, circle) is None
    assert path.read_text(encoding="utf-8") == MINE


def test_a_change_leaves_comments_and_everything_else_as_they_are(path: Path):
    circle, _ = load(path, MINE)
    blue, amber = circle.people
    save_circle(path, replace(circle, bpm=92.0, people=(blue, replace(amber, subdivision=4.0))))
    assert path.read_text(encoding="utf-8") == MINE.replace("bpm = 90", "bpm = 92.0").replace(
        "subdivision = 2", "subdivision = 4.0"
    )


def test_people_come_go_and_trade_places(path: Path):
    circle, _ = load(path, MINE)
    blue, amber = circle.people
    green = Person("green", "green", "●", COLOURS["green"], ("mqtt:pad-3",), live_only=True)
    changed = replace(circle, people=(green, amber, blue))
    save_circle(path, changed)
    assert load_circle(path) == (changed, [])
    assert "# by the window" in path.read_text(encoding="utf-8")
    save_circle(path, replace(changed, people=(amber,), pads=()))
    assert load_circle(path) == (replace(changed, people=(amber,), pads=()), [])


def test_a_value_that_is_as_usual_again_is_written_where_it_stood(path: Path):
    circle, _ = load(path, MINE)
    blue, amber = circle.people
    usual = replace(circle, people=(blue, replace(amber, subdivision=1.0)))
    save_circle(path, usual)
    assert "subdivision = 1.0" in path.read_text(encoding="utf-8")
    assert load_circle(path)[0] == usual


def test_what_is_no_longer_known_is_taken_out(path: Path):
    circle, _ = load(path, MINE)
    save_circle(path, replace(circle, title=None))
    assert "title" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "wrong", ["[circle\n", "[circle]\nbmp = 90\n", '[[player]]\nalias = "x"\nshape = 3\n']
)
def test_a_file_with_mistakes_is_copied_before_it_is_written(path: Path, wrong: str):
    circle, problems = load(path, wrong)
    assert problems
    copy = save_circle(path, replace(circle, title="After"))
    assert copy is not None
    assert copy.read_text(encoding="utf-8") == wrong
    assert load_circle(path) == (replace(circle, title="After"), [])
    assert save_circle(path, circle) is None  # mended now: no second copy
    path.write_text(wrong, encoding="utf-8")
    again = save_circle(path, circle)
    assert again not in (None, copy)


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path):
    real = tmp_path / "elsewhere.toml"
    real.write_text(MINE, encoding="utf-8")
    try:
        path.symlink_to(real)
    except OSError:
        pytest.skip("this system makes no links")
    save_circle(path, replace(load_circle(path)[0], title="Linked"))
    assert path.is_symlink()
    assert 'title = "Linked"' in real.read_text(encoding="utf-8")


def test_where_nothing_can_be_written_it_is_said_and_nothing_is_left_behind(path: Path):
    path.mkdir()
    (path / "full").touch()  # a folder that is not empty cannot be replaced by a file
    with pytest.raises(FileProblem, match="cannot be written"):
        save_circle(path, CircleFile(title="x"))
    assert list(path.parent.iterdir()) == [path]


words = st.text(
    st.characters(categories=("L", "N", "P", "Zs"), exclude_characters="\u2028"), max_size=12
).map(lambda word: f"a{word}z")
people = st.lists(
    st.builds(
        Person, words, words, st.sampled_from("▲■●✚"), st.sampled_from(list(COLOURS.values())),
        st.lists(words, max_size=2, unique=True).map(tuple), st.sampled_from([0.25, 1.0, 2.0]),
        st.sampled_from([0.0, 50.0]), st.integers(1, 127), st.booleans(), st.booleans(),
    ),
    max_size=5,
    unique_by=(lambda person: person.id, lambda person: person.alias, lambda person: person.pads[:1] or person.id),
)  # fmt: skip
circles = st.builds(
    CircleFile, words, st.just("our-room"), st.floats(30, 240), st.sampled_from(["4/4", "6/8"]), st.none(),
    st.booleans(), st.none() | st.booleans(), st.none() | st.booleans(), people.map(tuple),
)  # fmt: skip


def without_shared_pads(circle: CircleFile) -> CircleFile:
    pads = [pad for person in circle.people for pad in person.pads]
    return circle if len(set(pads)) == len(pads) else replace(circle, people=circle.people[:1])


@given(st.lists(circles.map(without_shared_pads), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_saved_over_whatever_comes_back_the_same(path: Path, saved: list[CircleFile]):
    for circle in saved:
        assert save_circle(path, circle) is None
        assert load_circle(path) == (circle, [])


def test_no_alias_shares_its_word_or_its_shape_and_each_fits_a_cell():
    assert len(ALIASES) == 24
    for part in ("id", "alias", "shape"):
        assert len({getattr(alias, part) for alias in ALIASES}) == 24
    assert all(unicodedata.east_asian_width(alias.shape) not in "WF" for alias in ALIASES)
    assert len({alias.colour for alias in ALIASES[:8]}) == 8


def test_every_colour_can_be_read_on_a_dark_terminal():
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    # WCAG 2.1, 1.4.3: at least 4.5 to 1.
    assert all((light(colour) + 0.05) / (light("#10151b") + 0.05) >= 4.5 for colour in COLOURS.values())
