"""Therapist: who played when in the last minute, a row a player, a stroke a hit."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

from drumcircle.core.events import NS
from drumcircle.core.view import SessionView
from drumcircle.tui.ink import Line, Span, fit
from drumcircle.tui.palette import player_ink
from drumcircle.tui.people import name_column

MINUTE = 60 * NS
NAME = 16
_STROKES = " ▏▎▍▌▋▊▉█"


def heading(columns: int) -> Line:
    return (Span("who played when, last minute; now is at the right"[:columns], "label"),)


def timeline(view: SessionView, now: int, columns: int, first: int, rows: int) -> list[Line]:
    """Strokes of the players from ``first`` on; the right edge is now."""
    wide = max(columns - NAME, 10)
    step = MINUTE // wide
    edge = (now // step + 1) * step
    shown = list(enumerate(view.players, start=1))[first : first + rows]
    return [
        fit(
            (
                *name_column(player, number, NAME),
                Span(strokes(player.hits, edge, wide), player_ink(player.colour)),
            ),
            columns,
        )
        for number, player in shown
    ]


@lru_cache(maxsize=256)
def strokes(hits: tuple[int, ...], edge: int, columns: int) -> str:
    """A minute before ``edge`` in ``columns``; the more hits in a column, the wider its stroke."""
    step = MINUTE // columns
    counts = [0] * columns
    for hit in hits[bisect_left(hits, edge - step * columns) :]:
        at = columns - 1 - (edge - 1 - hit) // step
        if 0 <= at < columns:
            counts[at] += 1
    return "".join(_STROKES[min(2 * count, 8)] for count in counts)
