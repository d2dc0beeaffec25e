"""Choosing among all structures: type a few letters of what one wants, arrows choose, Enter asks for the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from drumcircle.core.structures import STRUCTURES
from drumcircle.core.structures.base import Structure
from drumcircle.tui.ask import Picker, Situation, Step, refuse, show
from drumcircle.tui.ink import Line, Span, clip
from drumcircle.tui.panel import open_panel

KEY = "/"
ROWS = 9
LONGEST = 24


def open_picker(s: Situation) -> Step:
    """All of them, in the order in which they are taught."""
    return show(s, Picker())


def found(typed: str) -> list[type[Structure]]:
    """The structures every typed word fits: names first, then methods, goals and what is said; all where nothing is typed."""
    words = typed.replace("_", " ").lower().split()
    ranked = [(_rank(structure, words), at) for at, structure in enumerate(STRUCTURES)]
    return [STRUCTURES[at] for rank, at in sorted(entry for entry in ranked if entry[0] is not None)]


def _rank(structure: type[Structure], words: list[str]) -> int | None:
    """How far down a structure stands; None: it does not fit."""
    ranks = [_rank_of(structure, word) for word in words]
    if any(rank is None for rank in ranks):
        return None
    return max((rank for rank in ranks if rank is not None), default=0)


def _rank_of(structure: type[Structure], word: str) -> int | None:
    title = f"{structure.name.replace('_', ' ')} {structure.title.lower()}"
    kind = " ".join((structure.method, *structure.domains))
    told = f"{structure.sentence} {structure.why} {' '.join(structure.measures)}".lower()
    if any(part.startswith(word) for part in title.split()):
        return 0
    return next((rank for rank, text in enumerate((title, kind, told), start=1) if word in text), None)


def press_picker(picker: Picker, key: str, s: Situation) -> Step | None:
    """Letters filter, arrows choose; a click on a row is its name after a colon."""
    structures = found(picker.typed)
    if key.startswith("structure:"):
        return open_panel(s, key.removeprefix("structure:"), KEY)
    if key in ("up", "down") and structures:
        step = 1 if key == "down" else -1
        return show(s, replace(picker, row=(picker.row + step) % len(structures)))
    if key == "enter":
        if not structures:
            return refuse(s, f"Nothing is called {picker.typed!r}.")
        return open_panel(s, structures[min(picker.row, len(structures) - 1)].name, KEY)
    if key == "backspace":
        return show(s, Picker(picker.typed[:-1]))
    if len(key) == 1 and key.isprintable() and key != KEY and len(picker.typed) < LONGEST:
        return show(s, Picker(picker.typed + key))
    return s.ui, ()


def picker_lines(picker: Picker, columns: int) -> list[Line]:
    """What is typed, the rows around the chosen one, and what it is for."""
    structures = found(picker.typed)
    head: Line = (
        Span("What will the group do?  ", "ask"), Span(f"{picker.typed}▏", "strong"),
        Span(f"  {len(structures)} of {len(STRUCTURES)}", "faint"),
    )  # fmt: skip
    keys: Line = (
        Span("↑↓ ", "key"), Span("which  ", "faint"), Span("letters ", "key"), Span("filter  ", "faint"),
        Span("Enter ", "key", "enter"), Span("its settings  ", "text", "enter"), Span("Esc ", "key", "escape"),
        Span("not now", "faint", "escape"),
    )  # fmt: skip
    if not structures:
        return [head, (Span("Nothing fits.", "faint"),), keys]
    at = min(picker.row, len(structures) - 1)
    first = max(0, min(at - ROWS // 2, len(structures) - ROWS))
    rows = [_row(structure, structure is structures[at]) for structure in structures[first : first + ROWS]]
    why: Line = (Span(clip(structures[at].why, columns), "text"),)
    return [head, *rows, why, keys]


def _row(structure: type[Structure], chosen: bool) -> Line:
    press = f"structure:{structure.name}"
    return (
        Span(f"{'▸' if chosen else ' '} {structure.title:<22}", "picked" if chosen else "text", press),
        Span(f"  {structure.method:<16}{', '.join(structure.domains)}", "label", press),
    )


def chosen(structure: type[Structure]) -> Callable[[Situation], Step]:
    """What the command palette does with a structure: it asks for its settings."""
    return lambda s: open_panel(s, structure.name, KEY)
