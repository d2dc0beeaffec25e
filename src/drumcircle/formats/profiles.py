"""Profiles of USB pads: which note is which pad, where it lies, and what is known to be odd about the device.

Shipped ones are in ``firmware_configs/profiles``, whose README says how one is written; the user's own, in
``<config>/profiles/*.toml``, win over them.  A profile with a mistake is left out, and a sentence names the line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from drumcircle.core.fields import JUDGED, Check, Mistake, examine, list_of, shown, text, unknown, whole
from drumcircle.core.layout import GAP, Layout
from drumcircle.core.toml_text import Place, TomlText
from drumcircle.errors import FileProblem, MissingPart
from drumcircle.formats.firmware_files import firmware_folder

FOLDER = "profiles"
LONGEST_NAME = 24


@dataclass(frozen=True, slots=True)
class Bank:
    """Pads that are there at one time.

    ``notes``: the rows, the farthest from the player first, of notes from left to right; :data:`GAP` where
    there is no pad.  ``pads``: what these are called, in the same places; empty: numbered as the notes ascend.
    """

    notes: tuple[tuple[int, ...], ...]
    name: str = ""
    pads: tuple[tuple[str, ...], ...] = ()

    def called(self) -> Iterator[tuple[int, str]]:
        """(note, what its pad is called), row by row."""
        order = {note: str(number) for number, note in enumerate(sorted(_notes(self)), start=1)}
        for number, row in enumerate(self.notes):
            for column, note in enumerate(row):
                if note != GAP:
                    yield note, self.pads[number][column] if self.pads else order[note]


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of device; ``source`` says who claims all this."""

    title: str
    devices: tuple[str, ...]
    """Names of its ports, without regard to case; ``*`` stands for anything."""
    source: str
    banks: tuple[Bank, ...]
    double_trigger_ms: float | None = None
    not_pads: tuple[int, ...] = ()
    """Notes it sends of which none is a pad: touched knobs, foot switches."""
    quirks: tuple[str, ...] = ()
    """What else a person should know, a sentence each."""
    home: str = ""
    """The file it was read from."""

    def fits(self, device: str) -> bool:
        """Is a device of this name of this kind?"""
        return any(fnmatchcase(device.casefold(), pattern.casefold()) for pattern in self.devices)

    def layout(self) -> Layout:
        """For the drawing and the names; pads of the first bank go without its name."""
        names = [
            (note, _name(bank.name if number else "", called))
            for number, bank in enumerate(self.banks)
            for note, called in bank.called()
        ]
        return Layout(tuple(bank.notes for bank in self.banks), tuple(names))


def _name(bank: str, called: str) -> str:
    if called.isdecimal():
        return f"pad {bank}{called}"
    return f"{called} {bank}".strip()


def _notes(bank: Bank) -> list[int]:
    return [note for row in bank.notes for note in row if note != GAP]


def profile_for(device: str, profiles: Sequence[Profile]) -> Profile | None:
    """The first profile that fits a device of this name."""
    return next((profile for profile in profiles if profile.fits(device)), None)


# ---------------------------------------------------------------- reading


def load_profiles(config: Path | None) -> tuple[list[Profile], list[str]]:
    """The user's own profiles, then the shipped ones, and a sentence for each mistake in them.

    ``config`` None: the shipped ones alone.
    """
    profiles: list[Profile] = []
    problems: list[str] = []
    for path in (*own_files(config), *_shipped_files()):
        try:
            profiles.append(read_profile(path))
        except FileProblem as problem:
            problems.append(f"{problem} Until then this profile is not used.")
    return profiles, problems


def own_files(config: Path | None) -> list[Path]:
    """The user's own profiles."""
    return sorted((config / FOLDER).glob("*.toml")) if config is not None else []


def _shipped_files() -> list[Path]:
    try:
        return sorted((firmware_folder() / FOLDER).glob("*.toml"))
    except MissingPart:  # devices then go by their notes, as those without a profile do
        return []


def read_profile(path: Path) -> Profile:
    """
    Raises:
        FileProblem: it cannot be read or used; the message names the line.
    """
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise FileProblem(path, f"cannot be read ({problem.strerror}).") from None
    return parse_profile(raw, str(path))


def parse_profile(raw: bytes, name: str) -> Profile:
    """The profile in the bytes of the file ``name``.

    Raises:
        FileProblem: as :func:`read_profile`.
    """
    document = TomlText.parse(raw, name)
    top = {key: value for key, value in document.tables.items() if key != "bank"}
    good = _checked(document, top, _TOP, (), ("title", "devices", "source"))
    tables, wrong = document.array("bank")
    if wrong or not tables:
        raise _problem(document, ("bank",), "a profile needs its pads, under [[bank]]")
    banks = tuple(_bank(document, table, number) for number, table in enumerate(tables))
    for number, bank in enumerate(banks):
        if bank.name in [other.name for other in banks[:number]]:
            twice = f"there is already a bank {bank.name!r}; give it another name"
            raise _problem(document, ("bank", number, "name"), twice)
    _check_notes(document, banks, good.get("not_pads", ()))
    return Profile(banks=banks, home=name, **good)


