"""A view's or a pad's end of the link: comes back by itself when the hub does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from drumcircle.core import codec
from drumcircle.core.events import Command
from drumcircle.core.view import Happening, SessionView
from drumcircle.errors import CircleNotRunning, DrumcircleError, NewerFormat, UsageError
from drumcircle.link import messages
from drumcircle.link.connection import Connection, Ended
from drumcircle.link.files import read_link
from drumcircle.link.protocol import VERSION, Role

logger = logging.getLogger(__name__)

RETRY_FIRST, RETRY_LONGEST = 0.05, 1.0
CONNECT_SECONDS = 3.0
HEARTBEAT_SECONDS = 20.0
REMEMBERED_ENTRIES = 4096


class Address(NamedTuple):
    """Where a hub is, and the token that opens the role wanted."""

    url: str
    token: str
    context: ssl.SSLContext | None = None
    """For ``wss``: which certificate is trusted."""


class Answer(NamedTuple):
    """How a command went, in words where it did not."""

    ok: bool
    message: str = ""


Find = Callable[[], Address | None]
"""Says where the hub is now; None while there is none."""


@dataclass
class Watcher:
    """What a client is told, on the loop's thread; what is left out is not told."""

    on_view: Callable[[SessionView], None] = lambda _view: None
    on_log: Callable[[list[Happening]], None] = lambda _entries: None
    """Entries in order, none twice and none missed, also across a restart of the hub."""
    on_pulse: Callable[[messages.Pulse], None] = lambda _pulse: None
    on_hits: Callable[[list[messages.HeardHit]], None] = lambda _hits: None
    """Single hits, after :meth:`LinkClient.hear_hits`."""
    on_state: Callable[[bool, str], None] = lambda _connected, _words: None
    """Connected or not, and a sentence to show."""
    on_end: Callable[[str], None] = lambda _words: None
    """The circle is over, or refuses us from now on; the client does not come back."""


