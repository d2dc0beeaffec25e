"""Benches in their smallest form: figures of the promised shape come out, and nothing is left running.

How fast anything is, no test says: that is the benches' own business.
"""

from __future__ import annotations

import csv
import json
import math
import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mido
import pytest

from drumcircle import cli
from drumcircle.bench import catalogue, hits, hub, recordings, stamps, start
from drumcircle.bench.processes import family
from drumcircle.bench.row import Aim, Row, compared, median, percentile
from drumcircle.bench.table import number, table
from drumcircle.core.structures import STRUCTURES
from e2e_truth import truth
from jack_fixtures import JackServer

Bench = Callable[..., dict[str, Any]]
Told = list[str]


class Quiet:
    """A teller that only remembers."""

    def __init__(self) -> None:
        self.remarks: Told = []

    def doing(self, words: str) -> None:
        """Nobody watches."""

    def remark(self, words: str) -> None:
        self.remarks.append(words)


@pytest.fixture
def bench(capsys: pytest.CaptureFixture[str]) -> Iterator[Bench]:
    """``drumcircle bench … --json``: its document; afterwards none of its processes lives."""

    def run(*words: str) -> dict[str, Any]:
        assert cli.main(["bench", *words, "--json"]) == 0
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        check(document, words[0])
        return document

    before = children()
    yield run
    assert children() == before


def children() -> set[int]:
    return {process.pid for process in family(os.getpid())} - {os.getpid()}


def check(document: dict[str, Any], name: str) -> None:
    """What every bench promises of its document."""
    assert list(document) == ["bench", "machine", "rows"]
    assert document["bench"] == name
    assert document["rows"]
    for row in document["rows"]:
        assert list(row) == ["case", "metric", "value", "unit", "against", "ratio"]
        assert row["case"]
        assert row["metric"]
        assert math.isfinite(row["value"])
        assert isinstance(row["unit"], str)
        assert row["ratio"] is None or (row["against"] and row["ratio"] > 0)


def values(document: dict[str, Any], metric: str) -> dict[str, float]:
    """Case -> value of one metric."""
    return {row["case"]: row["value"] for row in document["rows"] if row["metric"] == metric}


# ---------------------------------------------------------------- every bench, small


def test_the_core_is_measured_with_few_and_with_many_players(bench: Bench) -> None:
    document = bench("core", "--seconds", "3")
    assert list(values(document, "time a hit")) == ["groove, 12 players", "groove, 32 players"]
    assert all(value > 0 for value in values(document, "time a view").values())


def test_every_structure_is_measured_with_few_and_with_many_players(bench: Bench) -> None:
    document = bench("structures", "--seconds", "3")
    cases = [f"{structure.name}, {players} players" for structure in STRUCTURES for players in (8, 32, 128)]
    assert list(values(document, "time an event")) == cases
    assert len(values(document, "SD of asynchrony")) == 3
    assert max(values(document, "largest move of the pulse a beat").values()) <= 10 + 1e-6


def test_the_store_is_measured_at_full_speed_and_at_a_pace(bench: Bench) -> None:
    document = bench("store", "--seconds", "0.2")
    assert set(values(document, "write() p99")) == {"8000 hits a second"}


def test_a_start_is_measured_from_help_to_a_picture(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "TRIES", 1)
    monkeypatch.setattr(start, "DEMOS", 1)
    monkeypatch.setattr(start, "REST_S", 0.0)
    document = bench("start", "--seconds", "0.2")
    assert set(values(document, "CPU")) == {"hub at rest, without sound", "hub at rest, with sound"}
    if sys.platform != "win32":
        assert "demo" in values(document, "first frame")
    if sys.platform == "linux":
        shares = values(document, "memory, its share")
        assert {"demo: hub", "demo: dashboard", "demo: broker", "demo: supervisor"} <= set(shares)


def test_a_hub_hears_every_hit_of_every_pad(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "WARM_S", 0.2)
    document = bench("hub", "--pads", "9", "--seconds", "0.5")
    lost = values(document, "hits lost")
    assert set(lost) == {"9 pads", "9 pads, bare aiomqtt"}
    assert set(lost.values()) == {0}
    assert all(took > 0 for took in values(document, "publish to core p99").values())


