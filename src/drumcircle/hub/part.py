"""The seam every shell of the hub fills: a *part* brings events in, takes effects out, or both.

A part is one file and one line in ``registry.py``.  The hub runs each part as a task; a part that raises
:class:`DrumcircleError` is told of in words and started again after a pause, and the circle goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from drumcircle.core.events import Effect, Event, Hit

Request = Callable[[dict[str, Any]], dict[str, Any]]
"""What a facilitator's program may ask for over the link: arguments to answer.  Loop thread; raises UsageError."""


class Circle(Protocol):
    """What the hub lends to its parts."""

    def now(self) -> int:
        """ns on the hub's clock; the only clock a part may stamp with."""

    def post(self, event: Event) -> None:
        """Put an event into the inbox; loop thread only; never blocks."""

    def post_from_thread(self, event: Event) -> None:
        """The same from any thread; never blocks."""

    def report(self, service: str, ok: bool, words: str) -> None:
        """A service's state in words (loop thread); repeated calls with the same state are dropped."""

    def report_from_thread(self, service: str, ok: bool, words: str) -> None:
        """The same from any thread."""


class Part(Protocol):
    """A source of events, a sink of effects, or both."""

    name: str

    async def run(self, circle: Circle) -> None:
        """Work until cancelled.  Return means: nothing to do on this machine (already reported)."""

    def take(self, effect: Effect) -> None:
        """One effect; loop thread; must return within microseconds; unknown effects are ignored."""

    def safe(self, hits: list[Hit]) -> None:
        """These hits are safe now: committed to the journal, or in the core where nothing is recorded."""

    def requests(self) -> dict[str, Request]:
        """What it answers over the link, by name."""

    def recording_chosen(self) -> None:
        """Somebody chose to record."""

    def close(self) -> None:
        """Let go of devices and threads; called once, after ``run`` has ended."""


class PartBase:
    """Empty answers for what a part does not care about."""

    name = "part"

    async def run(self, circle: Circle) -> None:
        """Nothing to bring in."""

    def take(self, effect: Effect) -> None:
        """Nothing to put out."""

    def safe(self, hits: list[Hit]) -> None:
        """Nothing to acknowledge."""

    def requests(self) -> dict[str, Request]:
        """Nothing to answer."""
        return {}

    def recording_chosen(self) -> None:
        """Nothing to remember."""

    def close(self) -> None:
        """Nothing to let go of."""


class Recorder(Protocol):
    """Where the hub's inputs are kept before the core sees them (``store/recorder.py`` is the real one)."""

    def write(self, now: int, event: Event) -> None:
        """Queue one input; never blocks, never raises; the disk is another thread's business."""

    def set_recording(self, on: bool) -> None:
        """From here on hits are kept (``on``) or not; facts and commands always are."""

    def finish(self, end: dict[str, object]) -> None:
        """The circle ended well: keep the record with ``end``, or delete what was only for recovery."""

    def close(self) -> None:
        """Flush and let go without ending (a hub that is restarted)."""
