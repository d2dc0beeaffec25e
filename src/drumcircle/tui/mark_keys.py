"""What keys do to marks: one key marks the moment, a second says what it was; words can follow later."""

from __future__ import annotations

from dataclasses import replace

from drumcircle.core.events import Mark, Remark
from drumcircle.core.marks import LONGEST_TEXT
from drumcircle.tui.ask import Choice, Does, Menu, Situation, Step, Typing, send, show
from drumcircle.tui.ink import EMPTY, Line, Span, clip, wrap_words
from drumcircle.tui.player_keys import digits, label
from drumcircle.tui.words import minutes

KINDS = (("I", "prompt given"), ("X", "distress"), ("B", "breakthrough"), ("F", "technical"))
"""Letters that mean nothing else, so that whatever is pressed after a mark does what it always does."""
LAST = 0
"""The number by which the core knows the last mark."""


def mark(s: Situation) -> Step:
    """The moment is kept at once; whoever has a hand free says what it was."""
    ui, orders = send(s, Mark())
    choices = tuple(Choice(key, kind, _of(kind)) for key, kind in KINDS)
    words = Choice("N", "words…", _write(LAST))
    return replace(ui, prompt=Menu("Marked. It was", (*choices, words))), orders


def _of(kind: str) -> Does:
    return lambda s: send(s, Remark(LAST, kind), said=f"Marked: {kind}.")


def _write(number: int) -> Does:
    def done(text: str, s: Situation) -> Step:
        return send(s, Remark(number, text=text), said="Written down.")

    return lambda s: show(s, Typing("Words (no names)", done, longest=LONGEST_TEXT))


def marks_page(s: Situation) -> Step:
    """All marks; the number of one writes to it."""
    numbered = tuple(
        Choice(digits(place), clip(mark.text or mark.kind, 12), _write(mark.number), label(place))
        for place, mark in enumerate(s.view.marks, 1)
    )
    prompt = Menu("Write to:", numbered) if numbered else None
    return replace(s.ui, page="marks", prompt=prompt, scroll=0), ()


def page(s: Situation, columns: int, rows: int) -> list[Line]:
    """The last marks, newest last, with what they were."""
    head: list[Line] = [(Span("Marks", "strong"), Span("   therapist only", "faint")), EMPTY]
    if s.view.aftercare:
        head = [*wrap_words(s.view.aftercare, columns, "loud"), EMPTY]
    if not s.view.marks:
        return [*head, (Span("None yet: m marks a moment.", "faint"),)]
    lines: list[Line] = [
        (
            Span(f"{digits(place):>3}  ", "key", digits(place)),
            Span(f"{minutes(mark.time - s.view.began):>7}  ", "label"),
            Span(f"{mark.kind:<14}", "loud" if mark.kind == "distress" and not mark.text else "strong"),
            Span(clip(mark.text, columns - 28), "text"),
        )
        for place, mark in enumerate(s.view.marks, 1)
    ]
    return [*head, *lines[-max(rows - len(head), 1) :]]
