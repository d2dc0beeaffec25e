"""Amending a session that has ended: what a correction would change, keeping it, taking it back."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drumcircle.core.events import CallBegan, Effect, RhythmGiven, StructureBegan, StructureEnded, TurnBegan
from drumcircle.core.roster import PadHistory
from drumcircle.core.session import Session
from drumcircle.errors import FileProblem, UsageError
from drumcircle.store.amendment import Amendment, Step, amended, in_force, steps_of
from drumcircle.store.corrections import Correction, people_facts, refuse_live_only, steps, steps_at_the_end
from drumcircle.store.export import ShownPulse
from drumcircle.store.journal import FORMAT, Journal, encode_row
from drumcircle.store.recovery import unfinished
from drumcircle.store.replay import replay, session_of

TABLE = """
CREATE TABLE IF NOT EXISTS amendments (
  n INTEGER PRIMARY KEY, made INTEGER NOT NULL, words TEXT NOT NULL, steps TEXT NOT NULL, undone INTEGER
)"""
COURSE = (StructureBegan, StructureEnded, TurnBegan, CallBegan, RhythmGiven)
"""What people in the room saw and heard the circle do, beside its pulse."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A session as it ends in a replay."""

    session: Session
    last: int
    """When the circle was told of something for the last time."""
    end: int
    summary: dict[str, Any]
    histories: tuple[PadHistory, ...]
    course: tuple[Effect, ...]
    refused: tuple[str, ...]
    """Why steps of amendments cannot be, in words."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A correction and what comes of it."""

    steps: tuple[Step, ...]
    after: Replayed
    course_kept: bool
    """Turns or calls would have gone another way; they stay as they went."""


def amendable(path: Path, state: Path) -> None:
    """May this session be amended?

    Raises:
        UsageError: it has not ended.
    """
    going_on = unfinished(state)
    if going_on is not None and path.resolve() == going_on.resolve():
        raise UsageError(
            f"{path.stem} has not ended: change it on the dashboard ('drumcircle' opens it), or end it first."
        )


def replayed(journal: Journal, told: Sequence[Step]) -> Replayed:
    """The evening with these steps of amendments.

    Raises:
        RecordSealed: hits were erased, so that no figure can be made anew.
        FileProblem: the journal is damaged.
    """
    session = session_of(journal)
    course: list[Effect] = []
    pulse = ShownPulse()
    refused: list[str] = []
    ours = {id(event) for _, event in told}

    def hear(effect: Effect) -> None:
        pulse.take(effect)
        if isinstance(effect, TurnBegan):
            course.append(replace(effect, pads=()))  # whose turn it was, whatever lit up for it
        elif isinstance(effect, COURSE):
            course.append(effect)

    last = replay(
        amended(journal.evening(), told),
        session,
        hear,
        lambda event, why: refused.append(str(why)) if id(event) in ours else None,
    )
    end = last if journal.end is None else journal.end["now"]
    return Replayed(
        session,
        last,
        end,
        session.summary(end),
        tuple(session.pad_histories()),
        (*course, *pulse.beats),
        tuple(refused),
    )


def propose(journal: Journal, before: Replayed, correction: Correction) -> Proposal:
    """What the correction would make of the session, which is ``before`` without it.

    Raises:
        UsageError: it cannot be: outside the session, refused by the circle, or about somebody live only.
    """
    _within(journal, correction, before.end)
    refuse_live_only(correction, before.histories, journal.evening(), before.end)
    chosen = steps(correction, before.histories, people_facts(journal.rows()))
    after = _accepted(journal, chosen)
    if after.course == before.course:
        return Proposal(chosen, after, course_kept=False)
    chosen = steps_at_the_end(correction, before.histories, after.histories, before.last + 1)
    return Proposal(chosen, _accepted(journal, chosen), course_kept=True)


def _accepted(journal: Journal, chosen: tuple[Step, ...]) -> Replayed:
    after = replayed(journal, _with(journal, chosen))
    if after.refused:
        raise UsageError(after.refused[0])
    return after


def _with(journal: Journal, chosen: tuple[Step, ...]) -> list[Step]:
    return sorted([*steps_of(journal.amendments), *chosen], key=lambda step: step[0])


def _within(journal: Journal, correction: Correction, end: int) -> None:
    begin = journal.head.anchor.perf_ns
    if not begin <= correction.since < end:
        raise UsageError("That moment is not in this session.")
    if correction.until is not None and not correction.since < correction.until <= end:
        raise UsageError("The end must be after the beginning, and in this session.")


def keep(journal: Journal, words: str, chosen: Sequence[Step]) -> int:
    """Write an amendment beside the journal; its number.

    Raises:
        FileProblem: the disk refuses.
    """
    told = json.dumps([[now, *encode_row(event)] for now, event in chosen], separators=(",", ":"))
    n = len(journal.amendments) + 1
    _write(journal.path, "INSERT INTO amendments VALUES (?, ?, ?, ?, NULL)", (n, time.time_ns(), words, told))
    return n


def undo(journal: Journal, n: int | None = None) -> Amendment:
    """Take an amendment back (``None``: the last one in force); it stays in the file, marked.

    Raises:
        UsageError: there is none, or a later one depends on it.
        FileProblem: the disk refuses.
    """
    standing = {each.n: each for each in in_force(journal.amendments)}
    if not standing:
        raise UsageError(f"Nothing of {journal.id} is amended.")
    chosen = max(standing) if n is None else n
    if chosen not in standing:
        known = ", ".join(map(str, standing))
        raise UsageError(f"There is no amendment {chosen} to take back; there are: {known}.")
    rest = steps_of(each for number, each in standing.items() if number != chosen)
    if refused := replayed(journal, rest).refused:
        raise UsageError(f"A later amendment needs this one ({refused[0]}) Take that one back first.")
    _write(journal.path, "UPDATE amendments SET undone = ? WHERE n = ?", (time.time_ns(), chosen))
    return replace(standing[chosen], undone=time.time_ns())


def _write(path: Path, sql: str, values: tuple[object, ...]) -> None:
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN IMMEDIATE")
            db.execute(TABLE)
            db.execute(f"PRAGMA user_version = {FORMAT}")
            db.execute(sql, values)
            db.execute("COMMIT")
    except sqlite3.Error as problem:
        raise FileProblem(path, f"the amendment cannot be written ({problem}).") from None
