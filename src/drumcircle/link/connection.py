"""One WebSocket to the hub, from welcome to loss."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec

from drumcircle.errors import CircleNotRunning, DrumcircleError, NewerFormat, UsageError
from drumcircle.link import messages
from drumcircle.link.clock import HubClock, Ping
from drumcircle.link.protocol import Close

ANSWER_SECONDS = 10.0
FIRST_PINGS = 8
PING_SECONDS = 2.0
LOST = "The connection to the hub was lost; it is being looked for."


class Ended(Exception):
    """The hub said that the circle is over."""


class Connection:
    """Sends, asks and receives through one socket; keeps ``clock`` by pings."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.clock = HubClock()
        self._socket = socket
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._lost = False

    async def greet(self, hello: messages.Hello) -> messages.Welcome:
        """Say who we are.

        Raises:
            CircleNotRunning: what answers is no hub.
            NewerFormat, UsageError: the hub refuses us, in its words.
        """
        await self.say(hello)
        async with asyncio.timeout(ANSWER_SECONDS):
            welcome = await self._receive()
        if not isinstance(welcome, messages.Welcome):
            raise CircleNotRunning("What answers there is not a drumcircle hub.")
        return welcome

    async def live(self, hear: Callable[[messages.ToClient], None], clock_known: Callable[[], None]) -> None:
        """Pass on what the hub says until it is lost; ``clock_known`` is called after the first pings.

        Raises:
            CircleNotRunning: the connection was lost, or nothing comes through it any more.
            Ended: the circle is over.
            NewerFormat, UsageError: the hub sent us away for good.
        """
        hearing = asyncio.create_task(self._hear_all(hear), name="link hearing")
        pinging = asyncio.create_task(self._keep_time(clock_known), name="link pings")
        try:
            done, _ = await asyncio.wait((hearing, pinging), return_when=asyncio.FIRST_COMPLETED)
            (hearing if hearing in done else pinging).result()
        finally:
            self._lost = True
            for answer in self._answers.values():
                answer.cancel()
            hearing.cancel()
            pinging.cancel()
            await asyncio.gather(hearing, pinging, return_exceptions=True)

    async def say(self, message: messages.ToHub) -> None:
        """Raises: CircleNotRunning: the hub is gone."""
        if self._lost:
            raise CircleNotRunning(LOST)
        try:
            await self._socket.send_str(messages.encode(message))
        except ConnectionError:
            raise CircleNotRunning(LOST) from None

    async def ask(self, question: Callable[[int], messages.ToHub]) -> Any:
        """Say ``question(number)`` and wait for the message that answers that number.

        Raises:
            CircleNotRunning: the hub went away or gives no answer.
        """
        self._number += 1
        number = self._number
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await self.say(question(number))
            await asyncio.wait((answer,), timeout=ANSWER_SECONDS)
            if answer.cancelled():
                raise CircleNotRunning("The hub went away before it answered.")
            if not answer.done():
                raise CircleNotRunning(f"The hub has not answered for {ANSWER_SECONDS:.0f} s.")
            return answer.result()
        finally:
            del self._answers[number]

    # ------------------------------------------------------------ inside

    async def _hear_all(self, hear: Callable[[messages.ToClient], None]) -> None:
        while True:
            message = await self._receive()
            match message:
                case messages.Result() | messages.Pong():
                    answer = self._answers.get(message.id)
                    if answer is not None and not answer.done():
                        answer.set_result(message)
                case messages.Ended():
                    raise Ended(message.message)
                case _:
                    hear(message)

    async def _keep_time(self, clock_known: Callable[[], None]) -> None:
        for _ in range(FIRST_PINGS):
            await self._ping()
        clock_known()
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self._ping()

    async def _ping(self) -> None:
        pong: messages.Pong = await self.ask(
            lambda number: messages.Ping(id=number, t=time.perf_counter_ns())
        )
        self.clock.add(Ping(pong.t, pong.received, pong.sent, time.perf_counter_ns()))

    async def _receive(self) -> messages.ToClient:
        raw = await self._socket.receive()
        if raw.type is not aiohttp.WSMsgType.TEXT:
            raise CircleNotRunning(LOST)
        try:
            message = messages.decode_to_client(raw.data)
        except msgspec.DecodeError as problem:
            raise NewerFormat(
                f"The hub says something this drumcircle does not understand ({problem}); "
                "use the same drumcircle for both."
            ) from None
        if isinstance(message, messages.Error):
            raise await self._sent_away(message.message)
        return message

    async def _sent_away(self, words: str) -> DrumcircleError:
        """The error that the hub's last words and its close code stand for."""
        await self._socket.receive()
        match self._socket.close_code:
            case Close.NEWER:
                return NewerFormat(words)
            case Close.REFUSED | Close.MALFORMED:
                return UsageError(words)
        return CircleNotRunning(words)
