"""Amending at a terminal: a letter says what, numbers say whose, a time says since when.

All of it may stand on one line: ``p 2 1 16:52`` is pad 2 was player 1's from 16:52 on.  What is missing is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from drumcircle.cli._amend import wishes
from drumcircle.cli._amend.evening import Evening
from drumcircle.errors import UsageError
from drumcircle.store.corrections import Correction

QUESTION = "p whose pad, s swapped, l left, b back, u undo (p 2 1 16:52 at once), Enter done: "
WHICH_PAD, WHOSE = "Which pad (number)? ", "Whose (number, or +alias: somebody new)? "
FIRST, SECOND, WHO = "Who (number)? ", "With whom (number)? ", "Who (number)? "
SINCE_WHEN = "Since when (16:52, 16:52:10, +12:30 into the session)? "
SINCE = "Since when (16:52, 16:52:10, +12:30 into the session; Enter: the beginning)? "
UNTIL = "Until when (Enter: from then on)? "
UNDO = "undo"

Wish = Correction | str
"""A correction, or :data:`UNDO`."""


class Answers:
    """What was typed on the line, then what is typed when asked."""

    def __init__(self, line: str, ask: Callable[[str], str]) -> None:
        self._typed: Iterator[str] = iter(line.split())
        self._ask = ask

    def next(self, question: str) -> str:
        """The next answer; '' where Enter alone was typed."""
        return next(self._typed, None) or self._ask(question).strip()

    def several(self, *questions: str) -> list[str]:
        """One after the other."""
        return [self.next(question) for question in questions]


def wish(evening: Evening, line: str, ask: Callable[[str], str] = input) -> Wish:
    """What somebody who types ``line`` wants; the rest is asked.

    Raises:
        UsageError: an answer that cannot be.
    """
    answers = Answers(line, ask)
    match answers.next(QUESTION).lower():
        case "p":
            pad = evening.pad(answers.next(WHICH_PAD)).key
            whose = _whose(evening, answers.next(WHOSE))
            return wishes.pad_was(evening, pad, whose, *answers.several(SINCE, UNTIL))
        case "s":
            first, second = (evening.player(answers.next(question)) for question in (FIRST, SECOND))
            return wishes.swapped(evening, (first, second), *answers.several(SINCE, UNTIL))
        case "l":
            gone = evening.player(answers.next(WHO))
            return wishes.left(evening, gone, *answers.several(SINCE, UNTIL))
        case "b":
            back = evening.player(answers.next(WHO))
            return wishes.back(evening, back, answers.next(SINCE_WHEN))
        case "u":
            return UNDO
        case other:
            raise UsageError(f"{other!r} is none of p, s, l, b and u.")


def _whose(evening: Evening, said: str) -> str:
    return said if said.startswith(wishes.NEW) else evening.player(said)
