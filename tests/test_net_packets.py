"""MQTT 3.1.1, taken apart and put together; and a connection to what is not a broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker_fixtures import PATIENCE, free_port
from drumcircle.errors import BrokerUnreachable
from drumcircle.net import connection, packets
from drumcircle.net.address import Address
from drumcircle.net.packets import LONGEST, Connected, PacketReader, Pong, ProtocolProblem, Subscribed

MESSAGES = st.lists(
    st.tuples(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), st.binary(max_size=400))
)


@settings(deadline=None)
@given(MESSAGES, st.lists(st.integers(1, 50)))
def test_messages_are_read_however_the_stream_is_cut(
    messages: list[tuple[str, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(packets.publish(topic, payload) for topic, payload in messages)
    reader, read = PacketReader(), []
    for cut in cuts:
        read += list(reader.feed(stream[:cut]))
        stream = stream[cut:]
    read += list(reader.feed(stream))
    assert read == messages


def test_answers_of_a_broker_are_read() -> None:
    stream = b"\x20\x02\x00\x05" + b"\x90\x04\x00\x07\x00\x80" + b"\xd0\x00"
    assert list(PacketReader().feed(stream)) == [Connected(5), Subscribed(7, b"\x00\x80"), Pong()]


def test_of_a_giant_message_only_enough_is_kept_to_refuse_it() -> None:
    stream = packets.publish("a", b"x" * 1_000_000) + packets.publish("b", b"next")
    reader, read = PacketReader(), []
    for start in range(0, len(stream), 10_000):
        read += list(reader.feed(stream[start : start + 10_000]))
        assert len(reader._rest) <= LONGEST + 10_000
    assert read == [("a", b"x" * (LONGEST - 3)), ("b", b"next")]


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_rubbish_is_read_or_refused(stream: bytes) -> None:
    try:
        list(PacketReader().feed(stream))
    except ProtocolProblem as problem:
        assert str(problem)  # noqa: PT017 - the point is that nothing else is raised


def test_the_bytes_of_a_greeting_are_those_of_the_standard() -> None:
    assert packets.connect("c", "u", "p", 15, packets.Will("t", b"w")) == (
        b"\x10\x19\x00\x04MQTT\x04\xe6\x00\x0f\x00\x01c\x00\x01t\x00\x01w\x00\x01u\x00\x01p"
    )
    assert packets.connect("c", None, None, 15, None)[9] == 0x02
    assert packets.publish("t", b"", retain=True) == b"\x31\x03\x00\x01t"


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def attempt(serve: Serve) -> str:
    """What is said of a server that behaves like this."""
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(BrokerUnreachable) as problem:
            async with asyncio.timeout(PATIENCE):
                await connection.connect(Address("127.0.0.1", port), lambda *_: None)
    return str(problem.value)


async def test_a_server_that_is_no_broker_is_told_of() -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n" + b"Server: x\r\n" * 9)
        writer.close()

    assert "does not speak MQTT" in await attempt(web)


async def test_a_server_that_hangs_up_is_told_of_with_a_hint_at_tls() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    assert "mqtts://" in await attempt(hang_up)


async def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until we give up
        writer.close()

    monkeypatch.setattr(connection, "PATIENCE", 0.05)
    assert "does not answer" in await attempt(wait)


async def test_nobody_there_is_told_of() -> None:
    with pytest.raises(BrokerUnreachable, match="No MQTT broker answers"):
        await connection.connect(Address("127.0.0.1", free_port()), lambda *_: None)


async def test_a_broker_that_falls_silent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async def accept_and_sleep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x20\x02\x00\x00")
        await reader.read()
        writer.close()

    monkeypatch.setattr(connection, "KEEPALIVE", 0.1)
    monkeypatch.setattr(packets, "connect", lambda *_: b"\x10\x00")  # the stand-in does not read it
    async with await asyncio.start_server(accept_and_sleep, "127.0.0.1", 0) as server:
        address = Address("127.0.0.1", server.sockets[0].getsockname()[1])
        made = await connection.connect(address, lambda *_: None)
        assert "silent" in await asyncio.wait_for(made.lost(), PATIENCE)
