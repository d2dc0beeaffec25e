"""``drumcircle analyse`` as a person types it: what goes in, what comes out, what is said of mistakes."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest

from drumcircle.cli import main

Document = dict[str, Any]
Run = Callable[..., Document]
STEADY = "time_s,player\n" + "".join(
    f"{k * 0.5 + late},{who}\n" for k in range(40) for who, late in (("ana", 0.01), ("ben", 0.03))
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_json(*arguments: object) -> Document:
        assert main(["analyse", *map(str, arguments), "--json"]) == 0
        document: Document = json.loads(capsys.readouterr().out)
        return document

    return run_json


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run, expect exit code 2 and one sentence; the sentence."""

    def run_refused(*arguments: object) -> str:
        try:
            code = main(["analyse", *map(str, arguments), "--json"])
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else -1
        said = capsys.readouterr()
        assert code == 2
        assert said.out == ""
        assert said.err.count("\n") == 1, "one line"
        return said.err

    return run_refused


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def midi(path: Path, *tracks: list[Any], ticks: int = 480, kind: int = 1) -> Path:
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks)
    file.tracks += [mido.MidiTrack(track) for track in tracks]
    file.save(path)
    return path


def note(number: int, delta: int, channel: int = 9) -> Any:
    return mido.Message("note_on", note=number, velocity=90, channel=channel, time=delta)


# ---------------------------------------------------------------- the document


def test_the_document_has_the_keys_of_the_contract_in_their_order(tmp_path: Path, run: Run) -> None:
    table = written(tmp_path / "a.csv", STEADY)
    found = run(table, "--bpm", 120, "--pairs", "--group", "--phase-correction")
    assert list(found) == ["pulse", "players", "pairs", "group", "warnings"]
    assert list(found["players"]["ana"]) == [
        "hits", "n", "missed", "extra", "share_played",
        "mean_asynchrony_ms", "sd_asynchrony_ms", "mean_abs_asynchrony_ms", "median_asynchrony_ms",
        "mean_asynchrony_ci95_ms", "vector_length", "vector_length_grid", "circular_mean_ms", "ppc", "ppc_grid",
        "rayleigh_z", "rayleigh_p", "rayleigh_z_grid", "rayleigh_p_grid",
        "iti_n", "iti_mean_ms", "iti_sd_ms", "iti_cv",
        "tempo_bpm", "tempo_half_bpm", "tempo_double_bpm", "tempo_drift_percent_per_min",
        "lag1_autocorrelation", "motor_variance_ms2", "clock_variance_ms2",
        "phase_correction_alpha", "timekeeper_sd_ms", "motor_sd_ms",
        "period_correction_beta", "prediction_tracking_ratio",
        "time_to_lock_s", "held_s", "velocity_mean", "velocity_sd",
        "timing_uncertainty_ms", "link_jitter_ms", "provisional", "why_not",
    ]  # fmt: skip
    assert list(found["pairs"]) == ["ana|ben"]
    assert list(found["pairs"]["ana|ben"]) == [
        "n", "mean_asynchrony_ms", "sd_asynchrony_ms", "mean_abs_asynchrony_ms",
        "lag_plus1", "lag_minus1", "coupling_p",
        "alpha_1_from_2", "alpha_2_from_1", "timekeeper_sd_ms", "motor_sd_ms", "why_not",
    ]  # fmt: skip
    assert list(found["group"]) == [
        "with_pulse", "with_each_other", "order_parameter", "cluster_phase",
        "start_spread_ms", "stop_spread_ms", "participation_gini", "why_not",
    ]  # fmt: skip


def test_a_reason_stands_beside_every_absent_figure_and_no_other(tmp_path: Path, run: Run) -> None:
    table = written(tmp_path / "a.csv", "time_s,player\n1,a\n2,a\n1.5,b\n")
    for more in ((), ("--bpm", 60)):
        found = run(table, *more, "--pairs", "--group", "--phase-correction")
        for row in (*found["players"].values(), *found["pairs"].values(), found["group"]):
            absent = [key for key, value in row.items() if value is None]
            assert list(row["why_not"]) == absent
            assert all(row["why_not"].values())


