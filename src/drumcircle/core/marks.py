"""The facilitator's marks: one key a moment, what it was about later.  After distress somebody is asked after."""

from __future__ import annotations

from typing import NamedTuple

from drumcircle.core.events import NS, Mark, Remark
from drumcircle.core.state import State
from drumcircle.errors import UsageError

DISTRESS = "distress"
KINDS = ("moment", "prompt given", DISTRESS, "breakthrough", "technical")
LONGEST_TEXT = 280


class Kept(NamedTuple):
    """One mark."""

    time: int
    kind: str
    text: str


def mark(state: State, event: Mark, now: int) -> None:
    """Of this moment."""
    state.marks.append(Kept(now, _kind(event.kind), _text(event.text)))
    state.notice(now, f"Marked: {event.text or event.kind}.", scope="therapist")


def remark(state: State, event: Remark, now: int) -> None:
    """The moment stays; kind and text are what they are said to be now."""
    if not 0 <= event.number <= len(state.marks) or not state.marks:
        raise UsageError(f"There is no mark {event.number}; there are {len(state.marks)}.")
    at = (event.number or len(state.marks)) - 1
    known = Kept(*state.marks[at])
    kind = known.kind if event.kind is None else _kind(event.kind)
    text = known.text if event.text is None else _text(event.text)
    state.marks[at] = Kept(known.time, kind, text)
    state.notice(now, f"Mark {at + 1}: {': '.join(filter(None, (kind, text)))}.", scope="therapist")


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise UsageError(f"A mark cannot be of {kind!r}; it is of {', '.join(KINDS)}.")
    return kind


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise UsageError(f"The text of a mark has at most {LONGEST_TEXT} characters, not {len(text)}.")
    return text


def aftercare(state: State) -> str:
    """What to do before people leave; empty where no distress was marked, or all of it is written about."""
    times = [time for time, kind, text in state.marks if kind == DISTRESS and not text]
    if not times:
        return ""
    when = " and ".join(_clock(time - state.config.start) for time in times)
    return f"Distress was marked at {when}: see to them before they leave; then write to it."


def _clock(ns: int) -> str:
    seconds = max(0, ns) // NS
    return f"{seconds // 60}:{seconds % 60:02d}"
