"""A connection to a broker, and to what is not one: what is heard, what is said of it, and that nothing stays open.

A socket, task or future left behind fails these tests by itself: warnings are errors.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from broker_fixtures import PATIENCE, free_port, nats
from drumcircle.errors import BrokerUnreachable
from drumcircle.link.certificate import Certificate, own_certificate
from drumcircle.net import connection as module
from drumcircle.net.address import Address
from drumcircle.net.broker import Broker
from drumcircle.net.connection import connect
from drumcircle.net.topics import pad_topic

__all__ = ["nats"]  # a fixture, found by name

TOPIC = pad_topic("circle", "anna", "hit")
ACCEPTED = b"\x20\x02\x00\x00"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve, own: Certificate | None = None) -> AsyncIterator[Address]:
    """Where something listens that behaves like this; on the way out all its connections must have ended.

    ``own``: by TLS, with this certificate.
    """
    served: list[asyncio.Task[None]] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await serve(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.create_task(one(reader, writer)))

    context = None if own is None else own.server_context()
    async with await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context) as listening:
        port = listening.sockets[0].getsockname()[1]
        yield Address("127.0.0.1", port, own is not None, certificate=None if own is None else own.public)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*served)


async def attempt(serve: Serve) -> str:
    """What is said of a server that behaves like this."""
    async with server(serve) as address, asyncio.timeout(PATIENCE):
        with pytest.raises(BrokerUnreachable) as problem:
            await connect(address, lambda *_: None)
    return str(problem.value)


async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads for as long as it is spoken to."""
    while await reader.read(1000):
        pass


async def accepting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ACCEPTED)
    await mute(reader, writer)


# ---------------------------------------------------------------- with a broker


async def test_messages_are_heard_with_a_time_between_sending_and_hearing(nats: Broker) -> None:
    heard: asyncio.Queue[tuple[str, bytes, int]] = asyncio.Queue()
    hub = await connect(nats.hub_login, lambda *message: heard.put_nowait(message), topics=[TOPIC])
    before = time.perf_counter_ns()
    assert hub.publish(TOPIC, b"\x00\xff")
    topic, payload, arrival = await asyncio.wait_for(heard.get(), PATIENCE)
    assert (topic, payload) == (TOPIC, b"\x00\xff")
    assert before < arrival < time.perf_counter_ns()
    await hub.close()
    assert not hub.publish(TOPIC, b"too late")
    assert await asyncio.wait_for(hub.lost(), PATIENCE)


async def test_small_messages_do_not_wait_for_each_other_in_the_socket(nats: Broker) -> None:
    hub = await connect(nats.hub_login, lambda *_: None)
    assert hub._paho.socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)  # type: ignore[union-attr]  # it is open
    await hub.close()