def test_figures_are_those_of_the_hits(tmp_path: Path, run: Run) -> None:
    row = run(written(tmp_path / "a.csv", STEADY), "--bpm", 120)["players"]["ben"]
    assert (row["hits"], row["n"], row["missed"], row["extra"]) == (40, 40, 0, 0)
    assert row["mean_asynchrony_ms"] == pytest.approx(30)
    assert row["tempo_bpm"] == pytest.approx(120)
    assert row["provisional"] is False


def test_a_file_is_analysed_alone_several_by_path(tmp_path: Path, run: Run) -> None:
    one, two = (written(tmp_path / name, STEADY) for name in ("one.csv", "two.csv"))
    assert list(run(one)) == ["pulse", "players", "pairs", "group", "warnings"]
    assert list(run(two, one)["files"]) == [str(two), str(one)]


def test_a_folder_stands_for_its_tables_and_midi_files_even_if_it_holds_one(tmp_path: Path, run: Run) -> None:
    written(tmp_path / "b.csv", STEADY)
    assert list(run(tmp_path)["files"]) == [str(tmp_path / "b.csv")]
    midi(tmp_path / "a.mid", [note(36, 0)])
    written(tmp_path / "b.beats.csv", "beat,time_s\n0,0\n1,1\n")
    written(tmp_path / "notes.txt", "not a recording")
    assert list(run(tmp_path)["files"]) == [str(tmp_path / "a.mid"), str(tmp_path / "b.csv")]


def test_one_bad_file_of_several_is_told_of_and_the_others_are_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "a.csv", STEADY)
    written(tmp_path / "b.csv", "time_s,player\n1,a\noops,a\n")
    assert main(["analyse", str(tmp_path), "--json"]) == 2
    said = capsys.readouterr()
    assert list(json.loads(said.out)["files"]) == [str(tmp_path / "a.csv")]
    assert "b.csv, line 3: time_s must be seconds" in said.err


def test_players_come_in_the_order_asked_for_and_pairs_follow_it(tmp_path: Path, run: Run) -> None:
    table = written(tmp_path / "a.csv", STEADY)
    found = run(table, "--players", "ben,ana", "--pairs", "--bpm", 120)
    assert list(found["players"]) == ["ben", "ana"]
    assert found["pairs"]["ben|ana"]["mean_asynchrony_ms"] == pytest.approx(20)
    assert list(run(table, "--players", "ben")["players"]) == ["ben"]


# ---------------------------------------------------------------- stretch and pulse


def test_a_stretch_is_half_open_and_its_last_hit_may_belong_to_the_point_after_it(
    tmp_path: Path, run: Run
) -> None:
    table = written(tmp_path / "a.csv", "time_s,player\n1,a\n2,a\n2.9,a\n3,a\n")
    row = run(table, "--bpm", 60, "--from", 1, "--to", 3)["players"]["a"]
    assert (row["hits"], row["n"], row["missed"]) == (3, 3, 0)
    assert row["mean_asynchrony_ms"] == pytest.approx(-100 / 3)


def test_hits_outside_the_pulse_are_counted_in_a_warning_and_in_no_asynchrony(
    tmp_path: Path, run: Run
) -> None:
    table = written(tmp_path / "a.csv", "time_s,player\n0.4,a\n0.6,a\n1,a\n2,a\n3.5,a\n3.6,a\n")
    beats = written(tmp_path / "b.csv", "beat,time_s\n0,1\n1,2\n2,3\n")
    found = run(table, "--beats", beats)
    row = found["players"]["a"]
    assert (row["hits"], row["n"], row["extra"], row["iti_n"]) == (6, 3, 1, 5)
    assert found["warnings"] == [
        "2 hits of a lie outside the pulse, more than half an interval beyond its ends: in no asynchrony figure."
    ]


def test_a_steady_pulse_begins_at_its_start_and_does_not_end(tmp_path: Path, run: Run) -> None:
    table = written(tmp_path / "a.csv", "time_s,player\n0.1,a\n1.2,a\n100000.2,a\n")
    found = run(table, "--bpm", 60, "--start", 1.1)
    assert found["players"]["a"]["n"] == 2
    assert found["players"]["a"]["mean_asynchrony_ms"] == pytest.approx(100)
    assert "1 hit of a lies outside" in found["warnings"][0]


