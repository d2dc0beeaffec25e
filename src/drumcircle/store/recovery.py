"""After a crash: is there a circle to go on with, and what came through?

Only a journal of the given state and data folders is looked at, and only when no hub runs in them (the
caller knows).  A circle goes on if it stopped in this boot of the machine and not too long ago; otherwise
it is closed: its record is kept if there is one, and what was only for recovery is deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from drumcircle.core.events import NS, Hit
from drumcircle.errors import DrumcircleError
from drumcircle.store.boot import boot_id
from drumcircle.store.journal import Head, Journal, Row, read_journal
from drumcircle.store.writing import RECOVERY, UNFINISHED, OpenJournal, erase, with_companions

LONGEST_GAP = 12 * 3600 * NS


@dataclass(frozen=True, slots=True)
class Recovered:
    """A circle to go on with: replay ``rows`` into a session of ``journal.head.config``."""

    journal: Journal
    rows: tuple[Row, ...]
    last: int
    """``now`` of the last thing that is known."""

    def words(self, players: int) -> str:
        """What was recovered, for the facilitator."""
        people = "1 player" if players == 1 else f"{players} players"
        kept = self.journal.recorded
        hits = f"{sum(isinstance(event, Hit) for _, event in self.rows):,} hits".replace(",", " ")
        what = f"{people}, {hits}" if kept else f"{people} (hits were not being recorded)"
        return f"Recovered the circle of {began(self.journal.head)}: {what}; it goes on."


@dataclass(frozen=True, slots=True)
class Closed:
    """A circle that cannot go on, and what became of it in words."""

    words: str


def unfinished(state: Path) -> Path | None:
    """The journal of a circle that did not end, recorded or not; ``None``: there is none."""
    recovery, named = state / RECOVERY, state / UNFINISHED
    try:
        record = Path(named.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = recovery
    if record != recovery and record.is_file():
        return record
    return recovery if recovery.is_file() else None


def recover(path: Path, state: Path, data: Path, *, now: int, unix_ns: int) -> Recovered | Closed:
    """Take up the circle at ``path``, or close it if it is too old, of another boot, or damaged.

    ``now`` and ``unix_ns``: this moment on the hub's clock and on the wall.
    """
    try:
        journal = read_journal(path)
        rows = tuple(journal.rows())
    except DrumcircleError as problem:
        return _set_aside(path, state, str(problem))
    last = rows[-1][0] if rows else journal.head.anchor.perf_ns
    why = _cannot_go_on(journal, last, now, unix_ns)
    if not why:
        return Recovered(journal, rows, last)
    return close(journal, state, data, why)


def began(head: Head) -> str:
    """The local time of day a session began, ``16:40``."""
    return f"{datetime.fromtimestamp(head.anchor.unix_ns / NS).astimezone():%H:%M}"


def _cannot_go_on(journal: Journal, last: int, now: int, unix_ns: int) -> str:
    """Why not, as part of a sentence; empty: it can."""
    if journal.end is not None:
        return "it had ended"
    here, there = boot_id(), journal.head.anchor.boot_id
    if here != there or now < last:
        return "the machine was started anew since"
    # The hub's clock may stand still while the machine sleeps; the wall's does not.
    if max(now - last, unix_ns - journal.head.anchor.unix_at(last)) > LONGEST_GAP:
        return "it stopped more than 12 hours ago"
    return ""


def close(journal: Journal, state: Path, data: Path, why: str) -> Closed:
    """End an unfinished circle that does not go on; ``why`` as part of a sentence."""
    circle = f"The circle of {began(journal.head)} does not go on ({why})"
    if not journal.recorded:
        erase(journal.path)
        return Closed(f"{circle}; it was not recorded, so nothing of it is kept.")
    opened = OpenJournal.go_on(journal, state, data)
    opened.abandon()
    return Closed(f"{circle}; what was recorded is kept as {opened.path.stem}.")


def _set_aside(path: Path, state: Path, problem: str) -> Closed:
    """What cannot be read whole is not gone on with, but never deleted."""
    if path == state / RECOVERY:
        for file in with_companions(path):
            file.replace(file.with_name(f"damaged-{file.name}"))
    (state / UNFINISHED).unlink(missing_ok=True)
    return Closed(f"The last circle cannot go on: {problem} A new one begins.")
