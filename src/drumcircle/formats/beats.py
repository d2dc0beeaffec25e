"""Beats CSV: ``beat,time_s``, the pulse as it was, one beat a row, in order.

UTF-8 with or without a byte-order mark, any line ending, columns in any order, other columns ignored.
Both the numbers and the times must grow from row to row: a beat that is doubled or out of order is a mistake
of whoever marked them, and no asynchrony measured against it would mean anything.
"""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumcircle.errors import FileProblem
from drumcircle.formats.onsets import LATEST_S

COLUMNS = ("beat", "time_s")
_EXAMPLE = "the first line must name the columns 'beat,time_s'"


@dataclass(frozen=True, slots=True)
class Beats:
    """Beat numbers and their times in seconds, both growing; at least two."""

    beat: array[float]
    time_s: array[float]

    def __len__(self) -> int:
        return len(self.time_s)


def read_beats(path: Path | str) -> Beats:
    """Every beat of a beats CSV.

    Raises:
        FileProblem: no such file, not text, a column missing, a cell that is no number, fewer than two
            beats, or a beat out of order or doubled.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(csv.reader(file), path)
    except UnicodeDecodeError:
        raise FileProblem(path, "this is not UTF-8 text; save the table as CSV in UTF-8.") from None
    except OSError as problem:
        raise FileProblem(path, f"cannot be read ({problem.strerror}); check its name and rights.") from None


def _read(reader: Any, path: Path) -> Beats:
    beats = Beats(array("d"), array("d"))
    try:
        where = _header(reader, path)
        for row in filter(None, reader):
            beat, time_s = (_number(row, place, path, reader.line_num) for place in where)
            _follow(beats, beat, time_s, path, reader.line_num)
            beats.beat.append(beat)
            beats.time_s.append(time_s)
    except csv.Error as problem:
        raise FileProblem(path, f"this is not CSV ({problem}).", line=reader.line_num) from None
    if len(beats) < 2:
        raise FileProblem(path, "a pulse needs at least two beats; add one line a beat.")
    return beats


def _header(reader: Iterator[list[str]], path: Path) -> list[tuple[str, int]]:
    """(name, place) of both columns."""
    header = [name.strip().lower() for name in next(filter(None, reader), [])]
    if not header:
        raise FileProblem(path, f"the file is empty; {_EXAMPLE} and each further line is one beat.")
    for name in COLUMNS:
        if name not in header:
            raise FileProblem(path, f"there is no column '{name}'; {_EXAMPLE}.", line=1)
    return [(name, header.index(name)) for name in COLUMNS]


def _number(row: list[str], place: tuple[str, int], path: Path, line: int) -> float:
    name, index = place
    cell = row[index] if index < len(row) else ""
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise FileProblem(path, f"{name} must be a finite number, not {cell!r}.", line=line)
    return number


def _follow(beats: Beats, beat: float, time_s: float, path: Path, line: int) -> None:
    """Refuse a beat that does not come after the one before."""
    if abs(time_s) > LATEST_S:
        raise FileProblem(path, f"time_s is {time_s:g}, which is no time in seconds.", line=line)
    if not len(beats):
        return
    for name, new, before in (("beat", beat, beats.beat[-1]), ("time_s", time_s, beats.time_s[-1])):
        # In ms two different times can be one, and it is ms that are measured.
        if new * 1000 == before * 1000:
            raise FileProblem(path, f"{name} {new:.12g} is there twice; delete one of the rows.", line=line)
        if new < before:
            raise FileProblem(
                path, f"{name} {new:.12g} comes after {before:.12g}; sort the beats by time.", line=line
            )