@pytest.mark.parametrize(("subdivision", "mean"), [("2", 20.0), ("1/2", 520.0), ("0.5", 520.0)])
def test_the_grid_divides_beats_or_takes_some(
    tmp_path: Path, run: Run, subdivision: str, mean: float
) -> None:
    table = written(tmp_path / "a.csv", "time_s,player\n0.52,a\n2.52,a\n")
    found = run(table, "--bpm", 60, "--subdivision", subdivision)
    assert found["players"]["a"]["mean_asynchrony_ms"] == pytest.approx(mean)


def test_a_beat_column_is_used_as_it_stands(tmp_path: Path, run: Run) -> None:
    table = written(tmp_path / "a.csv", "time_s,player,beat\n1.9,a,1\n0.9,b,1\n2.0,b,2\n2.2,b,2\n9,b,\n")
    beats = written(tmp_path / "b.csv", "beat,time_s\n0,0\n1,1\n2,2\n")
    found = run(table, "--beats", beats, "--pairs")
    assert found["players"]["a"]["mean_asynchrony_ms"] == pytest.approx(900)
    assert found["players"]["b"]["mean_asynchrony_ms"] == pytest.approx(-50)
    assert (found["players"]["b"]["n"], found["players"]["b"]["extra"]) == (2, 2)
    assert found["pairs"]["a|b"]["mean_asynchrony_ms"] == pytest.approx(1000)
    assert found["warnings"] == ["1 hit of b has no beat: extra."]


def test_a_beat_column_may_hold_parts_of_beats_and_numbers_far_from_the_first(
    tmp_path: Path, run: Run
) -> None:
    table = written(tmp_path / "a.csv", "time_s,player,beat\n100.51,a,100.5\n101.01,a,101\n")
    row = run(table, "--bpm", 60, "--subdivision", 2)["players"]["a"]
    assert (row["n"], row["missed"]) == (2, 0)
    assert row["mean_asynchrony_ms"] == pytest.approx(10)


def test_without_a_pulse_a_beat_column_pairs_players_by_number(tmp_path: Path, run: Run) -> None:
    table = written(tmp_path / "a.csv", "time_s,player,beat\n1,a,1\n7,a,3\n2,b,1\n4,b,2\n6.5,b,3\n")
    found = run(table, "--pairs")
    assert found["pairs"]["a|b"]["n"] == 2
    assert found["pairs"]["a|b"]["mean_asynchrony_ms"] == pytest.approx(-250)
    assert (found["players"]["a"]["n"], found["players"]["a"]["missed"]) == (2, 1)
    assert found["players"]["a"]["mean_asynchrony_ms"] is None


def test_without_pulse_and_numbers_pairs_are_mutual_nearest_hits(tmp_path: Path, run: Run) -> None:
    table = written(tmp_path / "a.csv", "time_s,player\n1,a\n2,a\n3,a\n1.1,b\n1.2,b\n3.1,b\n9,b\n")
    found = run(table, "--pairs")
    assert found["pulse"]["source"] is None
    assert found["pairs"]["a|b"]["n"] == 2
    assert found["pairs"]["a|b"]["mean_asynchrony_ms"] == pytest.approx(-100)
    assert found["players"]["a"]["iti_mean_ms"] == pytest.approx(1000)
    assert found["players"]["a"]["n"] is None


def test_a_pair_that_shares_nothing_has_n_0_and_nothing_else(tmp_path: Path, run: Run) -> None:
    pair = run(written(tmp_path / "a.csv", "time_s,player\n1,a\n2,a\n51,b\n52,b\n"), "--pairs", "--bpm", 60)[
        "pairs"
    ]["a|b"]
    assert pair.pop("n") == 0
    assert pair.pop("why_not")["mean_asynchrony_ms"] == "the two share no event"
    assert set(pair.values()) == {None}


