"""``drumcircle sessions amend``: said afterwards, figures are what they would have been had it been said then."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from drumcircle.cli import main
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Assign,
    Event,
    Hit,
    Join,
    Leave,
    LiveOnly,
    PadFound,
    Return,
    Swap,
)
from drumcircle.store.journal import FORMAT, WRITTEN, Anchor, read_journal
from drumcircle.store.recorder import SqliteRecorder
from drumcircle.store.replay import first_difference
from store_fixtures import AT_1640, START, Heard, evening, head, hit, recorded_evening, recorder

Rows = list[tuple[int, Event]]
Run = Callable[..., Any]
FIVE, TEN = START + 5 * NS + 1, START + 10 * NS + 1
"""Five and ten seconds into the session; nothing else happens in that nanosecond."""
BLUE_BEGINS = Arm("turn_taking", {"order": "Ana+Ben", "beats": 8, "rounds": 3})


def told(rows: Rows, *extra: tuple[int, Event]) -> Rows:
    """The rows with more of them, in order of time."""
    return sorted([*rows, *extra], key=lambda row: row[0])


def playing() -> Rows:
    """Twenty-odd seconds of two players on the beats."""
    return evening(40)


def taking_turns() -> Rows:
    return told(playing(), (START + 10, BLUE_BEGINS))


def calling() -> Rows:
    return told(playing(), (START + 10, Arm("call_and_response", {"caller": "Ana"})))


def leading_the_pulse() -> Rows:
    """The pulse follows who plays."""
    return told(playing(), (START + 10, Arm("hold", {"before": 0})))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRUMCIRCLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DRUMCIRCLE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A command's document."""

    def run(*line: str) -> Any:
        assert main([*line, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return run


def recorded(root: Path, rows: Rows, title: str) -> Path:
    """One of several sessions in ``root/data``."""
    path = recorded_evening(root / title, rows, title)
    sessions = root / "data" / "sessions"
    sessions.mkdir(parents=True, exist_ok=True)
    return path.rename(sessions / path.name)


def refused(capsys: pytest.CaptureFixture[str], *line: str) -> str:
    """What a command that cannot be done says."""
    assert main(["sessions", "amend", *line]) == 2
    return capsys.readouterr().err


def truth(path: Path) -> list[Any]:
    """What was journalled that evening."""
    with closing(sqlite3.connect(path)) as db:
        return [db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in ("rows", "head")]


# ---------------------------------------------------------------- as if told that evening


@pytest.mark.parametrize(
    ("rows", "then", "afterwards"),
    [
        pytest.param(playing, [(FIVE, Assign("sim:1", "ben"))], ["--pad", "Pad one=Ben", "--from", "+5"], id="pad"),
        pytest.param(
            playing,
            [(FIVE, Assign("sim:1", "ben")), (TEN, Assign("sim:1", "ana"))],
            ["--pad", "1=Ben", "--from", "+5", "--to", "+10"],
            id="pad for a while",
        ),
        pytest.param(
            playing,
            [(FIVE, Swap("ana", "ben")), (TEN, Swap("ana", "ben"))],
            ["--swap", "Ana,Ben", "--from", "+0:05", "--to", "16:40:10"],
            id="swap",
        ),
        pytest.param(playing, [(FIVE, Leave("ben"))], ["--left", "Ben", "--from", "16:40:05"], id="left"),
        pytest.param(
            playing,
            [(FIVE, Leave("ben")), (TEN, Return("ben"))],
            ["--left", "Ben", "--from", "+5", "--to", "+10"],
            id="left for a while",
        ),
        pytest.param(
            lambda: told(playing(), (START + 2 * NS, Leave("ben"))),
            [(FIVE, Return("ben"))],
            ["--back", "Ben", "--from", "+5"],
            id="back",
        ),
        pytest.param(
            playing,
            [(FIVE, Join("moss", "moss", "⊞", "#14a87d")), (FIVE, Assign("sim:2", "moss"))],
            ["--pad", "2=+moss", "--from", "+5"],
            id="somebody new",
        ),
        pytest.param(taking_turns, [(FIVE, Swap("ana", "ben"))], ["--swap", "Ana,Ben", "--from", "+5"], id="turns"),
    ],
)  # fmt: skip
def test_said_afterwards_every_figure_is_bit_for_bit_as_if_it_had_been_said_then(
    root: Path, run: Run, rows: Callable[[], Rows], then: Rows, afterwards: list[str]
) -> None:
    live = recorded(root, told(rows(), *then), "Live")
    later = recorded(root, rows(), "Later")
    with closing(sqlite3.connect(later)) as db, db:  # "+5" is the very moment of the live command
        one_later = {"perf_ns": START + 1, "unix_ns": AT_1640, "boot_id": "b"}
        kept = json.loads(db.execute("SELECT value FROM head WHERE key = 'head'").fetchone()[0])
        db.execute(
            "UPDATE head SET value = ? WHERE key = 'head'", (json.dumps({**kept, "anchor": one_later}),)
        )
    evenings = truth(later)

    done = run("sessions", "amend", later.stem, *afterwards)

    assert done["before"] != done["after"]
    expected = run("replay", live.stem)["summary"]
    assert first_difference(run("replay", later.stem)["summary"], expected) == ""
    assert first_difference(done["after"], expected["players"]) == ""
    assert run("analyse", later.stem, "--group")["players"] == run("analyse", live.stem, "--group")["players"]
    for path in (live, later):
        assert main(["export", path.stem, "--csv"]) == 0
    assert (root / f"{later.stem}.csv").read_bytes() == (root / f"{live.stem}.csv").read_bytes()
    assert truth(later) == evenings


def test_replay_still_compares_the_evening_itself_and_says_what_was_amended(
    root: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(root, playing())
    run("sessions", "amend", path.stem, "--left", "Ben", "--from", "+5")
    document = run("replay", path.stem)
    assert document["same"] is True
    assert [each["words"] for each in document["amendments"]] == ["From 16:40:05 ● Ben had left."]
    assert main(["replay", path.stem]) == 0
    assert "Amendment 1: From 16:40:05 ● Ben had left." in capsys.readouterr().out
    assert any("Amended afterwards" in words for words in run("analyse", path.stem)["warnings"])


@pytest.mark.parametrize(
    ("rows", "correction"),
    [
        (taking_turns, ["--left", "Ben"]),
        (calling, ["--swap", "Ana,Ben"]),
    ],
    ids=["turns", "calls"],
)
def test_turns_and_calls_that_would_have_gone_another_way_stay_as_they_went(
    root: Path, run: Run, rows: Callable[[], Rows], correction: list[str]
) -> None:
    path = recorded_evening(root, rows())
    before = run("replay", path.stem)["summary"]
    done = run("sessions", "amend", path.stem, *correction, "--from", "+2")
    after = run("replay", path.stem)["summary"]
    assert done["course_kept"] is True
    assert after["structures"] == before["structures"]
    assert after["players"] != before["players"]


def test_a_pulse_that_would_have_gone_another_way_stays_as_it_went(root: Path, run: Run) -> None:
    path = recorded_evening(root, leading_the_pulse())
    before = run("replay", path.stem)["summary"]["structures"][1]
    done = run("sessions", "amend", path.stem, "--left", "Ben", "--from", "+5")
    after = run("replay", path.stem)["summary"]["structures"][1]
    assert before["name"] == "hold"
    assert done["course_kept"] is True
    assert after["results"]["pulse"] == before["results"]["pulse"]


# ---------------------------------------------------------------- taking back


def test_an_amendment_taken_back_stays_in_the_file_and_in_no_figure(root: Path, run: Run) -> None:
    path = recorded_evening(root, playing())
    first = run("replay", path.stem)["summary"]
    run("sessions", "amend", path.stem, "--swap", "Ana,Ben", "--from", "+5")
    run("sessions", "amend", path.stem, "--left", "Ben", "--from", "+10")
    run("sessions", "amend", path.stem, "--undo", "1")
    run("sessions", "amend", path.stem, "--undo")
    assert run("replay", path.stem)["summary"] == first
    assert [each.undone is not None for each in read_journal(path).amendments] == [True, True]


def test_an_amendment_another_one_needs_is_not_taken_back_first(
    root: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(root, playing())
    run("sessions", "amend", path.stem, "--pad", "1=+moss", "--from", "+5")
    run("sessions", "amend", path.stem, "--left", "moss", "--from", "+10")
    assert "A later amendment needs this one" in refused(capsys, path.stem, "--undo", "1")
    assert "no amendment 7" in refused(capsys, path.stem, "--undo", "7")
    run("sessions", "amend", path.stem, "--undo", "2")
    run("sessions", "amend", path.stem, "--undo", "1")
    assert "Nothing of" in refused(capsys, path.stem, "--undo")


def test_a_dry_run_shows_the_figures_and_writes_nothing(
    root: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(root, playing())
    kept = path.read_bytes()
    assert main(["sessions", "amend", path.stem, "--left", "Ben", "--from", "+5", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "From 16:40:05 ● Ben had left." in shown
    assert "→" in shown
    assert "Nothing is written yet." in shown
    assert path.read_bytes() == kept


# ---------------------------------------------------------------- what cannot be


def test_nothing_becomes_or_ceases_to_be_of_somebody_who_was_live_only(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = told(playing(), (FIVE, LiveOnly("ana", True)), (TEN, LiveOnly("ana", False)))
    path = recorded_evening(root, rows)
    for line in (["--pad", "2=Ana"], ["--pad", "1=Ben"], ["--swap", "Ana,Ben"], ["--left", "Ana"]):
        assert "live only then" in refused(capsys, path.stem, *line, "--from", "+7")
    assert main(["sessions", "amend", path.stem, "--left", "Ana", "--from", "+12"]) == 0


def test_a_sealed_a_damaged_and_an_unfinished_session_say_why_they_cannot(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed = recorded_evening(root, playing(), "Sealed")
    with closing(sqlite3.connect(sealed)) as db, db:
        db.execute("INSERT INTO head VALUES ('sealed', 'true')")
    damaged = sealed.with_name("damaged.db")
    damaged.write_bytes(sealed.read_bytes())
    with closing(sqlite3.connect(damaged)) as db, db:
        db.execute("DELETE FROM head WHERE key = 'sealed'")
        db.execute("UPDATE rows SET event = 'x' WHERE n = 30")
    keeper = recorder(head("Going on"), root, Heard())
    keeper.set_recording(True)
    keeper.write(START, hit(1))
    keeper.close()
    assert "is sealed: hits were erased" in refused(capsys, sealed.stem, "--left", "Ben")
    assert "damaged after event 29" in refused(capsys, "damaged", "--left", "Ben")
    assert "has not ended" in refused(capsys, f"{sealed.stem[:15]}-going-on", "--left", "Ben")


def test_what_the_circle_would_have_refused_is_refused_and_not_written(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(root, told(playing(), (FIVE, Leave("ben"))))
    for line, words in (
        (["--left", "Ben", "--from", "+7"], "has left already"),
        (["--left", "Cy"], "Nobody in this session is called 'Cy'; there are: Ana, Ben"),
        (["--pad", "9=Ben"], "No pad of this session is called '9'; there are: 1 Pad one, 2 Pad two"),
        (["--pad", "1=+Ben"], "already somebody called Ben"),
        (["--pad", "Ben"], "PAD=PLAYER"),
        (["--swap", "Ana"], "A swap takes two players"),
        (["--left", "Ana", "--from", "18:00"], "not in this session, which ran from 16:40:00 to"),
        (["--left", "Ana", "--from", "soon"], "is no time; write 16:52"),
        (["--left", "Ana", "--from", "+9", "--to", "+5"], "The end must be after the beginning"),
        (["--from", "+5"], "Say what was so"),
    ):
        assert words in refused(capsys, path.stem, *line)
    assert read_journal(path).amendments == ()


def test_a_minute_that_is_named_is_that_of_the_change_in_it(root: Path, run: Run) -> None:
    """The pad was given to the wrong one two seconds after it was hit; whoever says "16:40" means that."""
    stranger = Hit(START + 3 * NS, "sim:9", 36, 90)
    given = Assign("sim:9", "ana", stranger.time)
    path = recorded_evening(root, told(playing(), (START + 3 * NS + MS, stranger), (FIVE, given)))
    done = run("sessions", "amend", path.stem, "--pad", "sim:9=Ben", "--from", "16:40")
    spans = {pad["pad"]: pad["spans"] for pad in done["pads"]}["sim:9"]
    assert [(span["player"], span["from_s"], span["hits"]) for span in spans] == [
        (None, 0.0, 0),
        ("Ben", 3.0, 1),
    ]


def test_without_a_time_it_is_from_the_beginning(root: Path, run: Run) -> None:
    path = recorded_evening(root, playing())
    done = run("sessions", "amend", path.stem, "--pad", "1=Ben")
    assert done["after"]["Ana"]["n"] == 0
    assert done["pads"][0]["spans"][-1]["player"] == "Ben"
    assert done["pads"][0]["spans"][-1]["hits"] == 21


def test_only_an_amended_session_is_of_the_newer_format(root: Path, run: Run) -> None:
    def written(path: Path) -> int:
        with closing(sqlite3.connect(path)) as db:
            return int(db.execute("PRAGMA user_version").fetchone()[0])

    path = recorded_evening(root, playing())
    assert written(path) == WRITTEN
    run("sessions", "amend", path.stem, "--left", "Ben", "--from", "+5")
    assert written(path) == FORMAT


# ---------------------------------------------------------------- at a terminal


def typed(monkeypatch: pytest.MonkeyPatch, lines: Iterable[str]) -> list[str]:
    """Somebody sits there and types; what they were asked."""
    asked: list[str] = []
    typing = iter(lines)

    def answer(question: str) -> str:
        asked.append(question)
        return next(typing)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", answer)
    return asked


def test_who_had_which_pad_when_is_drawn(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = told(
        playing(), (TEN, Assign("sim:1", "ben")), (TEN, Hit(TEN - MS, "sim:9", 36, 90)), (START + 5, PadFound("sim:9", "Spare", "sim"))
    )  # fmt: skip
    rows = [
        (now, Join("ben", "Ben", "■", pads=event.pads)) if isinstance(event, Join) and event.player == "ben" else (now, event)
        for now, event in rows
    ]  # fmt: skip
    path = recorded_evening(root, rows, "Tuesday")
    assert main(["sessions", "amend", path.stem]) == 0
    drawn = capsys.readouterr().out.splitlines()
    assert drawn[0].startswith("Tuesday, 2026-11-23-1640-tuesday")
    assert drawn[1].split()[0] == "16:40:00"
    row = drawn[2].split()[-1]
    assert set(row) == {"●", "■"}
    assert row.startswith("●")
    assert abs(row.count("●") / len(row) - 10 / 21) < 0.05
    assert set(drawn[4].split()[-1]) == {"·"}
    assert "16:40:10 ■ Ben" in "\n".join(drawn)
    assert "Spare: 16:40:00 nobody (1 hit)" in "\n".join(drawn)


def test_a_line_and_enter_are_enough(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(root, playing())
    asked = typed(monkeypatch, ["p 1 2 +5", "", "", ""])
    assert main(["sessions", "amend", path.stem]) == 0
    assert asked[1:3] == ["Until when (Enter: from then on)? ", "Keep it? [Y/n] "]
    assert "Amendment 1: From 16:40:05 Pad one was ● Ben's." in capsys.readouterr().out
    assert len(read_journal(path).amendments) == 1


def test_what_is_missing_is_asked_a_slip_is_told_and_a_no_writes_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(root, playing())
    answers = ["x", "s", "1", "2", "", "+10", "n", "l 9", "l 2 +5", "", "", "u", ""]
    asked = typed(monkeypatch, answers)
    assert main(["sessions", "amend", path.stem]) == 0
    told_ = capsys.readouterr().out
    assert len(asked) == len(answers)
    assert "'x' is none of p, s, l, b and u." in told_
    assert "Nobody in this session is called '9'" in told_
    assert "Taken back: From 16:40:05 ● Ben had left." in told_
    assert [each.words for each in read_journal(path).amendments] == ["From 16:40:05 ● Ben had left."]


def test_an_evening_past_midnight_has_times_of_the_next_day(root: Path, run: Run) -> None:
    begin = head("Late", bpm=120.0, structure="groove")
    late = Anchor(START, AT_1640 + (7 * 3600 + 1199) * NS, begin.anchor.boot_id)  # 23:59:59
    keeper = SqliteRecorder(
        type(begin)(begin.config, late),
        root / "state",
        root / "data",
        on_safe=lambda _: None,
        on_failed=pytest.fail,
    )
    keeper.set_recording(True)
    for now, event in playing():
        keeper.write(now, event)
    keeper.finish({"now": START + 30 * NS, "summary": {"players": {}}})
    done = run("sessions", "amend", "2026-11-23-2359-late", "--left", "Ben", "--from", "0:00:04")
    assert done["words"] == "From 00:00:04 ● Ben had left."
    assert done["pads"][1]["spans"][1]["to_s"] == 5.0
