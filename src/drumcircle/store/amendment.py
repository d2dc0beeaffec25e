"""Amendments: dated facts about a session that has ended, kept beside its journal and replayed into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from drumcircle.core.events import Event

Step = tuple[int, Event]
"""(now, event): when the circle is told of it in a replay, and what."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """One correction of who had which pad, or who was there."""

    n: int
    """From 1, in the order they were made."""
    made: int
    """Wall-clock time at which it was made, ns since 1970."""
    words: str
    steps: tuple[Step, ...]
    undone: int | None = None
    """Wall-clock time at which it was taken back; it stays in the file and is not replayed."""


def in_force(amendments: Iterable[Amendment]) -> tuple[Amendment, ...]:
    """Those that have not been taken back."""
    return tuple(each for each in amendments if each.undone is None)


def steps_of(amendments: Iterable[Amendment]) -> list[Step]:
    """What is told to the circle because of those in force, in order of time."""
    steps = (step for each in in_force(amendments) for step in each.steps)
    return sorted(steps, key=lambda step: step[0])


def amended(rows: Iterable[Step], steps: Sequence[Step]) -> Iterator[Step]:
    """The rows with every step told at its own time, before what the journal holds of that moment."""
    waiting = list(reversed(steps))
    for row in rows:
        while waiting and waiting[-1][0] <= row[0]:
            yield waiting.pop()
        yield row
    yield from reversed(waiting)
