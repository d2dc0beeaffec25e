"""Keys about who plays with whom: the circle in sections, one player's section, who leads."""

from __future__ import annotations

from drumcircle.core.events import Divide, Lead, PutInSection
from drumcircle.core.view import PlayerView
from drumcircle.tui.ask import Choice, Does, Menu, Situation, Step, Typing, refuse, send, show
from drumcircle.tui.player_keys import name

LONGEST_DIVISION = 120
WAYS = (
    ("1", "left and right", "halves"),
    ("2", "left, middle, right", "thirds"),
    ("3", "two, drawn by chance", "drawn"),
    ("0", "one circle again", ""),
)


def divide(s: Situation) -> Step:
    """Two keys divide the circle."""
    choices = [Choice(key, words, _to(sections)) for key, words, sections in WAYS]
    typing = Typing(
        "Sections", lambda text, at: send(at, Divide(text)), hint="blue+amber/green, or low:blue/high:amber+green",
        longest=LONGEST_DIVISION,
    )  # fmt: skip
    choices.insert(3, Choice("4", "named groups…", lambda at: show(at, typing)))
    return show(s, Menu("The circle in sections:", tuple(choices)))


def _to(sections: str) -> Does:
    return lambda s: send(s, Divide(sections))


def other_section(player: PlayerView, s: Situation) -> Step:
    """Into the section after theirs."""
    if not player.section:
        return refuse(s, "The circle is not in sections; D divides it.")
    return send(s, PutInSection(player.id))


def lead(player: PlayerView, s: Situation) -> Step:
    """The player leads, or the facilitator again."""
    leads = s.view.leader == player.id
    said = "The facilitator leads." if leads else f"{name(player)} leads."
    return send(s, Lead(None if leads else player.id), said=said)
