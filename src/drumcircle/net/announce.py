"""The part of the hub that is found: it keeps a process that announces the circle, and passes on what that has to say.

In a process of its own, because whoever is on a network can send mDNS as fast as it carries: 12 000 answers a second
took the hub's loop a quarter of a core and its slowest round trips from 3 to 7 ms.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys

import msgspec

from drumcircle.errors import MissingPart
from drumcircle.hub.children import spawn
from drumcircle.hub.part import Circle, PartBase
from drumcircle.net.announcer import Order
from drumcircle.net.discovery import Announcement

GOODBYE_S = 3.0
"""How long it may take to say goodbye on the network."""


class AnnouncePart(PartBase):
    """Announces this circle as long as it runs."""

    name = "discovery"

    def __init__(self, announcement: Announcement, interface: str = "") -> None:
        """``interface``: our address on the network meant, where this machine is on several."""
        self._order = msgspec.json.encode(Order(announcement, interface)) + b"\n"

    async def run(self, circle: Circle) -> None:
        """Raises: MissingPart: the process ended; it is started again by the hub."""
        child = spawn(
            [sys.executable, "-m", "drumcircle.net.announcer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            with child.stdin as ear:
                ear.write(self._order)
            while line := await asyncio.to_thread(child.stdout.readline):
                circle.report(self.name, *msgspec.json.decode(line, type=tuple[bool, str]))
        finally:
            child.terminate()
            await asyncio.to_thread(_see_off, child)
        raise MissingPart("The circle is not announced on the network just now; that is begun again.")


def _see_off(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(GOODBYE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()
