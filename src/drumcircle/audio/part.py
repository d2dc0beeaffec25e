"""The hub's sound: cues in, a device out, in words what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from drumcircle.audio.output import Output, open_heard, open_silent
from drumcircle.audio.recording import Backing, frames_of, read_wav
from drumcircle.audio.stream import Stream
from drumcircle.audio.voices import all_voices
from drumcircle.core.events import MS, NS, Effect, PlayRecording
from drumcircle.errors import DeviceLost, FileProblem
from drumcircle.hub.part import Circle, PartBase

SERVICE, RECORDING = "sound", "recording to listen to"
LOOK_AGAIN = 10.0
"""Seconds between looks for a device while there is none."""
LOOK_AFTER = 0.5
"""Seconds between looks after the device that plays."""
STANDS_STILL = 3 * NS
"""A device that asks for nothing for so long is lost (a sound server may take 2 s to begin)."""

NO_DEVICE = (
    "There is no sound device, so the click is not heard: plug in or switch on a loudspeaker,"
    " and it is used within ten seconds."
)
LOST = "The sound device went away; the pulse goes on, and another device is looked for."


class SoundPart(PartBase):
    """Sounds every cue on its own frame, through the device there is.

    Devices are opened and closed on a thread of their own: a sound server that hangs must not hold up
    the circle.  Where there is none, a silent device takes the cues, so that all else stays the same.
    """

    name = "sound"

    def __init__(
        self,
        find: Callable[[], Output | None] = open_heard,
        silent: Callable[[], Output] = open_silent,
    ) -> None:
        self.stream = Stream()
        self._find, self._silent = find, silent
        self._output: Output | None = None
        self._circle: Circle | None = None
        self._devices = ThreadPoolExecutor(1, thread_name_prefix="sound-devices")

    async def run(self, circle: Circle) -> None:
        """Keep one device playing, until cancelled."""
        self._circle = circle
        await self._on_devices(all_voices)
        while True:
            await self._on_devices(self._use_best_device, circle.now)
            output = self._output
            if output is None or not output.heard:
                circle.report(SERVICE, False, NO_DEVICE)
                await asyncio.sleep(LOOK_AGAIN)
                continue
            circle.report(SERVICE, True, f"Sound on ({output.name}).")
            await self._until_lost(output, circle)
            await self._on_devices(self._let_go)
            circle.report(SERVICE, False, LOST)

    def take(self, effect: Effect) -> None:
        if isinstance(effect, PlayRecording):
            self._devices.submit(self._load, effect)
        else:
            self.stream.take(effect)

    def close(self) -> None:
        self._devices.submit(self._let_go)
        self._devices.shutdown(wait=True)

    @property
    def late_callbacks(self) -> int:
        """Requests of a device that came when its reserve was used up."""
        return self.stream.late_callbacks

    @property
    def worst_lateness_ms(self) -> float:
        """The latest request so far, behind the device's own pace."""
        return self.stream.worst_lateness / MS

    async def _until_lost(self, output: Output, circle: Circle) -> None:
        began = circle.now()
        # Looked for again and again because a device that stands still tells nobody.
        while output.alive() and circle.now() - (self.stream.last_pull or began) < STANDS_STILL:  # noqa: ASYNC110 - see above
            await asyncio.sleep(LOOK_AFTER)

    async def _on_devices(self, work: Callable[..., None], *arguments: object) -> None:
        await asyncio.get_running_loop().run_in_executor(self._devices, work, *arguments)

    # ---- on the devices' thread

    def _load(self, wanted: PlayRecording) -> None:
        try:
            samples = read_wav(Path(wanted.path))
        except FileProblem as problem:
            if self._circle is not None:
                self._circle.report_from_thread(RECORDING, False, str(problem))
            return
        self.stream.take(Backing(samples, wanted.due, frames_of(wanted.offset)))
        if self._circle is not None:
            self._circle.report_from_thread(RECORDING, True, "The recording plays.")

    def _use_best_device(self, now: Callable[[], int]) -> None:
        """A device that is heard takes over; the silent one goes on only while there is none."""
        found = self._find()
        if found is not None and self._started(found, now):
            return
        if self._output is None:
            self._started(self._silent(), now)

    def _started(self, output: Output, now: Callable[[], int]) -> bool:
        self._let_go()
        self.stream.begin(now)
        try:
            output.start(self.stream.pull)
        except DeviceLost:
            output.close()
            return False
        self._output = output
        return True

    def _let_go(self) -> None:
        output, self._output = self._output, None
        if output is not None:
            output.close()