def test_the_order_of_rows_a_byte_order_mark_and_line_ends_change_nothing(tmp_path: Path, run: Run) -> None:
    head, *rows = STEADY.splitlines()
    turned = "\ufeff" + "\r\n".join([head, *reversed(rows)])
    one, two = written(tmp_path / "a.csv", STEADY), written(tmp_path / "b.csv", turned)
    assert run(one, "--bpm", 120, "--pairs") == run(two, "--bpm", 120, "--pairs")


def test_hits_listed_twice_are_kept_and_told_of(tmp_path: Path, run: Run) -> None:
    found = run(
        written(tmp_path / "a.csv", "time_s,player\n1,a\n1,a\n2,a\n"), "--bpm", 60, "--group", "--pairs"
    )
    assert (found["players"]["a"]["hits"], found["players"]["a"]["n"], found["players"]["a"]["extra"]) == (
        3,
        2,
        1,
    )
    assert found["warnings"] == ["1 hit of a at the same time as the hit before; all are kept."]


# ---------------------------------------------------------------- MIDI


def test_a_midi_files_own_tempo_and_metre_are_its_pulse(tmp_path: Path, run: Run) -> None:
    head = [
        mido.MetaMessage("set_tempo", tempo=500_000),
        mido.MetaMessage("time_signature", numerator=6, denominator=8),
        mido.MetaMessage("set_tempo", tempo=1_000_000, time=480),
    ]
    # Eighths: two at 120 quarters a minute (.25 s), then .5 s each; every hit lies 24 ticks after one.
    hits = [note(36, 24), note(36, 240), note(36, 240), note(36, 240)]
    found = run(midi(tmp_path / "a.mid", head, hits))
    assert found["pulse"]["meter"] == "6/8"
    row = found["players"]["36"]
    assert (row["n"], row["missed"]) == (4, 0)
    assert row["mean_asynchrony_ms"] == pytest.approx((25 + 25 + 50 + 50) / 4)
    assert row["vector_length"] == pytest.approx(1.0)


def test_a_midi_file_without_tempo_is_read_at_120_and_gives_no_pulse(tmp_path: Path, run: Run) -> None:
    found = run(midi(tmp_path / "a.mid", [note(36, 0), note(36, 480), note(38, 0)]))
    assert found["pulse"] == {
        "source": None,
        "why_not": "the MIDI file has no tempo, and none was given (--beats, --bpm)",
    }
    assert found["players"]["36"]["iti_mean_ms"] == pytest.approx(500)
    assert found["warnings"] == ["This MIDI file has no tempo: its times are read at 120 BPM."]


def test_players_of_a_midi_file_are_notes_channels_or_tracks(tmp_path: Path, run: Run) -> None:
    named = [mido.MetaMessage("track_name", name="Zoe"), note(100, 0, channel=0), note(36, 10, channel=1)]
    other = [mido.MetaMessage("track_name", name="Ana"), note(9, 0, channel=9)]
    path = midi(tmp_path / "a.mid", named, other)
    assert list(run(path)["players"]) == ["9", "36", "100"]
    assert list(run(path, "--by", "channel")["players"]) == ["1", "2", "10"]
    assert list(run(path, "--by", "track")["players"]) == ["Ana", "Zoe"]
    assert run(path, "--by", "track")["players"]["Zoe"]["hits"] == 2


