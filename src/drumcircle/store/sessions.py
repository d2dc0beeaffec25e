"""The recorded sessions in ``<data>/sessions``: list, find, delete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from drumcircle.core.events import NS
from drumcircle.errors import DrumcircleError, FileProblem, NewerFormat, UsageError
from drumcircle.link.files import read_link
from drumcircle.store.journal import Journal, read_journal
from drumcircle.store.recovery import unfinished
from drumcircle.store.writing import erase

State = Literal["ended", "partial", "running", "crashed", "sealed", "damaged", "newer"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the list; figures are ``None`` where the file cannot tell."""

    id: str
    began: str
    """Local time, ISO 8601 with offset."""
    title: str
    minutes: float | None
    players: int | None
    hits: int | None
    state: State


def sessions(data: Path, state: Path) -> list[Listed]:
    """Every recorded session, oldest first; one that cannot be read is listed as such."""
    running = _running(state)
    return sorted((_listed(path, running) for path in _paths(data)), key=lambda row: (row.began, row.id))


def find(data: Path, named: str) -> Path:
    """The session whose id is, or alone begins with, ``named``; or the journal file of that name.

    Raises:
        UsageError: none, or several.
    """
    if named.endswith(".db") and Path(named).is_file():
        return Path(named)
    fitting = [path for path in _paths(data) if path.stem.startswith(named)]
    exact = [path for path in fitting if path.stem == named]
    if exact or len(fitting) == 1:
        return (exact or fitting)[0]
    if fitting:
        several = ", ".join(path.stem for path in fitting[:5])
        raise UsageError(
            f"{len(fitting)} sessions begin with {named!r} ({several} …); write more of the name."
        )
    raise UsageError(f"There is no session {named!r} in {data}; 'drumcircle sessions' lists what is there.")


def delete(path: Path, state: Path) -> None:
    """Overwrite and delete a session's files.

    Raises:
        UsageError: it is being recorded right now.
        FileProblem: the folder refuses.
    """
    if path.resolve() == _running(state):
        raise UsageError(f"{path.stem} is being recorded now; end the circle first.")
    try:
        erase(path)
    except OSError as refused:
        raise FileProblem(
            path, f"cannot be deleted ({refused.strerror}); check who owns the folder."
        ) from None


def _paths(data: Path) -> list[Path]:
    return sorted((data / "sessions").glob("*.db"))


def _running(state: Path) -> Path | None:
    """The journal a living hub writes."""
    path = unfinished(state)
    return path.resolve() if path is not None and read_link(state) is not None else None


def _listed(path: Path, running: Path | None) -> Listed:
    try:
        journal = read_journal(path)
        tally = journal.tally()
    except DrumcircleError as problem:
        unreadable: State = "newer" if isinstance(problem, NewerFormat) else "damaged"
        return Listed(path.stem, "", "", None, None, None, unreadable)
    anchor = journal.head.anchor
    began = datetime.fromtimestamp(anchor.unix_ns / NS).astimezone().isoformat(timespec="seconds")
    minutes = round((tally.last - anchor.perf_ns) / NS / 60, 1)
    live = path.resolve() == running
    # Who a structure named at the start joined without an event; the summary has everybody.
    players = tally.players if journal.end is None else len(journal.end["summary"]["players"])
    return Listed(
        journal.id, began, journal.head.config.title, minutes, players, tally.hits, _state(journal, live)
    )


def _state(journal: Journal, live: bool) -> State:
    if journal.sealed:
        return "sealed"
    if journal.end is None:
        return "running" if live else "crashed"
    return "partial" if journal.partial else "ended"
