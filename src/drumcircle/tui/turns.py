"""Turns: the order in the circle, whose turn it is and how long, who is next."""

from __future__ import annotations

from collections.abc import Sequence

from drumcircle.core.view import PlayerView, TurnView
from drumcircle.tui.ink import Line, Span, clip, fit, indent, join, width
from drumcircle.tui.palette import player_ink, turn_ink
from drumcircle.tui.people import known

GAP = 3
MORE = "   …"


def strip(turn: TurnView, players: Sequence[PlayerView], columns: int, *, tall: bool = False) -> list[Line]:
    """``▲ blue   ▶ ● green  3 … 2 … 1   ◆ plum next   ★ teal``, moved along so that the turn is in sight.

    ``tall``: three rows, the turn a block in its player's colour.
    """
    named = [player for player in (known(players, name) for name in turn.order) if player is not None]
    items = [_seat(player, turn) for player in named]
    at = next((i for i, player in enumerate(named) if player.id == turn.current), 0)
    first = 0
    while first < at and width(join(items[first : at + 2], GAP)) > columns:
        first += 1
    row = fit(_whole(items[first:], columns), columns)
    if not tall or not named or named[at].id != turn.current:
        return [row]
    left = width(join([*items[first:at], ()], GAP))
    ink, wide = player_ink(named[at].colour), width(items[at])
    return [indent((Span(block * wide, ink),), left) if block != "" else row for block in ("▄", "", "▀")]


def _whole(items: Sequence[Line], columns: int) -> Line:
    """As many seats as fit, none of them cut."""
    row = join(items, GAP)
    if width(row) <= columns:
        return row
    shown = max(
        (n for n in range(1, len(items)) if width(join(items[:n], GAP)) <= columns - len(MORE)), default=1
    )
    return (*join(items[:shown], GAP), Span(MORE, "faint"))


def counting(beats: int) -> str:
    """``5 … 4 … 3 …``: the beats left, the last three called out."""
    if beats > 4:
        return f"{beats} beats"
    return " … ".join(str(beat) for beat in range(beats, 0, -1)) or "now"


def _seat(player: PlayerView, turn: TurnView) -> Line:
    ink = player_ink(player.colour)
    press = f"player:{player.id}"
    name = f"{player.shape} {clip(player.alias, 14)}"
    if player.id == turn.current:
        left = "" if turn.beats_left is None else f"  {counting(turn.beats_left)}"
        return (Span(f"  ▶ {name}{left:<12}  ", turn_ink(player.colour), press),)
    if player.id == turn.following:
        return Span(name, ink, press), Span(" next", "next", press)
    return (Span(name, "faint" if player.state in ("resting", "left") else ink, press),)