def test_running_status_in_a_file_of_type_0_is_read(tmp_path: Path, run: Run) -> None:
    tempo, on, off, again, end = "00 ff 51 03 07 a1 20", "00 99 24 50", "60 24 00", "00 24 50", "00 ff 2f 00"
    events = bytes.fromhex(tempo + on + off + again + end)
    head = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60"
    path = written(tmp_path / "a.mid", head + b"MTrk" + len(events).to_bytes(4, "big") + events)
    row = run(path)["players"]["36"]
    assert row["hits"] == 2
    assert row["iti_mean_ms"] == pytest.approx(500)


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.csv: the file is empty"),
        ("time_s,player\n", "a.csv: there are no hits"),
        ("when,player\n1,a\n", "a.csv, line 1: there is no column 'time_s'"),
        ("time_s;player\n1;a\n", "a.csv, line 1: columns must be separated by commas"),
        ("time_s,player\n1,a\nsoon,a\n", "a.csv, line 3: time_s must be seconds"),
        ("time_s,player\n1,a\nnan,a\n", "a.csv, line 3: time_s must be a finite"),
        ("time_s,player\n1,a\n1e300,a\n", "a.csv, line 3: time_s is 1e300, which is no time in seconds"),
        ("time_s,player\n-1,a\n", "a.csv, line 2: time_s is -1, before the start"),
        ("time_s,player\n1,a\n2\n", "a.csv, line 3: this line has 1 of the 2 columns"),
        (b"\xff\xfe\x00", "a.csv: this is not UTF-8"),
        ("time_s,player,beat\n1,a,1\n\n2,a,77\n", "a.csv, line 4: beat 77 is none of the pulse's"),
        ("time_s,player,beat\n1,a,0.5\n", "a.csv, line 2: beat 0.5 lies between judged points"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_sentence_with_its_line(
    tmp_path: Path, refused: Callable[..., str], text: str | bytes, said: str
) -> None:
    beats = written(tmp_path / "beats.txt", "beat,time_s\n0,0\n1,1\n2,2\n")
    assert said in refused(written(tmp_path / "a.csv", text), "--beats", beats)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "b.csv: the file is empty"),
        ("beat,when\n0,1\n", "b.csv, line 1: there is no column 'time_s'"),
        ("beat,time_s\n0,1\n", "b.csv: a pulse needs at least two beats"),
        ("beat,time_s\n0,1\n1,2\n3,4\n2,3\n", "b.csv, line 5: beat 2 comes after 3; sort the beats"),
        ("beat,time_s\n0,1\n1,2\n1,3\n", "b.csv, line 4: beat 1 is there twice"),
        ("beat,time_s\n0,1\n1,1\n", "b.csv, line 3: time_s 1 is there twice"),
        ("beat,time_s\n0,2\n1,1\n", "b.csv, line 3: time_s 1 comes after 2"),
        ("beat,time_s\n0,1\n1,x\n", "b.csv, line 3: time_s must be a finite number"),
        ("beat,time_s\n0,1\n1\n", "b.csv, line 3: time_s must be a finite number"),
        ("beat,time_s\n0,1\n1,inf\n", "b.csv, line 3: time_s must be a finite number"),
    ],
)
def test_what_is_wrong_with_a_beats_file_is_one_sentence_with_its_line(
    tmp_path: Path, refused: Callable[..., str], text: str, said: str
) -> None:
    table = written(tmp_path / "a.csv", STEADY)
    assert said in refused(table, "--beats", written(tmp_path / "b.csv", text))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--start", "1"], "give its tempo too, with --bpm"),
        (["--bpm", "0"], "--bpm must be above 0"),
        (["--bpm", "60", "--beats", "x.csv"], "not allowed with"),
        (["--beats", "absent.csv"], "absent.csv: cannot be read"),
        (["--from", "5", "--to", "5"], "--from must be before --to"),
        (["--subdivision", "1.5"], "whole number of points a beat"),
        (["--players", "ana,zoe"], "there is no player 'zoe'; there are ana, ben"),
        (["--players", "ana,ana"], "must be different names"),
        (["--by", "colour"], "invalid choice"),
    ],
)
def test_what_is_typed_wrongly_is_one_sentence(
    tmp_path: Path, refused: Callable[..., str], arguments: list[str], said: str
) -> None:
    assert said in refused(written(tmp_path / "a.csv", STEADY), *arguments)


def test_what_is_not_there_is_said(tmp_path: Path, refused: Callable[..., str]) -> None:
    assert "There is no file 'tuesday'." in refused("tuesday", "--data", tmp_path)
    assert "there is no such file" in refused(tmp_path / "absent.csv")
    assert "there is no such file" in refused(tmp_path / "absent.mid")
    (tmp_path / "empty").mkdir()
    assert "no .csv and no .mid file" in refused(tmp_path / "empty")