@pytest.mark.jack
def test_hits_are_measured_over_every_way_there_is(
    bench: Bench, jack: JackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "HUB_FINDS_S", 1.0)
    file = midi_file(tmp_path / "two_120_beat_4-4.mid", [(0.012, 36), (0.5, 36), (0.507, 38), (1.004, 36)])
    document = bench("hits", str(file), "--seconds", "1.2")
    lost = values(document, "hits lost")
    assert {f"two_120_beat_4-4 over {way}" for way in ("link", "embedded broker", "JACK")} <= set(lost)
    assert set(lost.values()) == {0}
    over_link = values(document, "mean off by, worst player")["two_120_beat_4-4 over link"]
    assert over_link == pytest.approx(0, abs=0.01)  # the stamp itself is sent, to the ns
    spread = [row for row in document["rows"] if row["metric"] == "spread p99" and row["ratio"] is not None]
    assert {row["against"] for row in spread} == {"bare rtmidi callback", "mido callback"}


def test_without_jack_hits_are_measured_over_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drumcircle.bench.jackd.ports.jack_runs", lambda: False)
    monkeypatch.setattr("drumcircle.bench.jackd.shutil.which", lambda _name, path=None: None)
    file = tmp_path / "pair.csv"
    file.write_text("time_s,player\n0.01,Ann\n0.51,Ann\n0.02,Bo\n", encoding="utf-8")
    told = Quiet()
    rows = list(catalogue.named("hits").measure(catalogue.Wanted(files=(file,), bpm=120.0), told))
    assert {row.case for row in rows} == {"pair over link", "pair over embedded broker"}
    assert {row.value for row in rows if row.metric == "hits lost"} == {0}
    assert {row.metric for row in rows if row.detail} == {
        "p-ann: mean off by", "p-ann: SD off by", "p-bo: mean off by",
    }  # fmt: skip
    assert any("JACK" in words for words in told.remarks)
    assert any("mosquitto" in words for words in told.remarks)


# ---------------------------------------------------------------- what is typed


def test_without_a_name_the_benches_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == [bench.name for bench in catalogue.BENCHES]
    assert {"hits", "hub", "start", "core", "store"} <= set(names)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["speed"], "There is no bench 'speed'; there are hits, hub, start, core, store"),
        (["core", "song.mid"], "'drumcircle bench core' has no use for files."),
        (["store", "--pads", "3"], "'drumcircle bench store' has no use for --pads."),
        (["hits", "nowhere.mid"], "nowhere.mid"),
    ],
)
def test_what_cannot_be_measured_gets_a_sentence(
    typed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["bench", *typed]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "typed", [["--pads", "0"], ["--pads", "many"], ["--seconds", "-1"], ["--bpm", "nan"]]
)
def test_a_number_that_makes_no_sense_is_refused(
    typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["bench", "hub", *typed])
    assert ended.value.code == 2
    assert typed[0] in capsys.readouterr().err


def test_the_document_tells_the_machine_and_not_whose_it_is(bench: Bench) -> None:
    document = bench("core", "--seconds", "3")
    assert set(document["machine"]) == {"python", "cpu", "cores", "os", "load"}
    told = json.dumps(document)
    assert platform.node() not in told
    assert str(Path.home()) not in told


# ---------------------------------------------------------------- figures and tables


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert percentile(list(range(1, 101)), 0.99) == 99
    assert percentile([7.0], 0.99) == median([7.0]) == 7.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_an_aim_is_held_against_the_value_or_the_ratio() -> None:
    row = Row("c", "m", 9.0, "ms", aim=Aim(10))
    assert row.met() is True
    assert compared(row, "other", 3.0).ratio == 3.0
    by_ratio = compared(Row("c", "m", 9.0, "ms", aim=Aim(1.2, "ratio")), "other", 3.0)
    assert by_ratio.met() is False
    assert Row("c", "m", 9.0, "ms").met() is None
    assert compared(row, "nothing", 0.0).ratio is None


def test_the_table_names_a_case_once_and_leaves_details_out() -> None:
    rows = [
        Row("one", "first", 0.5, "ms", "other", 1.25, Aim(1.2, "ratio")),
        Row("one", "second", 12345.678, "µs", aim=Aim(20000)),
        Row("one", "hidden", 1.0, "ms", detail=True),
    ]
    lines = table(rows).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("one")
    assert "≤ 1.2 ×: missed" in lines[1]
    assert not lines[2].startswith("one")
    assert "12,346" in lines[2]
    assert "≤ 20000 µs: met" in lines[2]


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0"), (3.0, "3"), (0.01234, "0.0123"), (1.234, "1.23"), (98765.4, "98,765")]
)
def test_numbers_are_shown_with_the_figures_that_matter(value: float, shown: str) -> None:
    assert number(value) == shown


