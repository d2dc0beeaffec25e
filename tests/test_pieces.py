"""Pieces: those that ship, the user's own, what is wrong with them, and what a group made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from drumcircle.core.piece import Piece, PiecePart
from drumcircle.core.pulse import Meter
from drumcircle.formats.piece_midi import write_piece_midi
from drumcircle.formats.pieces import keep_piece, load_pieces, read_pieces
from drumcircle.formats.smf import read_smf

MADE = Piece(
    "tuesday", "Tuesday", "3/4", 84.5, 6.0,
    (PiecePart("layer 1", (0.0, 1 / 3, 2.0171), (90, 64, 127), ("blue",)), PiecePart("layer 2", (3.5,), (80,), ())),
)  # fmt: skip


def test_at_least_three_pieces_ship_and_nothing_is_wrong_with_them() -> None:
    pieces, problems = load_pieces(None)
    assert problems == []
    assert len(pieces) >= 3
    for piece in pieces:
        assert piece.beats % Meter.parse(piece.meter).beats == 0
        assert len(piece.parts) >= 2


def test_a_line_is_the_loop_in_equal_steps() -> None:
    text = b'[[piece]]\nname = "a"\nbars = 1\n[[piece.part]]\nname = "x"\nline = "X.o. | ..x."\n'
    [piece], problems = read_pieces(text, "a.toml")
    assert problems == []
    assert piece.parts == (PiecePart("x", (0.0, 1.0, 3.0), (112, 48, 80)),)
    assert (piece.meter, piece.bpm, piece.beats, piece.title) == ("4/4", 90.0, 4.0, "a")


HEAD = '[[piece]]\nname = "good"\n[[piece.part]]\nname = "x"\nline = "x..."\n[[piece]]\nname = "bad"\n'


@pytest.mark.parametrize(
    ("wrong", "line", "words"),
    [
        ("", 6, "needs its parts"),
        ('bmp = 90\n[[piece.part]]\nname = "x"\nline = "x..."\n', 8, "did you mean 'bpm'"),
        ('[[piece.part]]\nname = "x"\nline = "x..y"\n', 10, "has a 'y' in it"),
        ('[[piece.part]]\nname = "x"\nline = "x...x"\n', 10, "do not divide into the 4 beats"),
        ('[[piece.part]]\nname = "x"\nline = "...."\n', 10, "at least one stroke"),
        ('[[piece.part]]\nname = "x"\nline = "x..."\n[[piece.part]]\nname = "x"\nline = "x..."\n', 12, "two parts called 'x'"),
        ('[[piece.part]]\nname = "x"\nline = "x..."\n[[piece.part]]\nname = "y"\n', 11, "'line' or 'onsets'"),
        ('[[piece.part]]\nname = "x"\nonsets = [0, 4]\n', 10, "4 does not"),
        ('[[piece.part]]\nname = "x"\nonsets = [0, 1]\nvelocities = [80]\n', 10, "there are 2 and 1"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_the_other_pieces_still_load(
    wrong: str, line: int, words: str
) -> None:
    pieces, [problem] = read_pieces((HEAD + wrong).encode(), "mine.toml")
    assert [piece.name for piece in pieces] == ["good"]
    assert f"mine.toml, line {line}" in problem or f"mine.toml:{line}" in problem
    assert words in problem
    assert "left out until this is mended" in problem


def test_what_a_group_made_is_kept_and_read_back_as_it_was(tmp_path: Path) -> None:
    keep_piece(tmp_path, replace(MADE, bpm=60.0))
    keep_piece(tmp_path, replace(MADE, name="monday"))
    keep_piece(tmp_path, MADE)
    pieces, problems = load_pieces(tmp_path)
    assert problems == []
    assert {piece.name: piece for piece in pieces}["tuesday"] == MADE
    assert [piece.name for piece in pieces][-2:] == ["monday", "tuesday"]


def test_a_file_that_is_no_toml_is_told_and_the_shipped_ones_are_there(tmp_path: Path) -> None:
    (tmp_path / "pieces").mkdir()
    (tmp_path / "pieces" / "mine.toml").write_text("[[piece\n")
    pieces, [problem] = load_pieces(tmp_path)
    assert pieces == load_pieces(None)[0]
    assert "mine.toml" in problem


def test_a_piece_is_a_midi_file_with_a_track_a_part_and_its_makers(tmp_path: Path) -> None:
    low = PiecePart("low", (0.0, 1.5), (100, 60), ("blue", "amber"))
    piece = Piece("ours", "Ours", "6/8", 180.0, 6.0, (low, PiecePart("high", (3.0,), (127,))))
    write_piece_midi(tmp_path / "ours.mid", piece, loops=2)
    read = read_smf(tmp_path / "ours.mid")
    assert read.bpm == pytest.approx(90)
    assert read.meter == "6/8"
    assert read.track_names[1:] == ("low: blue, amber", "high")
    assert [(round(n.time_s, 4), n.note, n.velocity) for n in read.notes] == [
        (0.0, 36, 100), (0.5, 36, 60), (1.0, 37, 127), (2.0, 36, 100), (2.5, 36, 60), (3.0, 37, 127),
    ]  # fmt: skip
