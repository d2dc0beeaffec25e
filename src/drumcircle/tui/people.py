"""Who is in the circle: number, shape, colour and word, and their state in words."""

from __future__ import annotations

from collections.abc import Sequence

from drumcircle.core.view import PlayerView
from drumcircle.tui.ink import Line, Span, fit, wrap
from drumcircle.tui.palette import player_ink
from drumcircle.tui.words import STATES

PRESENT = ("playing", "silent", "resting", "no pad")


def badge(player: PlayerView, number: int | None = None) -> Line:
    """``3 ▲ blue``; a click on it chooses the player."""
    press = f"player:{player.id}"
    ink = player_ink(player.colour) if player.state in ("playing", "silent", "no pad") else "faint"
    figure = (Span(f"{number} ", "faint", press),) if number is not None else ()
    return (*figure, Span(f"{player.shape} {player.alias}", ink, press))


def badges(players: Sequence[PlayerView], leader: str | None = None) -> list[Line]:
    """Everyone with their number, those who left at the end; ``leader``: who leads."""
    numbered = list(enumerate(players, start=1))
    here = [
        _item(number, player, player.id == leader) for number, player in numbered if player.state in PRESENT
    ]
    gone = [_item(number, player, False) for number, player in numbered if player.state not in PRESENT]
    return here + gone


def circle(players: Sequence[PlayerView], columns: int, rows: int, leader: str | None = None) -> list[Line]:
    """The roster in at most ``rows`` rows; the last says how many did not fit."""
    if not players:
        return [(Span("nobody yet: hit a pad, or A adds somebody", "faint"),)]
    items = badges(players, leader)
    lines = wrap(items, columns)
    if len(lines) <= rows:
        return lines
    shown = len(items) - 1
    while shown and len(wrap([*items[:shown], _more(len(items) - shown)], columns)) > rows:
        shown -= 1
    return wrap([*items[:shown], _more(len(items) - shown)], columns)[:rows]


def known(players: Sequence[PlayerView], player: str | None) -> PlayerView | None:
    """The player with this id."""
    return next((p for p in players if p.id == player), None)


def number_of(players: Sequence[PlayerView], player: str) -> int:
    """The number that chooses this player, from 1."""
    return next(number for number, p in enumerate(players, start=1) if p.id == player)


def name_column(player: PlayerView, number: int, columns: int) -> Line:
    """A badge cut to its column."""
    figure = f"{number:>2} "
    return fit((Span(figure, "faint", f"player:{player.id}"), *badge(player)), columns)


def _item(number: int, player: PlayerView, leads: bool) -> Line:
    notes = [STATES[player.state]] if STATES[player.state] else []
    notes += ["leads"] if leads else []
    notes += ["wants back in"] if player.wants_back else []
    notes += [player.section] if player.section else []
    notes += ["live-only"] if player.live_only else []
    extra = (Span(f" ({', '.join(notes)})", "faint"),) if notes else ()
    return (*badge(player, number), *extra)


def _more(count: int) -> Line:
    return (Span(f"and {count} more", "faint"),)
