"""One connection to an MQTT broker through aiomqtt, and the loop that makes it again for as long as it is wanted.

aiomqtt is used as it is but for what the clocks of many pads need, all of it here:

* A message is stamped where aiomqtt would queue it, in the callback that read it, and handed on in the loop's
  next pass.  No task is woken for it; what is not read yet waits in the socket, as it should.
* Several messages are read in one pass of the loop, where several have come.
* A message is written at once.  aiomqtt asks the selector first: three passes of the loop between a time stamp
  and the network (8 pads in one process: error of a mapped hit up to 1.7 ms instead of 0.2), and a task each.
* Whatever state a connection is in, its socket is closed: aiomqtt leaves it open where it gives up waiting.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from drumcircle.errors import BrokerRefused, BrokerUnreachable
from drumcircle.net.address import CERTIFICATE_VARIABLE, Address
from drumcircle.net.tls import read_ahead, tls_context

if TYPE_CHECKING:
    from paho.mqtt.client import MQTTMessageInfo

KEEPALIVE = 15
"""s of silence after which the broker is asked whether it is there; it has as long again to answer."""
PATIENCE = 5.0
"""s for a broker to accept us."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""s between attempts to reach a broker: doubled each time."""
REFUSED_PAUSE = 10.0
"""s between attempts where only a person can help."""
MOST_UNSENT = 4096
"""Messages waiting for a broker that does not read; beyond them new ones are dropped, as QoS 0 may."""

AT_ONCE = 16
"""Messages read before the loop gets a turn for all else."""

_NO_DELAY = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)

_unheard = logging.getLogger(f"{__name__}.aiomqtt")
_unheard.setLevel(logging.CRITICAL + 1)  # what happens to a connection is told in words, once, by its owner

