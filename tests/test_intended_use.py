"""README, first run, help and reports say what drumcircle is for, in the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from drumcircle import INTENDED_USE
from drumcircle.cli import main, overview
from drumcircle.cli._seats import Seats
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


def test_that_the_first_page_was_read_is_remembered(tmp_path: Path) -> None:
    seats = Seats(tmp_path, keep=True)
    assert seats.preferences()["intended_use_read"] is False
    seats.welcomed()
    assert Seats(tmp_path, keep=True).preferences()["intended_use_read"] is True


@pytest.mark.parametrize("files", [["a.csv"], ["a.csv", "b.csv"]])
def test_what_analyse_prints_ends_with_it_and_its_documents_do_not_hold_it(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in files:
        Path(name).write_text("time_s,player\n0.01,ana\n0.52,ana\n1.0,ana\n", encoding="utf-8")
    assert main(["analyse", *files, "--bpm", "120"]) == 0
    assert plain(capsys.readouterr().out).endswith(INTENDED_USE)
    for form in ("--json", "--csv"):
        assert main(["analyse", *files, "--bpm", "120", form]) == 0
        assert "diagnose" not in capsys.readouterr().out


def test_the_numbers_of_a_session_end_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", *QUIET, "--for", "0.5", "--record", "--simulate", "2"]) == 0
    session = next((data_folder() / "sessions").glob("*.db")).stem
    capsys.readouterr()
    assert main(["replay", session]) == 0
    assert capsys.readouterr().out.rstrip().endswith(INTENDED_USE)
