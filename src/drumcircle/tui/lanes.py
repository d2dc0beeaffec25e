"""Therapist: a lane a player, the last hits as dots against the beat, older ones fainter and smaller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from drumcircle.core.view import PlayerView, SessionView
from drumcircle.tui.ink import Line, Span, centre, clip, fit
from drumcircle.tui.people import name_column
from drumcircle.tui.words import STATES

NAME = 16
WORDS = 26
FIGURES = 7
NEW, MIDDLE = 6, 16
"""The last so many hits are drawn bright, so many before them in between, the rest faint."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the parts of a lane, in cells."""

    dots: int
    words: int

    @classmethod
    def of(cls, width: int) -> Columns:
        words = WORDS if width >= 100 else 15
        dots = max(width - NAME - 3 * FIGURES - 2 - words, 11)
        return cls(dots - (dots + 1) % 2, words)


def header(view: SessionView, width: int) -> Line:
    """What the axis means, where it may mean anything, and the names of the figures."""
    columns = Columns.of(width)
    return (
        Span(" " * NAME),
        *axis(view.latency_known, columns.dots),
        Span(f"  {'SD':>{FIGURES - 1}} {'missed':>{FIGURES - 1}} {'extra':>{FIGURES - 1}} ", "label"),
        Span("  link and words", "label"),
    )


def axis(latency_known: bool, columns: int) -> Line:
    """Early and late are said only where the output latency is known; else why they are not."""
    if latency_known:
        half = (columns - 1) // 2
        return fit(
            (Span("early".center(half), "label"), Span("│", "label"), Span("late".center(half), "label")),
            columns,
        )
    for words in ("output latency not known (L): no early or late", "latency not known (L)", "│"):
        if len(words) <= columns:
            break
    return centre((Span(words, "label"),), columns)


def lanes(view: SessionView, width: int, first: int, rows: int) -> list[Line]:
    """Lanes of the players from ``first`` on, at most ``rows``."""
    columns = Columns.of(width)
    shown = list(enumerate(view.players, start=1))[first : first + rows]
    return [lane(player, number, columns) for number, player in shown]


def lane(player: PlayerView, number: int, columns: Columns) -> Line:
    """Name, dots, figures or the reason there are none, the link."""
    name = name_column(player, number, NAME)
    if player.state in ("resting", "left", "no pad"):
        resting = "wants back in" if player.wants_back else STATES[player.state]
        blank = columns.dots + 2 + 3 * FIGURES
        return (*name, *fit((Span(f"  {resting}", "faint"),), blank), *_words(player, columns.words))
    drawn = dots(player.asynchronies_ms, player.spacing_ms, player.mean_ms, columns.dots)
    return (*name, *drawn, Span("  "), *figures(player), *_words(player, columns.words))


def figures(player: PlayerView) -> Line:
    """SD, missed and extra; where the SD may not be shown, a dash and why in words."""
    if player.sd_ms is None:
        why = clip(f"–  {player.why_not}", 3 * FIGURES)
        return (Span(f"{why:<{3 * FIGURES}}", "faint"),)
    ink = "faint" if player.provisional else "text"
    return (
        Span(f"{player.sd_ms:>3.0f} ms ".rjust(FIGURES), ink),
        Span(f"{player.missed:>{FIGURES - 1}} {player.extra:>{FIGURES - 1}} ", ink),
    )


@lru_cache(maxsize=256)
def dots(asynchronies: tuple[float, ...], spacing: float, mean: float | None, columns: int) -> Line:
    """The hits on an axis of half the grid's spacing to each side; ● is the mean, where there is one."""
    middle = columns // 2
    glyphs, inks = [" "] * columns, ["track"] * columns
    glyphs[middle] = "│"
    newest = len(asynchronies) - 1
    for age, value in ((newest - i, v) for i, v in enumerate(asynchronies)):
        at = column(value, spacing, columns)
        glyphs[at], inks[at] = _dot(age)
    if mean is not None:
        at = column(mean, spacing, columns)
        glyphs[at], inks[at] = "●", "turn"
    return _runs(glyphs, inks)


def column(value: float, spacing: float, columns: int) -> int:
    """Where an asynchrony in ms lies on the axis."""
    if spacing <= 0:
        return columns // 2
    return min(max(round((value / spacing + 0.5) * (columns - 1)), 0), columns - 1)


def _dot(age: int) -> tuple[str, str]:
    if age < NEW:
        return "•", "dot new"
    return ("∙", "dot") if age < MIDDLE else ("·", "dot old")


def _runs(glyphs: Sequence[str], inks: Sequence[str]) -> Line:
    """Neighbours of one ink as one span."""
    out: list[Span] = []
    for glyph, ink in zip(glyphs, inks, strict=True):
        if out and out[-1].ink == ink:
            out[-1] = Span(out[-1].text + glyph, ink)
        else:
            out.append(Span(glyph, ink))
    return tuple(out)


def _words(player: PlayerView, columns: int) -> Line:
    """The link and what is special here, as far as it goes; what people chose before what figures say."""
    parts = [player.link] if player.link else []
    marks = (("assisted", player.assisted), ("muted", player.muted), ("live-only", player.live_only))
    parts += [word for word, on in marks if on]
    parts += ["provisional"] if player.provisional and player.sd_ms is not None else []
    parts += [f"{player.subdivision:g} a beat"] if player.subdivision != 1.0 else []
    parts += [f"{len(player.pads)} pads"] if len(player.pads) > 1 else []
    parts += [] if player.uncertainty_ms is None else [f"±{player.uncertainty_ms:.1f}"]
    shown = len(parts)
    while shown > 1 and len(_joined(parts, shown)) > columns - 2:
        shown -= 1
    ink = "warning" if player.link else "faint"
    return (Span("  " + clip(_joined(parts, shown), columns - 2), ink),)


def _joined(parts: Sequence[str], shown: int) -> str:
    return " · ".join(parts[:shown]) + (" …" if shown < len(parts) else "")
