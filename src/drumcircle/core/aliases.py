"""Words, shapes and colours people go by: an alias is never a name, and never told by its colour alone.

Every word and every shape occurs once; the eight colours, those of Okabe and Ito (2008) that stay apart in
the common forms of colour blindness, come round three times, so the first eight aliases differ in all three.
Shapes are one terminal cell wide and have no emoji form.
"""

from __future__ import annotations

from dataclasses import dataclass

COLOURS: dict[str, str] = {
    "blue": "#0072b2",
    "orange": "#e69f00",
    "green": "#009e73",
    "purple": "#cc79a7",
    "sky": "#56b4e9",
    "grey": "#999999",  # black in Okabe and Ito: not to be seen on a dark terminal
    "vermilion": "#d55e00",
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


_WORDS = (
    "blue amber green plum sky grey brick lemon "
    "lake honey fern rose frost stone rust straw "
    "ink peach moss heather ice silver coral corn"
).split()
_SHAPES = "▲■●◆★○▼□△◇☆▽✚◐◧⊕✦⊗⊞✧✱⊙⊠◒"

ALIASES: tuple[Alias, ...] = tuple(
    Alias(word, word, shape, colour)
    for word, shape, colour in zip(_WORDS, _SHAPES, tuple(COLOURS.values()) * 3, strict=True)
)
"""24 aliases, the most different first."""
