"""``circle.toml``: the circle's people and pads, kept from one day to the next; aliases only, never names.

A mistake in the file costs only what it is about: a sentence names the line, a usual value stands in, and
the circle starts.  Writing keeps the comments people put in, and a file with mistakes is copied first.
"""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from drumcircle.core.aliases import ALIASES, COLOURS
from drumcircle.core.fields import (
    CIRCLE,
    JUDGED,
    Check,
    Mistake,
    examine,
    list_of,
    shown,
    switch,
    text,
    unknown,
)
from drumcircle.core.toml_text import Place, TomlText
from drumcircle.errors import FileProblem
from drumcircle.formats.toml_writing import fill_array, fill_table, replace_file


@dataclass(frozen=True, slots=True)
class Person:
    """One player as they were last: how they look, what they play, how they are judged."""

    id: str
    alias: str
    shape: str = "●"
    colour: str = COLOURS["grey"]
    pads: tuple[str, ...] = ()
    """Pad keys: ``device`` or ``device#note``."""
    subdivision: float = 1.0
    double_trigger_ms: float = 50.0
    velocity_floor: int = 1
    live_only: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class PadSetting:
    """What is known of one device; ``None``: as its kind does by itself."""

    id: str
    label: str | None = None
    split_by_note: bool | None = None


@dataclass(frozen=True, slots=True)
class CircleFile:
    """All that ``circle.toml`` says; ``None`` where it says nothing."""

    title: str | None = None
    circle: str | None = None
    bpm: float | None = None
    meter: str | None = None
    latency_ms: float | None = None
    sound: bool | None = None
    record_explained: bool | None = None
    """Recording has been explained once; from then on one key is enough."""
    intended_use_read: bool | None = None
    """What drumcircle is for has been shown once."""
    people: tuple[Person, ...] = ()
    pads: tuple[PadSetting, ...] = ()

    def kept(self) -> dict[str, object]:
        """The settings in it, by the names :func:`drumcircle.config.settings` knows."""
        return {name: value for name in CIRCLE if (value := getattr(self, name)) is not None}


def load_circle(path: Path) -> tuple[CircleFile, list[str]]:
    """What the file says, as far as it can be used, and a sentence for each mistake in it.

    No file is an empty circle.
    """
    try:
        document = TomlText.parse(path.read_bytes(), str(path))
    except FileNotFoundError:
        return CircleFile(), []
    except OSError as problem:
        return CircleFile(), [f"{path}: cannot be read ({problem.strerror}); the circle starts without it."]
    except FileProblem as problem:
        return CircleFile(), [f"{problem} Until then the circle starts without it."]
    reading = _Reading(document)
    reading.top()
    circle = CircleFile(**reading.circle(), people=reading.people(), pads=reading.pads())
    return circle, reading.problems


class _Reading:
    """Takes a document apart and gathers the sentences about it."""

    def __init__(self, document: TomlText) -> None:
        self._document = document
        self.problems: list[str] = []

    def top(self) -> None:
        for key in self._document.tables:
            if key not in TABLES:
                self._say((key,), f"{unknown(key, TABLES)}; it is not used.")

    def circle(self) -> dict[str, Any]:
        table = self._document.tables.get("circle", {})
        if not isinstance(table, dict):
            self._say(("circle",), "write the circle's settings under [circle].")
            return {}
        return self._good(table, CIRCLE_CHECKS, ("circle",))

    def people(self) -> tuple[Person, ...]:
        people: dict[str, Person] = {}
        owners: dict[str, str] = {}
        for place, table in self._array("player"):
            person = self._person(place, table)
            if person is None:
                continue
            twin = next((p for p in people.values() if person.id == p.id or person.alias == p.alias), None)
            if twin is not None:
                self._say(
                    place, f"there is already a player {twin.alias!r}; this one is left out until renamed."
                )
                continue
            people[person.id] = self._with_own_pads(person, owners, place)
        return tuple(people.values())

    def pads(self) -> tuple[PadSetting, ...]:
        pads: dict[str, PadSetting] = {}
        for place, table in self._array("pad"):
            good = self._good(table, PAD_CHECKS, place)
            if "id" not in good:
                self._say(place, 'a pad needs its id, such as id = "usb:MPD218"; this one is left out.')
            elif good["id"] in pads:
                self._say((*place, "id"), f"pad {good['id']!r} stands here twice; the first one counts.")
            else:
                pads[good["id"]] = PadSetting(**good)
        return tuple(pads.values())

    def _person(self, place: Place, table: Mapping[str, object]) -> Person | None:
        good = self._good(table, PLAYER_CHECKS, place)
        known_by = good.get("alias") or good.get("id")
        if known_by is None:
            self._say(place, 'a player needs an alias, such as alias = "blue"; this one is left out.')
            return None
        return Person(**{**_known_by(known_by), **good})

    def _with_own_pads(self, person: Person, owners: dict[str, str], place: Place) -> Person:
        own = []
        for pad in person.pads:
            owner = owners.setdefault(pad, person.alias)
            if owner != person.alias or pad in own:
                self._say((*place, "pads"), f"pad {pad!r} already belongs to {owner}; it stays there.")
            else:
                own.append(pad)
        return replace(person, pads=tuple(own))

    def _array(self, name: str) -> list[tuple[Place, Mapping[str, object]]]:
        tables, problems = self._document.array(name)
        self.problems += problems
        return [((name, position), table) for position, table in enumerate(tables)]

    def _good(self, table: Mapping[str, object], checks: Mapping[str, Check], place: Place) -> dict[str, Any]:
        good, wrong = examine(table, checks)
        for key, what in wrong:
            meanwhile = (
                "the usual value stands in until this is mended" if key in checks else "it is not used"
            )
            self._say((*place, key), f"{what}; {meanwhile}.")
        return good

    def _say(self, place: Place, sentence: str) -> None:
        self.problems.append(self._document.mistake(place, sentence))


