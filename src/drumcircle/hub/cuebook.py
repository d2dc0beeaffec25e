"""Cues that wait for their time: what every sink of cues (sound, MIDI out, lights) keeps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from drumcircle.core.events import Cue, Effect, Silence, Withdraw

CAPACITY = 4096


class CueBook:
    """Cues by id, in order of ``due`` and, where that is equal, of being taken.

    Holds at most ``capacity`` cues; what falls out then is the cue due last, which is the one that may
    still come again.  Not for two threads at once: the sink that owns it holds the lock.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < 1:
            raise ValueError(f"a cue book holds at least one cue, not {capacity}")
        self._capacity = capacity
        self._taken = 0
        self._cues: dict[str, tuple[tuple[int, int], Cue]] = {}
        self._order: list[tuple[int, int, str]] = []

    def __len__(self) -> int:
        return len(self._cues)

    def take(self, effect: Effect) -> None:
        """File a cue (replacing the one with its id), or carry out a withdrawal or a silence."""
        if isinstance(effect, Cue):
            self._file(effect)
        elif isinstance(effect, Withdraw):
            self._withdraw(effect)
        elif isinstance(effect, Silence):
            self._cues.clear()
            self._order.clear()

    def next_due(self) -> int | None:
        """When the first cue is due (ns on the hub's clock); None where none waits."""
        return self._order[0][0] if self._order else None

    def pop_due(self, until: int) -> list[Cue]:
        """Take out the cues due at or before ``until``, first due first."""
        count = bisect_right(self._order, until, key=lambda entry: entry[0])
        due = [self._cues.pop(cue_id)[1] for _, _, cue_id in self._order[:count]]
        del self._order[:count]
        return due

    def _file(self, cue: Cue) -> None:
        self._drop(cue.id)
        self._taken += 1
        key = (cue.due, self._taken)
        self._cues[cue.id] = (key, cue)
        insort(self._order, (*key, cue.id))
        if len(self._order) > self._capacity:
            self._drop(self._order[-1][2])

    def _withdraw(self, effect: Withdraw) -> None:
        since = bisect_left(self._order, effect.since, key=lambda entry: entry[0])
        taken_back = [cue_id for _, _, cue_id in self._order[since:] if cue_id.startswith(effect.prefix)]
        for cue_id in taken_back:
            self._drop(cue_id)

    def _drop(self, cue_id: str) -> None:
        filed = self._cues.pop(cue_id, None)
        if filed is not None:
            del self._order[bisect_left(self._order, (*filed[0], cue_id))]
