"""Hand-over, merge and swap: pads go to another player, from now or from before; three keys at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from drumcircle.core.events import Assign, Join, Swap
from drumcircle.core.layout import key_words
from drumcircle.core.view import PlayerView, SessionView
from drumcircle.tui.ask import Choice, Does, Menu, Situation, Step, refuse, send, show
from drumcircle.tui.newcomers import newcomer
from drumcircle.tui.player_keys import SINCE, OnPlayer, name, since_ns, who

Pads = tuple[str, ...]
"""Pad keys."""


def hand_over(since: int) -> OnPlayer:
    """All pads of one player become another's, who keeps their own: a hand-over, or two pads of one person."""

    def ask(player: PlayerView, s: Situation) -> Step:
        if not player.pads:
            return refuse(s, f"{name(player)} has no pad to hand over.")
        return _to_whom(player, player.pads, since, s)

    return ask


def _to_whom(player: PlayerView, pads: Pads, since: int, s: Situation) -> Step:
    """Who gets these pads of ``player``?"""

    def give(to: PlayerView, at: Situation) -> Step:
        assigned = (Assign(pad, to.id, since_ns(since, at)) for pad in pads)
        return send(at, *assigned, said=_handed(player, to, pads))

    extra = [
        Choice("A", "somebody new", _to_newcomer(player, pads, since)),
        _other_time(lambda n: _to_whom(player, pads, n, s)[0].prompt, since),
    ]
    if len(pads) > 1:
        extra.append(Choice("p", "only one of them…", _one_of(player, since)))
    title = f"{_going(player, pads)}, from {SINCE[since]}, to"
    return who(s, title, give, but=player.id, extra=tuple(extra))


def _one_of(player: PlayerView, since: int) -> Does:
    """Which of a player's pads?"""

    def one(pad: str) -> Does:
        return lambda s: _to_whom(player, (pad,), since, s)

    def ask(s: Situation) -> Step:
        choices = (
            Choice(str(n), pad_words(s.view, pad), one(pad)) for n, pad in enumerate(player.pads[:9], 1)
        )
        return show(s, Menu(f"Which pad of {name(player)}?", tuple(choices)))

    return ask


def _to_newcomer(player: PlayerView, pads: Pads, since: int) -> Does:
    def joined(join: Join, at: Situation) -> Step:
        return send(at, replace(join, pads=pads, since=since_ns(since, at)))

    return lambda s: show(s, newcomer(s, f"{_going(player, pads)} to", joined))


def _handed(player: PlayerView, to: PlayerView, pads: Pads) -> str:
    """What is so now, in one sentence."""
    left = len(player.pads) - len(pads)
    rest = f"{name(player)} has {left} left" if left else f"{name(player)} has none"
    more = f"{name(to)} has {len(to.pads) + len(pads)} pads now" if to.pads else f"{name(to)} has it now"
    return f"{more}; {rest}."


def _going(player: PlayerView, pads: Pads) -> str:
    return f"{name(player)}'s " + ("pad goes" if len(pads) == 1 else f"{len(pads)} pads go")


def pad_words(view: SessionView, key: str) -> str:
    """``MPD218 pad 5``: a pad key as people see it."""
    device = key.partition("#")[0]
    return key_words(key, next((pad for pad in view.pads if pad.id == device), None))


def swap(since: int) -> OnPlayer:
    """Two players trade all their pads."""

    def ask(player: PlayerView, s: Situation) -> Step:
        def trade(other: PlayerView, at: Situation) -> Step:
            return send(at, Swap(player.id, other.id, since_ns(since, at)))

        other_time = _other_time(lambda n: swap(n)(player, s)[0].prompt, since)
        return who(
            s,
            f"{name(player)} swaps pads, from {SINCE[since]}, with",
            trade,
            but=player.id,
            extra=(other_time,),
        )

    return ask


def _other_time(menu: Callable[[int], object], since: int) -> Choice:
    following = (since + 1) % len(SINCE)

    def does(s: Situation) -> Step:
        prompt = menu(following)
        return show(s, prompt) if isinstance(prompt, Menu) else (s.ui, ())

    return Choice("tab", f"from {SINCE[following]} instead", does, "Tab")
