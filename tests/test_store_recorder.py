"""The recorder: never in the hub's way; what it called safe is on disk whatever happens next."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drumcircle.core.events import NS, Event, Hit, Join, LiveOnly, Rename, SetTempo
from drumcircle.store.journal import Journal, read_journal
from drumcircle.store.recovery import unfinished
from drumcircle.store.writing import OpenJournal
from store_fixtures import START, Heard, head, hit, recorder

HERE = Path(__file__).resolve().parent


def only_session(root: Path) -> Journal:
    (path,) = (root / "data" / "sessions").glob("*.db")
    return read_journal(path)


def kept(journal: Journal) -> list[Event]:
    return [event for _, event in journal.rows()]


def test_unrecorded_only_facts_and_commands_are_kept_and_deleted_at_a_good_end(tmp_path: Path) -> None:
    heard = Heard()
    keeper = recorder(head(), tmp_path, heard)
    keeper.write(START, Join("ana", "Ana"))
    keeper.write(START + 1, hit(1))
    heard.wait_for_hits(1)
    journal = tmp_path / "state" / "recovery.db"
    assert kept(read_journal(journal)) == [Join("ana", "Ana")]
    keeper.finish({"now": START + 2, "summary": {}})
    assert list((tmp_path / "state").iterdir()) == []
    assert not (tmp_path / "data").exists()


def test_from_the_moment_of_recording_hits_are_kept_in_a_record_of_the_evenings_name(tmp_path: Path) -> None:
    heard = Heard()
    keeper = recorder(head("Évening at Anna's!"), tmp_path, heard)
    keeper.write(START, Join("ana", "Ana"))
    keeper.write(START + 1, hit(1))
    keeper.set_recording(True)
    keeper.write(START + 2, hit(2))
    keeper.finish({"now": START + 3, "summary": {"players": {}}})
    journal = only_session(tmp_path)
    assert kept(journal) == [Join("ana", "Ana"), hit(2)]
    assert journal.id.startswith("2026-11-2")
    assert journal.id.endswith("-evening-at-anna-s")
    assert journal.end == {"now": START + 3, "summary": {"players": {}}}
    assert (journal.recorded, journal.recording, journal.partial) == (True, False, False)
    assert [path.name for path in (tmp_path / "data" / "sessions").iterdir()] == [f"{journal.id}.db"]
    assert list((tmp_path / "state").iterdir()) == []
    assert heard.hits == [hit(1), hit(2)]


def test_sessions_that_began_in_the_same_minute_get_names_of_their_own(tmp_path: Path) -> None:
    for _ in range(3):
        keeper = recorder(head("Circle"), tmp_path, Heard())
        keeper.set_recording(True)
        keeper.finish({"now": START, "summary": {}})
    names = sorted(path.stem for path in (tmp_path / "data" / "sessions").iterdir())
    assert names == [names[0], f"{names[0]}-2", f"{names[0]}-3"]


def test_after_recording_is_stopped_hits_are_left_out_and_the_record_says_so(tmp_path: Path) -> None:
    heard = Heard()
    keeper = recorder(head(), tmp_path, heard)
    keeper.set_recording(True)
    keeper.write(START, hit(1))
    keeper.set_recording(False)
    keeper.write(START + 1, hit(2))
    keeper.write(START + 2, SetTempo(90.0))
    keeper.finish({"now": START + 3, "summary": {}})
    journal = only_session(tmp_path)
    assert kept(journal) == [hit(1), SetTempo(90.0)]
    assert journal.partial
    assert heard.hits == [hit(1), hit(2)]


@pytest.mark.parametrize("event", [LiveOnly("ana", True), Join("ben", "Ben", live_only=True)])
def test_a_live_only_player_makes_the_record_partial(tmp_path: Path, event: Event) -> None:
    keeper = recorder(head(), tmp_path, Heard())
    keeper.write(START, event)
    keeper.set_recording(True)
    keeper.write(START + 1, hit(1))
    keeper.finish({"now": START + 3, "summary": {}})
    assert only_session(tmp_path).partial


def test_closing_without_an_end_leaves_the_session_to_be_gone_on_with(tmp_path: Path) -> None:
    keeper = recorder(head(), tmp_path, Heard())
    keeper.set_recording(True)
    keeper.write(START, hit(1))
    keeper.close()
    path = unfinished(tmp_path / "state")
    assert path == only_session(tmp_path).path
    again = recorder(path, tmp_path, Heard())
    again.write(START + 1, hit(2))
    again.finish({"now": START + 2, "summary": {}})
    assert kept(only_session(tmp_path)) == [hit(1), hit(2)]
    assert unfinished(tmp_path / "state") is None
    again.close()  # a second goodbye is harmless


def test_an_unrecorded_session_gone_on_with_can_still_become_a_record(tmp_path: Path) -> None:
    keeper = recorder(head(), tmp_path, Heard())
    keeper.write(START, Join("ana", "Ana"))
    keeper.close()
    again = recorder(tmp_path / "state" / "recovery.db", tmp_path, Heard())
    again.set_recording(True)
    again.write(START + 1, hit(1))
    again.finish({"now": START + 2, "summary": {}})
    assert kept(only_session(tmp_path)) == [Join("ana", "Ana"), hit(1)]


def test_records_may_lie_on_another_disk(tmp_path: Path) -> None:
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    elsewhere = shm / f"drumcircle-test-{os.getpid()}"
    heard = Heard()
    from drumcircle.store.recorder import SqliteRecorder

    try:
        keeper = SqliteRecorder(
            head(), tmp_path / "state", elsewhere, on_safe=heard.safe, on_failed=heard.failed
        )
        keeper.write(START, Join("ana", "Ana"))
        keeper.set_recording(True)
        keeper.write(START + 1, hit(1))
        keeper.finish({"now": START + 2, "summary": {}})
        (path,) = (elsewhere / "sessions").iterdir()
        assert kept(read_journal(path)) == [Join("ana", "Ana"), hit(1)]
        assert heard.failures == []
        assert list((tmp_path / "state").iterdir()) == []
    finally:
        for file in (elsewhere / "sessions").iterdir():
            file.unlink()
        (elsewhere / "sessions").rmdir()
        elsewhere.rmdir()


# ---------------------------------------------------------------- bad moments


def test_a_folder_of_records_that_refuses_stops_the_recording_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be", encoding="utf-8")
    heard = Heard()
    keeper = recorder(head(), tmp_path, heard)
    keeper.set_recording(True)
    keeper.write(START, Join("ana", "Ana"))
    keeper.write(START + 1, hit(1))
    heard.wait_for_failure()
    heard.wait_for_hits(1)
    keeper.close()
    assert len(heard.failures) == 1
    assert heard.failures[0].startswith("Recording cannot begin: ")
    assert kept(read_journal(tmp_path / "state" / "recovery.db")) == [Join("ana", "Ana")]


def test_a_state_folder_that_refuses_is_told_once_and_every_hit_still_comes_back(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be", encoding="utf-8")
    heard = Heard()
    keeper = recorder(head(), tmp_path, heard)
    keeper.set_recording(True)
    for n in range(5):
        keeper.write(START + n * NS, hit(n))
    heard.wait_for_hits(5)
    keeper.finish({"now": START, "summary": {}})
    assert len(heard.failures) == 1
    assert "would not come back after a crash" in heard.failures[0]


CHILD = """
import sys
from pathlib import Path
from store_fixtures import MS, START, Heard, head, hit, recorder

