"""README, first run, help and reports say what drumcircle is for, in the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from drumcircle import INTENDED_USE
from drumcircle.cli import main, overview
from drumcircle.cli._supervisor import start
from drumcircle.config import data_folder

ROOT = Path(__file__).parent.parent
QUIET = ["--no-midi", "--no-sound", "--port", "0"]


def plain(text: str) -> str:
    """One line, without Markdown's marks of quotation."""
    return " ".join(text.replace("\n>", "\n").split())


def test_the_readme_and_the_help_say_it() -> None:
    assert INTENDED_USE in plain((ROOT / "README.md").read_text(encoding="utf-8"))
    assert INTENDED_USE in overview()


def test_a_hub_says_it_the_first_time_and_only_then(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", *QUIET, "--for", "0.1"]) == 0
    assert INTENDED_USE in capsys.readouterr().err
    assert main(["hub", *QUIET, "--for", "0.1"]) == 0
    assert INTENDED_USE not in capsys.readouterr().err


def test_a_circle_says_it_the_first_time_before_its_dashboard_opens(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "_keep", lambda _options, _state, claim, _plain: claim.release() or 0)
    assert main(["circle", *QUIET]) == 0
    assert INTENDED_USE in capsys.readouterr().out
    assert main(["circle", *QUIET]) == 0
    assert INTENDED_USE not in capsys.readouterr().out


def test_the_numbers_of_a_session_end_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", *QUIET, "--for", "0.5", "--record", "--simulate", "2"]) == 0
    session = next((data_folder() / "sessions").glob("*.db")).stem
    capsys.readouterr()
    assert main(["replay", session]) == 0
    assert capsys.readouterr().out.rstrip().endswith(INTENDED_USE)
