"""``pad.toml`` on a board: what is taken means what it means in TOML; a mistake is said with its line."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensing_fixtures import COMMON, firmware_module, under_micropython

settings = firmware_module(COMMON / "settings.py")

PAD = """\ufeff# a pad
name = "Snare \\u00e4 # \\"x\\"" # its name
folder = 'C:\\x'
note = 1_000
gain = -3.5
large = 1e3
cues = true
pins = [26, 27, 28,]  # three
none = []
words = ["a", 'b,]', "#"]
[wifi]
ssid="circle"
[[pads]]
pin = 26
[[pads]]
pin = +27
"""


def test_it_reads_what_any_toml_reader_reads() -> None:
    assert settings.read(PAD) == tomllib.loads(PAD.removeprefix("\ufeff"))


def test_micropython_reads_the_same() -> None:
    read = f"settings.read({PAD!r})"
    printed = under_micropython(
        f"import settings\nfor key, value in sorted({read}.items()): print(key, [value])"
    )
    assert printed == "".join(
        f"{key} {[value]}\n" for key, value in sorted(settings.read(PAD).items())
    ).replace("ä", "\\xe4")


@given(st.text(alphabet="abn=[]\"'#\\.,+-_e012 \n\tu", max_size=40))
def test_nothing_is_taken_that_toml_would_not_take(text: str) -> None:
    try:
        mine = settings.read(text)
    except settings.SettingsError:
        return
    assert mine == tomllib.loads(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a", "Line 1: 'a' is neither"),
        ("\na = ", "Line 2: 'a' has no value."),
        ("ssid = circle", 'a text stands in quotes, as ssid = "circle".'),
        ("a = 1 2", "'2' is one thing too many."),
        ("[wifi", "not closed by ']'"),
        ("[wifi.home]", "cannot name a table"),
        ('a = "x', 'a text is not closed by ".'),
        ("a = [1, 2", "not closed by ']'"),
        ("a = [1 2]", "must be commas"),
        ("a = [[1]]", "an array within an array"),
        ("a = 1\na = 2", "Line 2: 'a' is there twice."),
        ("[t]\n[t]", "Line 2: 't' is there twice."),
        ("t = []\n[[t]]", "no list of tables"),
        ("a = 010", "'010' is no value"),
        ('a = "C:\\q"', "write \\\\ for a backslash"),
        ('a = """x"""', "on one line"),
    ],
)
def test_a_mistake_is_a_sentence_with_its_line(text: str, words: str) -> None:
    with pytest.raises(settings.SettingsError) as mistake:
        settings.read(text)
    assert words in str(mistake.value)


def test_defaults_stand_where_nothing_was_found() -> None:
    assert settings.filled({"note": 40}, {"note": 38, "gain": 1.0}, "[pad]") == {"note": 40, "gain": 1.0}
    assert settings.filled({"gain": 2}, {"gain": 1.0}, "[pad]") == {"gain": 2}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"nöte": 1}, "[pad] has no setting 'nöte'; there are note."),
        ({"note": "38"}, "'note' of [pad] must be a whole number, as 38; it is '38'."),
        ({"note": True}, "must be a whole number"),
    ],
)
def test_unknown_keys_and_kinds_are_said(found: dict[str, object], words: str) -> None:
    with pytest.raises(settings.SettingsError) as mistake:
        settings.filled(found, {"note": 38}, "[pad]")
    assert words in str(mistake.value)
