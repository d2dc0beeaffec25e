"""Whatever the bytes: a document without NaN, or a sentence; never a traceback, never a warning of numpy."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drumcircle.analysis.document import analyse
from drumcircle.analysis.pulses import MarkedPulse, SteadyPulse
from drumcircle.analysis.reading import read_recording
from drumcircle.analysis.recording import Asked
from drumcircle.analysis.table import report
from drumcircle.errors import DrumcircleError
from drumcircle.formats.beats import read_beats

fuzz = settings(
    max_examples=150,
    deadline=None,
    # One folder serves all examples: each overwrites its file.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

CELLS = st.one_of(
    st.floats(min_value=0, max_value=20, width=32).map(str),
    st.sampled_from(["", "nan", "-1", "1e300", "0", "a", "é", "127", "1e-9", "1_0", " 2 ", '"x,y"', '"']),
    st.integers(-2, 30).map(str),
)
HEADS = st.permutations(["time_s", "player", "velocity", "beat"]).flatmap(
    lambda names: st.integers(2, 4).map(lambda count: ",".join(names[:count]))
)
TIMES = st.floats(min_value=0, max_value=30).map(lambda seconds: f"{seconds:.3f}")
SOUND_ROWS = st.lists(
    st.tuples(TIMES, st.sampled_from("abc"), st.integers(0, 12).map(str)), min_size=1, max_size=60
)


def measured(path: Path, asked: Asked) -> None:
    """Everything from reading to the table, as the command does it."""
    analysis = analyse(read_recording(path, asked.by), asked)
    json.dumps(analysis.document, allow_nan=False)
    assert report(path.name, analysis, 80)


@fuzz
@given(head=HEADS, rows=st.lists(st.lists(CELLS, max_size=5).map(",".join), max_size=12))
def test_any_table_is_measured_or_refused_in_words(tmp_path: Path, head: str, rows: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    for pulse in (None, SteadyPulse(60.0)):
        with contextlib.suppress(DrumcircleError):
            measured(path, Asked(pulse, pairs=True, group=True, phase_correction=True))


@fuzz
@given(rows=SOUND_ROWS, numbered=st.booleans(), subdivision=st.sampled_from([None, 1.0, 2.0, 0.5]))
def test_every_sound_table_is_measured(
    tmp_path: Path, rows: list[tuple[str, str, str]], numbered: bool, subdivision: float | None
) -> None:
    path = tmp_path / "a.csv"
    columns = 3 if numbered else 2
    lines = [",".join(("time_s", "player", "beat")[:columns]), *(",".join(row[:columns]) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    for pulse in (None, SteadyPulse(97.0, 1.5)):
        measured(path, Asked(pulse, subdivision, pairs=True, group=True, phase_correction=True))


@fuzz
@given(
    content=st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda b: b"time_s,player\n" + b))
)
def test_any_bytes_called_a_table_or_a_beats_file_are_read_or_refused_in_words(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with contextlib.suppress(DrumcircleError):
        measured(path, Asked())
    with contextlib.suppress(DrumcircleError):
        read_beats(path)


@fuzz
@given(rows=st.lists(st.tuples(CELLS, CELLS).map(",".join), max_size=6))
def test_any_beats_file_gives_a_grid_or_is_refused_in_words(tmp_path: Path, rows: list[str]) -> None:
    table, beats = tmp_path / "a.csv", tmp_path / "b.csv"
    table.write_text("time_s,player\n1,a\n2,a\n2.5,b\n", encoding="utf-8")
    beats.write_text("\n".join(["beat,time_s", *rows]), encoding="utf-8")
    with contextlib.suppress(DrumcircleError):
        measured(table, Asked(MarkedPulse.read(beats), pairs=True, group=True))


def a_midi_file() -> bytes:
    file = mido.MidiFile(type=1, ticks_per_beat=96)
    head = [
        mido.MetaMessage("set_tempo", tempo=400_000),
        mido.MetaMessage("time_signature", numerator=7, denominator=8, time=96),
        mido.MetaMessage("set_tempo", tempo=700_000, time=96),
    ]
    hits = [mido.Message("note_on", note=36 + k % 3, velocity=k % 120 + 1, time=24) for k in range(30)]
    file.tracks += [mido.MidiTrack(head), mido.MidiTrack(hits)]
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


WHOLE = a_midi_file()


@fuzz
@given(
    changes=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4),
    length=st.one_of(st.none(), st.integers(0, len(WHOLE))),
    by=st.sampled_from(["note", "channel", "track"]),
)
def test_a_damaged_midi_file_is_measured_or_refused_in_words(
    tmp_path: Path, changes: list[tuple[int, int]], length: int | None, by: str
) -> None:
    content = bytearray(WHOLE)
    for place, byte in changes:
        content[place] = byte
    path = tmp_path / "a.mid"
    path.write_bytes(content[:length])
    with contextlib.suppress(DrumcircleError):
        measured(path, Asked(by=by, pairs=True, group=True, phase_correction=True))


@fuzz
@given(content=st.binary(max_size=200))
def test_any_bytes_called_a_midi_file_are_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mid"
    path.write_bytes(content)
    with pytest.raises(DrumcircleError, match=r"a\.mid"):
        read_recording(path, "note")
