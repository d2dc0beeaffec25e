"""Sections of a circle: who plays which part.

Written as people say it: ``halves`` and ``thirds`` go by where one sits, ``drawn`` by chance into as many as
are asked for, and groups are named one by one: ``blue+amber/green+plum``, or with names of their own,
``low:blue+amber/high:green+plum``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from drumcircle.core.roster import Player
from drumcircle.errors import UsageError

CIRCLE = "circle"
"""As the facilitator has divided the circle, or else in halves."""
WAYS = (CIRCLE, "halves", "thirds", "drawn")
MOST = 6
_HALVES, _THIRDS = ("left", "right"), ("left", "middle", "right")


@dataclass(slots=True)
class Section:
    """Some of the players; ``members`` are ids, or aliases of people who are not here yet."""

    name: str
    members: list[str] = field(default_factory=list)


def checked(text: str) -> str:
    """The text itself, if it says how to divide a circle.

    Raises:
        UsageError: it does not.
    """
    if text not in WAYS:
        _named(text)
    return text


def divide(
    text: str, players: Sequence[Player], count: int, shuffle: Callable[[list[str]], None]
) -> list[Section]:
    """The sections of ``players`` (in circle order); ``count`` of them where the text leaves it open.

    Players a list of names leaves out go where fewest are.

    Raises:
        UsageError: the text is no division.
    """
    if text in WAYS:
        seats = [player.id for player in players]
        if text == "drawn":
            shuffle(seats)
        return _dealt(seats, 3 if text == "thirds" else 2 if text == "halves" else count)
    sections = _named(text)
    for player in players:
        seat(sections, player)
    return sections


def home(sections: Sequence[Section], player: str) -> int | None:
    """Which section somebody is in."""
    return next((index for index, section in enumerate(sections) if player in section.members), None)


def seat(sections: Sequence[Section], player: Player) -> int:
    """The section of somebody who came: theirs, that in which their alias was named, or where fewest are."""
    known = home(sections, player.id)
    if known is not None:
        return known
    named = home(sections, player.alias)
    if named is not None:
        members = sections[named].members
        members[members.index(player.alias)] = player.id
        return named
    index = min(range(len(sections)), key=lambda at: len(sections[at].members))
    sections[index].members.append(player.id)
    return index


def _dealt(seats: list[str], count: int) -> list[Section]:
    """Neighbours together, the first sections the larger ones."""
    names = {2: _HALVES, 3: _THIRDS}.get(count) or [f"section {number + 1}" for number in range(count)]
    short, longer = divmod(len(seats), count)
    sections, at = [], 0
    for number, name in enumerate(names):
        size = short + (number < longer)
        sections.append(Section(name, seats[at : at + size]))
        at += size
    return sections


def _named(text: str) -> list[Section]:
    sections = []
    for number, group in enumerate(text.split("/"), start=1):
        name, colon, members = group.rpartition(":")
        people = [member.strip() for member in members.split("+")]
        if not all(people) or (colon and not name.strip()):
            raise UsageError(
                f"sections={text} names nobody somewhere; write sections as blue+amber/green, or one of {', '.join(WAYS)}."
            )
        sections.append(Section(name.strip() or f"section {number}", people))
    named = [member for section in sections for member in section.members]
    twice = next((member for member in named if named.count(member) > 1), None)
    if twice is not None:
        raise UsageError(f"sections={text} has {twice} in two sections.")
    if not 2 <= len(sections) <= MOST or len({section.name for section in sections}) < len(sections):
        raise UsageError(f"sections={text} must be 2 to {MOST} groups of different names.")
    return sections
