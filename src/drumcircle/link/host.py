"""What the link server needs of the hub."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from drumcircle.core.events import Command, Fact, Hit
from drumcircle.core.view import Happening, SessionView

FAILED = "drumcircle failed at this; its log says more."
"""The answer where the fault is ours."""


class Answer(NamedTuple):
    """How a command went; ``message`` is for the person who gave it (may be empty where ``ok``)."""

    ok: bool
    message: str = ""


class Host(Protocol):
    """The hub as its link server sees it; all on the loop's thread."""

    def now(self) -> int:
        """ns on the hub's clock."""

    def session(self) -> str:
        """The session's name, for a client's welcome."""

    def view(self) -> SessionView:
        """The picture of this moment, for a facilitator; the server filters it for a circle display."""

    def happenings(self) -> list[Happening]:
        """The log entries that are still kept, oldest first."""

    def post(self, event: Fact) -> None:
        """A pad on the link was found, hit, or went away; never blocks."""

    def tell_hits(self, told: Callable[[Hit], object] | None) -> None:
        """Tell every hit once the core has it, from now on; None: tell none, which is how it begins."""

    async def command(self, command: Command) -> Answer:
        """Do what the facilitator asks, through the inbox."""

    async def request(self, what: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer a question, or do what is not the core's (quit, record, sessions ...).

        Raises:
            DrumcircleError: it cannot be done, and why, in a sentence.
        """
