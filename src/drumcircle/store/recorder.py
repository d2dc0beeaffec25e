"""The recorder: a queue the hub never waits for, and a thread that commits it every quarter of a second.

Every hit given to :meth:`SqliteRecorder.write` comes back exactly once through ``on_safe``: after its commit
while hits are recorded, at the next turn of the thread while they are not (or can no longer be).
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from drumcircle.core.events import MS, NS, Event, Hit, Join, LiveOnly
from drumcircle.errors import DrumcircleError
from drumcircle.store.journal import Head, Row, read_journal
from drumcircle.store.writing import OpenJournal

INTERVAL = 250 * MS
_Order = Callable[[], None]


class SqliteRecorder:
    """Keeps a session's inputs (``hub.part.Recorder``); all disk work is its thread's.

    ``journal``: the head of a new session, or the path of an unfinished one to go on with.  ``on_safe(hits)``
    and ``on_failed(sentence)`` are called from the thread and must return at once.  After a failed commit
    nothing is kept any more, which is told once; where only the folder of records refuses, recording does
    not begin.  Either way the circle goes on.
    """

    def __init__(
        self,
        journal: Head | Path,
        state: Path,
        data: Path,
        *,
        on_safe: Callable[[list[Hit]], None],
        on_failed: Callable[[str], None],
    ) -> None:
        self._on_safe, self._on_failed = on_safe, on_failed
        self._queue: deque[Row | _Order] = deque()
        self._wake = threading.Event()
        self._due = 0
        self._over = self._failed = False
        self._recording = self._recorded = self._incomplete = False
        self._opened: OpenJournal | None = None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._queue.append(partial(self._attempt, partial(self._open, journal, state, data)))
        self._thread.start()

    # ---- the hub's side; never blocks but for the last two

    def write(self, now: int, event: Event) -> None:
        """Queue one input.  A hit is kept only while recording; facts and commands always are."""
        self._queue.append((now, event))
        if now >= self._due:  # the interval runs on the hub's clock, whatever that is
            self._due = now + INTERVAL
            self._wake.set()

    def set_recording(self, on: bool) -> None:
        """From here on hits are kept or not; the first ``on`` makes the journal a record."""
        self._order(partial(self._attempt, partial(self._record, on)))

    def finish(self, end: dict[str, object]) -> None:
        """Close the record with ``end`` (``now`` and ``summary``), or delete what was only for recovery."""
        self._order(partial(self._finish, end))
        self._thread.join()

    def close(self) -> None:
        """Commit what is queued and let go; the session stays unfinished.  Nothing after :meth:`finish`."""
        self._order(self._close)
        self._thread.join()

    def _order(self, order: _Order) -> None:
        self._queue.append(order)
        self._wake.set()

    # ---- the thread's side

    def _run(self) -> None:
        while not self._over:
            self._wake.wait(INTERVAL / NS)
            self._wake.clear()
            self._drain()

    def _drain(self) -> None:
        batch: list[Row] = []
        for _ in range(len(self._queue)):  # what comes in meanwhile is the next turn's
            item = self._queue.popleft()
            if isinstance(item, tuple):
                batch.append(item)
                continue
            self._settle(batch)
            batch = []
            item()
        self._settle(batch)

    def _settle(self, batch: list[Row]) -> None:
        """Keep what is to be kept; then every hit of the batch is as safe as it will ever be."""
        if not batch:
            return
        self._attempt(partial(self._keep, batch))
        hits = [event for _, event in batch if isinstance(event, Hit)]
        if hits:
            self._on_safe(hits)

    def _keep(self, batch: list[Row]) -> None:
        kept = batch if self._recording else [row for row in batch if not isinstance(row[1], Hit)]
        missing = self._recorded and len(kept) < len(batch)
        self._incomplete |= missing or any(_hides_hits(event) for _, event in kept)
        if kept:
            self._journal.append(kept, {"partial": self._incomplete})

    def _open(self, journal: Head | Path, state: Path, data: Path) -> None:
        if isinstance(journal, Head):
            self._opened = OpenJournal.begin(journal, state, data)
            return
        before = read_journal(journal)
        self._recorded, self._recording = before.recorded, before.recording
        self._incomplete = before.partial
        self._opened = OpenJournal.go_on(before, state, data)

    def _record(self, on: bool) -> None:
        was = self._recorded
        self._recording, self._recorded = on, was or on
        self._incomplete |= was and not on
        self._flag()
        try:
            if on:
                self._journal.keep()
        except (OSError, DrumcircleError) as refused:
            # The folder of records refuses; the journal for recovery is still there and goes on.
            self._recording, self._recorded = False, was
            self._flag()
            self._on_failed(f"Recording cannot begin: {_reason(refused)}. The circle goes on.")

    def _flag(self) -> None:
        self._journal.append((), {
            "recorded": self._recorded,
            "recording": self._recording,
            "partial": self._incomplete,
        })  # fmt: skip

    def _finish(self, end: dict[str, object]) -> None:
        self._over = True
        flags = {"partial": self._incomplete or self._failed, "recording": False}
        if not self._failed:
            self._attempt(partial(self._journal.finish, end, flags))
        if self._failed and self._opened is not None:
            self._finish_anyhow(self._opened, end, flags)

    def _finish_anyhow(self, opened: OpenJournal, end: dict[str, object], flags: dict[str, bool]) -> None:
        """There may be room again for these few bytes; that it failed has been said already."""
        try:
            opened.finish(end, flags)
        except (sqlite3.Error, OSError):
            # It has ended all the same: the next start must not go on with it.
            with contextlib.suppress(sqlite3.Error, OSError):
                opened.abandon()

    def _close(self) -> None:
        self._over = True
        if self._opened is not None:
            self._opened.close()

    def _attempt(self, step: _Order) -> None:
        """Do it unless the disk has failed before; a failure is told once, and nothing more is kept."""
        if self._failed:
            return
        try:
            step()
        except Exception as problem:  # whatever it is, the circle goes on and people must hear of it
            self._failed = True
            self._on_failed(self._sentence(problem))

    def _sentence(self, problem: Exception) -> str:
        if self._recorded:
            return (
                f"Recording has stopped: {_reason(problem)}. The circle goes on, and what was recorded until "
                "now is kept; to record again, mend that and begin a new circle."
            )
        return (
            f"This circle would not come back after a crash: {_reason(problem)}. It goes on; nothing can be "
            "recorded until that is mended and a new circle begun."
        )

    @property
    def _journal(self) -> OpenJournal:
        assert self._opened is not None, "what follows a failed opening is not attempted"
        return self._opened


def _hides_hits(event: Event) -> bool:
    return (isinstance(event, LiveOnly) and event.on) or (isinstance(event, Join) and event.live_only)


def _reason(problem: Exception) -> str:
    """Why a disk refused, as part of a sentence."""
    if isinstance(problem, sqlite3.Error) and problem.sqlite_errorname == "SQLITE_FULL":
        return "the disk is full"
    if isinstance(problem, OSError):
        return f"{problem.filename or 'the disk'}: {problem.strerror}"
    return str(problem).rstrip(".")
