"""The delay proxy: what passes through it, in what order, and what does not while the network is out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from itertools import count

import pytest

from drumcircle.bench.delays import Profile
from drumcircle.bench.proxy import DelayProxy, delaying
from drumcircle.core.events import MS

PATIENCE = 10.0


def ever_quicker(start_ms: float = 40.0) -> Profile:
    """Each message would overtake the one before it."""
    steps = count()
    return Profile("ever quicker", lambda dice: max(0.0, start_ms - 10 * next(steps)), lambda dice: 0.0)


def steady(ms: float) -> Profile:
    return Profile("steady", lambda dice: ms, lambda dice: ms)


@asynccontextmanager
async def echoing() -> AsyncIterator[int]:
    """A server that says everything back; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(100):
            writer.write(chunk)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def through(
    profile: Profile,
) -> AsyncIterator[tuple[DelayProxy, asyncio.StreamReader, asyncio.StreamWriter]]:
    async with echoing() as port, delaying("127.0.0.1", port, profile, 1) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        with closing(writer):
            yield proxy, reader, writer
        await writer.wait_closed()


async def test_messages_stay_in_order_however_their_delays_are() -> None:
    async with through(ever_quicker()) as (_, reader, writer):
        for number in range(5):
            writer.write(bytes([number]))
            await writer.drain()
        assert await asyncio.wait_for(reader.readexactly(5), PATIENCE) == bytes(range(5))


async def test_a_message_is_never_earlier_than_its_delay_each_way() -> None:
    async with through(steady(30)) as (_, reader, writer):
        began = time.perf_counter_ns()
        writer.write(b"x")
        await asyncio.wait_for(reader.readexactly(1), PATIENCE)
        assert time.perf_counter_ns() - began >= 60 * MS


async def test_nothing_passes_while_the_network_is_out_and_everything_after() -> None:
    async with through(steady(1)) as (proxy, reader, writer):
        proxy.fail()
        writer.write(b"held")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(1), 0.1)
        proxy.recover()
        assert await asyncio.wait_for(reader.readexactly(4), PATIENCE) == b"held"


async def test_the_end_of_one_side_is_the_end_of_the_other() -> None:
    async with through(steady(1)) as (_, reader, writer):
        writer.write(b"last")
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), PATIENCE) == b"last"
