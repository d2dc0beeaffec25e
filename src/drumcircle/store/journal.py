"""The journal: one SQLite file a session that holds, by value, all a replay needs.

Table ``head`` (key, JSON value): ``head`` (:class:`Head`), ``recorded`` (hits were kept at some time),
``recording`` (hits were being kept at the last commit), ``partial`` (hits were left out, of a live-only
player, or because recording stopped), ``sealed``
(hits were erased afterwards), ``tally`` and ``end`` (only where the session ended well).
Table ``rows`` (n from 1, ``now`` in ns on the hub's clock, kind of event, its fields as JSON).
A hit is an array in the order of :data:`HIT_FIELDS`; anything else an object with all its fields, also
those at their default, so that a later default cannot change what an old journal says.
Format 3 adds table ``amendments`` (:class:`Amendment`); a file becomes it with its first amendment, so that
an older drumcircle reads what it can read rightly and no more.
``application_id`` marks the file as ours, ``user_version`` is the format.  See ``docs/journal.md``.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from drumcircle import __version__
from drumcircle.core.codec import decode_event, plain
from drumcircle.core.events import NS, Event, Hit
from drumcircle.core.session import config_from_plain
from drumcircle.core.state import SessionConfig
from drumcircle.errors import FileProblem, NewerFormat, UsageError
from drumcircle.store.amendment import Amendment, amended, steps_of
from drumcircle.store.boot import boot_id

FORMAT = 3
"""The newest that can be read: 3 has been amended; 2: a hit also says whether its time is doubtful."""
WRITTEN = 2
"""The format of a session nobody has amended."""
APPLICATION_ID = 0x4472756D  # "Drum"
SCHEMA = f"""
CREATE TABLE head (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rows (n INTEGER PRIMARY KEY, now INTEGER NOT NULL, kind TEXT NOT NULL, event TEXT NOT NULL);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {WRITTEN};
"""
HIT_FIELDS = (
    "time", "pad", "note", "velocity", "raw_time", "uncertainty", "by_arrival", "boot", "seq", "doubtful",
)  # fmt: skip

Row = tuple[int, Event]
"""(now, event)"""

T = TypeVar("T")
_hit_values = attrgetter(*HIT_FIELDS)
_to_json = json.JSONEncoder(separators=(",", ":")).encode
_quick_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Anchor:
    """One moment on the hub's clock and on the wall, and the boot in which the hub's clock counts."""

    perf_ns: int
    unix_ns: int
    boot_id: str

    @classmethod
    def here(cls) -> Anchor:
        """This moment."""
        return cls(time.perf_counter_ns(), time.time_ns(), boot_id())

    def unix_at(self, now: int) -> int:
        """Wall-clock time (ns since 1970) of a time on the hub's clock."""
        return self.unix_ns + now - self.perf_ns


@dataclass(frozen=True, slots=True)
class Head:
    """What a session began with, and when."""

    config: SessionConfig
    anchor: Anchor
    software: str = __version__

    @classmethod
    def of(cls, config: SessionConfig) -> Head:
        """A session that begins at this moment."""
        return cls(config, Anchor.here())


@dataclass(frozen=True, slots=True)
class Tally:
    """Counted once at the end, so that a list of sessions need not read them."""

    hits: int
    rows: int
    players: int
    """Different people who joined by name of an event."""
    last: int
    """``now`` of the last row; the head's anchor where there is none."""


@dataclass(frozen=True, slots=True)
class Journal:
    """One journal as it stands on disk; :meth:`rows` reads its events when asked."""

    path: Path
    head: Head
    recorded: bool
    recording: bool
    partial: bool
    sealed: bool
    end: dict[str, Any] | None
    _tally: Tally | None
    amendments: tuple[Amendment, ...] = ()
    """Made after the session had ended, also those that were taken back."""

    @property
    def id(self) -> str:
        """The session's name: its file's, without the ending."""
        return self.path.stem

    def tally(self) -> Tally:
        """How much is in it; counted now where the session did not end well.

        Raises:
            FileProblem: the journal is damaged.
        """
        if self._tally is not None:
            return self._tally
        with closing(_reader(self.path)) as db:
            return _told(self.path, lambda: count(db, self.head))

    def rows(self) -> Iterator[Row]:
        """Every (now, event), in order, with the amendments in force told at their times.

        Raises:
            FileProblem: damaged; everything before the damage has been handed out by then.
        """
        return amended(self.evening(), steps_of(self.amendments))

    def evening(self) -> Iterator[Row]:
        """Every (now, event) as it was journalled, whatever was amended since; raises as :meth:`rows`."""
        n, last = 0, self.head.anchor.perf_ns
        with closing(_reader(self.path)) as db:
            try:
                for number, now, kind, event in db.execute("SELECT n, now, kind, event FROM rows ORDER BY n"):
                    row = _whole(now), decode_row(kind, event)
                    n, last = number, now
                    yield row
            except (sqlite3.Error, ValueError, TypeError, UsageError):
                minutes, seconds = divmod((last - self.head.anchor.perf_ns) // NS, 60)
                raise FileProblem(
                    self.path,
                    f"the journal is damaged after event {n}, {minutes}:{seconds:02d} into the session; "
                    "--salvage reads what comes before.",
                ) from None


def read_journal(path: Path) -> Journal:
    """The journal at ``path``, its events not yet read.

    Raises:
        FileProblem: no such file, no journal, or its head is damaged.
        NewerFormat: written by a newer drumcircle.
    """
    if not path.is_file():
        raise FileProblem(path, "there is no such session; 'drumcircle sessions' lists them.")
    with closing(_reader(path)) as db:
        return _told(path, lambda: _read(path, db))


def salvaged(rows: Iterable[Row], tell: Callable[[str], None]) -> Iterator[Row]:
    """Rows up to the damage, if there is any; ``tell`` is given the sentence about it."""
    try:
        yield from rows
    except FileProblem as damage:
        tell(str(damage))


def _hit_json(values: tuple[Any, ...]) -> str:
    """A tenth of the time that the standard library takes; hits are nearly all that is written."""
    try:
        return _quick_json(values).decode()
    except (OverflowError, UnicodeEncodeError):  # no number or name of a real pad
        return _to_json(values)


def encode_row(event: Event) -> tuple[str, str]:
    """(kind, JSON) of an event, as ``rows`` keeps it."""
    if type(event) is Hit:
        return "Hit", _hit_json(_hit_values(event))
    return type(event).__name__, _to_json(plain(event))


def decode_row(kind: str, event: str) -> Event:
    """The event that :func:`encode_row` wrote.

    Raises:
        ValueError, TypeError, UsageError: it is none.
    """
    values = json.loads(event)
    return Hit(*values) if kind == "Hit" else decode_event({"type": kind, **values})


def _whole(now: Any) -> int:
    """A damaged page can read as rows of nothing."""
    if not isinstance(now, int):
        raise TypeError("a row without its time")
    return now


def value(db: sqlite3.Connection, key: str) -> Any:
    """One value of the head; ``None`` where it is absent."""
    found = db.execute("SELECT value FROM head WHERE key = ?", (key,)).fetchone()
    return None if found is None else json.loads(found[0])


def count(db: sqlite3.Connection, head: Head) -> Tally:
    """By reading all."""
    rows, hits, last = db.execute("SELECT count(*), total(kind = 'Hit'), max(now) FROM rows").fetchone()
    joins = db.execute("SELECT event FROM rows WHERE kind = 'Join'")
    players = {json.loads(event)["player"] for (event,) in joins}
    return Tally(int(hits), rows, len(players), head.anchor.perf_ns if last is None else last)


def _read(path: Path, db: sqlite3.Connection) -> Journal:
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise FileProblem(path, "this is not a session of drumcircle.")
    written = db.execute("PRAGMA user_version").fetchone()[0]
    if written > FORMAT:
        raise NewerFormat(
            f"{path}: a newer drumcircle wrote this session (journal format {written}, this one reads up to "
            f"{FORMAT}); update drumcircle."
        )
    raw = value(db, "head")
    tally = value(db, "tally")
    return Journal(
        path,
        Head(config_from_plain(raw["config"]), Anchor(**raw["anchor"]), raw["software"]),
        recorded=bool(value(db, "recorded")),
        recording=bool(value(db, "recording")),
        partial=bool(value(db, "partial")),
        sealed=bool(value(db, "sealed")),
        end=value(db, "end"),
        _tally=None if tally is None else Tally(**tally),
        amendments=tuple(_amendments(db)) if written == FORMAT else (),
    )


def _amendments(db: sqlite3.Connection) -> Iterator[Amendment]:
    for n, made, words, steps, undone in db.execute(
        "SELECT n, made, words, steps, undone FROM amendments ORDER BY n"
    ):
        told = tuple((_whole(now), decode_row(kind, event)) for now, kind, event in json.loads(steps))
        yield Amendment(n, made, words, told, undone)


def _reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads, beside a hub that may be writing."""
    db = _read_only(path, "mode=ro")
    try:
        db.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as problem:
        if problem.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            db.close()
            # Where nothing can be written SQLite cannot set up what readers share with a writer, and there
            # is none.
            return _read_only(path, "mode=ro&immutable=1")
    return db


def _read_only(path: Path, how: str) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, isolation_level=None)
    # Nothing can be written here; it makes SQLite read what there is of a file that is cut off.
    db.execute("PRAGMA writable_schema = ON")
    return db


def _told(path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except (sqlite3.Error, ValueError, TypeError, KeyError, UsageError):
        raise FileProblem(
            path, "the journal is damaged or no session of drumcircle, and cannot be read; use a copy of it."
        ) from None
