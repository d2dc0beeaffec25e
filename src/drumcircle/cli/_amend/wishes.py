"""What somebody wants corrected, from words to a :class:`Correction` and back."""

from __future__ import annotations

from collections.abc import Sequence

from drumcircle.cli._amend.evening import Evening
from drumcircle.core.aliases import ALIASES, Alias
from drumcircle.core.events import Join
from drumcircle.errors import UsageError
from drumcircle.store.corrections import Correction, HadLeft, HadSwapped, PadWas, WasBack

NEW = "+"
"""Before the alias of somebody nobody knew of that evening."""


def pad_was(evening: Evening, pad: str, player: str, since: str, until: str) -> PadWas:
    """``player``: alias, id or number; ``+moss``: somebody new called moss."""
    history = evening.pad(pad)
    joins = _newcomer(evening, player.removeprefix(NEW)) if player.startswith(NEW) else None
    whose = evening.player(player) if joins is None else joins.player
    began = evening.since(since, (whose,), history)
    return PadWas(history.key, whose, began, _until(evening, until), joins)


def _newcomer(evening: Evening, alias: str) -> Join:
    known = next((each for each in ALIASES if each.alias == alias), Alias(alias, alias, "●", "grey"))
    if known.id in evening.people() or alias in evening.ended.session.players():
        raise UsageError(f"There is already somebody called {alias} in this session; write it without {NEW}.")
    config = evening.journal.head.config
    return Join(
        known.id, alias, known.shape, known.colour,
        subdivision=config.subdivision, double_trigger_ms=config.double_trigger_ms,
    )  # fmt: skip


def swapped(evening: Evening, players: Sequence[str], since: str, until: str) -> HadSwapped:
    """Two of them.

    Raises:
        UsageError: not two.
    """
    if len(players) != 2:
        raise UsageError("A swap takes two players, with a comma between them.")
    first, second = map(evening.player, players)
    return HadSwapped(first, second, evening.since(since, (first, second)), _until(evening, until))


def left(evening: Evening, player: str, since: str, until: str) -> HadLeft:
    """Somebody was gone."""
    gone = evening.player(player)
    return HadLeft(gone, evening.since(since, (gone,)), _until(evening, until))


def back(evening: Evening, player: str, since: str) -> WasBack:
    """Somebody who had left was there again.

    Raises:
        UsageError: it is not said since when.
    """
    if not since:
        raise UsageError("Say since when they were back.")
    return WasBack(evening.player(player), evening.moment(since))


def _until(evening: Evening, said: str) -> int | None:
    return evening.moment(said) if said else None


def in_words(evening: Evening, correction: Correction) -> str:
    """``From 16:52:10 until 16:55:00 nanoPAD2 38 was ▲ blue's.``"""
    until = "" if correction.until is None else f" until {evening.clock(correction.until)}"
    when = f"From {evening.clock(correction.since)}{until}"
    match correction:
        case PadWas(pad, player, joins=joins):
            whose = evening.name(player) if joins is None else f"{joins.shape} {joins.alias}"
            return f"{when} {evening.pad(pad).words} was {whose}'s."
        case HadSwapped(first, second):
            return f"{when} {evening.name(first)} and {evening.name(second)} had swapped pads."
        case HadLeft(player):
            return f"{when} {evening.name(player)} had left."
        case WasBack(player):
            return f"{when} {evening.name(player)} was back."
