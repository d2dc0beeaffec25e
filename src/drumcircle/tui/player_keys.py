"""What a key does to one player, and how a player is chosen: a number, then a letter (or the letter first)."""

from __future__ import annotations

from collections.abc import Callable

from drumcircle.core.aliases import ALIASES, Alias
from drumcircle.core.events import (
    NS,
    Assist,
    Judge,
    Leave,
    LiveOnly,
    Mute,
    NextTurn,
    Rename,
    Rest,
    Return,
)
from drumcircle.core.view import PlayerView, SessionView
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
            label(number),
            player_ink(player.colour),
        )
        for number, player in enumerate(view.players, start=1)
        if player.id != but
    )


def digits(number: int) -> str:
    """What is typed to choose the player with this number."""
    return str(number) if number < 10 else f"0{number:02}"


def label(number: int) -> str:
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


def taken(view: SessionView, alias: Alias) -> bool:
    """Somebody here goes by this alias."""
    return any(alias.id == p.id or alias.alias == p.alias for p in view.players)


def rename(player: PlayerView, s: Situation) -> Step:
    def done(text: str, at: Situation) -> Step:
        shipped = next((a for a in ALIASES if a.alias == text), None)
        shape, colour = (
            (shipped.shape, shipped.colour) if shipped and not taken(at.view, shipped) else (None, None)
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
    return next((label(n) for n, p in enumerate(s.view.players, start=1) if p.id == player.id), "0")