def _bank(document: TomlText, table: Mapping[str, object], number: int) -> Bank:
    place: Place = ("bank", number)
    bank = Bank(**_checked(document, table, _BANK, place, ("notes",)))
    if number and not bank.name:
        raise _problem(document, place, 'every bank but the first needs a name, such as name = "B"')
    shape, names = [len(row) for row in bank.notes], [len(row) for row in bank.pads]
    if bank.pads and names != shape:
        raise _problem(
            document, (*place, "pads"), "pads must have a name in each place where notes has a note"
        )
    return bank


def _check_notes(document: TomlText, banks: Sequence[Bank], not_pads: Sequence[int]) -> None:
    """Each note is one pad, and each pad has a name of its own."""
    seen: dict[int, str] = dict.fromkeys(not_pads, "not_pads")
    for number, bank in enumerate(banks):
        place = ("bank", number, "notes")
        if not _notes(bank):
            raise _problem(document, place, "a bank must have at least one pad")
        called: dict[str, int] = {}
        for note, name in bank.called():
            if note in seen:
                raise _problem(
                    document, place, f"note {note} stands here and in {seen[note]}; one of them must go"
                )
            if name in called:
                twice = f"notes {called[name]} and {note} are both called {name!r}; give one another name"
                raise _problem(document, ("bank", number, "pads"), twice)
            seen[note], called[name] = f"bank {bank.name or number + 1}", note


def _checked(
    document: TomlText,
    table: Mapping[str, object],
    checks: Mapping[str, Check],
    place: Place,
    needed: Sequence[str],
) -> dict[str, Any]:
    good, wrong = examine(table, checks)
    for key, what in wrong:
        raise _problem(document, (*place, key), what if key in checks else unknown(key, [*checks, "bank"]))
    for key in needed:
        if key not in good:
            raise _problem(document, place, f"a {'bank' if place else 'profile'} needs {key!r}")
    return good


def _problem(document: TomlText, place: Place, what: str) -> FileProblem:
    return FileProblem(document.name, f"{what}.", line=document.line(place))


def _some(check: Check) -> Check:
    """A list that is not empty."""

    def checked(value: object) -> object:
        items = check(value)
        if not items:
            raise Mistake("must not be empty")
        return items

    return checked


def _row_of(what: str, each: Check) -> Check:
    """Rows, each a list; a note or a name outside of a row is the usual slip."""

    def check(value: object) -> object:
        if not isinstance(value, list):
            raise Mistake(f"must be a row of {what} in square brackets, not {shown(value)}")
        return list_of(each)(value)

    return _some(list_of(check))


_NAME = text(rf"\S(.{{0,{LONGEST_NAME - 2}}}\S)?", f"a name of at most {LONGEST_NAME} letters")
_NOTE = whole(0, 127)
_TOP: dict[str, Check] = {
    "title": text(),
    "devices": _some(list_of(text())),
    "source": text(),
    "double_trigger_ms": JUDGED["double_trigger_ms"],
    "not_pads": list_of(_NOTE),
    "quirks": list_of(text()),
}
_BANK: dict[str, Check] = {
    "name": _NAME,
    "notes": _row_of("notes", whole(GAP, 127)),
    "pads": _row_of("names", _NAME),
}


# ---------------------------------------------------------------- writing


def profile_text(profile: Profile) -> str:
    """The file of a profile, as a person would write it."""
    lines = [f"{key} = {_toml(getattr(profile, key))}" for key in ("title", "devices", "source")]
    if profile.double_trigger_ms is not None:
        lines.append(f"double_trigger_ms = {profile.double_trigger_ms!r}")
    lines += [f"{key} = {_toml(value)}" for key in ("not_pads", "quirks") if (value := getattr(profile, key))]
    for bank in profile.banks:
        lines += ["", "[[bank]]"]
        if bank.name:
            lines.append(f"name = {_toml(bank.name)}")
        lines += _rows("notes", bank.notes)
        lines += _rows("pads", bank.pads) if bank.pads else []
    return "\n".join(lines) + "\n"


def _rows(key: str, rows: Sequence[Sequence[object]]) -> list[str]:
    return [f"{key} = [", *(f"  {_toml(row)}," for row in rows), "]"]


def _toml(value: object) -> str:
    """TOML writes texts, whole numbers and lists of them as JSON does, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
