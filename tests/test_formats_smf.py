"""Standard MIDI Files: exact times on the way in, true to the nearest tick on the way out."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.errors import FileProblem
from drumcircle.formats.smf import Meter, Note, Smf, Tempo, read_smf, write_smf

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
REAL_FILES = sorted([*REAL.glob("groove/*.mid"), *REAL.glob("dyads/*.mid")])


def built(path: Path, *tracks: list[mido.Message], ppq: int = 480, kind: int = 1) -> Path:
    midi = mido.MidiFile(type=kind, ticks_per_beat=ppq)
    midi.tracks.extend(mido.MidiTrack(track) for track in tracks)
    midi.save(path)
    return path


def on(delta: int, note: int = 36, velocity: int = 100) -> mido.Message:
    return mido.Message("note_on", note=note, velocity=velocity, channel=9, time=delta)


def tempo(us: int, delta: int = 0) -> mido.MetaMessage:
    return mido.MetaMessage("set_tempo", tempo=us, time=delta)


def test_without_a_tempo_a_file_plays_at_120_and_says_it_has_none(tmp_path: Path) -> None:
    smf = read_smf(built(tmp_path / "a.mid", [on(480)]))
    assert [note.time_s for note in smf.notes] == [0.5]
    assert (smf.bpm, smf.meter) == (None, None)


def test_tempo_changes_in_one_track_move_the_notes_of_another(tmp_path: Path) -> None:
    conductor = [
        mido.MetaMessage("time_signature", numerator=6, denominator=8),
        tempo(1_000_000),
        tempo(250_000, 480),
    ]
    smf = read_smf(built(tmp_path / "a.mid", conductor, [on(0), on(480), on(480), on(240)]))
    assert [note.time_s for note in smf.notes] == [0.0, 1.0, 1.25, 1.375]
    assert [(t.time_s, t.bpm) for t in smf.tempos] == [(0.0, 60.0), (1.0, 240.0)]
    assert smf.meter == "6/8"
    assert {note.track for note in smf.notes} == {1}


def test_a_note_on_of_velocity_0_ends_a_note_and_is_no_hit(tmp_path: Path) -> None:
    smf = read_smf(built(tmp_path / "a.mid", [on(0), on(100, velocity=0), on(0, note=38, velocity=1)]))
    assert [(note.note, note.velocity) for note in smf.notes] == [(36, 100), (38, 1)]


@given(
    ppq=st.integers(1, 2000),
    steps=st.lists(st.tuples(st.integers(0, 50_000), st.integers(1, 0xFFFFFF)), max_size=12),
    gaps=st.lists(st.integers(0, 200_000), min_size=1, max_size=12),
)
def test_times_are_exact_however_often_the_tempo_changes(
    tmp_path_factory: pytest.TempPathFactory, ppq: int, steps: list[tuple[int, int]], gaps: list[int]
) -> None:
    path = built(
        tmp_path_factory.mktemp("smf") / "a.mid",
        [tempo(us, delta) for delta, us in steps],
        [on(gap) for gap in gaps],
        ppq=ppq,
    )
    changes, tick = [(0, 500_000)], 0
    for delta, us in steps:
        tick += delta
        changes.append((tick, us))
    wanted, tick = [], 0
    for gap in gaps:
        tick += gap
        elapsed = Fraction(0)
        for (start, us), (end, _) in zip(changes, [*changes[1:], (tick, 0)], strict=True):
            elapsed += Fraction(max(0, min(end, tick) - start) * us, ppq * 1_000_000)
        wanted.append(float(elapsed))
    assert [note.time_s for note in read_smf(path).notes] == wanted


def test_a_frame_rate_counts_frames_and_no_tempo_changes_it(tmp_path: Path) -> None:
    frames_25_of_40 = (-25 << 8) + 40
    smf = read_smf(built(tmp_path / "a.mid", [tempo(1), on(1000), on(500)], ppq=frames_25_of_40))
    assert [note.time_s for note in smf.notes] == [1.0, 1.5]
    drop = read_smf(built(tmp_path / "b.mid", [on(30_000)], ppq=(-29 << 8) + 100))
    assert drop.notes[0].time_s == pytest.approx(10.01)


def test_one_piece_of_type_2_is_read_and_several_are_refused_with_a_remedy(tmp_path: Path) -> None:
    assert len(read_smf(built(tmp_path / "one.mid", [on(0)], kind=2)).notes) == 1
    with pytest.raises(FileProblem, match=r"several separate pieces .* save the one you mean"):
        read_smf(built(tmp_path / "two.mid", [on(0)], [on(0)], kind=2))


def test_a_file_cut_off_anywhere_is_refused_in_one_sentence(tmp_path: Path) -> None:
    whole = built(tmp_path / "whole.mid", [on(0), on(480), on(480)]).read_bytes()
    for length in range(len(whole)):
        path = tmp_path / "cut.mid"
        path.write_bytes(whole[:length])
        with pytest.raises(FileProblem, match=r"cut\.mid: "):
            read_smf(path)


@given(garbage=st.binary(max_size=200), header=st.booleans())
def test_garbage_never_escapes_as_anything_but_a_file_problem(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes, header: bool
) -> None:
    path = tmp_path_factory.mktemp("smf") / "x.mid"
    path.write_bytes((b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0" if header else b"") + garbage)
    with suppress(FileProblem):
        assert isinstance(read_smf(path), Smf)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="no such file"):
        read_smf(tmp_path / "none.mid")
    with pytest.raises(FileProblem, match="cannot be opened"):
        read_smf(tmp_path)


@pytest.mark.shared_data
@pytest.mark.skipif(not REAL_FILES, reason="the recordings in ../shared/data are not beside this checkout")
@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.stem)
def test_real_recordings_last_as_long_as_mido_says_and_keep_every_note(path: Path) -> None:
    smf, theirs = read_smf(path), mido.MidiFile(path)
    assert smf.length_s == pytest.approx(theirs.length, abs=1e-6)
    elapsed, wanted = 0.0, []
    for message in theirs:
        elapsed += message.time
        if message.type == "note_on" and message.velocity:
            wanted.append((message.note, message.velocity, elapsed))
    assert [(n.note, n.velocity) for n in smf.notes] == [(note, velocity) for note, velocity, _ in wanted]
    assert [n.time_s for n in smf.notes] == pytest.approx([t for _, _, t in wanted], abs=1e-6)


# ---------------------------------------------------------------- writing

hit_lists = st.lists(
    st.builds(
        Note,
        time_s=st.floats(0, 3600),
        note=st.integers(0, 127),
        velocity=st.integers(1, 127),
        channel=st.integers(0, 15),
        track=st.integers(0, 2),
    ),
    max_size=20,
)
tempo_maps = st.lists(st.builds(Tempo, time_s=st.floats(0, 600), bpm=st.floats(30, 240)), max_size=6)


@given(hits=hit_lists, tempos=tempo_maps)
def test_what_is_written_comes_back_within_half_a_tick(
    tmp_path_factory: pytest.TempPathFactory, hits: list[Note], tempos: list[Tempo]
) -> None:
    path = tmp_path_factory.mktemp("smf") / "a.mid"
    write_smf(path, Smf(tuple(hits), tuple(tempos), (Meter(0.0, "4/4"),), ("Ana", "Ben", "Čeda")))
    back = read_smf(path)
    assert back.meter == "4/4"

    def told(notes: list[Note], shift: int) -> list[list[Note]]:
        return [sorted((n for n in notes if n.track == t + shift), key=lambda n: n.time_s) for t in range(3)]

    slowest_half_tick = 60 / min([120.0, *(t.bpm for t in tempos)]) / 960 / 2 + 1e-6
    for sent, heard in zip(told(hits, 0), told(list(back.notes), 1), strict=True):
        assert [n.time_s for n in heard] == pytest.approx([n.time_s for n in sent], abs=slowest_half_tick)
        kept = sorted((n.note, n.velocity, n.channel) for n in sent)
        assert sorted((n.note, n.velocity, n.channel) for n in heard) == kept


def test_each_note_ends_before_the_same_pad_is_hit_again(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    hits = [Note(0.0, 36, 90), Note(0.05, 36, 80), Note(0.06, 38, 70)]
    write_smf(path, Smf(tuple(hits), (Tempo(0.0, 120.0),), (), ("Ana",)))
    sounding: set[int] = set()
    for message in mido.MidiFile(path).tracks[1]:
        if message.type == "note_on":
            assert message.note not in sounding
            sounding.add(message.note)
        elif message.type == "note_off":
            sounding.remove(message.note)
    assert not sounding


def test_a_track_carries_its_players_name_even_beyond_latin(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    write_smf(path, Smf((Note(0.0, 36, 90),), (), (), ("šumska lisica",)))
    assert read_smf(path).track_names == ("", "šumska lisica")


def test_writing_where_one_may_not_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="cannot be written"):
        write_smf(tmp_path / "no such folder" / "a.mid", Smf((Note(0.0, 36, 90),)))
    with pytest.raises(ValueError, match="before its start"):
        write_smf(tmp_path / "a.mid", Smf((Note(-1.0, 36, 90),)))
