"""Onset CSV: ``time_s,player[,velocity][,beat]``, one hit a row, in any order.

UTF-8 with or without a byte-order mark, any line ending, columns in any order, other columns ignored.
``time_s`` is in seconds, finite, not negative and at most 1e11; ``velocity`` is 1–127; ``beat`` numbers the beat a hit
belongs to.  A cell of ``velocity`` or ``beat`` may be empty: not known.

Hits are kept in columns, not as objects, and read many rows at a time, so that five million of them take
seconds and fit into memory; only a block of rows in which something is odd is taken row by row.
"""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from drumcircle.errors import FileProblem

_ROWS_AT_ONCE = 65_536
LATEST_S = 1e11
"""Three thousand years: whatever is later is no time in seconds."""
_EXAMPLE = "the first line must name the columns 'time_s,player[,velocity][,beat]'"


@dataclass(frozen=True, slots=True)
class Onsets:
    """Hits in columns, in the order of the file; row i is one hit.

    ``player`` indexes ``names`` (in order of first appearance).  ``velocity`` (0: not known) and ``beat``
    (NaN: not known) are None where the file has no such column.
    """

    time_s: array[float]
    player: array[int]
    names: tuple[str, ...]
    velocity: array[int] | None = None
    beat: array[float] | None = None

    def __len__(self) -> int:
        return len(self.time_s)


class _Wrong(ValueError):
    """One row cannot be used; the message says why."""


def read_onsets(path: Path | str) -> Onsets:
    """Every hit of an onset CSV.

    Raises:
        FileProblem: no such file, not text, a column missing, a cell that cannot be used, or no hits.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(csv.reader(file), path)
    except UnicodeDecodeError:
        raise FileProblem(path, "this is not UTF-8 text; save the table as CSV in UTF-8.") from None
    except OSError as problem:
        raise FileProblem(path, f"cannot be read ({problem.strerror}); check its name and rights.") from None


def line_with_beat(path: Path | str, beat: float) -> int | None:
    """The line of the first hit with this beat, for whoever must say where it stands; ``None``: there is none.

    The file must be one that :func:`read_onsets` has read.
    """
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        place = _header(reader, Path(path))["beat"]
        return next((reader.line_num for row in filter(None, reader) if _beat(row[place]) == beat), None)


def _read(reader: Any, path: Path) -> Onsets:
    columns = _Columns(_header(reader, path))
    # A blank line is an empty row, and no hit.
    rows: Iterator[list[str]] = filter(None, reader)
    taken = 0
    try:
        while block := list(islice(rows, _ROWS_AT_ONCE)):
            columns.take_all(block)
            taken += len(block)
    except _Wrong as wrong:
        raise FileProblem(path, f"{wrong}.", line=_line_of_fault(path, columns.where, taken)) from None
    except csv.Error as problem:
        raise FileProblem(path, f"this is not CSV ({problem}).", line=reader.line_num) from None
    if not taken:
        raise FileProblem(path, "there are no hits in this file, only column names; add one line a hit.")
    return columns.onsets()


def _header(reader: Any, path: Path) -> dict[str, int]:
    """At which place each known column stands."""
    try:
        header = [name.strip().lower() for name in next(filter(None, reader), [])]
    except csv.Error as problem:
        raise FileProblem(path, f"this is not CSV ({problem}).", line=reader.line_num) from None
    if not header:
        raise FileProblem(path, f"the file is empty; {_EXAMPLE} and each further line is one hit.")
    for name in ("time_s", "player"):
        if name not in header:
            raise FileProblem(path, _missing(name, header), line=reader.line_num)
    return {name: header.index(name) for name in ("time_s", "player", "velocity", "beat") if name in header}


def _missing(name: str, header: list[str]) -> str:
    if any(separator in cell for cell in header for separator in ";\t"):
        return "columns must be separated by commas; save the table as comma-separated CSV."
    return f"there is no column '{name}'; {_EXAMPLE}."


def _line_of_fault(path: Path, where: dict[str, int], sound: int) -> int:
    """The line of the first row that cannot be used, ``sound`` rows being known to be good."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        columns = _Columns(where)
        for row in islice(filter(None, reader), 1 + sound, None):
            try:
                columns.take([row])
            except _Wrong:
                break
        return reader.line_num


