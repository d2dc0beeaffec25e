"""The hub's end of the link: who may come in, what each may see and ask, and how fast pictures go out."""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from drumcircle import __version__
from drumcircle.core.events import PulseShown
from drumcircle.core.view import Happening, community
from drumcircle.link import messages
from drumcircle.link.door import Door, Opening
from drumcircle.link.files import new_token
from drumcircle.link.guest import FAREWELL_SECONDS, Guest, Refused
from drumcircle.link.hits import Hearers
from drumcircle.link.host import Host
from drumcircle.link.pads import LinkPads
from drumcircle.link.protocol import MESSAGE_BOUND, VERSION, VIEWS_PER_SECOND, Close, Role

logger = logging.getLogger(__name__)

REST = 4
"""Times as long as a picture took to make, nothing is made."""
LONGEST_REST = 0.5
"""s; a machine that was held up while a picture was made must not leave every screen standing for long."""

PATH = "/link"
GUESTS_AT_ONCE = 64
HEARTBEAT_SECONDS = 20.0
WRONG_TOKEN = (
    "The hub does not know this token for the role {role!r}; take the one in link.json of the running circle."
)
WRONG_CODE = (
    "The circle does not know this join code for the role {role!r}, or has a newer one; "
    "'drumcircle dash --invite' on its machine shows it, --join CODE takes it here."
)


