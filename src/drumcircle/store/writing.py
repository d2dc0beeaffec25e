"""One journal open for writing: begun, gone on with, moved to the records, ended or deleted.

Used by one thread at a time.  Every step leaves the disk such that a crash right after it loses nothing
that was committed: ``<state>/recovery.db`` is the journal of a circle nobody records, ``<state>/unfinished``
names the one that is recorded, ``<data>/sessions/<id>.db``.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from drumcircle.core.codec import plain
from drumcircle.core.events import NS
from drumcircle.link.files import write_owner_only
from drumcircle.store.journal import SCHEMA, Head, Journal, Row, count, encode_row, value

RECOVERY = "recovery.db"
UNFINISHED = "unfinished"
LONGEST_SLUG = 32


class OpenJournal:
    """A journal and the connection that writes it (WAL, synchronous FULL)."""

    def __init__(self, path: Path, head: Head, state: Path, data: Path) -> None:
        """Take up the journal at ``path``; see :meth:`begin` and :meth:`go_on` for how it comes to be there."""
        self.path, self.head = path, head
        self._state, self._data = state, data
        self._db = _writer(path)
        self._n: int = self._db.execute("SELECT ifnull(max(n), 0) FROM rows").fetchone()[0]

    @classmethod
    def begin(cls, head: Head, state: Path, data: Path) -> OpenJournal:
        """A new journal for recovery; one that is still there is replaced."""
        path = state / RECOVERY
        state.mkdir(parents=True, exist_ok=True)
        erase(path)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        db = _writer(path)
        try:
            db.executescript(f"BEGIN; {SCHEMA}")
            _put(db, "head", plain(head))
            db.execute("COMMIT")
        finally:
            db.close()
        return cls(path, head, state, data)

    @classmethod
    def go_on(cls, journal: Journal, state: Path, data: Path) -> OpenJournal:
        """An unfinished journal, moved to the records now if a crash cut that off."""
        opened = cls(journal.path, journal.head, state, data)
        if journal.recorded:
            opened.keep()
        return opened

    # ---- writing

    def append(self, rows: Iterable[Row], flags: dict[str, bool] | None = None) -> None:
        """Commit rows and flags together: when this returns they survive the machine."""
        numbered = [(n, now, *encode_row(event)) for n, (now, event) in enumerate(rows, self._n + 1)]
        with self._transaction():
            self._db.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", numbered)
            for key, flag in (flags or {}).items():
                _put(self._db, key, flag)
        self._n += len(numbered)

    def keep(self) -> None:
        """Move it to the records, ``<data>/sessions/<id>.db``; nothing if it is there.

        To be flagged ``recorded`` before, so that a crash in here is mended by :meth:`go_on`.  If it fails,
        the journal is where it was and can still be written.
        """
        if self.path != self._state / RECOVERY:
            return
        folder = self._data / "sessions"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = folder / f"{free_id(folder, self.head)}.db"
        self._fold()
        write_owner_only(self._state / UNFINISHED, str(target.resolve()).encode())
        self._db.close()
        try:
            _move(self.path, target)
            self.path = target
        finally:
            self._db = _writer(self.path)

    def finish(self, end: dict[str, Any], flags: dict[str, bool]) -> None:
        """The circle ended well: a record is closed with ``end``; what was only for recovery is deleted."""
        if not value(self._db, "recorded"):
            self._db.close()
            erase(self.path)
            return
        with self._transaction():
            for key, flag in flags.items():
                _put(self._db, key, flag)
            _put(self._db, "tally", asdict(count(self._db, self.head)))
            _put(self._db, "end", end)
        self.abandon()

    def abandon(self) -> None:
        """It will not be gone on with: fold it into one file and forget that it was unfinished."""
        # A file that stands alone can be copied, and read where nothing can be written; with somebody
        # reading it right now it stays two files, as sound as before.
        with contextlib.suppress(sqlite3.OperationalError):
            self._fold()
            self._db.execute("PRAGMA journal_mode = DELETE").fetchone()
        self.close()
        (self._state / UNFINISHED).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go; everything committed stays, and it stays unfinished."""
        self._db.close()

    def _fold(self) -> None:
        busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise sqlite3.OperationalError("another program is reading the journal")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back already
                self._db.execute("ROLLBACK")
            raise


def free_id(folder: Path, head: Head) -> str:
    """``2026-11-23-1640-title``, by the local time it began; numbered where that is taken."""
    began = datetime.fromtimestamp(head.anchor.unix_ns / NS).astimezone()
    ascii_title = unicodedata.normalize("NFKD", head.config.title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_title).strip("-")[:LONGEST_SLUG].strip("-") or "circle"
    stem = f"{began:%Y-%m-%d-%H%M}-{slug}"
    number, free = 1, stem
    while (folder / f"{free}.db").exists():
        number += 1
        free = f"{stem}-{number}"
    return free


def erase(path: Path) -> None:
    """Overwrite a journal and what SQLite keeps beside it with zeros, then delete it.

    That is as far as a program can honestly go: flash memory, snapshots and backups may hold older copies.
    """
    for file in with_companions(path):
        _overwrite(file)
        file.unlink()


def with_companions(path: Path) -> list[Path]:
    """A journal and what SQLite keeps beside it, as far as they are there."""
    names = (path.name, f"{path.name}-wal", f"{path.name}-shm")
    return [file for file in map(path.with_name, names) if file.exists()]


def _overwrite(file: Path) -> None:
    with file.open("r+b", buffering=0) as raw:
        left = file.stat().st_size
        while left > 0:
            left -= raw.write(bytes(min(left, 1 << 20)))
        os.fsync(raw.fileno())


def _writer(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL").fetchone()
    db.execute("PRAGMA synchronous = FULL")
    return db


def _put(db: sqlite3.Connection, key: str, content: Any) -> None:
    db.execute("INSERT OR REPLACE INTO head VALUES (?, ?)", (key, json.dumps(plain(content))))


def _move(source: Path, target: Path) -> None:
    """Rename, or across file systems copy whole and only then delete the source."""
    try:
        source.replace(target)
    except OSError as refused:
        if refused.errno != errno.EXDEV:
            raise
        beside = target.with_suffix(".part")
        shutil.copyfile(source, beside)
        with beside.open("rb+") as copy:
            os.fsync(copy.fileno())
        beside.chmod(0o600)
        beside.replace(target)
        erase(source)
