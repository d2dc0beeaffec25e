"""What a key does to one player, and how a player is chosen: a number, then a letter (or the letter first)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from drumcircle.core.aliases import ALIASES, Alias
from drumcircle.core.events import (
    NS,
    Assign,
    Assist,
    Join,
    Judge,
    Leave,
    LiveOnly,
    Mute,
    NextTurn,
    Rename,
    Rest,
    Return,
    Swap,
)
from drumcircle.core.view import PlayerView, SessionView, UnknownPadView
from drumcircle.tui.ask import Choice, Does, Menu, Situation, Step, Typing, refuse, send, show
from drumcircle.tui.palette import player_ink

OnPlayer = Callable[[PlayerView, Situation], Step]

SINCE = ("now", "two minutes ago", "the start")

# ---------------------------------------------------------------- choosing


def who(s: Situation, title: str, on: OnPlayer, *, but: str = "", extra: tuple[Choice, ...] = ()) -> Step:
    """Ask for a player by number."""
    choices = player_choices(s.view, on, but)
    if not choices and not extra:
        return refuse(s, "Nobody is in the circle yet.")
    return show(s, Menu(title, (*choices, *extra)))


def player_choices(view: SessionView, on: OnPlayer, but: str = "") -> tuple[Choice, ...]:
    """1 to 9 by one digit; from 10 on by 0 and two digits."""
    return tuple(
        Choice(
            digits(number),
            f"{player.shape} {player.alias}",
            on_player(player.id, on),
            _label(number),
            player_ink(player.colour),
        )
        for number, player in enumerate(view.players, start=1)
        if player.id != but
    )


def digits(number: int) -> str:
    """What is typed to choose the player with this number."""
    return str(number) if number < 10 else f"0{number:02}"


def _label(number: int) -> str:
    return str(number) if number < 10 else f"0 {number:02}"


def on_player(player: str, on: OnPlayer) -> Does:
    """Look the player up when the key comes: a minute may have passed since the question."""

    def does(s: Situation) -> Step:
        found = next((p for p in s.view.players if p.id == player), None)
        return refuse(s, "This player is not in the circle any more.") if found is None else on(found, s)

    return does


def name(player: PlayerView) -> str:
    return f"{player.shape} {player.alias}"


# ---------------------------------------------------------------- acting


def rest(player: PlayerView, s: Situation) -> Step:
    """Out without remark, or back in."""
    return send(s, Rest(player.id, player.state != "resting"))


def assist(player: PlayerView, s: Situation) -> Step:
    return send(s, Assist(player.id, not player.assisted))


def mute(player: PlayerView, s: Situation) -> Step:
    return send(s, Mute(player.id, not player.muted))


def live_only(player: PlayerView, s: Situation) -> Step:
    words = (
        "is recorded again from now on"
        if player.live_only
        else "reaches the circle and never a disk from now on"
    )
    return send(s, LiveOnly(player.id, not player.live_only), said=f"{name(player)} {words}.")


def nominate(player: PlayerView, s: Situation) -> Step:
    return send(s, NextTurn(player.id))


def leave_or_return(player: PlayerView, s: Situation) -> Step:
    """Three keys at most: the player, l, from when."""
    back = player.state == "left"

    def does(since: int) -> Does:
        event = Return if back else Leave
        return lambda at: send(at, event(player.id, since_ns(since, at)))

    choices = tuple(
        Choice(key, SINCE[since], does(since), label)
        for since, (key, label) in enumerate((("enter", "Enter"), ("2", ""), ("0", "")))
    )
    return show(s, Menu(f"{name(player)} {'is back' if back else 'leaves'}, from", choices))


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


def rename(player: PlayerView, s: Situation) -> Step:
    def done(text: str, at: Situation) -> Step:
        shipped = next((a for a in ALIASES if a.alias == text), None)
        shape, colour = (
            (shipped.shape, shipped.colour) if shipped and not _taken(at.view, shipped) else (None, None)
        )
        return send(at, Rename(player.id, text, shape, colour))

    return show(s, Typing(f"{name(player)} is called", done, hint="an alias, never a name"))


def judge(player: PlayerView, s: Situation) -> Step:
    """Grid, double-trigger time and softest hit of one player."""

    def grid(subdivision: float) -> Does:
        return lambda at: send(at, Judge(player.id, subdivision=subdivision))

    choices = [
        Choice(str(n), words, grid(float(n)))
        for n, words in enumerate(("beats", "halves", "thirds", "quarters"), 1)
    ]
    choices.append(Choice("5", "double-trigger time…", lambda at: show(at, _double_trigger(player))))
    choices.append(Choice("6", "softest hit…", lambda at: show(at, _floor(player))))
    return show(s, Menu(f"{name(player)} is judged on", tuple(choices)))


def _double_trigger(player: PlayerView) -> Typing:
    def done(text: str, s: Situation) -> Step:
        ms = number(text, 0, 500)
        if ms is None:
            return refuse(s, f"{text!r} is not a time from 0 to 500 ms.")
        return send(s, Judge(player.id, double_trigger_ms=ms))

    return Typing(f"{name(player)}: hits closer than this are one, ms", done, hint="50 is usual, 0 keeps all")


def _floor(player: PlayerView) -> Typing:
    def done(text: str, s: Situation) -> Step:
        floor = number(text, 1, 127)
        if floor is None:
            return refuse(s, f"{text!r} is not a loudness from 1 to 127.")
        return send(s, Judge(player.id, velocity_floor=int(floor)))

    return Typing(f"{name(player)}: the softest hit that counts, 1 to 127", done)


def number(text: str, low: float, high: float) -> float | None:
    """The number typed, or None where it is none between the bounds."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if low <= value <= high else None


