"""Ending a circle from outside of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from drumcircle.cli._supervisor.claim import holder
from drumcircle.errors import UsageError
from drumcircle.link.alive import lives
from drumcircle.link.files import read_link

END_SECONDS = 20.0
LOOK_SECONDS = 0.05


def ask_to_end(state: Path) -> None:
    """Ask the hub of this folder to end the circle.

    Raises:
        CircleNotRunning: there is none.
    """
    from drumcircle.link.client import LinkClient

    async def ask() -> None:
        async with LinkClient.here(state, "facilitator", "end") as client:
            await client.request("quit")

    asyncio.run(ask())


def end_circle(state: Path) -> None:
    """End the circle that runs in this folder and wait until nothing of it is left.

    Raises:
        CircleNotRunning: there is none.
        UsageError: it does not end.
    """
    hub, keeper = read_link(state), holder(state)
    if hub is None and keeper is not None and sys.platform != "win32":
        os.kill(keeper.pid, signal.SIGTERM)  # between two lives of its hub
    else:
        ask_to_end(state)
    give_up = time.monotonic() + END_SECONDS
    for process in (hub, keeper):
        while process is not None and lives(process.pid, process.started):
            if time.monotonic() > give_up:
                raise UsageError(f"The circle does not end: process {process.pid} is left of it.")
            time.sleep(LOOK_SECONDS)
