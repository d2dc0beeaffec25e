"""What waits to be sent to one client: pictures replace each other, everything else keeps its order."""

from __future__ import annotations

import asyncio
from collections import deque

from drumcircle.link.protocol import WAITING_BOUND


class Outbox:
    """Frames on their way to one client; bounded.

    ``keep`` never loses a frame but may overflow; ``show`` holds only the newest frame of its kind.
    """

    def __init__(self, bound: int = WAITING_BOUND) -> None:
        self._bound = bound
        self._kept: deque[str] = deque()
        self._kept_size = 0
        self._shown: dict[str, str] = {}
        self._something = asyncio.Event()

    def keep(self, frame: str) -> bool:
        """Queue a frame that must arrive; False: too much waits already, and this client is lost."""
        if self._kept_size + len(frame) > self._bound:
            return False
        self._kept.append(frame)
        self._kept_size += len(frame)
        self._something.set()
        return True

    def show(self, kind: str, frame: str) -> None:
        """Queue the newest frame of a kind in place of an older one that still waits."""
        self._shown[kind] = frame
        self._something.set()

    def only(self, frame: str) -> None:
        """Let go of everything that waits but this last word."""
        self._kept.clear()
        self._shown.clear()
        self._kept_size = 0
        self.keep(frame)

    @property
    def empty(self) -> bool:
        return not self._kept and not self._shown

    async def take(self) -> str:
        """The next frame to send: what must arrive goes before pictures."""
        while self.empty:
            self._something.clear()
            await self._something.wait()
        if self._kept:
            frame = self._kept.popleft()
            self._kept_size -= len(frame)
            return frame
        return self._shown.pop(next(iter(self._shown)))