# ---------------------------------------------------------------- recordings


def midi_file(path: Path, strokes: list[tuple[float, int]]) -> Path:
    """Notes at their times (s) in a file of 1000 ticks a quarter at 120 BPM: half a ms a tick."""
    midi = mido.MidiFile(ticks_per_beat=1000)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    last = 0
    for at, note in sorted(strokes):
        tick = round(at * 2000)
        track.append(mido.Message("note_on", note=note, velocity=90, channel=9, time=tick - last))
        last = tick
    midi.tracks.append(track)
    midi.save(path)
    return path


def test_hits_in_doubt_are_left_out_and_the_others_keep_their_times(tmp_path: Path) -> None:
    # The grid is 125 ms; .0625 is a boundary; .240 and .261 tie for .250 within 3 ms; .395 does not.
    strokes = [
        (0.01, 36),
        (0.0625, 36),
        (0.24, 36),
        (0.261, 36),
        (0.38, 36),
        (0.395, 36),
        (0.0625, 38),
        (0.5, 38),
    ]
    file = midi_file(tmp_path / "a.mid", strokes)
    made = recordings.prepare(file, folder(tmp_path), 120.0, 4)
    again = mido.MidiFile(made.copy)
    times, now = [], 0.0
    for message in again:
        now += message.time
        if message.type == "note_on":
            times.append((round(now, 6), message.note))
    assert times == [(0.01, 36), (0.38, 36), (0.395, 36), (0.5, 38)]
    assert made.left_out == 4
    assert [(player.pad, player.note) for player in made.players] == [("p-36", 36), ("p-38", 38)]


def test_what_a_hub_must_find_agrees_with_the_tests_own_yardstick(tmp_path: Path) -> None:
    strokes = [(0.5 * beat + 0.007 * (beat % 5) - 0.01 + 0.02, 36) for beat in range(20)]
    file = midi_file(tmp_path / "a.mid", [*strokes, (0.55, 36)])
    (player,) = recordings.prepare(file, folder(tmp_path), 120.0, 4, until_s=8.0).players
    played = [t for t, _ in [*strokes, (0.55, 36)] if t < 8.0]
    wanted = truth([round(t * 2000) / 2000 for t in played], 120, 4)
    assert wanted is not None
    assert player.truth.hits == wanted.n + wanted.extra
    assert player.truth.mean_ms == pytest.approx(wanted.mean_asynchrony_ms, abs=1e-9)
    assert player.truth.sd_ms == pytest.approx(wanted.sd_asynchrony_ms, abs=1e-9)


def test_players_of_a_csv_are_pads_by_name_and_notes_by_order(tmp_path: Path) -> None:
    file = tmp_path / "pair.csv"
    file.write_text("time_s,player,velocity\n0.51,Bo,9\n0.01,Ann,80\n0.187,Ann,80\n", encoding="utf-8-sig")
    made = recordings.prepare(file, folder(tmp_path), 120.0, 4)
    assert {(player.pad, player.truth.hits) for player in made.players} == {("p-ann", 1), ("p-bo", 1)}
    assert len({player.note for player in made.players}) == 2
    with made.copy.open(encoding="utf-8") as file_again:
        assert len(list(csv.DictReader(file_again))) == 2


@pytest.mark.parametrize(
    ("name", "bpm"),
    [
        ("drummer1_3_funk_80_beat_4-4.mid", 80),
        ("drummer1_143_funk-fast_125_fill_4-4.mid", 125),
        ("a.mid", 120),
    ],
)
def test_a_tempo_is_taken_from_the_name_else_from_the_file(tmp_path: Path, name: str, bpm: float) -> None:
    assert recordings.tempo(midi_file(tmp_path / name, [(0.1, 36)])) == pytest.approx(bpm)


def test_a_folder_stands_for_its_recordings(tmp_path: Path) -> None:
    for name in ("b.mid", "a.csv", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in recordings.recordings_in([tmp_path])] == ["a.csv", "b.mid"]


def test_a_recording_without_a_tempo_asks_for_one(tmp_path: Path) -> None:
    file = tmp_path / "pair.csv"
    file.write_text("time_s,player\n0.01,Ann\n", encoding="utf-8")
    with pytest.raises(hits.FileProblem, match="--bpm"):
        list(hits._performed(file, [], tmp_path / "1", catalogue.Wanted(), Quiet()))


def folder(tmp_path: Path) -> Path:
    made = tmp_path / "copies"
    made.mkdir()
    return made
