"""``drumcircle replay``: the evening again, bit for bit."""

from __future__ import annotations

import io
import json
import math
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from drumcircle.cli import main
from drumcircle.core.events import Join, LiveOnly
from drumcircle.store.replay import first_difference
from store_fixtures import START, Heard, evening, head, hit, recorded_evening, recorder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRUMCIRCLE_DATA", str(tmp_path / "data"))
    return tmp_path


def change_end(path: Path, change: Any) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        end = json.loads(db.execute("SELECT value FROM head WHERE key = 'end'").fetchone()[0])
        change(end)
        db.execute("UPDATE head SET value = ? WHERE key = 'end'", (json.dumps(end),))


def put(path: Path, key: str, value: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT OR REPLACE INTO head VALUES (?, ?)", (key, value))


def test_a_recorded_evening_ends_in_the_same_numbers(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded_evening(root, evening(200), "Tuesday")
    assert main(["replay", path.stem]) == 0
    told = capsys.readouterr().out
    assert "the same, bit for bit" in told
    assert "Tuesday" in told
    assert main(["replay", path.stem, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["same"] is True
    assert document["summary"]["players"]["Ana"]["n"] > 20
    assert document["summary"]["players"]["Ana"]["sd_asynchrony_ms"] > 0


def test_one_bit_of_difference_is_found_named_and_is_our_failure(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(root, evening(), "Tuesday")

    def nudge(end: dict[str, Any]) -> None:
        figures = end["summary"]["players"]["Ben"]
        figures["mean_asynchrony_ms"] = math.nextafter(figures["mean_asynchrony_ms"], 1e9)

    change_end(path, nudge)
    assert main(["replay", path.stem]) == 1
    assert "not the same; first players.Ben.mean_asynchrony_ms: " in capsys.readouterr().out


def test_a_partial_record_that_differs_is_nobodys_failure(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(root, [*evening(), (START + 10**12, LiveOnly("ana", True))])
    change_end(path, lambda end: end["summary"].update(warnings=["as it was that evening"]))
    assert main(["replay", path.stem]) == 0
    assert "not the same (not every hit was kept)" in capsys.readouterr().out


def test_a_sealed_session_says_why_it_cannot_be_played_again(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(root, evening())
    put(path, "sealed", "true")
    assert main(["replay", path.stem]) == 2
    assert "is sealed: hits were erased" in capsys.readouterr().err
    assert main(["export", path.stem, "--csv"]) == 2


def test_a_session_without_an_end_is_replayed_and_nothing_is_compared(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keeper = recorder(head(bpm=120.0), root, Heard())
    keeper.set_recording(True)
    keeper.write(START, Join("ana", "Ana", pads=("sim:1",)))
    keeper.write(START + 1, hit(1))
    keeper.close()
    assert main(["replay", "2026"]) == 0
    assert "no numbers of the evening to compare with" in capsys.readouterr().out
    assert main(["replay", "2026", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["same"] is None


def test_a_damaged_journal_is_refused_with_its_remedy_and_the_remedy_works(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(root, evening())
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE rows SET event = 'x' WHERE n = 30")
    assert main(["replay", path.stem]) == 2
    assert "damaged after event 29" in capsys.readouterr().err
    assert main(["replay", path.stem, "--salvage"]) == 0
    said = capsys.readouterr()
    assert "damaged after event 29" in said.err
    assert "Ana" in said.out


def test_on_a_terminal_a_bar_shows_how_far_it_is_and_is_gone_after(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    path = recorded_evening(root, evening(200))
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["replay", path.stem]) == 0
    drawn = terminal.getvalue()
    assert "[###############  " in drawn
    assert drawn.endswith("\r")
    assert drawn.split("\r")[-2].strip() == ""


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        ({"a": [1, {"b": 0.1}]}, {"a": [1, {"b": 0.1}]}, ""),
        ({"a": [1, {"b": 0.1}]}, {"a": [1, {"b": 0.2}]}, "a.1.b: 0.1 here, 0.2 in the journal"),
        ({"a": 1}, {"a": 1, "b": 2}, "b: nothing here, 2 in the journal"),
        ({"a": 1, "b": 2}, {"a": 1}, "b: 2 here, nothing in the journal"),
        ({"a": 1}, {"a": 1.0}, "a: 1 here, 1.0 in the journal"),
        ({"a": [1]}, {"a": [1, 2]}, "a: [1] here, [1, 2] in the journal"),
        ({"a": math.nan}, {"a": math.nan}, ""),
        ({"a": -0.0}, {"a": 0.0}, "a: -0.0 here, 0.0 in the journal"),
    ],
)
def test_the_first_difference_is_named_by_its_path(ours: Any, theirs: Any, told: str) -> None:
    assert first_difference(ours, theirs) == told
