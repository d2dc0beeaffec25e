"""Who plays what in a recording: the parts that ``drumcircle play`` performs, one pad each.

In a MIDI file a part is made of note numbers: those a ``--player NAME=NOTE[,NOTE]`` gives it, or, where no
player is named, each note number alone, called ``PREFIX-NOTE``.  In an onset CSV every player is a part.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drumcircle.errors import FileProblem, UsageError
from drumcircle.formats.onsets import Onsets, read_onsets
from drumcircle.formats.smf import Note, read_smf

PAD_ID = re.compile(r"[a-z0-9-]{1,32}")
LONGEST_PREFIX = 28  # with '-127' after it a pad id is 32 long
UNKNOWN_VELOCITY = 100
FIRST_NOTE = 36  # the lowest pad of most controllers; CSV players are numbered from here
MIDI_NOTES = 128


@dataclass(frozen=True, slots=True)
class Strike:
    """One hit of a part, ``time_s`` seconds into the file."""

    time_s: float
    note: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one pad plays; ``name`` is its pad id, ``hits`` are in order of time."""

    name: str
    hits: tuple[Strike, ...]


@dataclass(frozen=True, slots=True)
class Performance:
    """All parts of a file; ``remarks`` are sentences about what was left out or renamed."""

    parts: tuple[Part, ...]
    remarks: tuple[str, ...] = ()


def load_performance(path: Path, players: Mapping[str, Sequence[int]], prefix: str | None) -> Performance:
    """The parts of a MIDI file or an onset CSV.

    ``players`` (pad id -> note numbers) chooses notes of a MIDI file.  ``prefix`` goes before the note
    number of players that are not named (None: a random one) and, where it is given, before those of a CSV.

    Raises:
        FileProblem: the file cannot be used, or holds none of these notes.
        UsageError: notes were chosen of a CSV, or a prefix cannot begin a pad id.
    """
    checked_prefix(prefix)
    if not _is_midi(path):
        if players:
            raise UsageError(f"--player chooses notes of a MIDI file; {path} names its players itself.")
        return _from_onsets(read_onsets(path), prefix)
    notes = read_smf(path).notes
    if not notes:
        raise FileProblem(path, "this MIDI file has no notes; choose one with something to play.")
    return _named_parts(path, notes, players) if players else _parts_by_note(notes, prefix or a_prefix())


def checked_prefix(prefix: str | None) -> str | None:
    """The prefix itself, if a number may follow it in a pad id.

    Raises:
        UsageError: it may not.
    """
    if prefix is not None and (not PAD_ID.fullmatch(prefix) or len(prefix) > LONGEST_PREFIX):
        raise UsageError(f"--name must be 1 to {LONGEST_PREFIX} of a-z, 0-9 and '-', not {prefix!r}.")
    return prefix


def a_prefix() -> str:
    """``p`` and four hex digits: two who play the same file at once are different pads."""
    return f"p{secrets.token_hex(2)}"


def parse_player(given: str) -> tuple[str, tuple[int, ...]]:
    """``NAME=NOTE[,NOTE]`` as pad id and note numbers.

    Raises:
        UsageError: it is not of that form.
    """
    name, equals, numbers = given.partition("=")
    if not equals or not PAD_ID.fullmatch(name):
        raise UsageError(
            f"--player must be NAME=NOTE[,NOTE] with 1 to 32 of a-z, 0-9 and '-' as NAME, not {given!r}."
        )
    notes = tuple(_note(number, given) for number in numbers.split(","))
    return name, tuple(dict.fromkeys(notes))


def collect_players(given: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """All ``--player`` options; a name given twice has the notes of both.

    Raises:
        UsageError: one is malformed, or two players share a note.
    """
    players: dict[str, tuple[int, ...]] = {}
    owner: dict[int, str] = {}
    for option in given:
        name, notes = parse_player(option)
        for note in notes:
            if owner.setdefault(note, name) != name:
                raise UsageError(
                    f"Note {note} is given to both {owner[note]!r} and {name!r}; give it to one."
                )
        players[name] = tuple(dict.fromkeys((*players.get(name, ()), *notes)))
    return players


def _note(number: str, given: str) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,3}\s*", number) or int(number) >= MIDI_NOTES:
        raise UsageError(f"Notes are numbers from 0 to 127, not {number!r} (in --player {given}).")
    return int(number)


def _is_midi(path: Path) -> bool:
    """By its first four bytes; by its name where it cannot be read (so that its reader says why)."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError:
        magic = b""
    return magic in (b"MThd", b"RIFF") or path.suffix.lower() in (".mid", ".midi")


def _parts_by_note(notes: Sequence[Note], prefix: str) -> Performance:
    numbers = sorted({note.note for note in notes})
    return Performance(tuple(_part(f"{prefix}-{number}", notes, (number,)) for number in numbers))


def _named_parts(path: Path, notes: Sequence[Note], players: Mapping[str, Sequence[int]]) -> Performance:
    parts = tuple(_part(name, notes, numbers) for name, numbers in players.items())
    if not any(part.hits for part in parts):
        there = ", ".join(map(str, sorted({note.note for note in notes})))
        raise FileProblem(path, f"none of the notes given with --player is played in it; it has {there}.")
    remarks = [f"{part.name} has nothing to play in {path.name}." for part in parts if not part.hits]
    claimed = {number for numbers in players.values() for number in numbers}
    left_out = [note.note for note in notes if note.note not in claimed]
    if left_out:
        there = ", ".join(map(str, sorted(set(left_out))))
        remarks.append(f"Left out: notes that no --player has ({there}; hits: {len(left_out)}).")
    return Performance(parts, tuple(remarks))


def _part(name: str, notes: Sequence[Note], numbers: Sequence[int]) -> Part:
    chosen = frozenset(numbers)
    hits = [Strike(note.time_s, note.note, note.velocity) for note in notes if note.note in chosen]
    return Part(name, tuple(sorted(hits, key=lambda hit: hit.time_s)))


def _from_onsets(onsets: Onsets, prefix: str | None) -> Performance:
    names = [f"{prefix}-{name}" if prefix else name for name in onsets.names]
    ids = pad_ids(names)
    hits: list[list[Strike]] = [[] for _ in ids]
    velocities = onsets.velocity or bytes(len(onsets))
    for time_s, player, velocity in zip(onsets.time_s, onsets.player, velocities, strict=True):
        note = (FIRST_NOTE + player) % MIDI_NOTES
        hits[player].append(Strike(time_s, note, velocity or UNKNOWN_VELOCITY))
    renamed = [f"{name} plays as pad {pad}." for name, pad in zip(names, ids, strict=True) if name != pad]
    parts = [
        Part(pad, tuple(sorted(own, key=lambda hit: hit.time_s))) for pad, own in zip(ids, hits, strict=True)
    ]
    return Performance(tuple(parts), tuple(renamed))


def pad_ids(names: Sequence[str]) -> list[str]:
    """A pad id for each name, all different.

    Accents go, capitals become small, everything else than a-z and 0-9 becomes one ``-``, at most 32
    characters; a name of which nothing remains becomes ``player``, a name taken already ends in ``-2`` …
    """
    taken: dict[str, None] = {}
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:32].strip("-") or "player"
        taken[_free(slug, taken)] = None
    return list(taken)


def _free(slug: str, taken: Iterable[str]) -> str:
    number, candidate = 1, slug
    while candidate in taken:
        number += 1
        candidate = f"{slug[: 31 - len(str(number))]}-{number}"
    return candidate
