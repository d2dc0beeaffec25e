"""Suggestions on the therapist's screen: one line, taken or dismissed with one key."""

from __future__ import annotations

from typing import cast

from drumcircle.core.codec import decode_event
from drumcircle.core.events import AnswerSuggestion, Command, Suggest
from drumcircle.tui.ask import Situation, Step, send
from drumcircle.tui.ink import Line, Span, clip

KEYS: Line = (
    Span("   y ", "key", "y"),
    Span("do it", "ask", "y"),
    Span("   z ", "key", "z"),
    Span("no", "text", "z"),
)


def personal(s: Situation) -> str:
    """Why suggestions are of no use on this screen; empty where they are."""
    return "" if s.ui.therapist else "Suggestions are of the therapist view; v goes there."


def stands(s: Situation) -> str:
    """Why there is nothing to answer."""
    return personal(s) or ("" if s.view.suggestion is not None else "Nothing is suggested.")


def switch(s: Situation) -> Step:
    on = not s.view.suggests
    return send(s, Suggest(on), said=f"Suggestions {'on' if on else 'off'}.")


def take(s: Situation) -> Step:
    """Logged, and what it offers sent as a command of its own."""
    found = s.view.suggestion
    assert found is not None
    offer = cast(Command, decode_event(dict(found.offer)))
    return send(s, AnswerSuggestion(found.number, True, found.reason, found.words), offer)


def dismiss(s: Situation) -> Step:
    found = s.view.suggestion
    assert found is not None
    return send(s, AnswerSuggestion(found.number, False, found.reason, found.words))


def line(s: Situation, columns: int) -> list[Line]:
    """The suggestion with its reason, where one stands."""
    found = s.view.suggestion
    if found is None:
        return []
    words = f"{found.reason[0].upper()}{found.reason[1:]}: {found.words}"
    return [(Span(clip(words, columns - 22), "ask"), *KEYS)]