@dataclass(slots=True)
class _Columns:
    """The columns as they grow."""

    where: dict[str, int]
    times: array[float] = field(default_factory=lambda: array("d"))
    players: array[int] = field(default_factory=lambda: array("L"))
    velocities: array[int] = field(default_factory=lambda: array("B"))
    beats: array[float] = field(default_factory=lambda: array("d"))
    index: dict[str, int] = field(default_factory=dict)

    def take_all(self, block: list[list[str]]) -> None:
        """Many rows at once; row by row where they are not all alike (or one of them is wrong)."""
        try:
            self.take(block)
        except _Wrong:
            for row in block:
                self.take([row])

    def take(self, block: list[list[str]]) -> None:
        """Rows of equal length; either all of them or, raising :class:`_Wrong`, none."""
        cells = _transposed(block, max(self.where.values()) + 1)
        times = _times(cells[self.where["time_s"]])
        players = _players(cells[self.where["player"]])
        velocities = (
            [_velocity(cell) for cell in cells[self.where["velocity"]]] if self.has("velocity") else []
        )
        beats = [_beat(cell) for cell in cells[self.where["beat"]]] if self.has("beat") else []
        for name in dict.fromkeys(players):
            self.index.setdefault(name, len(self.index))
        self.times.extend(times)
        self.players.extend(map(self.index.__getitem__, players))
        self.velocities.extend(velocities)
        self.beats.extend(beats)

    def has(self, column: str) -> bool:
        return column in self.where

    def onsets(self) -> Onsets:
        return Onsets(
            self.times,
            self.players,
            tuple(self.index),
            self.velocities if self.has("velocity") else None,
            self.beats if self.has("beat") else None,
        )


def _transposed(block: list[list[str]], needed: int) -> list[tuple[str, ...]]:
    try:
        cells = list(zip(*block, strict=True))
    except ValueError:
        raise _Wrong("rows differ in length") from None
    if len(cells) < needed:
        raise _Wrong(f"this line has {len(cells)} of the {needed} columns that are needed")
    return cells


def _times(cells: Sequence[str]) -> array[float]:
    try:
        times = array("d", map(float, cells))
    except ValueError:
        raise _Wrong(f"time_s must be seconds such as 12.345, not {cells[0]!r}") from None
    for cell, time_s in zip(cells, times, strict=True) if _suspicious(times) else ():
        if not math.isfinite(time_s):
            raise _Wrong(f"time_s must be a finite number of seconds, not {cell!r}")
        if time_s < 0:
            raise _Wrong(f"time_s is {cell}, before the start; shift the times so that none is negative")
        if time_s > LATEST_S:
            raise _Wrong(f"time_s is {cell}, which is no time in seconds; give seconds from the start")
    return times


def _suspicious(times: array[float]) -> bool:
    """Something is negative, not finite or beyond all times: worth a slow look."""
    return not math.isfinite(sum(times)) or min(times) < 0 or max(times) > LATEST_S


def _players(cells: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if not all(names):
        raise _Wrong("the player has no name; give each hit one")
    return names


def _velocity(cell: str) -> int:
    if not cell.strip():
        return 0
    try:
        velocity = round(float(cell))
    except (ValueError, OverflowError):
        raise _Wrong(f"velocity must be a number from 1 to 127, not {cell!r}") from None
    if not 1 <= velocity <= 127:
        raise _Wrong(f"velocity must be from 1 to 127, not {cell}")
    return velocity


def _beat(cell: str) -> float:
    if not cell.strip():
        return math.nan
    try:
        beat = float(cell)
    except ValueError:
        raise _Wrong(f"beat must be a number, not {cell!r}") from None
    if not math.isfinite(beat):
        raise _Wrong(f"beat must be a finite number, not {cell!r}")
    return beat
