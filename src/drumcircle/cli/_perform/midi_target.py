"""Into a MIDI port, where nothing but the moment a note is sent says when it was played."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from drumcircle.cli._perform.link_target import announce_here, told_pulse
from drumcircle.cli._perform.punctual import messages, play_punctually, undisturbed
from drumcircle.cli._perform.schedule import Due
from drumcircle.cli._perform.tally import Tally
from drumcircle.core.events import PulseShown
from drumcircle.core.view import SessionView
from drumcircle.errors import CircleNotRunning
from drumcircle.link.client import LinkClient, Watcher
from drumcircle.midi.ports import find_api, parse
from drumcircle.midi.send import MidiOutput, open_output

GRACE_SECONDS = 5.0
"""How long a port of our own waits for somebody to listen."""


class MidiTarget:
    """An open MIDI output; the pulse is that of the hub that runs here, if one does.

    On one machine the hub's clock is ``perf_counter_ns``, as it is ours.
    """

    def __init__(self, output: MidiOutput, state: Path) -> None:
        self._output, self._state = output, state
        self.words = f"the MIDI port {output.port_name}"

    def now(self) -> int:
        return time.perf_counter_ns()

    async def pulse(self) -> PulseShown | None:
        try:
            async with LinkClient.here(self._state, "pad") as client:
                return await told_pulse(client)
        except CircleNotRunning:
            return None

    async def announce(self, start: int, title: str) -> str:
        with contextlib.suppress(CircleNotRunning):
            return await announce_here(self._state, start, title)
        return ""

    async def play(self, dues: Sequence[Due], start: int, tally: Tally) -> None:
        stop, queue = threading.Event(), messages(dues, start)
        with undisturbed(), ThreadPoolExecutor(1, thread_name_prefix="notes") as thread:
            playing = asyncio.get_running_loop().run_in_executor(
                thread, play_punctually, self._output, queue, stop, tally
            )
            try:
                await asyncio.shield(playing)
            finally:
                stop.set()
                await asyncio.gather(playing, return_exceptions=True)

    async def settle(self) -> str:
        return ""


@contextlib.asynccontextmanager
async def into_midi(name: str, state: Path) -> AsyncIterator[MidiTarget]:
    """The MIDI port whose name is or contains ``name``; where there is none, one of our own, once it is heard.

    Raises:
        MissingPart: no MIDI system, or no port that could be made.
        UsageError: several ports match.
        DeviceLost: the port cannot be opened.
    """
    output = await asyncio.to_thread(open_output, name, wait=0.0)
    try:
        target = MidiTarget(output, state)
        if output.virtual and not await _heard(output, state):
            target.words += " (to which nobody listens)"
        yield target
    finally:
        output.close()


async def _heard(output: MidiOutput, state: Path) -> bool:
    """Wait until the hub that runs here has our port, or, without one, until anybody listens to it."""
    try:
        async with asyncio.timeout(GRACE_SECONDS):
            await _hub_has(parse(output.port_name, find_api()).base, state)
    except TimeoutError:
        return False
    except CircleNotRunning:
        return await asyncio.to_thread(output.wait_for_listener, GRACE_SECONDS)
    return True


async def _hub_has(port: str, state: Path) -> None:
    """Return when the hub's view shows this port connected."""
    connected = asyncio.Event()

    def look(view: SessionView) -> None:
        if any(pad.kind == "usb" and pad.connected and pad.label == port for pad in view.pads):
            connected.set()

    async with LinkClient.here(state, "facilitator", "play", Watcher(on_view=look)):
        await connected.wait()
