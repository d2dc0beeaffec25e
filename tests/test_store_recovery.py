"""After a crash: what came through, and whether the circle goes on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from drumcircle.core.events import NS, Event, Hit
from drumcircle.core.session import Session
from drumcircle.errors import UsageError
from drumcircle.store.journal import read_journal
from drumcircle.store.recovery import Closed, Recovered, recover, unfinished
from drumcircle.store.replay import replay
from drumcircle.store.sessions import sessions
from drumcircle.store.writing import OpenJournal
from store_fixtures import AT_1640, START, Heard, evening, head, hit, recorder

HOUR = 3600 * NS
AT = f"{datetime.fromtimestamp(AT_1640 / NS).astimezone():%H:%M}"


def crashed(root: Path, rows: list[tuple[int, Event]], *, recorded: bool, boot: str | None = None) -> Path:
    """A circle whose hub let go without an end."""
    keeper = recorder(head("Monday", boot=boot, bpm=120.0, structure="groove"), root, Heard())
    if recorded:
        keeper.set_recording(True)
    for now, event in rows:
        keeper.write(now, event)
    keeper.close()
    path = unfinished(root / "state")
    assert path is not None
    return path


def taken_up(root: Path, path: Path, after: int) -> Recovered | Closed:
    """The next start, ``after`` ns later."""
    moment = START + 60 * NS + after
    return recover(path, root / "state", root / "data", now=moment, unix_ns=AT_1640 + 60 * NS + after)


def test_where_nothing_crashed_there_is_nothing_to_recover(tmp_path: Path) -> None:
    assert unfinished(tmp_path) is None


def test_a_recorded_circle_comes_back_with_everything_and_says_so(tmp_path: Path) -> None:
    rows = evening()
    found = taken_up(tmp_path, crashed(tmp_path, rows, recorded=True), NS)
    assert isinstance(found, Recovered)
    assert list(found.rows) == rows
    assert found.last == rows[-1][0]
    assert found.words(2) == f"Recovered the circle of {AT}: 2 players, 41 hits; it goes on."


def test_thousands_of_hits_are_said_so_that_one_can_read_them(tmp_path: Path) -> None:
    rows: list[tuple[int, Event]] = [(START + n, hit(n)) for n in range(3_412)]
    found = taken_up(tmp_path, crashed(tmp_path, rows, recorded=True), NS)
    assert isinstance(found, Recovered)
    assert "1 player, 3 412 hits" in found.words(1)


def test_an_unrecorded_circle_comes_back_without_hits(tmp_path: Path) -> None:
    path = crashed(tmp_path, evening(), recorded=False)
    found = taken_up(tmp_path, path, NS)
    assert isinstance(found, Recovered)
    assert not any(isinstance(event, Hit) for _, event in found.rows)
    assert (
        found.words(2)
        == f"Recovered the circle of {AT}: 2 players (hits were not being recorded); it goes on."
    )


def test_what_goes_on_is_in_the_same_state_as_what_crashed(tmp_path: Path) -> None:
    rows = evening()
    lived = Session(head("Monday", bpm=120.0, structure="groove").config)
    for now, event in rows:
        try:
            lived.handle(event, now)
        except UsageError:
            lived.effects()
    found = taken_up(tmp_path, crashed(tmp_path, rows, recorded=True), NS)
    assert isinstance(found, Recovered)
    again = Session(found.journal.head.config)
    assert replay(found.rows, again) == rows[-1][0]
    later = rows[-1][0] + NS
    assert again.view(later) == lived.view(later)
    assert again.summary(later) == lived.summary(later)
    assert again.next_deadline() == lived.next_deadline()


@pytest.mark.parametrize(
    ("after", "boot", "why"),
    [
        (13 * HOUR, None, "it stopped more than 12 hours ago"),
        (NS, "another boot", "the machine was started anew since"),
        (-50 * NS, None, "the machine was started anew since"),
    ],
)
def test_what_is_too_old_or_of_another_boot_is_closed_and_its_record_kept(
    tmp_path: Path, after: int, boot: str | None, why: str
) -> None:
    rows = evening()
    found = taken_up(tmp_path, crashed(tmp_path, rows, recorded=True, boot=boot), after)
    assert isinstance(found, Closed)
    (listed,) = sessions(tmp_path / "data", tmp_path / "state")
    assert found.words == (
        f"The circle of {AT} does not go on ({why}); what was recorded is kept as {listed.id}."
    )
    assert listed.state == "crashed"
    assert list(read_journal(tmp_path / "data" / "sessions" / f"{listed.id}.db").rows()) == rows
    assert unfinished(tmp_path / "state") is None


def test_a_machine_that_slept_counts_its_sleep_by_the_wall(tmp_path: Path) -> None:
    path = crashed(tmp_path, evening(), recorded=True)
    state, data = tmp_path / "state", tmp_path / "data"
    found = recover(path, state, data, now=START + 60 * NS, unix_ns=AT_1640 + 20 * HOUR)
    assert isinstance(found, Closed)


def test_an_unrecorded_circle_that_is_too_old_leaves_nothing(tmp_path: Path) -> None:
    found = taken_up(tmp_path, crashed(tmp_path, evening(), recorded=False), 13 * HOUR)
    assert isinstance(found, Closed)
    assert "nothing of it is kept" in found.words
    assert list((tmp_path / "state").iterdir()) == []


def test_a_crash_just_after_the_end_leaves_an_ended_session(tmp_path: Path) -> None:
    path = crashed(tmp_path, evening(), recorded=True)
    name = (tmp_path / "state" / "unfinished").read_bytes()
    journal = OpenJournal.go_on(read_journal(path), tmp_path / "state", tmp_path / "data")
    journal.finish({"now": START, "summary": {"players": {}}}, {})
    (tmp_path / "state" / "unfinished").write_bytes(name)
    found = taken_up(tmp_path, path, NS)
    assert isinstance(found, Closed)
    assert unfinished(tmp_path / "state") is None
    assert [row.state for row in sessions(tmp_path / "data", tmp_path / "state")] == ["ended"]


@pytest.mark.parametrize("recorded", [True, False])
def test_a_damaged_journal_is_set_aside_never_deleted_and_a_new_circle_can_begin(
    tmp_path: Path, recorded: bool
) -> None:
    path = crashed(tmp_path, evening(), recorded=recorded)
    path.write_bytes(b"\xff" * path.stat().st_size)
    found = taken_up(tmp_path, path, NS)
    assert isinstance(found, Closed)
    assert found.words.endswith("A new one begins.")
    assert unfinished(tmp_path / "state") is None
    kept = path if recorded else tmp_path / "state" / "damaged-recovery.db"
    assert kept.read_bytes().startswith(b"\xff")
    recorder(head(), tmp_path, Heard()).close()
    assert unfinished(tmp_path / "state") == tmp_path / "state" / "recovery.db"
