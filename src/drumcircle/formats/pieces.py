"""Pieces to play in parts: from ``pieces.toml``, the user's own files, and what groups have made.

A file of the user's, ``<config>/pieces/*.toml``, is written as the one beside this module, whose head says how.
A piece of the user's replaces the shipped one of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Table

from drumcircle.core.fields import CIRCLE, Check, Mistake, list_of, number, text, whole
from drumcircle.core.piece import Piece, PiecePart
from drumcircle.core.pulse import FASTEST, SLOWEST, Meter
from drumcircle.formats.library import Library, Wrong, examined
from drumcircle.formats.patterns import PLAIN, beat, written_beat

LOUDNESS = {"X": 112, "x": PLAIN, "o": 48}
"""Velocity of each mark of a line."""
FOR_THE_EYE = re.compile(r"[\s|]")
LONGEST_BARS, FEWEST_PARTS, MOST_PARTS = 16, 1, 8
USUAL_BPM = 90.0
MADE = "made.toml"
"""The user's file of what groups have made."""


def load_pieces(config: Path | None) -> tuple[list[Piece], list[str]]:
    """Every piece, and a sentence for each mistake in the user's files; a piece with a mistake is left out.

    ``config`` None: the shipped ones alone.
    """
    return _LIBRARY.load(config)


def read_pieces(raw: bytes, name: str) -> tuple[list[Piece], list[str]]:
    """The pieces in the bytes of the file ``name``, and what is wrong with the others, each with its line.

    Raises:
        FileProblem: the file is no TOML.
    """
    return _LIBRARY.read(raw, name)


def _piece(table: Mapping[str, object]) -> Piece:
    good = examined({key: value for key, value in table.items() if key != "part"}, _CHECKS)
    if "name" not in good:
        raise Wrong("a piece needs a 'name'")
    name, meter = good["name"], Meter.parse(good.get("meter", "4/4"))
    beats = good.get("bars", 1) * meter.beats
    parts = table.get("part")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Wrong("a piece needs its parts, each under [[piece.part]]", "part")
    if not FEWEST_PARTS <= len(parts) <= MOST_PARTS:
        raise Wrong(f"a piece has {FEWEST_PARTS} to {MOST_PARTS} parts, not {len(parts)}", "part")
    read = [_part(part, beats, position) for position, part in enumerate(parts)]
    names = [part.name for part in read]
    for position, known in enumerate(names):
        if known in names[:position]:
            raise Wrong(
                f"there are two parts called {known!r}; give each a name of its own", "part", position, "name"
            )
    return Piece(
        name=name,
        title=good.get("title", name),
        meter=str(meter),
        bpm=good.get("bpm", USUAL_BPM),
        beats=float(beats),
        parts=tuple(read),
    )


def _part(table: Mapping[str, object], beats: int, position: int) -> PiecePart:
    good = examined(table, _PART, "part", position)
    if "name" not in good:
        raise Wrong("a part needs a 'name'", "part", position)
    if ("line" in good) == ("onsets" in good):
        raise Wrong("give a part a 'line' or 'onsets', one of the two", "part", position)
    try:
        strokes = list(_of_line(good["line"], beats) if "line" in good else _of_onsets(good, beats))
    except Mistake as mistake:
        key = "line" if "line" in good else "onsets"
        raise Wrong(f"{key} {mistake}", "part", position, key) from None
    onsets, velocities = zip(*strokes, strict=True)
    return PiecePart(good["name"], onsets, velocities, good.get("players", ()))


def _of_line(line: str, beats: int) -> Iterator[tuple[float, int]]:
    steps = FOR_THE_EYE.sub("", line)
    for at, step in enumerate(steps):
        if step in LOUDNESS:
            yield at * beats / len(steps), LOUDNESS[step]
        elif step != ".":
            raise Mistake(f"has a {step!r} in it; a step is one of {' '.join(LOUDNESS)} or .")
    if len(steps) % beats:
        raise Mistake(f"has {len(steps)} steps, which do not divide into the {beats} beats of the loop")
    if not any(step in LOUDNESS for step in steps):
        raise Mistake("must hold at least one stroke")


def _of_onsets(good: Mapping[str, Any], beats: int) -> Iterator[tuple[float, int]]:
    onsets = good["onsets"]
    velocities = good.get("velocities", (PLAIN,) * len(onsets))
    if not onsets:
        raise Mistake("must hold at least one beat")
    if len(velocities) != len(onsets):
        raise Mistake(f"and velocities must be as many; there are {len(onsets)} and {len(velocities)}")
    before = -1.0
    for onset, velocity in zip(map(float, onsets), velocities, strict=True):
        if not before < onset < beats:
            raise Mistake(f"must ascend and lie before beat {beats}, where the loop ends; {onset:g} does not")
        before = onset
        yield onset, velocity


# ---------------------------------------------------------------- what a group made


def keep_piece(config: Path, piece: Piece) -> None:
    """Write a piece into the user's file of pieces that groups made; it replaces one of the same name.

    Raises:
        FileProblem: the file there is no TOML.
        OSError: the folder refuses.
    """
    _LIBRARY.keep(config, MADE, _table(piece))


def _table(piece: Piece) -> Table:
    table = tomlkit.table()
    table["name"], table["title"], table["meter"] = piece.name, piece.title, piece.meter
    table["bpm"] = piece.bpm
    table["bars"] = round(piece.beats / Meter.parse(piece.meter).beats)
    parts = tomlkit.aot()
    for part in piece.parts:
        row = tomlkit.table()
        row["name"] = part.name
        row["onsets"] = [written_beat(onset) for onset in part.onsets]
        row["velocities"] = list(part.velocities)
        if part.players:
            row["players"] = list(part.players)
        parts.append(row)
    table["part"] = parts
    return table


_CHECKS: dict[str, Check] = {
    "name": text(r"[a-z0-9-]{1,40}", "small letters, digits and hyphens, such as 'my-piece'"),
    "title": text(),
    "meter": CIRCLE["meter"],
    "bpm": number(SLOWEST, FASTEST),
    "bars": whole(1, LONGEST_BARS),
}
_PART: dict[str, Check] = {
    "name": text(),
    "line": text(r"(?s).+", "a line such as 'X...x...'"),
    "onsets": list_of(beat),
    "velocities": list_of(whole(1, 127)),
    "players": list_of(text()),
}
_LIBRARY = Library("piece", _piece)
