"""One client of the link, from its hello to its leaving."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import get_args

import msgspec
from aiohttp import WSMessage, WSMsgType, web

from drumcircle.core import codec, events
from drumcircle.errors import DrumcircleError
from drumcircle.link import messages
from drumcircle.link.hits import Hearers
from drumcircle.link.host import FAILED, Host
from drumcircle.link.outbox import Outbox
from drumcircle.link.pads import LinkPads
from drumcircle.link.protocol import MESSAGE_BOUND, VERSION, Close, Role

logger = logging.getLogger(__name__)

HELLO_SECONDS = 5.0
FAREWELL_SECONDS = 1.0
REQUESTS_AT_ONCE = 8

_COMMANDS = get_args(events.Command)


class Refused(Exception):
    """Why a client must go, in words for its user."""

    def __init__(self, code: Close, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


class Guest:
    """A connected client: hears its messages in order, sends what waits for it.

    ``gone`` is set when nothing of it is left.  Before its hello is accepted it sees and may do nothing.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        request: web.Request,
        host: Host,
        pads: LinkPads,
        hearers: Hearers,
    ) -> None:
        self.role: Role = "circle"
        self.name = ""
        self.gone = asyncio.Event()
        self._socket, self._transport, self._host = socket, request.transport, host
        self._pads, self._hearers = pads, hearers
        self._outbox = Outbox()
        self._closing: Close | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._requests: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------ coming and going

    async def hello(self) -> messages.Hello:
        """Wait for the first message.

        Raises:
            Refused: none came, it is none, or it speaks a later version.
        """
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                first = await self._socket.receive()
            text = _text(first)
            if messages.opening_version(text) > VERSION:
                raise Refused(
                    Close.NEWER,
                    f"This client is newer than the hub, which speaks link version {VERSION}; "
                    "use the same drumcircle for both.",
                )
            hello = messages.decode_to_hub(text)
        except TimeoutError:
            raise Refused(Close.MALFORMED, "The client did not say hello.") from None
        except msgspec.DecodeError as problem:
            raise Refused(Close.MALFORMED, f"The client's hello cannot be read: {problem}.") from None
        if not isinstance(hello, messages.Hello):
            raise Refused(Close.MALFORMED, "The client's first message is not hello.")
        return hello

    async def serve(self) -> None:
        """Hear and answer until the client leaves or is sent away."""
        hearing = asyncio.create_task(self._hear_all(), name="link hearing")
        sending = asyncio.create_task(self._send(), name="link sending")
        try:
            await asyncio.wait((hearing, sending), return_when=asyncio.FIRST_COMPLETED)
            if hearing.done():
                hearing.result()
        finally:
            for task in (hearing, sending, *self._requests):
                task.cancel()
            await asyncio.gather(hearing, sending, *self._requests, return_exceptions=True)
            if self._closing is not None:
                await self._socket.close(code=self._closing)
            if self._patience is not None:
                self._patience.cancel()

    async def refuse(self, refused: Refused) -> None:
        """One sentence, and out."""
        logger.warning("a client of the link was refused: %s", refused.words)
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._socket.send_str(messages.encode(messages.Error(message=refused.words)))
                await self._socket.close(code=refused.code)

    def dismiss(self, last_word: str, code: Close) -> None:
        """Send one last frame instead of all that waits, then close; who does not take it is cut off."""
        if self._closing is not None:
            return
        self._closing = code
        self._outbox.only(last_word)
        self._patience = asyncio.get_running_loop().call_later(FAREWELL_SECONDS, self._cut)

    def _cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # ------------------------------------------------------------ to the client

    def keep(self, frame: str) -> None:
        """Send without fail, or send the client away for being too slow."""
        if self._closing is None and not self._outbox.keep(frame):
            words = "This client reads too slowly and was disconnected; it may come back."
            logger.warning("a %s client of the link (%s) is too slow", self.role, self.name)
            self.dismiss(messages.encode(messages.Error(message=words)), Close.SLOW)

    def show(self, kind: str, frame: str) -> None:
        """Send unless something newer of its kind comes first."""
        if self._closing is None:
            self._outbox.show(kind, frame)

    async def _send(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                frame = await self._outbox.take()
                await self._socket.send_str(frame)
                if self._closing is not None and self._outbox.empty:
                    return

    # ------------------------------------------------------------ from the client

    async def _hear_all(self) -> None:
        try:
            async for message in self._socket:
                await self._hear(messages.decode_to_hub(_text(message)))
        except msgspec.DecodeError as problem:
            raise Refused(Close.MALFORMED, f"A message of the client cannot be read: {problem}.") from None

    async def _hear(self, message: messages.ToHub) -> None:
        received = self._host.now()
        match message:
            case messages.Ping():
                pong = messages.Pong(id=message.id, t=message.t, received=received, sent=self._host.now())
                self.keep(messages.encode(pong))
            case messages.Hit() | messages.Found() | messages.Gone():
                self._hear_pad(message, received)
            case messages.Command():
                self._reply(message.id, *await self._command(message))
            case messages.Request():
                self._ask(message)
            case messages.Hello():
                raise Refused(Close.MALFORMED, "The client said hello twice.")

    def _hear_pad(self, message: messages.Hit | messages.Found | messages.Gone, received: int) -> None:
        if self.role != "pad":
            raise Refused(Close.REFUSED, f"Only the role 'pad' plays; this client is {self.role!r}.")
        match message:
            case messages.Found():
                self._pads.found(self, message)
            case messages.Gone():
                self._pads.gone(self, message.pad, "put away")
            case messages.Hit():
                self._pads.hit(message, received)

    async def _command(self, message: messages.Command) -> tuple[bool, str]:
        try:
            command = codec.decode_event(message.command)
            if not isinstance(command, _COMMANDS):
                return False, f"{type(command).__name__} is something that happens, not a command."
            if not self._may(command):
                return False, f"The role {self.role!r} may not do this; only a facilitator may."
            return await self._host.command(command)
        except DrumcircleError as problem:
            return False, str(problem)
        except Exception:
            logger.exception("the command %r failed", message.command.get("type"))
            return False, FAILED

    def _may(self, command: events.Command) -> bool:
        """``drumcircle play`` says when it begins; everything else is the facilitator's."""
        return self.role == "facilitator" or (self.role == "pad" and isinstance(command, events.Perform))

    def _ask(self, message: messages.Request) -> None:
        """Requests may take their time (a disk, a broker): they do not hold up the keys behind them."""
        if self.role != "facilitator":
            self._reply(
                message.id, False, f"The role {self.role!r} may not ask this; only a facilitator may."
            )
        elif message.what == "hits":
            (self._hearers.add if message.arguments.get("on", True) else self._hearers.remove)(self)
            self._reply(message.id, True, "")
        elif len(self._requests) >= REQUESTS_AT_ONCE:
            self._reply(message.id, False, "Too much was asked at once; wait for the answers.")
        else:
            task = asyncio.create_task(self._request(message), name=f"link request {message.what}")
            self._requests.add(task)
            task.add_done_callback(self._requests.discard)

    async def _request(self, message: messages.Request) -> None:
        try:
            answer = await self._host.request(message.what, message.arguments)
        except DrumcircleError as problem:
            self._reply(message.id, False, str(problem))
        except Exception:
            logger.exception("the request %r failed", message.what)
            self._reply(message.id, False, FAILED)
        else:
            self.keep(messages.encode(messages.Result(id=message.id, ok=True, answer=answer)))

    def _reply(self, number: int, ok: bool, words: str) -> None:
        self.keep(messages.encode(messages.Result(id=number, ok=ok, message=words)))


def _text(message: WSMessage) -> str:
    if message.type is WSMsgType.TEXT:
        text: str = message.data
        return text
    if message.type is WSMsgType.ERROR:
        raise msgspec.ValidationError(f"it is longer than {MESSAGE_BOUND} bytes or no WebSocket frame")
    raise msgspec.ValidationError("text was expected")
