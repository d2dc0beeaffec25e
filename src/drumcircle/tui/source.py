"""What the dashboard needs of the hub: pictures, the log, and a way to ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from drumcircle.core.events import Command
from drumcircle.core.view import Happening, SessionView


@dataclass(frozen=True, slots=True)
class Viewed:
    """A new picture."""

    view: SessionView


@dataclass(frozen=True, slots=True)
class Logged:
    """New entries of the log, oldest first."""

    entries: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """The link came or went; ``words`` say why and what is done about it."""

    connected: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """The circle is over; nothing comes after this."""

    words: str


News = Viewed | Logged | Linked | Ended


class Source(Protocol):
    """The hub as the dashboard sees it; a real one is ``linked.py``."""

    def news(self) -> AsyncIterator[News]:
        """Everything from the hub, in order, until the circle is over."""

    def hub_now(self) -> int:
        """ns on the hub's clock."""

    async def command(self, event: Command) -> str:
        """Do this; '' where done, else why not."""

    async def request(self, what: str, **arguments: object) -> dict[str, Any]:
        """Ask the hub for something.

        Raises:
            DrumcircleError: it cannot be had, and why.
        """
