"""Words, shapes and colours people go by: an alias is never a name, and never told by its colour alone.

Every word and every shape occurs once.  The eight colours come round three times, so the first eight aliases
differ in all three; they are those of Okabe and Ito (2008), which stay apart in the common forms of colour
blindness, with both blues lightened and grey for black to be read on a dark terminal.  Shapes are one cell
wide and have no emoji form.
"""

from __future__ import annotations

from dataclasses import dataclass

COLOURS: dict[str, str] = {
    "blue": "#3a8ad8",
    "orange": "#e69f00",
    "green": "#14a87d",
    "purple": "#cc79a7",
    "sky": "#8fd3ff",
    "grey": "#a3a9b0",
    "vermilion": "#e0691a",
    "yellow": "#f0e442",
}
"""Colour words a person may write, and the ``#rrggbb`` they stand for."""


@dataclass(frozen=True, slots=True)
class Alias:
    """One word, shape and colour (``#rrggbb``) to be known by; ``id`` is fit for a player id."""

    id: str
    alias: str
    shape: str
    colour: str


def _alias(word: str, shape: str, colour: str) -> Alias:
    return Alias(word, word, shape, COLOURS[colour])


ALIASES: tuple[Alias, ...] = (
    _alias("blue", "▲", "blue"),
    _alias("amber", "■", "orange"),
    _alias("green", "●", "green"),
    _alias("plum", "◆", "purple"),
    _alias("sky", "★", "sky"),
    _alias("grey", "○", "grey"),
    _alias("brick", "▼", "vermilion"),
    _alias("lemon", "□", "yellow"),
    _alias("lake", "△", "blue"),
    _alias("honey", "◇", "orange"),
    _alias("fern", "☆", "green"),
    _alias("rose", "▽", "purple"),
    _alias("frost", "✚", "sky"),
    _alias("stone", "◐", "grey"),
    _alias("rust", "◧", "vermilion"),
    _alias("straw", "⊕", "yellow"),
    _alias("ink", "✦", "blue"),
    _alias("peach", "⊗", "orange"),
    _alias("moss", "⊞", "green"),
    _alias("heather", "✧", "purple"),
    _alias("ice", "✱", "sky"),
    _alias("silver", "⊙", "grey"),
    _alias("coral", "⊠", "vermilion"),
    _alias("corn", "◒", "yellow"),
)
"""24 aliases, the most different first."""
