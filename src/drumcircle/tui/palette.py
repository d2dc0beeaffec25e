"""From names of inks to colours: one calm dark scheme, and the same dimmed while the hub is silent.

Meaning never hangs on a colour: every person has a shape and a word, every state a word, so the
dashboard says the same under ``NO_COLOR``.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import ColorParseError
from rich.style import Style

from drumcircle.core.aliases import COLOURS

GROUND = "#10151b"

INKS = {
    "text": "#d5dce3",
    "strong": "bold #ffffff",
    "faint": "#7d8996",
    "dot old": "#566270",
    "dot": "#93a0ad",
    "dot new": "#e3e9ee",
    "rule": "#2e3944",
    "track": "#46525e",
    "beat": "#f4f6f8",
    "beat one": "#ffc857",
    "count": "#7fd99a",
    "marker": "bold #ffc857",
    "now": "bold #ffffff",
    "next": "bold #7fd99a",
    "call": "bold #8ecbff",
    "turn": "bold #ffc857",
    "call block": "bold #10151b on #8ecbff",
    "next block": "bold #10151b on #7fd99a",
    "label block": "bold #10151b on #8b98a5",
    "together": "#7fb8e8",
    "warning": "#ffb861",
    "loud": "bold #ff8a7a",
    "lost": "bold #ffb861",
    "recording": "#ff8a7a",
    "key": "bold #ffc857",
    "label": "#8b98a5",
    "picked": "bold #10151b on #ffc857",
    "ask": "bold #ffc857",
}


def player_ink(colour: str) -> str:
    """The ink of a player of this colour."""
    return f"player {colour}"


def turn_ink(colour: str) -> str:
    """The ink of whose turn it is: their colour as the ground."""
    return f"turn of {colour}"


@lru_cache(maxsize=512)
def style(ink: str, dimmed: bool = False) -> Style:
    """The style of an ink; a player colour that is no colour is drawn as text."""
    if dimmed and ink != "lost":
        return Style.parse(f"#5d6873 on {GROUND}")
    if ink.startswith("player "):
        return _player(ink.removeprefix("player "))
    if ink.startswith("turn of "):
        return _player(ink.removeprefix("turn of ")) + Style(reverse=True)
    wanted = INKS[ink]
    return Style.parse(wanted if " on " in wanted else f"{wanted} on {GROUND}")


def _player(colour: str) -> Style:
    try:
        return Style(color=COLOURS.get(colour, colour), bgcolor=GROUND, bold=True)
    except ColorParseError:
        return style("strong")
