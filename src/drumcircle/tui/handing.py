"""Hand-over and swap: a pad goes to another player, from now or from before; three keys at most."""

from __future__ import annotations

from collections.abc import Callable

from drumcircle.core.events import Join, Swap
from drumcircle.core.view import PlayerView
from drumcircle.tui.ask import Choice, Does, Menu, Situation, Step, refuse, send, show
from drumcircle.tui.newcomers import newcomer
from drumcircle.tui.player_keys import SINCE, OnPlayer, digits_of, name, since_ns, who


def hand_over(since: int) -> OnPlayer:
    """The pads of one player become another's."""

    def ask(player: PlayerView, s: Situation) -> Step:
        def give(to: PlayerView, at: Situation) -> Step:
            if to.state != "no pad":
                return refuse(
                    at,
                    f"{name(to)} has a pad already: {digits_of(at, player)} s swaps, w gives a second one.",
                )
            return send(at, Swap(player.id, to.id, since_ns(since, at)))

        newcomer = Choice("A", "somebody new", _to_newcomer(player, since))
        return who(
            s, f"{name(player)}'s pad goes, from {SINCE[since]}, to", give, but=player.id,
            extra=(newcomer, _other_time(lambda n: hand_over(n)(player, s)[0].prompt, since)),
        )  # fmt: skip

    return ask


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


def _to_newcomer(player: PlayerView, since: int) -> Does:
    def joined(join: Join, at: Situation) -> Step:
        return send(at, join, Swap(player.id, join.player, since_ns(since, at)))

    return lambda s: show(s, newcomer(s, f"{name(player)}'s pad goes to", joined))


def _other_time(menu: Callable[[int], object], since: int) -> Choice:
    following = (since + 1) % len(SINCE)

    def does(s: Situation) -> Step:
        prompt = menu(following)
        return show(s, prompt) if isinstance(prompt, Menu) else (s.ui, ())

    return Choice("tab", f"from {SINCE[following]} instead", does, "Tab")
