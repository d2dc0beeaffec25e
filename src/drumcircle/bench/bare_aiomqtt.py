"""What stands beside the hub in ``bench hub``: aiomqtt alone, that unpacks a hit and notes how long it took.

Run as a program: it says ``ready`` when it hears; from the line it reads on, its time counts; the next line
ends it, and what it found is the last it prints.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time

import aiomqtt

from drumcircle.bench.row import percentile
from drumcircle.core.events import MS
from drumcircle.net.address import Address, parse_address
from drumcircle.net.topics import pad_topic

HIT = struct.Struct("<BBHBBQ")
SILENCE_S = 0.5
NO_DELAY = [(6, 1, 1)]
"""TCP_NODELAY, as (level, option, value)."""


async def main() -> None:
    """Hear every hit of the circle until told to stop."""
    address = parse_address(sys.argv[1])
    took: list[int] = []
    heard = asyncio.create_task(_hear(address, took))
    lines = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await asyncio.wait((heard, lines), return_when=asyncio.FIRST_COMPLETED)
    before = len(took)
    cpu = time.process_time()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await _until_silence(took)
    cpu = time.process_time() - cpu
    heard.cancel()
    await asyncio.gather(heard, return_exceptions=True)
    measured = took[before:]
    print(
        json.dumps(
            {
                "received": len(took),
                "cpu_s": cpu,
                "p50_ms": percentile(measured, 0.5) / MS,
                "p99_ms": percentile(measured, 0.99) / MS,
            }
        )
    )


async def _until_silence(took: list[int]) -> None:
    """What is late is not lost."""
    before = -1
    while before < len(took):
        before = len(took)
        await asyncio.sleep(SILENCE_S)


async def _hear(address: Address, took: list[int]) -> None:
    async with aiomqtt.Client(
        address.host, address.port, username=address.user, password=address.password,
        socket_options=NO_DELAY,
    ) as client:  # fmt: skip
        await client.subscribe(pad_topic(address.circle, "+", "hit"), qos=0)
        print(json.dumps({"ready": True}), flush=True)
        async for message in client.messages:
            if isinstance(message.payload, bytes):
                stamp = HIT.unpack(message.payload)[5] * 1000
                took.append(time.perf_counter_ns() - stamp)


if __name__ == "__main__":
    with asyncio.Runner(
        loop_factory=asyncio.SelectorEventLoop
    ) as runner:  # Windows' usual one cannot do this
        runner.run(main())
