"""Who is this: a new pad, a new player, a second pad of somebody here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from drumcircle.core.aliases import ALIASES, Alias
from drumcircle.core.events import Assign, Join
from drumcircle.core.view import SessionView, UnknownPadView
from drumcircle.tui.ask import Choice, Does, Menu, Situation, Step, Typing, refuse, send, show
from drumcircle.tui.palette import player_ink
from drumcircle.tui.player_keys import taken, who


def free_aliases(view: SessionView) -> list[Alias]:
    """Shipped aliases nobody here goes by."""
    return [alias for alias in ALIASES if not taken(view, alias)]


def add_player(s: Situation) -> Step:
    """Somebody without a pad: voice, body, an acoustic drum."""
    return show(s, newcomer(s, "Somebody new, without a pad:", lambda join, at: send(at, join)))


def newcomer(s: Situation, title: str, use: Callable[[Join, Situation], Step]) -> Menu:
    """Which alias somebody new goes by; ``use`` is what is done with them."""

    def offer(alias: Alias) -> Does:
        return lambda at: use(Join(alias.id, alias.alias, alias.shape, alias.colour), at)

    def typed(text: str, at: Situation) -> Step:
        join = _named(text, at)
        return refuse(at, "An alias needs at least one letter.") if join is None else use(join, at)

    aliases = free_aliases(s.view)[:9]
    choices = [
        Choice(str(n), f"{a.shape} {a.alias}", offer(a), ink=player_ink(a.colour))
        for n, a in enumerate(aliases, 1)
    ]
    ask = Typing("They are called", typed, hint="an alias, never a name")
    return Menu(title, (*choices, Choice("N", "another alias…", lambda at: show(at, ask))))


def _named(text: str, s: Situation) -> Join | None:
    """Somebody called by a typed alias, with the first shape and colour that are free."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in text.lower()).strip("-")
    if not plain:
        return None
    look = next(iter(free_aliases(s.view)), ALIASES[-1])
    ids = {player.id for player in s.view.players}
    unique = next(i for i in (plain, *(f"{plain}-{n}" for n in range(2, 100))) if i not in ids)
    return Join(unique, text, look.shape, look.colour)


def who_is_this(s: Situation) -> Step:
    """Give an unknown pad, that hit last, to somebody: new, back, or here already (two pads, one person)."""
    waiting = sorted(s.view.unknown, key=lambda pad: -pad.last_hit)
    return _whose(tuple(waiting), s)


def _whose(waiting: tuple[UnknownPadView, ...], s: Situation) -> Step:
    """Whose is the first of these pads?"""
    if not waiting:
        return refuse(s, "No pad is waiting for a player; hit one first.")
    pad, *others = waiting

    def second_pad(at: Situation) -> Step:
        return who(
            at,
            f"{pad.label} is also",
            lambda player, later: send(later, Assign(pad.key, player.id, pad.last_hit)),
        )

    def joins(join: Join, at: Situation) -> Step:
        return send(at, replace(join, pads=(pad.key,), since=pad.last_hit))

    choices = [
        Choice(str(n), f"{shape} {alias}", _claim(pad, offer), ink=player_ink(colour))
        for n, offer in enumerate(pad.offers[:9], start=1)
        for _, alias, shape, colour in [offer]
    ]
    choices.append(Choice("0", "somebody here, a second pad…", second_pad))
    choices.append(Choice("N", "another alias…", lambda at: show(at, newcomer(at, f"{pad.label} is", joins))))
    if others:
        following = (*others, pad)
        choices.append(Choice("tab", f"{others[0].label} first", lambda at: _whose(following, at), "Tab"))
    return show(s, Menu(f"{pad.label}: who is this?", tuple(choices)))


def _claim(pad: UnknownPadView, offer: tuple[str, str, str, str]) -> Does:
    player, alias, shape, colour = offer

    def does(s: Situation) -> Step:
        here = next((p for p in s.view.players if p.id == player), None)
        if here is None:
            return send(s, Join(player, alias, shape, colour, (pad.key,), pad.last_hit))
        return send(s, Assign(pad.key, player, pad.last_hit))

    return does
