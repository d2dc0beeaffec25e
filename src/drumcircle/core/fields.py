"""Settings as people write them: what each may be, and what is wrong with it.

A *check* takes a value as TOML gives it and returns it ready for use, or raises :class:`Mistake` with words
that follow the setting's name: "must be a whole number from 0 to 65535, not 'many'".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from drumcircle.core.pulse import FASTEST, SLOWEST, Meter
from drumcircle.errors import UsageError

Check = Callable[[object], object]


class Mistake(ValueError):
    """A value cannot be used; the words follow the name of the setting."""


def number(low: float, high: float) -> Check:
    """A finite number from ``low`` to ``high``, as a float."""

    def check(value: object) -> float:
        # True is a number to Python, not to a person; NaN fails the comparison.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise Mistake(f"must be a number from {low:g} to {high:g}, not {shown(value)}")
        return float(value)

    return check


def whole(low: int, high: int) -> Check:
    """A whole number from ``low`` to ``high``."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Mistake(f"must be a whole number from {low} to {high}, not {shown(value)}")
        return value

    return check


def switch(value: object) -> bool:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        raise Mistake(f"must be true or false, not {shown(value)}")
    return value


def text(pattern: str = r"\S(.*\S)?", words: str = "words in quotation marks") -> Check:
    """A text that matches ``pattern`` as a whole; ``words`` say what that means."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise Mistake(f"must be {words}, not {shown(value)}")
        return value

    return check


def list_of(each: Check) -> Check:
    """A list (a tuple, once checked) whose every item passes ``each``."""

    def check(value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise Mistake(f"must be a list in square brackets, not {shown(value)}")
        items = []
        for position, item in enumerate(value, start=1):
            try:
                items.append(each(item))
            except Mistake as mistake:
                raise Mistake(f"has an item, number {position}, that {mistake}") from None
        return tuple(items)

    return check


def shown(value: object) -> str:
    """A value as the person wrote it, near enough to find it, and short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a table"
    words = repr(value)
    return words if len(words) <= 40 else words[:37] + "…"


_SPOKEN = {
    **dict.fromkeys(("on", "true", "yes", "1"), True),
    **dict.fromkeys(("off", "false", "no", "0"), False),
}


def from_words(words: str, check: Check) -> object:
    """The value a person typed as bare words (an option, an environment variable).

    Raises:
        Mistake: it passes neither as a switch or number, nor as the words themselves.
    """
    readings = [_SPOKEN.get(words.lower()), _numeric(words)]
    for reading in readings:
        if reading is not None:
            try:
                return check(reading)
            except Mistake:
                continue
    return check(words)


def _numeric(words: str) -> int | float | None:
    for kind in (int, float):
        try:
            return kind(words)
        except ValueError:
            continue
    return None


def examine(
    table: Mapping[str, object], checks: Mapping[str, Check]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The values that pass, and (key, what is wrong with it) of those that do not."""
    good: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for key, value in table.items():
        if key not in checks:
            wrong.append((key, unknown(key, checks)))
            continue
        try:
            good[key] = checks[key](value)
        except Mistake as mistake:
            wrong.append((key, f"{key} {mistake}"))
    return good, wrong


def unknown(key: str, known: Iterable[str]) -> str:
    """'bmp' is not known here (did you mean 'bpm'?)."""
    names = list(known)
    near = get_close_matches(key, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"what can stand here is {', '.join(names)}"
    return f"{key!r} is not known here ({hint})"


def _meter(value: object) -> str:
    try:
        return str(Meter.parse(value if isinstance(value, str) else shown(value)))
    except UsageError:
        raise Mistake(f"must be n/4 or n/8, such as 4/4 or 6/8, not {shown(value)}") from None


MAX_LATENCY_MS = 2_000.0

CIRCLE: dict[str, Check] = {
    "title": text(),
    "circle": text(r"[a-z0-9-]{1,32}", "1 to 32 small letters, digits and hyphens"),
    "bpm": number(SLOWEST, FASTEST),
    "meter": _meter,
    "latency_ms": number(0, MAX_LATENCY_MS),
    "sound": switch,
}
"""What a circle is set to, on the command line, in ``config.toml`` and in ``circle.toml`` alike."""

JUDGED: dict[str, Check] = {
    "subdivision": number(1 / 32, 16),
    "double_trigger_ms": number(0, 1000),
    "velocity_floor": whole(1, 127),
}
"""How a player is judged."""
