"""The pattern library: calls for call and response, from ``patterns.toml`` and the user's own files.

A file of the user's, ``<config>/patterns/*.toml``, is written as the one beside this module, whose head
says how.  A pattern of the user's replaces the shipped one of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Table

from drumcircle.core.fields import CIRCLE, Check, Mistake, list_of, shown, text, whole
from drumcircle.core.pattern import Pattern
from drumcircle.core.pulse import Meter
from drumcircle.formats.library import Library, Wrong, examined

PLAIN, ACCENTED = 80, 112
"""Velocities of an onset and of an accent."""
LONGEST_BARS = 4
GIVEN = "given.toml"
FINEST = 48
"""The smallest part of a beat that is written is 1/48."""
_FRACTION = re.compile(r"(\d{1,3} +)?\d{1,3}/\d{1,3}")


def load_patterns(config: Path | None) -> tuple[list[Pattern], list[str]]:
    """Every pattern, easiest and shortest first, and a sentence for each mistake in the user's files.

    A pattern with a mistake is left out; the rest still loads.  ``config`` None: the shipped library alone.
    """
    patterns, problems = _LIBRARY.load(config)
    return sorted(patterns, key=lambda pattern: (pattern.level, pattern.beats)), problems


def keep_pattern(config: Path, pattern: Pattern) -> None:
    """Write a rhythm into the user's file of rhythms that players gave; it replaces one of the same name.

    Raises:
        FileProblem: the file there is no TOML.
        OSError: the folder refuses.
    """
    _LIBRARY.keep(config, GIVEN, _table(pattern))


def _table(pattern: Pattern) -> Table:
    table = tomlkit.table()
    table["name"], table["title"], table["level"] = pattern.name, pattern.title, pattern.level
    table["meter"] = pattern.meter
    table["bars"] = round(pattern.beats / Meter.parse(pattern.meter).beats)
    table["onsets"] = [written_beat(onset) for onset in pattern.onsets]
    table["velocities"] = list(pattern.velocities)
    return table


def written_beat(onset: float) -> int | float | str:
    """A beat as people write it: 1.5, or "2 1/3" where a decimal would not be exact; else as it was played."""
    place = Fraction(onset).limit_denominator(FINEST)
    if abs(float(place) - onset) > 1e-9:
        return onset
    if place.denominator in (1, 2, 4):
        return int(place) if place.denominator == 1 else float(place)
    whole, rest = divmod(place, 1)
    return f"{whole} {rest}" if whole else str(rest)


def _pattern(table: Mapping[str, object]) -> Pattern:
    good = examined(table, _CHECKS)
    for key in ("name", "onsets"):
        if key not in good:
            raise Wrong(f"a pattern needs {key!r}", "")
    name, meter = good["name"], Meter.parse(good.get("meter", "4/4"))
    beats = good.get("bars", 1) * meter.beats
    onsets = _ascending(good["onsets"], beats)
    return Pattern(
        name=name,
        title=good.get("title", name),
        level=good.get("level", 1),
        beats=float(beats),
        meter=str(meter),
        onsets=tuple(map(float, onsets)),
        velocities=tuple(_velocities(good, onsets)),
    )


def _ascending(onsets: tuple[Fraction, ...], beats: int) -> tuple[Fraction, ...]:
    if not onsets:
        raise Wrong("onsets must hold at least one beat", "onsets")
    for before, after in zip((Fraction(-1), *onsets), onsets, strict=False):
        if after <= before:
            raise Wrong(
                f"onsets must ascend, and {float(after):g} does not come after {float(before):g}", "onsets"
            )
    if onsets[-1] >= beats:
        last = f"the last onset, {float(onsets[-1]):g}, lies outside the pattern's {beats} beats"
        raise Wrong(f"{last}, which are numbered from 0; add bars or take it out", "onsets")
    return onsets


def _velocities(good: Mapping[str, Any], onsets: tuple[Fraction, ...]) -> Iterator[int]:
    if "velocities" in good:
        if "accents" in good:
            raise Wrong("give a pattern accents or velocities, not both", "accents")
        if len(good["velocities"]) != len(onsets):
            raise Wrong(f"velocities must be as many as the onsets, {len(onsets)}", "velocities")
        return iter(good["velocities"])
    accents = good.get("accents", ())
    for accent in accents:
        if accent not in onsets:
            raise Wrong(f"there is an accent on beat {float(accent):g} but no onset", "accents")
    return (ACCENTED if onset in accents else PLAIN for onset in onsets)


def beat(value: object) -> Fraction:
    """A place in beats, from 0: a number, or a text such as ``"1/3"`` or ``"2 1/3"``."""
    try:
        if isinstance(value, str) and _FRACTION.fullmatch(value):
            place = sum((Fraction(part) for part in value.split()), Fraction(0))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            place = Fraction(value)
        else:
            raise ValueError(value)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise Mistake(f'must be a beat such as 0, 1.5 or "1/3", not {shown(value)}') from None
    if place < 0:
        raise Mistake(f"must not be before beat 0, as {shown(value)} is")
    return place


_CHECKS: dict[str, Check] = {
    "name": text(r"[a-z0-9-]{1,40}", "small letters, digits and hyphens, such as 'my-rhythm'"),
    "title": text(),
    "level": whole(1, 3),
    "meter": CIRCLE["meter"],
    "bars": whole(1, LONGEST_BARS),
    "onsets": list_of(beat),
    "accents": list_of(beat),
    "velocities": list_of(whole(1, 127)),
}
_LIBRARY = Library("pattern", _pattern)