class LinkClient:
    """A client of the running hub; make one with :meth:`here` or :meth:`open`."""

    def __init__(self, find: Find, role: Role, name: str, watcher: Watcher) -> None:
        self._find, self._role, self._name, self._watcher = find, role, name, watcher
        self._connection: Connection | None = None
        self._connected = asyncio.Event()
        self._arrived = False
        self._offset = 0
        self._heard: dict[tuple[int, str], None] = {}
        self._pads: dict[str, messages.Found] = {}
        self._hears_hits = False
        self._pulse: messages.Pulse | None = None
        self._pulse_told = asyncio.Event()

    @classmethod
    def here(
        cls, state: Path, role: Role, name: str = "", watcher: Watcher | None = None, *, patience: float = 0.0
    ) -> contextlib.AbstractAsyncContextManager[LinkClient]:
        """:meth:`following` the hub whose ``link.json`` is in ``state``."""
        return cls.following(lambda: _address(state, role), role, name, watcher, patience=patience)

    @classmethod
    def open(
        cls, url: str, token: str, role: Role, name: str = "", watcher: Watcher | None = None
    ) -> contextlib.AbstractAsyncContextManager[LinkClient]:
        """:meth:`following` the hub at one address."""
        return cls.following(lambda: Address(url, token), role, name, watcher)

    @classmethod
    @contextlib.asynccontextmanager
    async def following(
        cls, find: Find, role: Role, name: str = "", watcher: Watcher | None = None, *, patience: float = 0.0
    ) -> AsyncIterator[LinkClient]:
        """Connected from the first line on, and again wherever ``find`` says after every loss.

        ``patience``: seconds to wait at first for a hub that is still starting.

        Raises:
            CircleNotRunning: nobody answers.
            NewerFormat: hub and client are of different versions.
            UsageError: the hub refuses this client.
        """
        client = cls(find, role, name, watcher or Watcher())
        staying = asyncio.create_task(client._stay(patience), name="link client")
        connected = asyncio.create_task(client._connected.wait())
        try:
            await asyncio.wait((staying, connected), return_when=asyncio.FIRST_COMPLETED)
            if not connected.done():
                staying.result()
            yield client
        finally:
            for task in (staying, connected):
                task.cancel()
            await asyncio.gather(staying, connected, return_exceptions=True)

    # ------------------------------------------------------------ asking

    def hub_now(self) -> int:
        """ns on the hub's clock."""
        if self._connection is not None:
            self._offset = self._connection.clock.offset()
        return time.perf_counter_ns() + self._offset

    async def command(self, command: Command) -> Answer:
        """Ask the hub for something; never raises: what went wrong is in the words."""
        plain = codec.encode_event(command)
        try:
            result = await self._there().ask(lambda number: messages.Command(id=number, command=plain))
        except DrumcircleError as problem:
            return Answer(False, str(problem))
        return Answer(result.ok, result.message)

    async def request(self, what: str, **arguments: Any) -> dict[str, Any]:
        """The hub's answer to a question.

        Raises:
            UsageError: the hub cannot, in its words.
            CircleNotRunning: it is away, or gives no answer.
        """
        result: messages.Result = await self._there().ask(
            lambda number: messages.Request(id=number, what=what, arguments=arguments)
        )
        if not result.ok:
            raise UsageError(result.message)
        return result.answer

    async def hear_hits(self) -> None:
        """Be told of single hits from now on, also by a hub that comes back (facilitator).

        Raises:
            UsageError: the hub is too old for it, or this role may not.
            CircleNotRunning: it is away, or gives no answer.
        """
        await self.request("hits", on=True)
        self._hears_hits = True

    async def settled(self) -> None:
        """Return when the hub has taken all that was sent before.

        Raises:
            CircleNotRunning: it is away, or gives no answer.
        """
        await self._there().ask(lambda number: messages.Ping(id=number, t=time.perf_counter_ns()))

    def _there(self) -> Connection:
        if self._connection is None:
            raise CircleNotRunning("The hub is away just now; it is being looked for.")
        return self._connection

    # ------------------------------------------------------------ being a pad

    async def found(self, pad: str, label: str = "", *, voiced: bool = False, keys: bool = False) -> None:
        """A pad of ours exists (``keys``: of a keyboard); said again by itself whenever the hub comes back."""
        self._pads[pad] = messages.Found(pad=pad, label=label, voiced=voiced, keys=keys)
        await self._say(self._pads[pad])

    async def gone(self, pad: str) -> None:
        """A pad of ours is put away."""
        self._pads.pop(pad, None)
        await self._say(messages.Gone(pad=pad))

    async def hit(self, pad: str, note: int, velocity: int, t: int) -> bool:
        """A hit at ``t`` ns on the hub's clock; False: the hub is away and will not hear of it."""
        return await self._say(messages.Hit(pad=pad, note=note, velocity=velocity, t=t))

    def pulse(self) -> messages.Pulse | None:
        """The last beat the hub told; None before the first."""
        return self._pulse

    async def pulse_told(self) -> None:
        """Return when the hub has told a beat."""
        await self._pulse_told.wait()

    async def _say(self, message: messages.ToHub) -> bool:
        try:
            await self._there().say(message)
        except CircleNotRunning:
            return False
        return True

    # ------------------------------------------------------------ staying connected

    async def _stay(self, patience: float) -> None:
        """Connect, and again after every loss; returns when the circle is over."""
        give_up, pause = time.monotonic() + patience, RETRY_FIRST
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                try:
                    await self._connect(session)
                except (Ended, NewerFormat, UsageError) as end:
                    if self._arrived:
                        self._tell(self._watcher.on_end, str(end))
                        return
                    raise CircleNotRunning(str(end)) if isinstance(end, Ended) else end from None
                except CircleNotRunning as problem:
                    if self._connected.is_set():
                        self._connected.clear()
                        pause = RETRY_FIRST
                        self._tell(self._watcher.on_state, False, str(problem))
                    elif not self._arrived and time.monotonic() >= give_up:
                        raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, RETRY_LONGEST)

    async def _connect(self, session: aiohttp.ClientSession) -> None:
        """One connection from hello to loss; always raises (see :meth:`Connection.live`)."""
        address = self._find()
        if address is None:
            raise CircleNotRunning("No circle runs here; start one with 'drumcircle' or 'drumcircle hub'.")
        try:
            trusted = address.context or True
            async with session.ws_connect(address.url, heartbeat=HEARTBEAT_SECONDS, ssl=trusted) as socket:
                connection = Connection(socket)
                hello = messages.Hello(version=VERSION, token=address.token, role=self._role, name=self._name)
                welcome = await connection.greet(hello)
                for pad in self._pads.values():
                    await connection.say(pad)
                if self._hears_hits:  # its answer is nobody's: numbers that are waited for begin with 1
                    await connection.say(messages.Request(id=0, what="hits", arguments={"on": True}))
                self._connection = connection
                await connection.live(self._hear, lambda: self._arrive(welcome))
        except (aiohttp.ClientSSLError, ssl.SSLError):
            raise CircleNotRunning(
                f"What answers at {address.url} is not the hub that the code is for."
            ) from None
        except (aiohttp.ClientError, OSError, TimeoutError):
            raise CircleNotRunning(f"No hub answers at {address.url}.") from None
        finally:
            self._connection = None

    def _arrive(self, welcome: messages.Welcome) -> None:
        self._arrived = True
        self._connected.set()
        self._tell(self._watcher.on_state, True, f"Connected to {welcome.session or 'the circle'}.")

    def _hear(self, message: messages.ToClient) -> None:
        match message:
            case messages.View():
                self._tell(self._watcher.on_view, message.view)
            case messages.Log():
                self._hear_log(message.entries)
            case messages.Hits():
                self._tell(self._watcher.on_hits, message.hits)
            case messages.Pulse():
                self._pulse = message
                self._pulse_told.set()
                self._tell(self._watcher.on_pulse, message)

    def _hear_log(self, entries: list[Happening]) -> None:
        """After a loss the hub tells all that it keeps; a restarted one numbers anew: know entries by content."""
        new = [entry for entry in entries if (entry.time, entry.text) not in self._heard]
        self._heard.update(((entry.time, entry.text), None) for entry in new)
        for oldest in list(self._heard)[:-REMEMBERED_ENTRIES]:
            del self._heard[oldest]
        if new:
            self._tell(self._watcher.on_log, new)

    def _tell(self, callback: Callable[..., None], *what: object) -> None:
        try:
            callback(*what)
        except Exception:
            logger.exception("a view failed at what the hub told it")


def _address(state: Path, role: Role) -> Address | None:
    link = read_link(state)
    if link is None:
        return None
    return Address(link.url, link.circle_token if role == "circle" else link.token)