root = Path(sys.argv[1])


class Told(Heard):
    def safe(self, hits):
        super().safe(hits)
        print(hits[-1].seq, flush=True)


def play(heard, until):
    # Ten hits a second on the hub's clock; no faster than they become safe, so that no queue piles up.
    keeper = recorder(head(), root, heard)
    keeper.set_recording(True)
    for n in range(until):
        keeper.write(START + n * 100 * MS, hit(n))
        if n % 500 == 499:
            heard.wait_for_hits(n - 400)
        if heard.failures:
            break
    return keeper
"""


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD + code, *arguments], cwd=HERE, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("turns", [1, 7, 40])
def test_what_was_called_safe_survives_a_kill_at_any_moment(tmp_path: Path, turns: int) -> None:
    with child("play(Told(), 10**9)", str(tmp_path)) as process:
        assert process.stdout is not None
        safe = [int(process.stdout.readline()) for _ in range(turns)]
        process.kill()
        safe += [int(line) for line in process.stdout.read().splitlines()]
    path = unfinished(tmp_path / "state")
    assert path is not None
    kept_now = [event.seq for event in kept(read_journal(path)) if isinstance(event, Hit)]
    assert kept_now == list(range(len(kept_now)))
    assert len(kept_now) > max(safe)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a file")
def test_a_full_disk_stops_the_recording_loudly_and_the_circle_goes_on(tmp_path: Path) -> None:
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
heard = Heard()
keeper = play(heard, 10**9)
heard.wait_for_failure()
before = len(heard.hits)
for n in range(20):
    keeper.write(START, hit(n))
heard.wait_for_hits(before + 20)
keeper.finish({"now": START, "summary": {}})
print(len(heard.failures), heard.failures[0])
"""
    with child(code, str(tmp_path)) as process:
        assert process.stdout is not None
        said = process.stdout.read()
    assert process.returncode == 0
    assert said.startswith("1 Recording has stopped: ")
    assert "The circle goes on" in said
    seqs = [event.seq for event in kept(only_session(tmp_path)) if isinstance(event, Hit)]
    assert len(seqs) > 500
    assert seqs == list(range(len(seqs)))
    assert unfinished(tmp_path / "state") is None, "it has ended, and the next start begins anew"


# ---------------------------------------------------------------- crashes between the steps of becoming a record


def test_a_crash_before_the_move_is_mended_when_the_session_goes_on(tmp_path: Path) -> None:
    state, data = tmp_path / "state", tmp_path / "data"
    opened = OpenJournal.begin(head(), state, data)
    opened.append([(START, hit(1))], {"recorded": True, "recording": True})
    opened.close()
    assert unfinished(state) == state / "recovery.db"
    keeper = recorder(state / "recovery.db", tmp_path, Heard())
    keeper.write(START + 1, hit(2))
    keeper.finish({"now": START + 2, "summary": {}})
    assert kept(only_session(tmp_path)) == [hit(1), hit(2)]


def test_a_crash_after_the_name_is_noted_and_before_the_move_still_finds_the_journal(tmp_path: Path) -> None:
    opened = OpenJournal.begin(head(), tmp_path, tmp_path)
    opened.append([(START, Rename("ana", "Anna"))])
    opened.close()
    (tmp_path / "unfinished").write_text(str(tmp_path / "sessions" / "not-there-yet.db"), encoding="utf-8")
    assert unfinished(tmp_path) == tmp_path / "recovery.db"


def test_a_crash_after_the_copy_prefers_the_record_to_what_it_was_copied_from(tmp_path: Path) -> None:
    keeper = recorder(head(), tmp_path, Heard())
    keeper.set_recording(True)
    keeper.write(START, hit(1))
    keeper.close()
    path = only_session(tmp_path).path
    (tmp_path / "state" / "recovery.db").write_bytes(path.read_bytes())
    assert unfinished(tmp_path / "state") == path