def _shape(value: object) -> str:
    # Wide characters, as emoji are, would push every lane of the dashboard aside.
    single = isinstance(value, str) and len(value) == 1 and value.isprintable() and not value.isspace()
    if not single or unicodedata.east_asian_width(str(value)) in "WF":
        raise Mistake(f'must be one character of single width, such as "▲", not {shown(value)}')
    return str(value)


def _colour(value: object) -> str:
    if isinstance(value, str):
        if value in COLOURS:
            return COLOURS[value]
        if re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            return value.lower()
    raise Mistake(f"must be {', '.join(COLOURS)}, or #rrggbb, not {shown(value)}")


def _known_by(word: str) -> dict[str, Any]:
    """What an alias (or id) alone says: one of the palette needs no more than its word."""
    looks = ({"shape": alias.shape, "colour": alias.colour} for alias in ALIASES if alias.alias == word)
    return {"id": word, "alias": word, **next(looks, {})}


TABLES = ("circle", "player", "pad")
CIRCLE_CHECKS: dict[str, Check] = {**CIRCLE, "record_explained": switch, "intended_use_read": switch}
PLAYER_CHECKS: dict[str, Check] = {
    "id": text(r"\S(.{0,62}\S)?", "text of up to 64 characters"),
    "alias": text(r"\S(.{0,30}\S)?", "text of up to 32 characters"),
    "shape": _shape,
    "colour": _colour,
    "pads": list_of(text()),
    **JUDGED,
    "live_only": switch,
    "muted": switch,
}
PAD_CHECKS: dict[str, Check] = {"id": text(), "label": text(), "split_by_note": switch}


# ---------------------------------------------------------------- writing

_HEAD = """\
# The people and pads of this circle, by alias: never write a name here.
# Edit it while drumcircle is not running; your comments stay.

"""


def save_circle(path: Path, circle: CircleFile) -> Path | None:
    """Write the file, whole or not at all, keeping its comments and what has not changed as it is.

    A file that has mistakes is copied first: the path of that copy, else ``None``.

    Raises:
        FileProblem: the folder cannot be written to.
    """
    path = path.resolve()  # a link to the file stays a link
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        copy = _copy_if_mistaken(path)
        document = _document(path)
        _fill(document, circle)
        replace_file(path, (tomlkit.dumps(document).rstrip() + "\n").encode())
    except OSError as problem:
        raise FileProblem(
            path, f"cannot be written ({problem.strerror}); the circle goes on without it."
        ) from None
    return copy


def _copy_if_mistaken(path: Path) -> Path | None:
    if not load_circle(path)[1]:
        return None
    number = 1
    while (copy := path.with_name(f"{path.stem}-mistakes-{number}{path.suffix}")).exists():
        number += 1
    shutil.copyfile(path, copy)
    return copy


def _document(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_bytes().decode("utf-8-sig"))
    except (FileNotFoundError, UnicodeDecodeError, TOMLKitError):
        return tomlkit.parse(_HEAD)


def _fill(document: tomlkit.TOMLDocument, circle: CircleFile) -> None:
    for key in [key for key in document if key not in TABLES]:
        del document[key]
    if not isinstance(document.get("circle"), Table):
        document["circle"] = tomlkit.table()
    fill_table(document["circle"], asdict(circle), asdict(CircleFile()), CIRCLE_CHECKS)
    fill_array(document, "player", map(asdict, circle.people), _usual_person, PLAYER_CHECKS)
    fill_array(document, "pad", map(asdict, circle.pads), lambda _: asdict(PadSetting("")), PAD_CHECKS)


def _usual_person(table: Mapping[str, Any]) -> dict[str, Any]:
    known_by = table.get("alias") or table.get("id")
    if known_by is None:
        return asdict(Person("", "", shape="", colour=""))  # a new table spells these out
    return asdict(Person(**_known_by(known_by)))