class LinkServer:
    """Serves the link on loopback, on any free port, and (``opening``) on the network; all on the loop's thread.

    ``token`` opens every role, ``circle_token`` the circle's only, both on loopback.  Neither is ever logged or put in
    a URL.
    """

    def __init__(self) -> None:
        self.token = new_token()
        self.circle_token = new_token()
        self._runner: web.AppRunner | None = None
        self._guests: set[Guest] = set()
        self._pulse: str | None = None
        self._frames: asyncio.Task[None] | None = None
        self._opening: Opening | None = None
        self._door: Door | None = None

    async def start(self, host: Host, opening: Opening | None = None) -> str:
        """Listen; returns the URL clients on this machine open."""
        self._host, self._pads, self._hearers = host, LinkPads(host.post), Hearers(host)
        app = web.Application()
        app.router.add_get(PATH, self._receive)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._runner = runner
        address, port = runner.addresses[0][:2]
        if opening is not None:
            self._opening = opening
            assert runner.server is not None  # after its setup
            self._door = Door(opening, runner.server)
        return f"ws://{address}:{port}{PATH}"

    async def stop(self, words: str = "The circle has ended.") -> None:
        """Tell every client that the circle is over, and let go of the port."""
        if self._runner is None:
            return
        last_word = messages.encode(messages.Ended(message=words))
        for guest in self._guests:
            guest.dismiss(last_word, Close.ENDED)
        if self._door is not None:
            await self._door.close()
        await asyncio.gather(*(guest.gone.wait() for guest in list(self._guests)))
        await self._runner.cleanup()
        self._runner = None

    # ------------------------------------------------------------ what the hub puts out

    def pulse(self, shown: PulseShown) -> None:
        """Pass a beat on to the pads; one who comes later is given the last."""
        self._pulse = messages.encode(
            messages.Pulse(t=shown.t, bar=shown.bar, beat=shown.beat, bpm=shown.bpm, meter=shown.meter)
        )
        for guest in self._guests:
            if guest.role == "pad":
                guest.show("pulse", self._pulse)

    def log(self, entries: Iterable[Happening]) -> None:
        """Pass on what happened; the therapist's entries to facilitators only."""
        entries = list(entries)
        for role in ("facilitator", "circle"):
            frame = _log_frame(entries, role)
            if frame is not None:
                for guest in self._guests:
                    if guest.role == role:
                        guest.keep(frame)

    def counts(self) -> dict[str, Any]:
        """Hits over the link, in all and by pad: ``{received, lost, duplicate, rejected, pads}``."""
        return self._pads.counts()

    # ------------------------------------------------------------ coming in

    async def _receive(self, request: web.Request) -> web.WebSocketResponse:
        # No page is served from here, so a browser that names an origin comes from somebody else's page.
        if "Origin" in request.headers:
            raise web.HTTPForbidden(text="The link does not talk to web pages.\n")
        socket = web.WebSocketResponse(
            max_msg_size=MESSAGE_BOUND,
            heartbeat=HEARTBEAT_SECONDS,
            timeout=FAREWELL_SECONDS,
            compress=False,
        )
        await socket.prepare(request)
        guest = Guest(socket, request, self._host, self._pads, self._hearers)
        try:
            hello = await guest.hello()
            role = (
                self._admit_far(hello)
                if request.secure
                else self._admit(hello, self._knows(hello), WRONG_TOKEN)
            )
            if self._door is not None:
                self._door.admit(request.transport)
            self._welcome(guest, role, hello.name)
            await guest.serve()
        except Refused as refused:
            await guest.refuse(refused)
        finally:
            await self._see_off(guest)
        return socket

    def _admit_far(self, hello: messages.Hello) -> Role:
        keys = None if self._opening is None else self._opening.keys()
        return self._admit(hello, keys is not None and keys.opens(hello.role, hello.token), WRONG_CODE)

    def _knows(self, hello: messages.Hello) -> bool:
        opens = self.circle_token if hello.role == "circle" else self.token
        known = hmac.compare_digest(hello.token.encode(), opens.encode())
        # The facilitator's token opens the circle's view as well; compared always, so time tells nothing.
        return known | hmac.compare_digest(hello.token.encode(), self.token.encode())

    def _admit(self, hello: messages.Hello, known: bool, why_not: str) -> Role:
        if not known:
            raise Refused(Close.REFUSED, why_not.format(role=hello.role))
        if len(self._guests) >= GUESTS_AT_ONCE:
            raise Refused(
                Close.REFUSED, f"{GUESTS_AT_ONCE} clients are on the link already; close one of them."
            )
        return hello.role

    def _welcome(self, guest: Guest, role: Role, name: str) -> None:
        guest.role, guest.name = role, name
        welcome = messages.Welcome(
            version=VERSION, software=__version__, pid=os.getpid(), role=role, session=self._host.session()
        )
        guest.keep(messages.encode(welcome))
        if role == "pad":
            if self._pulse is not None:
                guest.show("pulse", self._pulse)
        else:
            kept = _log_frame(self._host.happenings(), role)
            if kept is not None:
                guest.keep(kept)
        self._guests.add(guest)
        if role != "pad" and self._frames is None:
            self._frames = asyncio.create_task(self._send_views(), name="link views")

    async def _see_off(self, guest: Guest) -> None:
        self._guests.discard(guest)
        self._hearers.remove(guest)
        self._pads.left(guest, f"{guest.name or 'its program'} left")
        if all(guest.role == "pad" for guest in self._guests):
            frames, self._frames = self._frames, None
            if frames is not None:
                frames.cancel()
                await asyncio.wait([frames])
        guest.gone.set()

    # ------------------------------------------------------------ pictures

    async def _send_views(self) -> None:
        """A view 18 times a second while somebody looks; late frames are left out, not made up for.

        A picture of hundreds of players is made less often, so that hits never wait for most of the time.
        """
        loop = asyncio.get_running_loop()
        begun, frame = loop.time(), 0
        while True:
            making = loop.time()
            try:
                self._hearers.send()
                self._send_view()
            except Exception:
                logger.exception("a view could not be made")
                await asyncio.sleep(1.0)
            made = loop.time()
            frame = max(frame + 1, int((made - begun) * VIEWS_PER_SECOND))
            due = max(begun + frame / VIEWS_PER_SECOND, made + rest(made - making))
            await asyncio.sleep(due - loop.time())

    def _send_view(self) -> None:
        view = self._host.view()
        made: dict[Role, str] = {}
        for guest in self._guests:
            if guest.role == "pad":
                continue
            if guest.role not in made:
                seen = community(view) if guest.role == "circle" else view
                made[guest.role] = messages.encode(messages.View(view=seen))
            guest.show("view", made[guest.role])


def rest(took: float) -> float:
    """How long no picture is made after one that took so long (s)."""
    return min(REST * took, LONGEST_REST)


def _log_frame(entries: list[Happening], role: str) -> str | None:
    """The entries this role may see, as one frame; None where there are none."""
    if role == "circle":
        entries = [entry for entry in entries if entry.scope == "all"]
    return messages.encode(messages.Log(entries=entries)) if entries else None
