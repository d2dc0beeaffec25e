"""``drumcircle export``: every hit for other programs, and time 0 where it says it is."""

from __future__ import annotations

import csv
from pathlib import Path

import mido
import pytest

from drumcircle.cli import main
from drumcircle.core.events import MS, NS, Event, Hit, RampTempo
from drumcircle.formats.onsets import read_onsets
from drumcircle.formats.smf import read_smf
from store_fixtures import START, evening, recorded_evening


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRUMCIRCLE_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hits_of(rows: list[tuple[int, Event]]) -> list[Hit]:
    return sorted((event for _, event in rows if isinstance(event, Hit)), key=lambda hit: hit.time)


def test_the_table_holds_every_hit_to_the_nanosecond_and_can_be_analysed(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = evening()
    path = recorded_evening(root, rows)
    assert main(["export", path.stem, "--csv"]) == 0
    assert capsys.readouterr().out == f"{path.stem}.csv: 41 hits; time 0 is the session's first bar line.\n"
    onsets = read_onsets(root / f"{path.stem}.csv")
    played = hits_of(rows)
    assert [round(t * NS) for t in onsets.time_s] == [hit.time - START for hit in played]
    aliases = {"sim:1": "Ana", "sim:2": "Ben"}
    assert [onsets.names[i] for i in onsets.player] == [aliases[hit.pad] for hit in played]
    assert onsets.velocity is not None
    assert list(onsets.velocity) == [hit.velocity for hit in played]
    assert onsets.beat is None  # judged anew by whoever analyses it


def test_the_table_says_what_became_of_each_hit(root: Path) -> None:
    path = recorded_evening(root, evening())
    assert main(["export", path.stem, "--csv", "hits.csv"]) == 0
    with (root / "hits.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["mark"] for row in table].count("double") == 1
    judged = [row for row in table if row["asynchrony_ms"]]
    assert len(judged) > 30
    first = judged[0]
    late = float(first["time_s"]) - float(first["pulse_beat"]) * 0.5  # 120 BPM at first
    assert float(first["asynchrony_ms"]) == pytest.approx(late * 1000, abs=1e-6)


def test_the_midi_file_has_a_track_a_player_and_the_pulse_as_its_tempo_map(root: Path) -> None:
    rows = evening()
    path = recorded_evening(root, rows)
    assert main(["export", path.stem, "--midi"]) == 0
    smf = read_smf(root / f"{path.stem}.mid")
    assert set(smf.track_names) == {"", "Ana", "Ben"}
    played = hits_of(rows)
    half_a_tick = 60 / 60.5 / 960 / 2 + 1e-6
    assert [n.time_s for n in smf.notes] == pytest.approx(
        [(hit.time - START) / NS for hit in played], abs=half_a_tick
    )
    assert [round(t.bpm, 2) for t in smf.tempos] == [
        120.0,
        121.0,
        60.5,
    ]  # eighths of 121 are quarters of 60.5
    assert [m.meter for m in smf.meters] == ["4/4", "6/8"]
    assert {message.channel for message in mido.MidiFile(root / f"{path.stem}.mid").tracks[1][1:-1]} == {9}


def test_bar_lines_of_a_ramp_lie_where_they_were(root: Path) -> None:
    rows = evening(8)
    rows.append((START + 5 * NS, RampTempo(60.0, 2)))
    rows.append((START + 25 * NS, Hit(START + 25 * NS, "sim:1", 36, 90)))
    path = recorded_evening(
        root, [row for row in rows if isinstance(row[1], Hit | RampTempo) or row[0] < START + 9]
    )
    assert main(["export", path.stem, "--midi"]) == 0
    smf = read_smf(root / f"{path.stem}.mid")
    assert smf.tempos[0].bpm == 120.0
    assert smf.tempos[-1].bpm == pytest.approx(60.0, abs=0.01)
    assert len(smf.tempos) > 2
    assert smf.notes[-1].time_s == pytest.approx(25.0, abs=0.001)


def test_a_hit_before_the_first_bar_line_moves_time_0_back_by_whole_bars(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = evening(4)
    rows.insert(4, (START + 10, Hit(START - 150 * MS, "sim:1", 36, 90)))
    path = recorded_evening(root, rows)
    assert main(["export", path.stem, "--csv", "--midi"]) == 0
    assert "1 bar before the session's first bar line" in capsys.readouterr().out
    assert read_onsets(root / f"{path.stem}.csv").time_s[0] == pytest.approx(2.0 - 0.15)
    assert read_smf(root / f"{path.stem}.mid").notes[0].time_s == pytest.approx(2.0 - 0.15, abs=0.0005)


def test_files_go_where_one_says(root: Path) -> None:
    path = recorded_evening(root, evening(4))
    (root / "out").mkdir()
    assert main(["export", path.stem, "--csv", "out", "--midi", "out/drums.mid"]) == 0
    assert {file.name for file in (root / "out").iterdir()} == {f"{path.stem}.csv", "drums.mid"}


def test_what_cannot_be_written_or_was_not_asked_for_is_said(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(root, evening(4))
    for line, told in (
        ([], "Say what to write"),
        (["--csv", "nowhere/a.csv"], "cannot be written"),
        (["--midi", "nowhere/a.mid"], "cannot be written"),
    ):
        assert main(["export", path.stem, *line]) == 2
        assert told in capsys.readouterr().err
