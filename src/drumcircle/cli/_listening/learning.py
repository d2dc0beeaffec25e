"""What has been learnt of a device so far, from its hits and a few keys; no clock, no terminal."""

from __future__ import annotations

from drumcircle.core.events import MS
from drumcircle.errors import UsageError
from drumcircle.formats.profiles import Bank, Profile
from drumcircle.link.messages import HeardHit

ALONG = 30 * MS
"""A softer hit this close to another is a neighbour that sounded along."""
BOUNCE = 250 * MS
"""A note again so soon is the same stroke."""
WIDEST = 8
"""Pads of a row that nobody has ended."""


class Learning:
    """Pads in the order they are hit, row by row; ``only``: the device it is about, else the first that is hit."""

    def __init__(self, only: str | None = None) -> None:
        self.device = only
        self.said = ""
        self.again: int | None = None
        """The note just hit, where it is a pad already."""
        self._rows: list[list[int]] = [[]]
        self._newest: HeardHit | None = None
        """The hit that made the pad learnt last."""
        self._last: HeardHit | None = None

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """Notes of the rows; the last may be empty: it has just been begun."""
        return tuple(map(tuple, self._rows))

    @property
    def notes(self) -> list[int]:
        """All notes in the order of the pads."""
        return [note for row in self._rows for note in row]

    def hear(self, hit: HeardHit) -> None:
        """One hit: a new pad, one that is known, or nothing to do with this."""
        if not hit.pad.startswith("usb:"):
            self.said = "That pad is not on a cable; a profile is for USB pads."
            return
        self.device = self.device or hit.pad
        if hit.pad != self.device:
            self.said = (
                f"That was {hit.pad.removeprefix('usb:')}; this is about {self.device.removeprefix('usb:')}."
            )
            return
        before, self._last = self._last, hit
        if before is None or hit.time - before.time >= BOUNCE or hit.note != before.note:
            self._take(hit, before)

    def _take(self, hit: HeardHit, before: HeardHit | None) -> None:
        along = before is not None and hit.note != before.note and hit.time - before.time < ALONG
        if along and before is not None:
            self._take_along(hit, before)
        elif hit.note in self.notes:
            self.again = hit.note
            self.said = f"Note {hit.note} is pad {self._number(hit.note)} already; hit the next one."
        else:
            self._add(hit)

    def _take_along(self, hit: HeardHit, before: HeardHit) -> None:
        """Of two notes of one stroke the louder is meant."""
        if hit.velocity <= before.velocity:
            self._last = before
            self.said = f"{self.said} Note {hit.note} sounded along, softer; 'pads check' tells more."
        elif before is self._newest and hit.note not in self.notes:
            self._rows[-1].pop()
            self._add(hit)

    def _add(self, hit: HeardHit) -> None:
        if len(self._rows[-1]) == WIDEST:
            self._rows.append([])
        self._rows[-1].append(hit.note)
        self._newest, self.again = hit, None
        self.said = f"Pad {len(self.notes)} is note {hit.note}."

    def new_row(self) -> None:
        """The next pad begins a row."""
        if self._rows[-1]:
            self._rows.append([])
            self.said, self._newest = "A new row.", None

    def undo(self) -> None:
        """Take back what was done last: a row begun, or a pad."""
        self.again = self._newest = self._last = None
        if self._rows[-1]:
            note = self._rows[-1].pop()
            self.said = f"Note {note} is taken back."
            if not self._rows[-1] and len(self._rows) > 1:
                self._rows.pop()
        elif len(self._rows) > 1:
            self._rows.pop()
            self.said = "The row goes on."
        else:
            self.said = "There is nothing to take back."

    def _number(self, note: int) -> int:
        return self.notes.index(note) + 1

    def profile(self, name: str, source: str) -> Profile:
        """The profile of a device called ``name``; pads are numbered as they were hit.

        Raises:
            UsageError: no pad has been hit.
        """
        if not self.notes:
            raise UsageError("No pad was hit, so there is nothing to keep.")
        rows = tuple(row for row in self.rows if row)
        pads = tuple(tuple(str(self._number(note)) for note in row) for row in rows)
        # What fnmatch takes for a pattern is meant as it stands.
        pattern = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
        return Profile(name, (pattern,), source, (Bank(rows, pads=pads),))