Heard = Callable[[str, bytes, int], None]
"""Topic, payload, and when it was read (ns)."""
Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes, retained, when this client is lost."""

    topic: str
    payload: bytes


class Connection:
    """Made by :func:`connect`."""

    def __init__(self, address: Address, heard: Heard, will: Will | None, clock: Clock) -> None:
        self._address = address
        self._client = aiomqtt.Client(
            address.host,
            address.port,
            username=address.user,
            password=address.password,
            identifier="dc" + secrets.token_hex(10),  # a secret: whoever knows it can evict us
            clean_session=True,
            will=None if will is None else aiomqtt.Will(will.topic, will.payload, retain=True),
            keepalive=KEEPALIVE,
            timeout=PATIENCE,
            tls_context=tls_context(address) if address.tls else None,
            socket_options=_NO_DELAY,
            queue_type=self._ear(heard, clock),
            logger=_unheard,
        )
        # The client of paho-mqtt that aiomqtt drives: it has the socket, and a publish that does not wait.
        self._paho = self._client._client
        self._messages = 0
        self._unsent: deque[MQTTMessageInfo] = deque()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Send as soon as the socket takes it; False where the connection is lost or the broker does not keep up."""
        unsent = self._unsent
        while unsent and (unsent[0].rc or unsent[0].is_published()):
            unsent.popleft()
        if len(unsent) >= MOST_UNSENT:
            return False
        sending = self._paho.publish(topic, payload, 0, retain)
        if sending.rc:
            return False
        unsent.append(sending)
        return True

    async def lost(self) -> str:
        """Wait until the connection ends; why, in words."""
        try:
            async for _ in self._client.messages:
                pass  # never: every message has been handed on
        except aiomqtt.MqttError as problem:
            return _why_lost(problem)
        raise AssertionError("aiomqtt's messages end with an error")

    async def close(self) -> None:
        """Say goodbye (the will is not published); a broker that does not read is left without."""
        with suppress(aiomqtt.MqttError):
            try:
                await self._client.__aexit__(None, None, None)
            finally:
                self.abort()

    def abort(self) -> None:
        """Drop the connection without goodbye: the broker publishes the will."""
        broken = self._paho.socket()
        if isinstance(broken, socket.socket):
            with suppress(OSError):  # the other side was quicker
                broken.shutdown(socket.SHUT_RDWR)
            self._paho.disconnect()  # paho closes its socket when it cannot read or write, in the loop's next pass

    async def open(self) -> None:
        """Be accepted by the broker (see :func:`connect`)."""
        entering = asyncio.ensure_future(self._client.__aenter__())
        try:
            await asyncio.shield(entering)
        except asyncio.CancelledError:
            # It connects in a thread, which nothing can interrupt; why that fails, nobody asks any more.
            await asyncio.gather(entering, return_exceptions=True)
            raise
        except aiomqtt.MqttCodeError as problem:
            self._refused(problem)
        except (aiomqtt.MqttError, UnicodeError) as problem:  # the latter: a host no name server could know
            self._failed(problem.__context__ or problem)
        self._paho.on_publish = None  # nobody waits for it
        self._paho.on_socket_register_write = self._write
        opened = self._paho.socket()
        if opened is not None:
            asyncio.get_running_loop().add_reader(opened.fileno(), self._read)

    def _read(self) -> None:
        """All that has come, up to a bound; aiomqtt goes once round the loop for each message.

        What TLS has read ahead, no selector tells of: it is read to its end, or later in a pass of its own.
        """
        for _ in range(AT_ONCE):
            before = self._messages
            self._paho.loop_read()
            if self._messages == before and not read_ahead(self._paho.socket()):
                return
        if read_ahead(self._paho.socket()):
            asyncio.get_running_loop().call_soon(self._read)

    def _write(self, *_: object) -> None:
        """paho has something to write; the loop is asked only where the socket does not take it."""
        self._paho.loop_write()
        full = self._paho.socket()
        if full is not None and self._paho.want_write():
            asyncio.get_running_loop().add_writer(full.fileno(), self._paho.loop_write)

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Hear these topics (see :func:`connect`)."""
        try:
            answers: Sequence[ReasonCode | int] = await self._client.subscribe(
                [(topic, 0) for topic in topics]
            )
        except aiomqtt.MqttError:
            raise BrokerUnreachable(f"The broker at {self._address.url} was gone again at once.") from None
        refused = [topic for topic, answer in zip(topics, answers, strict=False) if _is_failure(answer)]
        if refused:
            raise BrokerRefused(
                f"The broker at {self._address.url} does not let user {self._address.user!r} hear {refused[0]}; "
                "a pad's own user is that pad only; the permissions are in docs/wire.md."
            )

    def _ear(self, heard: Heard, clock: Clock) -> type[asyncio.Queue[aiomqtt.Message]]:
        """A queue that keeps nothing: it stamps each message, and hands it on when paho is done with it."""
        connection, call_soon = self, asyncio.get_running_loop().call_soon

        class Ear(asyncio.Queue[aiomqtt.Message]):
            def put_nowait(self, item: aiomqtt.Message) -> None:
                connection._messages += 1
                call_soon(heard, item.topic.value, item.payload, clock())

        return Ear

    def _refused(self, problem: aiomqtt.MqttCodeError) -> NoReturn:
        user = f"user {self._address.user!r}" if self._address.user else "a client without a user"
        code = problem.rc.value if isinstance(problem.rc, ReasonCode) else problem.rc
        words = _REFUSALS.get(code or 0, f"it answers {problem.rc}")
        raise BrokerRefused(
            f"The broker at {self._address.url} does not accept {user}: {words}. Check the address you "
            "gave; 'drumcircle pads' prints the user and password of a circle started here."
        ) from None

    def _failed(self, why: BaseException) -> NoReturn:
        url = self._address.url
        if isinstance(why, ssl.SSLCertVerificationError):
            raise BrokerRefused(
                f"The certificate of the broker at {url} is not accepted: {why.verify_message}. Use the name that "
                "stands in it, and a certificate this system trusts; for a drumcircle on another machine copy its "
                f"drumcircle.pem here and name that file in {CERTIFICATE_VARIABLE}."
            ) from None
        hint, words = "", getattr(why, "strerror", None) or str(why)
        if isinstance(why, TimeoutError):
            words = f"nothing within {PATIENCE:g} s"
            hint = "" if self._address.tls else ", and write mqtts:// if it wants TLS"
        raise BrokerUnreachable(
            f"No MQTT broker answers at {url} ({words.lower()}): check that it runs and the address is right{hint}."
        ) from None


_REFUSALS = {
    132: "it does not speak MQTT 3.1.1",
    133: "it refuses our client id",
    134: "it refuses the user or the password",
    135: "it refuses the user or the password",
    136: "its MQTT service is not available",
}
"""Answers to CONNECT, in the codes of MQTT 5: paho translates those of 3.1.1."""

_LOSSES = {
    "Keep alive timeout": "it has been silent for too long",
    "Protocol error": "it does not speak MQTT",
}
"""Why paho ends a connection itself; all else is the other side's doing."""


def _why_lost(problem: aiomqtt.MqttError) -> str:
    cause = problem.__cause__
    if cause is None:
        return "it was closed here"
    if isinstance(cause, aiomqtt.MqttCodeError):
        return _LOSSES.get(str(cause.rc), "it closed the connection")
    return str(cause)


def _is_failure(answer: ReasonCode | int) -> bool:
    return answer.is_failure if isinstance(answer, ReasonCode) else answer >= 0x80


async def connect(
    address: Address,
    heard: Heard,
    *,
    topics: Sequence[str] = (),
    will: Will | None = None,
    clock: Clock = time.perf_counter_ns,
) -> Connection:
    """A connection that hears ``topics``, at QoS 0.

    Raises:
        BrokerRefused: the broker does not accept us, or we not its certificate.
        BrokerUnreachable: nothing there, or no broker.
    """
    connection = Connection(address, heard, will, clock)
    try:
        await connection.open()
        if topics:
            await connection.subscribe(topics)
    except BaseException:
        connection.abort()
        raise
    return connection


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
