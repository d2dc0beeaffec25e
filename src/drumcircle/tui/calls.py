"""A call and its echo on a grid of small steps; the echo of single people only in the therapist's view."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from drumcircle.core.view import CallView, EchoView, PlayerView
from drumcircle.tui.ink import Line, Span, clip, fit
from drumcircle.tui.people import known, name_column, number_of

STEPS = (2, 3, 4, 6, 8)
LIVE_STEPS = (2, 3, 4)
PHASES = {"call": "CALL", "echo": "ECHO!", "rest": "LISTEN"}
INKS = {"call": "call", "echo": "next", "rest": "label"}
CALLERS = {"voice": "a voice", "facilitator": "the facilitator"}
BLOCK = 14
"""Columns of the phase where there is room for it in large."""


def steps_a_beat(call: CallView) -> int:
    """The coarsest grid on which the onsets of a call lie."""
    return _exact_steps(call.onsets) if call.pattern else _live_steps(call.onsets)


@lru_cache(maxsize=256)
def _exact_steps(onsets: tuple[float, ...]) -> int:
    return next((steps for steps in STEPS if _farthest(onsets, steps) < 0.02), STEPS[-1])


@lru_cache(maxsize=256)
def _live_steps(onsets: tuple[float, ...]) -> int:
    """What somebody played is drawn as its rhythm alone: never finely enough to show their timing."""
    return next((steps for steps in LIVE_STEPS if _farthest(onsets, steps) < 0.1), LIVE_STEPS[-1])


def _farthest(onsets: tuple[float, ...], steps: int) -> float:
    """The largest distance of an onset to its step, in beats."""
    return max((abs(onset - round(onset * steps) / steps) for onset in onsets), default=0.0)


def slots(onsets: Sequence[float], beats: float, steps: int) -> frozenset[int]:
    """The steps nearest to the onsets."""
    last = round(beats * steps) - 1
    return frozenset(min(max(round(onset * steps), 0), last) for onset in onsets)


def scene(call: CallView, players: Sequence[PlayerView], columns: int, *, roomy: bool) -> list[Line]:
    """What is going on, for everyone: phase, who calls, the call itself, how the last one went.

    ``roomy``: three rows, the phase a block that is read from across the room.
    """
    if not roomy:
        return [heading(call, players), grid(call, columns)]
    ink, word = INKS[call.phase], PHASES[call.phase].center(BLOCK)
    right = [(Span(who(call, players), "strong"),), grid(call, columns - BLOCK - 3, widest=8), went(call)]
    blocks = Span("▄" * BLOCK, ink), Span(word, f"{ink} block"), Span("▀" * BLOCK, ink)
    return [(block, Span("   "), *line) for block, line in zip(blocks, right, strict=True)]


def heading(call: CallView, players: Sequence[PlayerView]) -> Line:
    """The same in one row, without the call itself."""
    phase = Span(f"{PHASES[call.phase]:<9}", INKS[call.phase])
    return phase, Span(f"{who(call, players)}   ", "strong"), *went(call)


def who(call: CallView, players: Sequence[PlayerView]) -> str:
    """Who plays now, and which call it is."""
    if call.phase == "echo":
        return "everyone"
    if call.pattern:
        return call.pattern
    caller = next((f"{p.shape} {p.alias}" for p in players if p.alias == call.caller), "")
    does = "called" if call.phase == "rest" else "calls"
    return f"{caller or CALLERS.get(call.caller, call.caller)} {does}"


def went(call: CallView) -> Line:
    """How the last call went for all, loudest right after it."""
    if not call.group_words:
        return ()
    if call.phase == "rest":
        return (Span(call.group_words, "strong"),)
    return (Span(f"last time: {call.group_words}", "faint"),)


def grid(call: CallView, columns: int, widest: int = 4) -> Line:
    """The call alone: ``┃●   ·   ●  ●   ·   ┃``; a step at most ``widest`` columns."""
    steps = steps_a_beat(call)
    marked = slots(call.onsets, call.beats, steps)
    cells = [_call_step(step, step in marked, steps) for step in range(round(call.beats * steps))]
    return _framed(cells, columns, widest)


def echo_grid(call: CallView, echo: EchoView, columns: int) -> Line:
    """One player's echo over the call: ● there, ○ missing, + extra; who played nothing misses nothing."""
    steps = steps_a_beat(call)
    if not echo.hits:
        return _framed([_call_step(step, False, steps) for step in range(round(call.beats * steps))], columns)
    called, played = slots(call.onsets, call.beats, steps), slots(echo.hits, call.beats, steps)
    cells = []
    for step in range(round(call.beats * steps)):
        if step in called:
            cells.append(Span("●", "strong") if step in played else Span("○", "faint"))
        else:
            cells.append(Span("+", "warning") if step in played else _call_step(step, False, steps))
    return _framed(cells, columns)


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


def _framed(cells: Sequence[Span], columns: int, widest: int = 4) -> Line:
    """As many columns a step as fit."""
    each = max(min((columns - 2) // max(len(cells), 1), widest), 1)
    spaced = [Span(cell.text + " " * (each - 1), cell.ink) for cell in cells]
    framed = (Span("┃", "track"), *spaced, Span("┃", "track"))
    return fit(framed, min(columns, len(cells) * each + 2))
