"""Bar lines as deadlines: when all must be set for one, and which one can still be reached."""

from __future__ import annotations

from drumcircle.core.events import MS
from drumcircle.core.state import State


def commit_lead(state: State) -> int:
    """How long before its bar line a structure is committed at the latest, ns."""
    return state.lookahead + MS


def ready(state: State, line: int) -> int:
    """When all must be set for ``line``: cues can still go out, and an early hit already belongs to it."""
    return min(state.pulse.time_at(line - 0.5), state.pulse.time_at(line) - commit_lead(state))


def next_line(state: State, now: int) -> int:
    """The first bar line whose cues can still all go out."""
    return state.pulse.next_bar_line(state.beat(now + commit_lead(state)))


def bars_later(state: State, line: int, bars: int) -> int:
    """The bar line ``bars`` bars after the bar line ``line``."""
    for _ in range(bars):
        line = state.pulse.next_bar_line(line + 1)
    return line
