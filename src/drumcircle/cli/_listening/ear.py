"""Where single hits come from: the circle that runs here, or else a quiet hub for as long as it is needed.

The hub holds the ports, on some systems exclusively, so whoever wants to hear pads asks it over the link.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from drumcircle import config
from drumcircle.bench.children import environment, running
from drumcircle.core.layout import key_words
from drumcircle.core.view import PadView, SessionView
from drumcircle.errors import UsageError
from drumcircle.formats.profiles import FOLDER, own_files
from drumcircle.link.client import Address, LinkClient, Watcher
from drumcircle.link.files import read_link
from drumcircle.link.messages import HeardHit

START_S = 20.0
FOUND_S = 5.0
"""A device that is plugged in is found within this."""


@dataclass
class Ear:
    """What is heard, and which devices there are."""

    on_hit: Callable[[HeardHit], None]
    changed: asyncio.Event
    """Something was heard, found or pressed; whoever waits for it clears it."""
    quiet: bool
    """No circle runs: this is a hub of our own."""
    client: LinkClient = field(init=False)
    pads: tuple[PadView, ...] = ()
    trouble: str = ""
    """Why no USB pad can be heard, where that is so."""
    ended: str = ""
    """Why nothing more will be heard."""

    def watcher(self) -> Watcher:
        """What the link shall tell."""
        return Watcher(on_hits=self._hear, on_view=self._look, on_end=self._end)

    def _hear(self, hits: list[HeardHit]) -> None:
        for hit in hits:
            self.on_hit(hit)
        self.changed.set()

    def _look(self, view: SessionView) -> None:
        seen = view.pads, dict(view.services).get("midi", "")
        if seen != (self.pads, self.trouble):
            self.pads, self.trouble = seen
            self.changed.set()

    def _end(self, words: str) -> None:
        self.ended = words
        self.changed.set()

    def pad(self, device: str) -> PadView | None:
        """The device with this id."""
        return next((pad for pad in self.pads if pad.id == device), None)

    def name(self, key: str) -> str:
        """A pad key as people read it."""
        return key_words(key, self.pad(key.partition("#")[0]))

    async def device(self, wanted: str) -> PadView:
        """The device that goes by this name or id.

        Raises:
            UsageError: it is not there.
        """
        names = {wanted.casefold(), wanted.casefold().removeprefix("usb:")}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FOUND_S):
                while True:
                    for pad in self.pads:
                        if pad.connected and not names.isdisjoint((pad.label.casefold(), pad.id.casefold())):
                            return pad
                    self.changed.clear()
                    await self.changed.wait()
        there = ", ".join(pad.label for pad in self.pads if pad.connected) or "none at all"
        raise UsageError(f"No pad called {wanted!r} is connected; there is {there}. {self.trouble}".rstrip())


@contextlib.asynccontextmanager
async def ear(on_hit: Callable[[HeardHit], None], changed: asyncio.Event) -> AsyncIterator[Ear]:
    """Hear single hits; ``changed`` is set whenever there is something new.

    Raises:
        CircleNotRunning, UsageError: a hub of our own does not come up, and why.
    """
    with contextlib.ExitStack() as stack:
        state = config.state_folder()
        quiet = read_link(state) is None
        stack.enter_context(_leaving_tidily())
        find = stack.enter_context(_quiet_hub()) if quiet else partial(_address, state)
        heard, patience = Ear(on_hit, changed, quiet), START_S if quiet else 0.0
        link = LinkClient.following(find, "facilitator", "pads", heard.watcher(), patience=patience)
        async with link as heard.client:
            await heard.client.hear_hits()
            yield heard


def _address(state: Path) -> Address | None:
    link = read_link(state)
    return None if link is None else Address(link.url, link.token)


@contextlib.contextmanager
def _leaving_tidily() -> Iterator[None]:
    """A terminal that is closed, or SIGTERM, ends this as Ctrl-C does: with nothing left behind."""
    numbers = [
        number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
    ]
    before = {number: signal.signal(number, _leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextlib.contextmanager
def _quiet_hub() -> Iterator[Callable[[], Address | None]]:
    """A hub without sound or record in folders of its own, with the user's profiles; says where it is."""
    with tempfile.TemporaryDirectory(prefix="drumcircle-pads-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        profiles = folder / "config" / FOLDER
        profiles.mkdir(parents=True)
        for path in own_files(config.config_folder()):
            shutil.copy(path, profiles)
        log = folder / "hub.txt"
        argv = [sys.executable, "-m", "drumcircle", "hub", "--no-sound", "--port", "0"]
        with running(argv, environment(folder), log) as process:
            yield lambda: _starting(process, folder / "state", log)


def _starting(process: subprocess.Popen[bytes], state: Path, log: Path) -> Address | None:
    if process.poll() is not None:
        words = [
            line for line in log.read_text(encoding="utf-8", errors="replace").split("\n") if line.strip()
        ]
        raise UsageError(f"No pads can be heard here: {words[-1] if words else 'the hub does not start'}")
    return _address(state)
