"""TOML as people write it: the document, and the line on which each of its mistakes stands."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from drumcircle.errors import FileProblem

Place = tuple[str | int, ...]
"""Where a value stands in a document: table names, positions in arrays of tables, and the key."""

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_NAMES = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*(?P<opening>\[\[?)\s*(?P<names>{_NAMES})\s*\]")
_KEY = re.compile(rf"\s*(?P<names>{_NAMES})\s*=")


@dataclass(frozen=True, slots=True)
class TomlText:
    """A document, and where in its text everything stands."""

    name: str
    """The file it comes from, for sentences."""
    tables: dict[str, Any]
    lines: dict[Place, int]

    @classmethod
    def parse(cls, raw: bytes, name: str) -> TomlText:
        """The document in the bytes of the file ``name``.

        Raises:
            FileProblem: not UTF-8, or not TOML; the message names the line.
        """
        try:
            words = raw.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as problem:
            line = raw[: problem.start].count(b"\n") + 1
            raise FileProblem(
                name, "this is not UTF-8 text; save the file again as UTF-8.", line=line
            ) from None
        return cls(name, _tables(words, name), _lines(words))

    def mistake(self, place: Place, what: str) -> str:
        """One sentence about what stands at ``place``, with its line (or that of the table around it)."""
        return str(FileProblem(self.name, what, line=self.line(place)))

    def line(self, place: Place) -> int | None:
        """On which line (from 1) stands what is at ``place``, or else the table around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)

    def array(self, name: str) -> tuple[list[dict[str, Any]], list[str]]:
        """The tables ``[[name]]``, and a sentence if ``name`` is something else."""
        tables = self.tables.get(name, [])
        if isinstance(tables, list) and all(isinstance(table, dict) for table in tables):
            return tables, []
        return [], [self.mistake((name,), f"write each {name} as a table of its own, under [[{name}]].")]


def _tables(words: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(words)
    except tomllib.TOMLDecodeError as problem:
        found = re.match(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(problem), re.DOTALL)
        line = int(found[2]) if found and found[2] else words.rstrip().count("\n") + 1
        what = found[1] if found else str(problem)
        sentence = f"this is not TOML ({what[:1].lower()}{what[1:]}); mend this line."
        raise FileProblem(name, sentence, line=line) from None


def _lines(words: str) -> dict[Place, int]:
    """On which line (from 1) each table begins and each key stands.

    Reads headers and keys line by line: a line inside a multi-line string that looks like one is taken for
    one, which can only misplace a key of that very name.
    """
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(words.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _table(_split(header["names"]), header["opening"] == "[[", counts)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(table + _split(key["names"]), number)
    return lines


def _table(names: tuple[str, ...], repeats: bool, counts: dict[Place, int]) -> Place:
    """Where a header opens a table; an array within a table of an array is counted anew in each."""
    place: Place = ()
    for depth, name in enumerate(names, start=1):
        place += (name,)
        if repeats and depth == len(names):
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place += (counts[place],)
    return place


def _split(names: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_NAME, names))
