"""A slow network on this machine: a TCP proxy that delays what passes as one of :mod:`drumcircle.bench.delays` does.

What one read returns travels as one message; within a connection and a direction messages stay in order.  While the
network is out, nothing passes and nothing is refused, as with a radio out of range.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from random import Random

from drumcircle.bench.delays import Path, Profile
from drumcircle.core.events import NS

CHUNK = 65536
_Way = Callable[[int], int | None]


class DelayProxy:
    """Listens on loopback for one target; made by :func:`delaying`."""

    def __init__(self, host: str, port: int, profile: Profile, dice: Random) -> None:
        self._target = host, port
        self._profile = profile
        self._dice = dice
        self._passing = asyncio.Event()
        self._passing.set()
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0
        self.accepted = 0
        """Connections so far."""

    def fail(self) -> None:
        """The network is out."""
        self._passing.clear()

    def recover(self) -> None:
        """It is back; what was under way arrives now, as TCP sends it again."""
        self._passing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self.accepted += 1
        try:
            await self._passing.wait()
            with suppress(OSError):
                await self._join(reader, writer)
        except asyncio.CancelledError:
            pass  # the proxy ends; asyncio.Server would complain about a task of its own being cancelled
        finally:
            writer.close()
            self._connections.discard(task)

    async def end(self) -> None:
        """Every connection is cut."""
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._target)
        now = time.perf_counter_ns()
        path = Path(self._profile, self._dice, now, now)
        ways = [
            asyncio.create_task(self._carry(reader, back, path.up)),
            asyncio.create_task(self._carry(there, writer, path.down)),
        ]
        try:
            await asyncio.gather(*ways)
        finally:
            back.close()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: _Way) -> None:
        """Until this side hangs up; the other is told when all has arrived."""
        under_way: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        delivery = asyncio.create_task(self._deliver(under_way, target))
        try:
            while chunk := await source.read(CHUNK):
                now = time.perf_counter_ns()
                under_way.put_nowait((way(now) or now, chunk))
            await under_way.join()
            target.write_eof()
        finally:
            delivery.cancel()
            await asyncio.gather(delivery, return_exceptions=True)

    async def _deliver(
        self, under_way: asyncio.Queue[tuple[int, bytes]], target: asyncio.StreamWriter
    ) -> None:
        while True:
            arrives, chunk = await under_way.get()
            await asyncio.sleep(max(0.0, (arrives - time.perf_counter_ns()) / NS))
            await self._passing.wait()
            if not target.is_closing():  # else nobody is there any more
                target.write(chunk)
            under_way.task_done()


@asynccontextmanager
async def delaying(host: str, port: int, profile: Profile, seed: int) -> AsyncIterator[DelayProxy]:
    """A proxy on a free port of loopback."""
    proxy = DelayProxy(host, port, profile, Random(seed))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
