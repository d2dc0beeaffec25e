"""Where the pads of a device lie and what people call them, as its profile says; all of it by value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

GAP = -1
"""Stands in a row where there is no pad."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The pads of one device.

    ``banks``: of each bank its rows, the farthest from the player first, of notes from left to right.
    ``names``: (note, what its pad is called), each note once.
    """

    banks: tuple[tuple[tuple[int, ...], ...], ...]
    names: tuple[tuple[int, str], ...]

    def name(self, note: int) -> str:
        """What the pad of a note is called; a note that is not in the profile is called by its number."""
        return next((name for known, name in self.names if known == note), str(note))

    def first_bank(self) -> Iterator[int]:
        """The notes that a device sends when it has just been switched on, row by row."""
        for row in self.banks[0] if self.banks else ():
            yield from (note for note in row if note != GAP)


class Labelled(Protocol):
    """A device, in the roster or in a view."""

    @property
    def label(self) -> str: ...

    @property
    def layout(self) -> Layout | None: ...


def key_words(key: str, device: Labelled | None) -> str:
    """A pad key as people read it: ``MPD218 pad 5``, ``nanoPAD2 38`` without a profile.

    ``device`` None: nobody knows it any more.
    """
    known_as, _, note = key.partition("#")
    name = device.label if device is not None else known_as.partition(":")[2]
    if not note:
        return name
    layout = device.layout if device is not None else None
    return f"{name} {layout.name(int(note)) if layout is not None else note}"
