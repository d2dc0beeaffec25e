"""Keys of the running structure's own, and what may never be exceeded."""

from __future__ import annotations

from drumcircle.core.events import Press, SetCeiling
from drumcircle.tui.ask import Choice, Does, Menu, Situation, Step, Typing, refuse, send, show
from drumcircle.tui.player_keys import number

SOFTEST_CEILING, MOST_HITS = -60.0, 1000.0


def own_keys(s: Situation) -> Step:
    """What this structure can be asked for while it runs: at once where it is one thing, else by number."""
    structure = s.view.structure
    if structure is None:
        return refuse(s, "Nothing is running.")
    if len(structure.keys) == 1:
        key, words = structure.keys[0]
        return send(s, Press(key), said=f"{words[:1].upper()}{words[1:]}.")
    choices = tuple(Choice(str(n), words, _press(key)) for n, (key, words) in enumerate(structure.keys, 1))
    return show(s, Menu(f"{structure.title}:", choices))


def has_keys(s: Situation) -> str:
    """Why there are none; empty where there are."""
    structure = s.view.structure
    return "" if structure is not None and structure.keys else "What is running has no keys of its own."


def _press(key: str) -> Does:
    return lambda s: send(s, Press(key))


def ceilings(s: Situation) -> Step:
    """``-12`` decibels, ``-12/8`` with at most eight hits sounded a second."""
    now = f"{s.view.ceiling_db:g}/{s.view.hits_a_second:g}"
    return show(
        s,
        Typing(
            f"Never louder than dB / hits a second (now {now})", _ceilings, hint="-12, or -12/8; 0/0: none"
        ),
    )


def _ceilings(text: str, s: Situation) -> Step:
    loudest, _, most = text.partition("/")
    db, hits = number(loudest, SOFTEST_CEILING, 0), number(most or "0", 0, MOST_HITS)
    if db is None or hits is None:
        return refuse(s, f"{text!r} is not a ceiling; it is 0 to -60 dB, or -12/8 with hits a second.")
    return send(s, SetCeiling(db, hits))
