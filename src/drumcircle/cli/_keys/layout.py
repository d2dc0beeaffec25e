"""Whose key is it, and which note: the four rows of an English keyboard, for one, two or four people.

Other layouts swap some letters within a hand, which only changes the note.
"""

from __future__ import annotations

from dataclasses import dataclass

ROWS = ("1234567890", "qwertyuiop", "asdfghjkl;", "zxcvbnm,./")
HAND = 5
"""Columns of the left hand."""
LOWEST_NOTE = 36
PEOPLE = (1, 2, 4)


@dataclass(frozen=True, slots=True)
class Keyboard:
    """``pads`` by place: one; left and right; or upper left, upper right, lower left, lower right."""

    pads: tuple[str, ...]

    @classmethod
    def of(cls, people: int, name: str) -> Keyboard:
        """Pads of so many people, called after ``name``."""
        ends = {1: ("",), 2: ("-left", "-right"), 4: ("-up-left", "-up-right", "-low-left", "-low-right")}
        return cls(tuple(f"{name}{end}" for end in ends[people]))

    def pad(self, key: str) -> tuple[str, int] | None:
        """(pad, note) of a key; None: nobody's.  Who is alone has every key."""
        for row, keys in enumerate(ROWS):
            column = keys.find(key)
            if column >= 0:
                return self._at(row, column), LOWEST_NOTE + row * len(keys) + column
        return (self.pads[0], LOWEST_NOTE) if len(self.pads) == 1 else None

    def _at(self, row: int, column: int) -> str:
        right, low = int(column >= HAND), int(row >= len(ROWS) // 2)
        return self.pads[{1: 0, 2: right, 4: 2 * low + right}[len(self.pads)]]

    def drawn(self) -> list[str]:
        """The keys and whose they are."""
        gap = "   " if len(self.pads) > 1 else " "
        rows = [
            f"  {' ' * row}{' '.join(keys[:HAND])}{gap}{' '.join(keys[HAND:])}"
            for row, keys in enumerate(ROWS)
        ]
        if len(self.pads) == 1:
            return [*rows, f"  all of them: {self.pads[0]}"]
        names = [f"  {left}  |  {right}" for left, right in zip(self.pads[::2], self.pads[1::2], strict=True)]
        half = len(ROWS) // len(names)
        return [line for at, name in enumerate(names) for line in (*rows[at * half : (at + 1) * half], name)]
