"""Ten minutes, twelve players, three structures: the same numbers from the journal, here and after a kill."""

from __future__ import annotations

import gzip
import math
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ten_minutes
from drumcircle.core.events import NS, Gap, Hit
from drumcircle.core.session import Session
from drumcircle.store.journal import Journal, read_journal
from drumcircle.store.replay import play_again, replay, session_of

GOLDEN = Path(__file__).parent / "golden" / "ten-minutes.db.gz"
GUARD = 90.0


@pytest.fixture
def golden(tmp_path: Path) -> Journal:
    path = tmp_path / "ten-minutes.db"
    path.write_bytes(gzip.decompress(GOLDEN.read_bytes()))
    return read_journal(path)


def agree(ours: Any, theirs: Any, where: str = "") -> None:
    """All that was kept then, to 1e-9; words and counts exactly.  Later versions may have more to say."""
    if isinstance(theirs, dict):
        assert ours.keys() >= theirs.keys(), where
        for key in theirs:
            agree(ours[key], theirs[key], f"{where}.{key}")
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs), where
        for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            agree(a, b, f"{where}.{index}")
    elif isinstance(theirs, float):
        assert math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9), (where, ours, theirs)
    else:
        assert ours == theirs, where


def test_the_golden_journal_still_ends_in_its_numbers(golden: Journal) -> None:
    assert golden.end is not None
    session = session_of(golden)
    replay(golden.rows(), session)
    agree(session.summary(golden.end["now"]), golden.end["summary"])
    assert [done["name"] for done in golden.end["summary"]["structures"]] == [
        "groove", "call_and_response", "turn_taking", "groove",
    ]  # fmt: skip
    assert len(golden.end["summary"]["players"]) == ten_minutes.PLAYERS


def test_ten_minutes_in_virtual_time_are_the_same_twice() -> None:
    runs = []
    for _ in range(2):
        events: list[tuple[int, object]] = []
        summary = ten_minutes.perform(
            Session(ten_minutes.config()), lambda now, event, kept=events: kept.append((now, event))
        )
        runs.append((events, summary))
    assert runs[0] == runs[1]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
@pytest.mark.parametrize("minute", [2.5, 4.75, 7.25], ids=["groove", "call", "turns"])
def test_a_circle_killed_at_a_minute_of_its_own_goes_on_after_a_restart(
    tmp_path: Path, minute: float
) -> None:
    command = [sys.executable, ten_minutes.__file__, str(tmp_path)]
    killed = subprocess.run([*command, str(minute)], check=False, timeout=GUARD, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    subprocess.run(command, check=True, timeout=GUARD, capture_output=True)

    (record,) = (tmp_path / "data" / "sessions").glob("*.db")
    journal = read_journal(record)
    rows = list(journal.rows())
    outcome = play_again(journal, rows)
    assert outcome.ended
    assert not outcome.difference

    (gap,) = (event for _, event in rows if isinstance(event, Gap))
    killed_at = ten_minutes.START + round(minute * 60 * NS)
    # In virtual time the disk may be up to 16 hits behind; a quarter of a second in a real circle.
    assert killed_at - 8 * NS < gap.start <= killed_at
    assert not any(isinstance(event, Hit) and gap.start < event.time < gap.end for _, event in rows)

    structures = outcome.summary["structures"]
    assert [done["name"] for done in structures] == ["groove", "call_and_response", "turn_taking", "groove"]
    begun = Session(ten_minutes.config())
    ten_minutes.perform(begun, lambda _now, _event: None)
    whole = begun.summary(ten_minutes.END)["structures"]
    # Every later bar line lies where it would have lain: the pulse kept its phase.
    assert [d["start_s"] for d in structures[:3]] == [d["start_s"] for d in whole[:3]]