def test_what_is_wrong_with_a_midi_file_is_one_sentence(tmp_path: Path, refused: Callable[..., str]) -> None:
    whole = midi(tmp_path / "a.mid", [note(36, 0), note(36, 480)]).read_bytes()
    assert "the MIDI file is cut off" in refused(written(tmp_path / "b.mid", whole[:-6]))
    assert "is not a sound MIDI file" in refused(written(tmp_path / "c.mid", b"not MIDI at all"))
    assert "has no notes" in refused(midi(tmp_path / "d.mid", []))


# ---------------------------------------------------------------- other outputs


def test_the_tidy_table_has_one_row_a_player_a_file(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one.csv", "two.csv"):
        written(tmp_path / name, STEADY)
    assert main(["analyse", str(tmp_path), "--bpm", "120", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(Path(row["file"]).name, row["player"]) for row in rows] == [
        ("one.csv", "ana"), ("one.csv", "ben"), ("two.csv", "ana"), ("two.csv", "ben"),
    ]  # fmt: skip
    figures = run(tmp_path, "--bpm", 120)["files"][rows[0]["file"]]["players"]["ana"]
    assert float(rows[0]["mean_asynchrony_ms"]) == figures["mean_asynchrony_ms"]
    low_high = [float(rows[0][f"mean_asynchrony_ci95_{end}_ms"]) for end in ("low", "high")]
    assert low_high == figures["mean_asynchrony_ci95_ms"]
    assert rows[0]["phase_correction_alpha"] == ""


def test_the_table_shows_no_mean_of_a_player_who_hits_at_random(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spread = "".join(f"{k + (k % 10) / 10 + 0.02},random\n" for k in range(40))
    table = written(tmp_path / "a.csv", STEADY + spread)
    assert main(["analyse", str(table), "--bpm", "60", "--subdivision", "2"]) == 0
    said = capsys.readouterr().out
    by_name = {line.split()[0]: line.split() for line in said.split("\n\n")[1].splitlines()}
    heads = by_name["player"]
    assert heads[4:7] == ["extra", "mean", "ms"]
    assert by_name["ben"][5] == "+30.0"
    assert by_name["random"][5] == "–"
    assert "no mean where hits fall at random" in said


@pytest.mark.parametrize("columns", [80, 120])
def test_the_tables_fit_into_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    names = "abcdefg"
    rows = "".join(f"{k * 0.5 + i / 100},player {who}\n" for k in range(400) for i, who in enumerate(names))
    for name in ("a recording with a long name of its own.csv", "b.csv"):
        written(tmp_path / name, "time_s,player\n" + rows)
    assert main(["analyse", str(tmp_path / "b.csv"), "--bpm", "120", "--pairs", "--group"]) == 0
    assert main(["analyse", str(tmp_path), "--bpm", "120"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns


@pytest.mark.parametrize("how", [[], ["--json"], ["--csv"]])
def test_a_terminal_without_the_characters_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: list[str]
) -> None:
    table = written(tmp_path / "a.csv", STEADY.replace("ben", "Zoë"))
    sink = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(sink, encoding="ascii"))
    assert main(["analyse", str(table), "--bpm", "120", *how]) == 0
    assert ("Zoë" in sink.getvalue().decode("utf-8")) == bool(how)


def test_figures_are_drawn_a_folder_a_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        written(tmp_path / folder / "a.csv", STEADY)
    to = tmp_path / "figures"
    paths = [str(tmp_path / folder / "a.csv") for folder in ("x", "y")]
    assert main(["analyse", *paths, "--bpm", "120", "--pairs", "--plot", str(to)]) == 0
    names = ["asynchrony.svg", "circle.svg", "intervals.svg", "pairs.svg", "played.svg"]
    assert sorted(path.name for path in (to / "a.csv").iterdir()) == names
    assert sorted(path.name for path in (to / "y_a.csv").iterdir()) == names
    assert (to / "a.csv" / "circle.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_without_matplotlib_one_sentence_says_what_to_install(
    tmp_path: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = refused(written(tmp_path / "a.csv", STEADY), "--plot", tmp_path / "figures")
    assert "pip install 'drumcircle[plot]'" in said


def test_only_figures_need_matplotlib(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run(written(tmp_path / "a.csv", STEADY), "--bpm", 120, "--pairs", "--group")["players"]
