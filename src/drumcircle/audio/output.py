"""Sound devices by way of miniaudio: open the best there is, notice when it goes away.

miniaudio follows the system's default device by itself on Windows, macOS and PulseAudio.  Where it cannot,
the device stops asking for frames, which :meth:`Output.alive` tells.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import sys
from collections.abc import Callable, Generator
from typing import Any, Protocol

import numpy as np

from drumcircle.audio import jack
from drumcircle.audio.stream import BLOCK_MS, BLOCKS
from drumcircle.audio.voices import RATE
from drumcircle.errors import DeviceLost, MissingPart

Pull = Callable[[int], memoryview]


class Output(Protocol):
    """A device that is open."""

    name: str
    heard: bool
    """False: it keeps time and makes no sound."""

    def start(self, pull: Pull) -> None:
        """From now on ask ``pull`` for frames, from a thread of the device's own.

        Raises:
            DeviceLost: it does not start.
        """

    def alive(self) -> bool:
        """False once the device has said that it stopped."""

    def close(self) -> None:
        """Stop playing; frames are not asked for any more when this returns."""


class MiniaudioOutput:
    """The default device of the first of these miniaudio backends that this system has (of all, without any)."""

    def __init__(self, *backends: str) -> None:
        """Raises DeviceLost where there is no device, MissingPart without miniaudio."""
        self._miniaudio = _miniaudio()
        # Made in two steps: a device that fails on the way must still give its context back.
        self._device: Any = self._miniaudio.PlaybackDevice.__new__(self._miniaudio.PlaybackDevice)
        self._channels = max(1, jack.loudspeakers()) if backends == ("JACK",) else 1
        try:
            self._open([self._miniaudio.Backend[backend] for backend in backends])
        except self._miniaudio.MiniaudioError as problem:
            self._device._device = None
            self._let_context_go()
            raise DeviceLost(f"No sound device could be opened: {problem}.") from None
        self.name: str = self._device.backend
        self.heard = self.name != "Null"

    def _open(self, backends: list[Any]) -> None:
        self._device.__init__(
            output_format=self._miniaudio.SampleFormat.FLOAT32,
            nchannels=self._channels,
            sample_rate=RATE,
            buffersize_msec=BLOCK_MS,
            callback_periods=BLOCKS,
            backends=backends,
            app_name="drumcircle",
        )

    def _let_context_go(self) -> None:
        """miniaudio itself never does; a context is a connection to the sound server."""
        context = getattr(self._device, "_context", None)
        if context is not None:
            self._device._context = None
            self._miniaudio.lib.ma_context_uninit(context)

    def start(self, pull: Pull) -> None:
        # miniaudio takes note of a device that stops only where somebody asks to be told.
        self._device.stop_callback = _nothing
        frames = _frames(pull, self._channels)
        next(frames)
        try:
            self._device.start(frames)
        except self._miniaudio.MiniaudioError as problem:
            raise DeviceLost(f"The sound device does not start: {problem}.") from None
        # A device that still asks for frames while the interpreter ends takes the process down with it.
        atexit.register(self.close)

    def alive(self) -> bool:
        return bool(self._device.running and self._device.callback_generator is not None)

    def close(self) -> None:
        atexit.unregister(self.close)
        self._device.stop_callback = None
        self._device.close()
        self._let_context_go()


def open_heard() -> Output | None:
    """The system's default device; None where there is none that can be heard.

    Raises:
        MissingPart: miniaudio is not installed.
    """
    with contextlib.suppress(OSError):
        _quieten_sound_libraries()
    for backends in (("PULSEAUDIO", "ALSA"), ("JACK",)) if sys.platform == "linux" else ((),):
        if _have_none(*backends):
            continue
        try:
            output = MiniaudioOutput(*backends)
        except DeviceLost:
            continue
        if output.heard:
            return output
        output.close()
    return None


def open_silent() -> Output:
    """A device that keeps time and is not heard: cues still pass, nothing piles up."""
    return MiniaudioOutput("NULL")


def _have_none(*backends: str) -> bool:
    """Do these backends themselves say that they have no device?

    Asked first because miniaudio 1.71 leaks five descriptors where a PulseAudio without a sink is opened, and a client of
    the server where a JACK that cannot play is.
    """
    if backends == ("JACK",):
        return not jack.loudspeakers()
    miniaudio = _miniaudio()
    try:
        chosen = [miniaudio.Backend[backend] for backend in backends]
        return not miniaudio.Devices(chosen).get_playbacks()
    except miniaudio.MiniaudioError:
        return False


def _frames(pull: Pull, channels: int) -> Generator[memoryview, int, None]:
    """The same on every channel."""
    wanted = yield memoryview(b"")
    while True:
        frames = pull(wanted)
        wanted = (
            yield frames if channels == 1 else np.repeat(np.frombuffer(frames, np.float32), channels).data
        )


def _nothing() -> None:
    """A stop is seen by :meth:`MiniaudioOutput.alive`."""


def _miniaudio() -> Any:
    try:
        import miniaudio
    except ImportError as problem:
        raise MissingPart(
            f"There is no sound without miniaudio ({problem}): pip install miniaudio."
        ) from None
    return miniaudio


def _quieten_sound_libraries() -> None:
    """ALSA and JACK print pages to the terminal where there is no device; we say it in one sentence.

    Their handlers are set to a C function that ignores its arguments (``getpid``), because a Python
    function would be called from their threads, and after the interpreter has ended.
    """
    if sys.platform != "linux":
        return
    ignore = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
    handlers = (
        ("libasound.so.2", "snd_lib_error_set_handler"),
        ("libjack.so.0", "jack_set_error_function"),
        ("libjack.so.0", "jack_set_info_function"),
    )
    for library, setter in handlers:
        with contextlib.suppress(OSError, AttributeError):
            getattr(ctypes.CDLL(library), setter)(ignore)