async def test_a_message_that_we_fail_at_is_logged_and_the_next_one_is_heard(
    nats: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    def hear(_topic: str, payload: bytes, _arrival: int) -> None:
        if payload == b"bad":
            raise KeyError("a mistake of ours")
        heard.put_nowait(payload)

    hub = await connect(nats.hub_login, hear, topics=[TOPIC])
    with caplog.at_level(logging.ERROR):
        for payload in (b"bad", b"good"):
            hub.publish(TOPIC, payload)
        assert await asyncio.wait_for(heard.get(), PATIENCE) == b"good"
    assert [str((record.exc_info or (None, None))[1]) for record in caplog.records] == ["'a mistake of ours'"]
    await hub.close()


@pytest.mark.parametrize("messages", [1, module.AT_ONCE, 3 * module.AT_ONCE + 1])
async def test_what_tls_has_read_ahead_is_heard_though_nothing_more_comes(
    tmp_path: Path, messages: int
) -> None:
    """A record is deciphered whole; of what then waits in memory the selector knows nothing."""
    pong, hit = b"\xd0\x00", b"\x30\x05\x00\x01a"

    async def at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ACCEPTED)
        await reader.readuntil(b"now")
        writer.write(b"".join(pong + hit + bytes([n // 256, n % 256]) for n in range(messages)))
        await mute(reader, writer)

    heard: asyncio.Queue[int] = asyncio.Queue()
    async with server(at_once, own_certificate(tmp_path)) as address:
        made = await connect(
            address, lambda _t, payload, _n: heard.put_nowait(int.from_bytes(payload, "big"))
        )
        made.publish("a", b"now")
        async with asyncio.timeout(PATIENCE):
            assert [await heard.get() for _ in range(messages)] == list(range(messages))
        await made.close()


# ---------------------------------------------------------------- without one


async def test_nobody_there_is_told_of() -> None:
    with pytest.raises(BrokerUnreachable, match="No MQTT broker answers"):
        await connect(Address("127.0.0.1", free_port()), lambda *_: None)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b"])
async def test_a_host_that_no_name_server_knows_is_told_of(host: str) -> None:
    with pytest.raises(BrokerUnreachable, match=f"No MQTT broker answers at mqtt://{host}:1883"):
        await connect(Address(host, 1883), lambda *_: None)


async def test_a_server_that_is_no_broker_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n" + b"Server: x\r\n" * 9)

    monkeypatch.setattr(module, "PATIENCE", 0.2)
    assert "No MQTT broker answers" in await attempt(web)


async def test_a_server_that_hangs_up_is_told_of_with_a_hint_at_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang_up(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        return

    monkeypatch.setattr(module, "PATIENCE", 0.2)
    assert "mqtts://" in await attempt(hang_up)


async def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    assert "nothing within 0.2 s" in await attempt(mute)


async def test_giving_up_while_connecting_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    came = asyncio.Event()

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        await mute(reader, writer)

    monkeypatch.setattr(module, "PATIENCE", 0.2)
    async with server(watch) as address:
        connecting = asyncio.create_task(connect(address, lambda *_: None))
        await asyncio.wait_for(came.wait(), PATIENCE)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting


@pytest.mark.parametrize("passes", range(1, 5))
async def test_giving_up_on_a_broker_that_is_not_there_leaves_no_complaint(
    caplog: pytest.LogCaptureFixture, passes: int
) -> None:
    connecting = asyncio.create_task(connect(Address("127.0.0.1", free_port()), lambda *_: None))
    for _ in range(passes):
        await asyncio.sleep(0)
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)
    del connecting
    await asyncio.sleep(0)  # the loop lets go of it, too
    gc.collect()
    assert not caplog.records


async def test_a_broker_that_falls_silent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEPALIVE", 1)
    async with server(accepting) as address:
        made = await connect(address, lambda *_: None)
        assert "silent" in await asyncio.wait_for(made.lost(), PATIENCE)
        await made.close()


async def test_a_broker_that_stops_reading_is_left_without_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf_until = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ACCEPTED)
        await deaf_until.wait()

    monkeypatch.setattr(module, "PATIENCE", 0.2)
    async with server(deaf) as address:
        made = await connect(address, lambda *_: None)
        for _ in range(200):
            made.publish("a", b"x" * 100_000)
        await asyncio.wait_for(made.close(), PATIENCE)
        deaf_until.set()
    assert not made.publish("a", b"x"), "its socket is closed"


async def test_what_a_broker_does_not_take_is_dropped_beyond_a_bound_and_the_rest_arrives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = asyncio.Event()
    taken = bytearray()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ACCEPTED)
        await full.wait()
        while chunk := await reader.read(1_000_000):
            taken.extend(chunk)

    monkeypatch.setattr(module, "MOST_UNSENT", 3)
    payload = b"x" * 1_000_000
    async with server(slow) as address:
        made = await connect(address, lambda *_: None)
        sent = 0
        while made.publish("a", payload):
            sent += 1
        assert not made.publish("a", b"the small ones neither")
        full.set()
        await asyncio.wait_for(made.close(), PATIENCE)
    assert sent >= 3
    assert taken.count(payload) == sent


async def test_every_connection_has_an_id_that_nobody_can_guess() -> None:
    greetings: asyncio.Queue[bytes] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greetings.put_nowait(await reader.read(1000))
        await accepting(reader, writer)

    async with server(listen) as address:
        for _ in range(2):
            await (await connect(address, lambda *_: None)).close()
        first, second = [(await greetings.get())[-22:] for _ in range(2)]
    assert first != second
    assert first[:2] == b"dc"
