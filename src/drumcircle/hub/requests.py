"""What a facilitator's program asks of a hub that is not the core's business, and what it is answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from drumcircle.core.events import Record
from drumcircle.core.session import Session
from drumcircle.errors import UsageError
from drumcircle.formats.profiles import Profile

if TYPE_CHECKING:
    from drumcircle.hub.hub import Hub

Arguments = dict[str, Any]


class Requests:
    """Answers the hub's own, and hands on those of its parts."""

    def __init__(self, hub: Hub, session: Session, profiles: Callable[[], Sequence[Profile]]) -> None:
        self._hub, self._session, self._profiles = hub, session, profiles
        self._of_parts = {name: answer for part in hub.parts for name, answer in part.requests().items()}
        self._own = {
            "quit": self._quit,
            "status": self._status,
            "load": self._load,
            "patterns": self._patterns,
            "profiles": self._use_profiles,
            "record": self._record,
        }

    async def answer(self, what: str, arguments: Arguments) -> Arguments:
        """One request.

        Raises:
            UsageError: nobody knows it, or it cannot be done now.
        """
        if what in self._own:
            return await self._own[what](arguments)
        if what in self._of_parts:
            return self._of_parts[what](arguments)
        known = ", ".join((*self._own, *self._of_parts))
        raise UsageError(f"This hub does not know {what!r}; it knows {known}.")

    async def _quit(self, _arguments: Arguments) -> Arguments:
        asyncio.get_running_loop().call_soon(self._hub.ask_to_end)
        return {}

    async def _status(self, _arguments: Arguments) -> Arguments:
        return {"summary": self._session.summary(self._hub.now()), "counts": self._hub.counts()}

    async def _load(self, _arguments: Arguments) -> Arguments:
        """What this process has done so far: CPU time, hits heard, requests of the sound device too late."""
        return {
            "cpu_s": time.process_time(),
            "received": self._hub.counts()["received"],
            "late_sound_callbacks": sum(getattr(part, "late_callbacks", 0) for part in self._hub.parts),
        }

    async def _patterns(self, _arguments: Arguments) -> Arguments:
        library = self._session.library
        return {
            "patterns": [
                {"name": p.name, "title": p.title, "level": p.level, "meter": p.meter} for p in library
            ],
            "pieces": [{"name": p.name, "title": p.title} for p in self._session.pieces],
        }

    async def _use_profiles(self, _arguments: Arguments) -> Arguments:
        """Read the profiles of USB pads anew, off the loop: hits go on."""
        profiles = await asyncio.to_thread(self._profiles)
        for part in self._hub.parts:
            use = getattr(part, "use_profiles", None)
            if use is not None:
                use(profiles, self._hub)
        return {"profiles": [profile.title for profile in profiles]}

    async def _record(self, arguments: Arguments) -> Arguments:
        on = bool(arguments.get("on", True))
        answer = await self._hub.command(Record(on))
        if not answer.ok:
            raise UsageError(answer.message)
        if on:
            for part in self._hub.parts:
                part.recording_chosen()
        return {"recording": self._session.recording}
