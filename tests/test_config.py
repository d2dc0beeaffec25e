"""Settings: who has the last word, and what is said of a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from drumcircle import config
from drumcircle.config import CHECKS, Settings, settings
from drumcircle.core.events import SetLatency
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.errors import UsageError


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch):
    for name in CHECKS:
        monkeypatch.delenv(f"DRUMCIRCLE_{name.upper()}", raising=False)


def write(folder: Path, words: str) -> Path:
    (folder / "config.toml").write_text(words, encoding="utf-8")
    return folder


def test_without_a_word_from_anybody_the_defaults_hold(tmp_path: Path):
    assert settings({}, tmp_path) == Settings()


def test_options_beat_environment_beats_file_beats_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write(tmp_path, 'bpm = 80\nmeter = "3/4"\nport = 2000\n')
    monkeypatch.setenv("DRUMCIRCLE_BPM", "90")
    monkeypatch.setenv("DRUMCIRCLE_METER", "6/8")
    kept = {"bpm": 70.0, "title": "Tuesday", "port": 3000}
    found = settings({"bpm": 110.5, "meter": None, "command": "hub"}, tmp_path, kept)
    assert (found.bpm, found.meter, found.port, found.title) == (110.5, "6/8", 2000, "Tuesday")
    assert found.problems == ()


def test_the_environment_is_read_by_what_a_setting_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, words in {
        "SOUND": "off",
        "LISTEN": "1",
        "TITLE": "42",
        "CIRCLE": "7",
        "DATA": str(tmp_path),
    }.items():
        monkeypatch.setenv(f"DRUMCIRCLE_{name}", words)
    found = settings({}, tmp_path)
    assert (found.sound, found.listen, found.title, found.circle, found.data) == (
        False,
        True,
        "42",
        "7",
        tmp_path,
    )


def test_a_mistake_in_the_file_has_its_line_and_the_rest_counts(tmp_path: Path):
    write(tmp_path, 'bmp = 80\nport = "many"\n\nmeter = "3/4"\n')
    found = settings({}, tmp_path)
    assert (found.bpm, found.port, found.meter) == (100.0, None, "3/4")
    name = tmp_path / "config.toml"
    assert found.problems == (
        f"{name}, line 1: 'bmp' is not known here (did you mean 'bpm'?); it is passed over until this is mended.",
        f"{name}, line 2: port must be a whole number from 0 to 65535, not 'many'; it is passed over until this is mended.",
    )


def test_a_file_that_is_not_toml_is_told_by_line(tmp_path: Path):
    found = settings({}, write(tmp_path, "bpm = 80\nmeter = 3/4\n"))
    assert found.bpm == 100
    assert "config.toml, line 2: this is not TOML" in found.problems[0]


@pytest.mark.parametrize(
    ("name", "words", "says"),
    [
        ("BPM", "fast", "DRUMCIRCLE_BPM must be a number from 30 to 240, not 'fast'."),
        ("BPM", "300", "DRUMCIRCLE_BPM must be a number from 30 to 240, not '300'."),
        ("SOUND", "loud", "DRUMCIRCLE_SOUND must be true or false, not 'loud'."),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str, says: str
):
    monkeypatch.setenv(f"DRUMCIRCLE_{name}", words)
    with pytest.raises(UsageError) as caught:
        settings({}, tmp_path)
    assert str(caught.value) == says


def test_a_mistake_among_the_options_names_the_option(tmp_path: Path):
    with pytest.raises(UsageError, match=r"^--latency must be a number from 0 to 2000, not -5\."):
        settings({"latency_ms": -5}, tmp_path)


@pytest.mark.parametrize(
    ("name", "option"), [("latency_ms", "--latency"), ("double_trigger_ms", "--double-trigger")]
)
def test_a_mistake_names_the_option_as_it_is_typed(tmp_path: Path, name: str, option: str):
    with pytest.raises(UsageError, match=f"^{option} must be"):
        settings({name: -1.0}, tmp_path)


def test_every_latency_that_can_be_set_at_the_start_can_be_set_live():
    longest = settings({"latency_ms": 2000.0}, Path()).latency_ms
    session = Session(SessionConfig(0))
    assert session.handle(SetLatency("sound", longest), 1) is not None
    with pytest.raises(UsageError):
        session.handle(SetLatency("sound", 2001.0), 1)


def test_a_mistyped_broker_address_is_not_repeated(tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        settings({"broker": "http://hub:secret@host"}, tmp_path)
    assert "secret" not in str(caught.value)


def test_folders_follow_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for variable, folder in {
        "CONFIG": config.config_folder,
        "DATA": config.data_folder,
        "STATE": config.state_folder,
    }.items():
        monkeypatch.setenv(f"DRUMCIRCLE_{variable}", str(tmp_path / variable))
        assert folder() == tmp_path / variable
    assert settings({}, tmp_path).data == tmp_path / "DATA"
