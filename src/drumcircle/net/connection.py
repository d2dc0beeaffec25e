"""One connection to an MQTT broker, and the loop that makes it again for as long as it is wanted.

asyncio sets TCP_NODELAY on every TCP connection; each packet is one write.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

from drumcircle.errors import BrokerRefused, BrokerUnreachable
from drumcircle.net import packets
from drumcircle.net.address import Address
from drumcircle.net.packets import Will

KEEPALIVE = 15
"""s; a broker silent for this long is gone."""
PATIENCE = 10.0
"""s for a broker to accept us."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""s between attempts to reach a broker: doubled each time."""
REFUSED_PAUSE = 10.0
"""s between attempts where only a person can help."""
_MOST_UNSENT = 256 * 1024
"""Bytes waiting for a broker that does not read; beyond them messages are dropped, as QoS 0 may."""

T = TypeVar("T")
Heard = Callable[[str, bytes, int], None]
"""Topic, payload, and when it was read (ns)."""
Clock = Callable[[], int]


class Connection(asyncio.Protocol):
    """Made by :func:`connect`."""

    def __init__(self, address: Address, heard: Heard, clock: Clock) -> None:
        self._address = address
        self._heard = heard
        self._clock = clock
        self._reader = packets.PacketReader()
        self._accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._packet_id = 0
        self._subscribing: dict[int, asyncio.Future[bytes]] = {}
        self._transport: asyncio.Transport
        self._may_send = True
        self._broken = ""
        self._answered = True
        self._pings: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------ for the owner

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Send now; False where the connection is lost or the broker does not keep up."""
        if self._lost.done() or not self._may_send or self._transport.is_closing():
            return False
        self._transport.write(packets.publish(topic, payload, retain=retain))
        return True

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Hear these topics.

        Raises:
            BrokerRefused: not with this user.
            BrokerUnreachable: the connection was lost meanwhile.
        """
        self._packet_id += 1
        answer = self._subscribing[self._packet_id] = asyncio.get_running_loop().create_future()
        self._transport.write(packets.subscribe(self._packet_id, topics))
        codes = await self._within_patience(answer)
        refused = [topic for topic, code in zip(topics, codes, strict=False) if code == 0x80]
        if refused:
            raise BrokerRefused(
                f"The broker at {self._address.url} does not let user {self._address.user!r} hear {refused[0]}; "
                "give that user the permissions in docs/wire.md."
            )

    async def lost(self) -> str:
        """Wait until the connection ends; why, in words."""
        return await asyncio.shield(self._lost)

    async def close(self) -> None:
        """Say goodbye (the will is not published) and wait until all is sent."""
        if not self._lost.done():
            self._transport.write(packets.DISCONNECT)
            self._transport.close()
            try:
                async with asyncio.timeout(1.0):
                    await self.lost()
            except TimeoutError:
                self._transport.abort()

    def abort(self) -> None:
        """Drop the connection without goodbye: the broker publishes the will."""
        self._transport.abort()

    async def accepted(self, greeting: bytes) -> None:
        """Send CONNECT and wait for the answer (see :func:`connect`)."""
        self._transport.write(greeting)
        code = await self._within_patience(self._accepted)
        if code:
            words = packets.REFUSALS.get(code, f"it answers with code {code}")
            user = f"user {self._address.user!r}" if self._address.user else "a client without a user"
            raise BrokerRefused(
                f"The broker at {self._address.url} does not accept {user}: {words}. Check the address you gave; "
                "'drumcircle pads' prints the user and password of a circle started here."
            )
        self._pings = asyncio.get_running_loop().call_later(KEEPALIVE / 2, self._ping)

    async def _within_patience(self, answer: asyncio.Future[T]) -> T:
        either: list[asyncio.Future[Any]] = [answer, self._lost]
        await asyncio.wait(either, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        why = self._lost.result() if self._lost.done() else f"it does not answer within {PATIENCE:g} s"
        hint = "" if self._address.tls else "; if it wants TLS, write mqtts://"
        raise BrokerUnreachable(f"The broker at {self._address.url} cannot be used: {why}{hint}.")

    # ------------------------------------------------------------ for asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=_MOST_UNSENT)

    def data_received(self, data: bytes) -> None:
        arrival = self._clock()
        self._answered = True
        try:
            for packet in self._reader.feed(data):
                if isinstance(packet, tuple):
                    self._heard(packet[0], packet[1], arrival)
                else:
                    self._answer(packet)
        except packets.ProtocolProblem as problem:
            self._broken = f"it does not speak MQTT ({problem})"
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._pings is not None:
            self._pings.cancel()
        if not self._lost.done():
            self._lost.set_result(self._broken or (str(exc) if exc else "it closed the connection"))

    def pause_writing(self) -> None:
        self._may_send = False

    def resume_writing(self) -> None:
        self._may_send = True

    def _answer(self, packet: packets.Connected | packets.Subscribed | packets.Pong) -> None:
        if isinstance(packet, packets.Connected) and not self._accepted.done():
            self._accepted.set_result(packet.code)
        elif isinstance(packet, packets.Subscribed):
            answer = self._subscribing.pop(packet.packet_id, None)
            if answer is not None and not answer.done():
                answer.set_result(packet.codes)

    def _ping(self) -> None:
        if not self._answered:
            self._broken = f"it has been silent for {KEEPALIVE} s"
            self._transport.abort()
            return
        self._answered = False
        self._transport.write(packets.PINGREQ)
        self._pings = asyncio.get_running_loop().call_later(KEEPALIVE / 2, self._ping)


async def connect(
    address: Address,
    heard: Heard,
    *,
    topics: Sequence[str] = (),
    will: Will | None = None,
    clock: Clock = time.perf_counter_ns,
) -> Connection:
    """A connection that hears ``topics``; its client id is a secret, for whoever knows it can evict us.

    Raises:
        BrokerRefused: the broker does not accept us, or we not its certificate.
        BrokerUnreachable: nothing there, or no broker.
    """
    connection = await _reach(address, heard, clock)
    client_id = "dc" + secrets.token_hex(10)
    try:
        await connection.accepted(packets.connect(client_id, address.user, address.password, KEEPALIVE, will))
        if topics:
            await connection.subscribe(topics)
    except BaseException:
        connection.abort()
        await connection.lost()
        raise
    return connection


async def _reach(address: Address, heard: Heard, clock: Clock) -> Connection:
    loop = asyncio.get_running_loop()
    tls = ssl.create_default_context() if address.tls else None
    try:
        async with asyncio.timeout(PATIENCE):  # not wait_for: on 3.11 it can swallow a cancellation
            _, connection = await loop.create_connection(
                lambda: Connection(address, heard, clock), address.host, address.port, ssl=tls
            )
    except ssl.SSLCertVerificationError as problem:
        raise BrokerRefused(
            f"The certificate of the broker at {address.url} is not accepted: {problem.verify_message}. "
            "Use the name that stands in it, and a certificate this system trusts."
        ) from None
    except TimeoutError:
        _unreachable(address, "no answer")
    except OSError as problem:
        _unreachable(address, problem.strerror or str(problem))
    return connection


def _unreachable(address: Address, why: str) -> NoReturn:
    raise BrokerUnreachable(
        f"No MQTT broker answers at {address.url} ({why.lower()}): check that it runs and the address is right."
    ) from None


async def stay_connected(
    address: Address,
    heard: Heard,
    *,
    topics: Sequence[str],
    up: Callable[[Connection], None],
    down: Callable[[BrokerRefused | BrokerUnreachable], None],
    will: Will | None = None,
    clock: Clock = time.perf_counter_ns,
) -> NoReturn:
    """Connect, and connect again whenever the connection is lost, until cancelled (then say goodbye)."""
    pause = FIRST_PAUSE
    while True:
        try:
            connection = await connect(address, heard, topics=topics, will=will, clock=clock)
        except (BrokerRefused, BrokerUnreachable) as problem:
            down(problem)
            await asyncio.sleep(REFUSED_PAUSE if isinstance(problem, BrokerRefused) else pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            continue
        pause = FIRST_PAUSE
        try:
            up(connection)
            why = await connection.lost()
        finally:
            await connection.close()
        down(BrokerUnreachable(f"The broker at {address.url} is gone ({why}); trying again."))
