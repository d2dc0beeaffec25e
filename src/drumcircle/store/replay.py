"""A session again from its journal: the one loop that recovery, ``drumcircle replay`` and exports share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from drumcircle.core.events import Effect, Event
from drumcircle.core.session import Session
from drumcircle.errors import RecordSealed, UsageError
from drumcircle.store.amendment import in_force
from drumcircle.store.journal import Journal, Row, salvaged


@dataclass(frozen=True, slots=True)
class Outcome:
    """The numbers a replay ended in, beside those the evening ended in."""

    summary: dict[str, Any]
    ended: bool
    """The journal holds the numbers of the end, so that they could be compared."""
    difference: str
    """Where the two differ first, in words; empty where they do not."""


def session_of(journal: Journal) -> Session:
    """A fresh session as the journal's began.

    Raises:
        RecordSealed: its hits were erased.
    """
    if journal.sealed:
        raise RecordSealed(
            f"{journal.id} is sealed: hits were erased from it at somebody's wish. Its results stay, but it "
            "cannot be played again."
        )
    return Session(journal.head.config)


def replay(
    rows: Iterable[Row],
    session: Session,
    take: Callable[[Effect], None] | None = None,
    refused: Callable[[Event, UsageError], None] = lambda _event, _why: None,
) -> int:
    """Feed every (now, event) to ``session``; returns the last ``now``.

    A command the circle refused then is refused again, to the same end.  ``take`` sees every effect,
    ``refused`` every refusal.
    """
    now = session.config.start
    for now, event in rows:
        try:
            effects = session.handle(event, now)
        except UsageError as why:
            refused(event, why)
            effects = session.effects()
        if take is not None:
            for effect in effects:
                take(effect)
    return now


def play_again(journal: Journal, rows: Iterable[Row]) -> Outcome:
    """Replay ``rows`` of ``journal`` and compare the evening with what the end says.

    Raises:
        RecordSealed: its hits were erased.
    """
    summary = _ended_in(journal, rows)
    if journal.end is None:
        return Outcome(summary, ended=False, difference="")
    # What was amended since differs on purpose; the evening itself must still come out as it was.
    evening = (
        _ended_in(journal, salvaged(journal.evening(), lambda _words: None))
        if in_force(journal.amendments)
        else summary
    )
    return Outcome(summary, ended=True, difference=first_difference(evening, journal.end["summary"]))


def _ended_in(journal: Journal, rows: Iterable[Row]) -> dict[str, Any]:
    session = session_of(journal)
    now = replay(rows, session)
    return _as_kept(session.summary(now if journal.end is None else journal.end["now"]))


def first_difference(ours: Any, theirs: Any, where: str = "") -> str:
    """``'players.Ana.n: 12 here, 11 in the journal'``; empty where both are the same, bit for bit."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = [*theirs, *(key for key in ours if key not in theirs)]
        pairs = [(str(key), ours.get(key, _ABSENT), theirs.get(key, _ABSENT)) for key in keys]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [(str(i), a, b) for i, (a, b) in enumerate(zip(ours, theirs, strict=True))]
    else:
        # Text, because 1 == 1.0 == True and nan != nan.
        same = json.dumps(ours, default=str) == json.dumps(theirs, default=str)
        return "" if same else f"{where or 'all'}: {ours} here, {theirs} in the journal"
    return next(
        filter(None, (first_difference(a, b, f"{where}.{key}".strip(".")) for key, a, b in pairs)), ""
    )


class _Absent:
    def __str__(self) -> str:
        return "nothing"


_ABSENT = _Absent()


def _as_kept(summary: dict[str, Any]) -> dict[str, Any]:
    """As it reads after having been in a file (tuples are lists there, keys are text)."""
    kept: dict[str, Any] = json.loads(json.dumps(summary))
    return kept
