"""Every hit of the session in memory: what hand-overs, the summary and exports are made from."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

LOG_LIMIT = 4_000_000
"""Hits one session keeps in memory for hand-overs and its summary (about 30 bytes each)."""


class HitLog:
    """Every hit of the session, compactly: time, pad key, note, velocity, whether it counted, whether it came late."""

    def __init__(self) -> None:
        self._time = array("q")
        self._key = array("H")
        self._note = array("B")
        self._velocity = array("B")
        self._mark = array("B")
        self._late = array("B")
        self._keys: dict[str, int] = {}
        self._names: list[str] = []
        self._last: dict[str, int] = {}

    def add(self, time: int, key: str, note: int, velocity: int, mark: int, late: bool) -> bool:
        """Keep one hit; False where the log is full (the journal still has it)."""
        index = self._keys.get(key)
        if index is None:
            index = self._keys[key] = len(self._names)
            self._names.append(key)
        if len(self._time) >= LOG_LIMIT:
            return False
        self._last[key] = time
        self._time.append(time)
        self._key.append(index)
        self._note.append(note)
        self._velocity.append(velocity)
        self._mark.append(mark)
        self._late.append(late)
        return True

    def __iter__(self) -> Iterator[tuple[int, str, int, int, int]]:
        names = self._names
        for time, key, note, velocity, mark in zip(
            self._time, self._key, self._note, self._velocity, self._mark, strict=True
        ):
            yield time, names[key], note, velocity, mark

    def of(self, keys: Iterable[str]) -> Iterator[tuple[int, int, str, int, int, int]]:
        """(index, time, key, note, velocity, mark) of the hits on these pad keys."""
        wanted = {self._keys[key]: key for key in keys if key in self._keys}
        time, note, velocity, mark = self._time, self._note, self._velocity, self._mark
        for index, key in enumerate(self._key):
            if key in wanted:
                yield index, time[index], wanted[key], note[index], velocity[index], mark[index]

    def late(self) -> Iterator[bool]:
        """Beside the hits: which came too late for the turn they were played in."""
        return map(bool, self._late)

    def mark(self, index: int, mark: int) -> None:
        """Mark one hit anew."""
        self._mark[index] = mark

    def last(self, key: str) -> int | None:
        """Time of the last hit heard on a pad key."""
        return self._last.get(key)

    def __len__(self) -> int:
        return len(self._time)
