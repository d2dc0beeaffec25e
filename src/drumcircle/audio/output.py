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
    """The default device of one miniaudio backend (None: the first backend this system has)."""

    def __init__(self, backend: str | None = None) -> None:
        """Raises DeviceLost where that backend has no device, MissingPart without miniaudio."""
        self._miniaudio = _miniaudio()
        # Made in two steps: a device that fails on the way must still give its context back.
        self._device: Any = self._miniaudio.PlaybackDevice.__new__(self._miniaudio.PlaybackDevice)
        try:
            self._open([] if backend is None else [self._miniaudio.Backend[backend]])
        except self._miniaudio.MiniaudioError as problem:
            self._device._device = None
            self._let_context_go()
            raise DeviceLost(f"No sound device could be opened: {problem}.") from None
        self.name: str = self._device.backend
        self.heard = self.name != "Null"

    def _open(self, backends: list[Any]) -> None:
        self._device.__init__(
            output_format=self._miniaudio.SampleFormat.FLOAT32,
            nchannels=1,
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
        frames = _frames(pull)
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
    for backend in (None, "JACK") if sys.platform == "linux" else (None,):
        if _has_none(backend):
            continue
        try:
            output = MiniaudioOutput(backend)
        except DeviceLost:
            continue
        if output.heard:
            return output
        output.close()
    return None


def open_silent() -> Output:
    """A device that keeps time and is not heard: cues still pass, nothing piles up."""
    return MiniaudioOutput("NULL")


def _has_none(backend: str | None) -> bool:
    """Does this backend itself say that it has no device?

    Asked first because miniaudio 1.71 leaks five descriptors where a PulseAudio without a sink is opened.
    """
    miniaudio = _miniaudio()
    try:
        return not miniaudio.Devices([] if backend is None else [miniaudio.Backend[backend]]).get_playbacks()
    except miniaudio.MiniaudioError:
        return False


def _frames(pull: Pull) -> Generator[memoryview, int, None]:
    wanted = yield memoryview(b"")
    while True:
        wanted = yield pull(wanted)


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
