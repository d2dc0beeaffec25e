"""A call and its echo on a grid of small steps; the echo of single people only in the therapist's view."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from drumcircle.core.view import CallView, EchoView, PlayerView
from drumcircle.tui.ink import Line, Span, clip, fit
from drumcircle.tui.people import known, name_column, number_of

STEPS = (2, 3, 4, 6, 8)
PHASES = {"call": "CALL", "echo": "ECHO!", "rest": "LISTEN"}


@lru_cache(maxsize=256)
def steps_a_beat(onsets: tuple[float, ...]) -> int:
    """The coarsest grid on which every onset of a call lies."""
    for steps in STEPS:
        if all(abs(onset * steps - round(onset * steps)) < 0.02 for onset in onsets):
            return steps
    return STEPS[-1]


def slots(onsets: Sequence[float], beats: float, steps: int) -> frozenset[int]:
    """The steps nearest to the onsets."""
    last = round(beats * steps) - 1
    return frozenset(min(max(round(onset * steps), 0), last) for onset in onsets)


def grid(call: CallView, columns: int) -> Line:
    """The call alone: ``┃●   ·   ●  ●   ·   ┃``."""
    steps = steps_a_beat(call.onsets)
    marked = slots(call.onsets, call.beats, steps)
    cells = [_call_step(step, step in marked, steps) for step in range(round(call.beats * steps))]
    return _framed(cells, columns)


def echo_grid(call: CallView, echo: EchoView, columns: int) -> Line:
    """One player's echo over the call: ● there, ○ missing, + extra."""
    steps = steps_a_beat(call.onsets)
    called, played = slots(call.onsets, call.beats, steps), slots(echo.hits, call.beats, steps)
    cells = []
    for step in range(round(call.beats * steps)):
        if step in called:
            cells.append(Span("●", "strong") if step in played else Span("○", "faint"))
        else:
            cells.append(Span("+", "warning") if step in played else _call_step(step, False, steps))
    return _framed(cells, columns)


def heading(call: CallView) -> Line:
    """What is going on, in words: phase, round, who calls."""
    ink = "next" if call.phase == "echo" else "call"
    who = "everyone" if call.phase == "echo" else call.caller
    said = (Span(f"   {call.group_words}", "text"),) if call.group_words else ()
    return Span(f"{PHASES[call.phase]:<7}", ink), Span(f"round {call.round}   {who}", "text"), *said


def echoes(call: CallView, players: Sequence[PlayerView], columns: int, rows: int) -> list[Line]:
    """Therapist: a row a player who echoed last, with the words for it."""
    lines: list[Line] = []
    wide = max(min(columns - 50, 66), 18)
    for echo in call.echoes[:rows]:
        player = known(players, echo.player)
        if player is not None:
            name = name_column(player, number_of(players, echo.player), 16)
            words = Span("   " + clip(echo.words, columns - wide - 22), "text")
            lines.append((*name, *echo_grid(call, echo, wide), words))
    return lines


def _call_step(step: int, marked: bool, steps: int) -> Span:
    if marked:
        return Span("●", "call")
    return Span("·" if step % steps == 0 else " ", "track")


def _framed(cells: Sequence[Span], columns: int) -> Line:
    """As many columns a step as fit, at most four."""
    each = max(min((columns - 2) // max(len(cells), 1), 4), 1)
    spaced = [Span(cell.text + " " * (each - 1), cell.ink) for cell in cells]
    framed = (Span("┃", "track"), *spaced, Span("┃", "track"))
    return fit(framed, min(columns, len(cells) * each + 2))
