"""``drumcircle sessions``: what is there, and getting rid of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from drumcircle.cli import main
from drumcircle.errors import UsageError
from drumcircle.link.files import write_link
from drumcircle.store.sessions import find, sessions
from store_fixtures import START, Heard, evening, head, hit, recorded_evening, recorder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRUMCIRCLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DRUMCIRCLE_STATE", str(tmp_path / "state"))
    return tmp_path


def crashed(root: Path, title: str = "Crashed") -> Path:
    keeper = recorder(head(title), root, Heard())
    keeper.set_recording(True)
    keeper.write(START, hit(1))
    keeper.close()
    (path,) = (root / "data" / "sessions").glob(f"*-{title.lower()}.db")
    return path


def as_if_a_hub_ran(root: Path) -> None:
    """This process lives, so a link file it wrote is believed."""
    write_link(root / "state", url="", token="", circle_token="", circle="circle", data=root / "data")


def test_the_list_tells_when_how_long_how_many_and_how_each_ended(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = recorded_evening(root, evening(), "Ended")
    broken = root / "data" / "sessions" / "broken.db"
    broken.write_bytes(b"nothing" * 1000)
    newer = root / "data" / "sessions" / "newer.db"
    newer.write_bytes(ended.read_bytes())
    with closing(sqlite3.connect(newer)) as db:
        db.execute("PRAGMA user_version = 9")
    lost = crashed(root)
    assert main(["sessions", "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)["sessions"]}
    assert {name: row["state"] for name, row in rows.items()} == {
        ended.stem: "ended", lost.stem: "crashed", "broken": "damaged", "newer": "newer",
    }  # fmt: skip
    told = rows[ended.stem]
    assert (told["title"], told["players"], told["hits"], told["minutes"]) == ("Ended", 2, 41, 0.3)
    assert told["began"].startswith("2026-11-2")
    assert (rows[lost.stem]["hits"], rows["broken"]["hits"]) == (1, None)
    assert main(["sessions", "list"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["session", "began", "title", "minutes", "players", "hits", "state"]
    assert len(table) == 5


def test_an_empty_folder_says_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sessions"]) == 0
    assert capsys.readouterr().out == f"No session is recorded in {root / 'data'}.\n"


def test_the_beginning_of_a_name_is_enough_where_only_one_begins_so(root: Path) -> None:
    first, second = recorded_evening(root, evening(4), "Anna"), crashed(root, "Berta")
    data = root / "data"
    assert find(data, first.stem) == first
    assert find(data, second.stem[:-2]) == second
    assert find(data, str(first)) == first
    with pytest.raises(UsageError, match=r"2 sessions begin with '2026-11'.*write more"):
        find(data, "2026-11")
    with pytest.raises(UsageError, match=r"no session 'carla'.*'drumcircle sessions' lists"):
        find(data, "carla")


def test_a_whole_name_is_taken_even_where_others_begin_with_it(root: Path) -> None:
    first = crashed(root, "Anna")
    longer = first.with_name(f"{first.stem}-2.db")
    longer.write_bytes(first.read_bytes())
    assert find(root / "data", first.stem) == first


def test_deleting_asks_and_removes_every_file_of_the_session(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = recorded_evening(root, evening(4), "Kept"), crashed(root)
    gone.with_name(f"{gone.name}-shm").write_bytes(b"x")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _asked: "no")
    assert main(["sessions", "delete", gone.stem]) == 0
    assert gone.exists()
    monkeypatch.setattr("builtins.input", lambda _asked: "y")
    assert main(["sessions", "delete", gone.stem]) == 0
    assert [path.name for path in gone.parent.iterdir()] == [kept.name]
    assert "Backups and snapshots of this disk may still hold it" in capsys.readouterr().out


def test_what_is_deleted_is_overwritten_first(root: Path) -> None:
    path = recorded_evening(root, evening())
    another_name = root / "the same file.db"
    another_name.hardlink_to(path)
    size = path.stat().st_size
    assert main(["sessions", "delete", path.stem, "--yes"]) == 0
    assert another_name.read_bytes() == bytes(size)


def test_without_a_terminal_deleting_wants_a_yes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = crashed(root)
    assert main(["sessions", "delete", path.stem]) == 2
    assert "say --yes" in capsys.readouterr().err
    assert path.exists()


def test_the_session_that_is_being_recorded_is_shown_as_such_and_cannot_be_deleted(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = crashed(root)
    as_if_a_hub_ran(root)
    assert [row.state for row in sessions(root / "data", root / "state")] == ["running"]
    assert main(["sessions", "delete", path.stem, "--yes"]) == 2
    assert "end the circle first" in capsys.readouterr().err
    assert path.exists()


def test_a_folder_named_on_the_line_counts_before_the_one_of_the_environment(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crashed(root)
    for line in (["--data", str(root / "none")], ["list", "--data", str(root / "none")]):
        assert main(["sessions", *line]) == 0
        assert "No session" in capsys.readouterr().out