def since_ns(since: int, s: Situation) -> int | None:
    """From when a change counts, as the events say it."""
    return (None, s.now - 120 * NS, s.view.began)[since]


def digits_of(s: Situation, player: PlayerView) -> str:
    """The digits that choose this player."""
    return next((_label(n) for n, p in enumerate(s.view.players, start=1) if p.id == player.id), "0")


def _other_time(menu: Callable[[int], object], since: int) -> Choice:
    following = (since + 1) % len(SINCE)

    def does(s: Situation) -> Step:
        prompt = menu(following)
        return show(s, prompt) if isinstance(prompt, Menu) else (s.ui, ())

    return Choice("tab", f"from {SINCE[following]} instead", does, "Tab")


# ---------------------------------------------------------------- newcomers and unknown pads


def free_aliases(view: SessionView) -> list[Alias]:
    """Shipped aliases nobody here goes by."""
    return [alias for alias in ALIASES if not _taken(view, alias)]


def _taken(view: SessionView, alias: Alias) -> bool:
    return any(alias.id == p.id or alias.alias == p.alias for p in view.players)


def add_player(s: Situation) -> Step:
    """Somebody without a pad: voice, body, an acoustic drum."""
    return show(s, _newcomer(s, "Somebody new, without a pad:", lambda join, at: send(at, join)))


def _newcomer(s: Situation, title: str, use: Callable[[Join, Situation], Step]) -> Menu:
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


def _to_newcomer(player: PlayerView, since: int) -> Does:
    def joined(join: Join, at: Situation) -> Step:
        return send(at, join, Swap(player.id, join.player, since_ns(since, at)))

    return lambda s: show(s, _newcomer(s, f"{name(player)}'s pad goes to", joined))


def who_is_this(s: Situation) -> Step:
    """Give an unknown pad to somebody: new, back, or here already (two pads, one person)."""
    if not s.view.unknown:
        return refuse(s, "No pad is waiting for a player; hit one first.")
    pad = s.view.unknown[0]

    def second_pad(at: Situation) -> Step:
        return who(
            at,
            f"{pad.label} is also",
            lambda player, later: send(later, Assign(pad.key, player.id, pad.last_hit)),
        )

    def newcomer(join: Join, at: Situation) -> Step:
        return send(at, replace(join, pads=(pad.key,), since=pad.last_hit))

    choices = [
        Choice(str(n), f"{shape} {alias}", _claim(pad, offer), ink=player_ink(colour))
        for n, offer in enumerate(pad.offers[:9], start=1)
        for _, alias, shape, colour in [offer]
    ]
    choices.append(Choice("0", "somebody here, a second pad…", second_pad))
    choices.append(
        Choice("N", "another alias…", lambda at: show(at, _newcomer(at, f"{pad.label} is", newcomer)))
    )
    return show(s, Menu(f"{pad.label}: who is this?", tuple(choices)))


def _claim(pad: UnknownPadView, offer: tuple[str, str, str, str]) -> Does:
    player, alias, shape, colour = offer

    def does(s: Situation) -> Step:
        here = next((p for p in s.view.players if p.id == player), None)
        if here is None:
            return send(s, Join(player, alias, shape, colour, (pad.key,), pad.last_hit))
        return send(s, Assign(pad.key, player, pad.last_hit))

    return does
