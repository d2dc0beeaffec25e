"""What can be corrected of a session that has ended: who had which pad when, and who was there.

A correction is told to the circle in a replay at its own time, as it would have been told that evening, so that
every figure comes out as it would have then.  Only where the course of the evening itself (turns, calls) would
have become another one is it told at the end instead: what was heard in the room stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from drumcircle.core.events import Assign, Event, Join, Leave, LiveOnly, Return, Swap
from drumcircle.core.roster import PadHistory
from drumcircle.errors import UsageError
from drumcircle.store.amendment import Step


@dataclass(frozen=True, slots=True)
class PadWas:
    """From ``since`` until ``until`` (``None``: until somebody else had it) this pad key was that player's."""

    pad: str
    player: str
    since: int
    until: int | None = None
    joins: Join | None = None
    """Somebody nobody knew of that evening."""


@dataclass(frozen=True, slots=True)
class HadSwapped:
    """Two players had each other's pads."""

    first: str
    second: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class HadLeft:
    """A player was not there, and their pads were nobody's."""

    player: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class WasBack:
    """A player who had left was there again, with their pads as far as these were free."""

    player: str
    since: int
    until: None = None


Correction = PadWas | HadSwapped | HadLeft | WasBack
PeopleFact = tuple[int, Join | Assign | Swap | Leave | Return]
"""(now, event) about who is who."""


def owner_at(history: PadHistory, time: int) -> str | None:
    """Whose the pad was at ``time``."""
    owners = [player for since, player in history.spans if since <= time]
    return owners[-1] if owners else None


def owners_between(history: PadHistory, since: int, until: int) -> list[str]:
    """Everybody whose the pad was at any time of ``[since, until)``."""
    within = [player for start, player in history.spans if since < start < until]
    return [player for player in (owner_at(history, since), *within) if player is not None]


def steps(
    correction: Correction, histories: Iterable[PadHistory], facts: Sequence[PeopleFact]
) -> tuple[Step, ...]:
    """What the circle would have been told that evening, and when."""
    since, until = correction.since, correction.until
    at, then = told_at(since, facts), None if until is None else told_at(until, facts)
    from_ = None if at == since else since
    to = None if then == until else until
    match correction:
        case PadWas(pad, player, joins=joins):
            came = () if joins is None else ((at, replace(joins, since=from_)),)
            after = _owner(pad, histories, until)
            back = () if then is None else ((then, Assign(pad, after, to)),)
            return (*came, (at, Assign(pad, player, from_)), *back)
        case HadSwapped(first, second):
            again = () if then is None else ((then, Swap(first, second, to)),)
            return ((at, Swap(first, second, from_)), *again)
        case HadLeft(player):
            return ((at, Leave(player, from_)), *(() if then is None else ((then, Return(player, to)),)))
        case WasBack(player):
            return ((at, Return(player, from_)),)


def people_facts(rows: Iterable[Step]) -> list[PeopleFact]:
    """All that was said of who is who."""
    return [(now, event) for now, event in rows if isinstance(event, Join | Assign | Swap | Leave | Return)]


def told_at(moment: int, facts: Iterable[PeopleFact]) -> int:
    """When to tell what holds from ``moment`` on: then, or after all that was said later of the time until then."""
    late = (now + 1 for now, event in facts if effective(now, event) <= moment <= now)
    return max(late, default=moment)


def effective(now: int, event: Join | Assign | Swap | Leave | Return) -> int:
    """From when on it holds."""
    return now if event.since is None else event.since


def _owner(pad: str, histories: Iterable[PadHistory], time: int | None) -> str | None:
    found = next((history for history in histories if history.key == pad), None)
    return None if found is None or time is None else owner_at(found, time)


def steps_at_the_end(
    correction: Correction, before: Iterable[PadHistory], after: Iterable[PadHistory], at: int
) -> tuple[Step, ...]:
    """The same told ``at`` the end of all: whose every hit was, and who was there, but nothing of the course."""
    known = {history.key: history.spans for history in before}
    told: list[Event] = []
    match correction:
        case PadWas(joins=Join() as joins):
            told.append(joins)
        case HadLeft(player, since, until):
            told += [Leave(player, since), *(() if until is None else (Return(player, until),))]
        case WasBack(player, since):
            told.append(Return(player, since))
        case _:
            pass
    for history in after:
        if history.spans != known.get(history.key):
            told += [
                Assign(history.key, player, since)
                for since, player in history.spans
                if since >= correction.since
            ]
    return tuple((at, event) for event in told)


def refuse_live_only(
    correction: Correction, before: Iterable[PadHistory], rows: Iterable[Step], end: int
) -> None:
    """Live-only players stay out: nothing of theirs is on the disk, and nothing may become theirs.

    Raises:
        UsageError: somebody concerned was live only at a time that is concerned.
    """
    until = end if correction.until is None else correction.until
    concerned = dict.fromkeys(_concerned(correction, before, until))
    for player, start, stop in _live_only_spans(rows, end):
        if player in concerned and start < until and stop > correction.since:
            raise UsageError(
                f"{player} was live only then: none of their hits were kept, and none may become theirs afterwards."
            )


def _concerned(correction: Correction, before: Iterable[PadHistory], until: int) -> Iterator[str]:
    match correction:
        case PadWas(pad, player, since):
            yield player
            for history in before:
                if history.key == pad:
                    yield from owners_between(history, since, until)
        case HadSwapped(first, second):
            yield from (first, second)
        case HadLeft(player) | WasBack(player):
            yield player


def _live_only_spans(rows: Iterable[Step], end: int) -> Iterator[tuple[str, int, int]]:
    """(player, from, to), ``to`` being the end where it never ended."""
    began: dict[str, int] = {}
    for now, event in rows:
        if isinstance(event, Join | LiveOnly):
            on = event.live_only if isinstance(event, Join) else event.on
            if on:
                began.setdefault(event.player, now)
            elif event.player in began:
                yield event.player, began.pop(event.player), now
    for player, since in began.items():
        yield player, since, end + 1
