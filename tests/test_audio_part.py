"""The sound part: devices that come and go, told in words; the same cues whatever the device."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from drumcircle.audio import part as sound
from drumcircle.audio.output import MiniaudioOutput, Pull, open_heard, open_silent
from drumcircle.audio.part import SoundPart
from drumcircle.audio.recording import read_wav
from drumcircle.core.events import MS, NS, Cue, Event, OutputLatency, PlayRecording
from drumcircle.errors import DeviceLost, FileProblem
from jack_fixtures import JackServer

GUARD = 10


class Room:
    """A hub's side of the seam, with a clock that only the test moves."""

    def __init__(self) -> None:
        self.time = 3 * NS
        self.reports: asyncio.Queue[tuple[str, bool, str]] = asyncio.Queue()

    def now(self) -> int:
        return self.time

    def post(self, event: Event) -> None:
        raise AssertionError(f"sound brings nothing in: {event}")

    post_from_thread = post

    def report(self, service: str, ok: bool, words: str) -> None:
        self.reports.put_nowait((service, ok, words))

    report_from_thread = report

    async def said(self) -> tuple[str, bool, str]:
        return await asyncio.wait_for(self.reports.get(), GUARD)


class FakeOutput:
    """A device whose blocks the test asks for."""

    def __init__(self, name: str = "Loudspeaker", heard: bool = True, starts: bool = True) -> None:
        self.name, self.heard, self.starts = name, heard, starts
        self.pull: Pull | None = None
        self.lost = self.closed = False

    def start(self, pull: Pull) -> None:
        if not self.starts:
            raise DeviceLost("The sound device does not start.")
        self.pull = pull

    def alive(self) -> bool:
        return not self.lost

    def close(self) -> None:
        self.closed = True

    def play(self, room: Room, seconds: float) -> np.ndarray:
        assert self.pull is not None
        blocks = []
        for _ in range(round(seconds * 100)):
            blocks.append(np.frombuffer(self.pull(480), np.float32).copy())
            room.time += 10 * MS
        return np.concatenate(blocks)


class Desk:
    """What can be plugged in: the devices found, one look after another, then none."""

    def __init__(self, *devices: FakeOutput) -> None:
        self.devices = list(devices)
        self.silent = FakeOutput("Null", heard=False)

    def find(self) -> FakeOutput | None:
        return self.devices.pop(0) if self.devices else None

    def open_silent(self) -> FakeOutput:
        return self.silent


@asynccontextmanager
async def playing(desk: Desk, room: Room) -> AsyncIterator[SoundPart]:
    part = SoundPart(desk.find, desk.open_silent)
    task = asyncio.create_task(part.run(room))
    try:
        yield part
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        part.close()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "LOOK_AFTER", 0.0)
    monkeypatch.setattr(sound, "LOOK_AGAIN", 0.0)


async def test_a_cue_sounds_on_its_frame_through_the_device_found() -> None:
    device, room = FakeOutput(), Room()
    async with playing(Desk(device), room) as part:
        assert await room.said() == ("sound", True, "Sound on (Loudspeaker).")
        began = room.time
        for beat in range(4):
            part.take(Cue(f"beat:{beat}", began + 100 * MS + beat * 250 * MS, "click"))
        heard = device.play(room, 1.2)
    loud = np.flatnonzero(heard)
    starts = loud[np.r_[True, np.diff(loud) > 2_000]] - 1
    assert list(starts) == [4_800 + 12_000 * beat for beat in range(4)]
    assert device.closed


async def test_what_was_said_before_the_device_was_open_still_counts() -> None:
    device, room = FakeOutput(), Room()
    desk = Desk(device)
    part = SoundPart(desk.find, desk.open_silent)
    part.take(OutputLatency("sound", 50.0))
    part.take(Cue("beat:0", room.time + 150 * MS, "click"))
    task = asyncio.create_task(part.run(room))
    await room.said()
    heard = device.play(room, 0.3)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    part.close()
    assert np.flatnonzero(heard)[0] - 1 == 4_800


async def test_without_a_device_the_circle_is_told_and_cues_still_pass() -> None:
    desk, room = Desk(), Room()
    async with playing(desk, room) as part:
        service, ok, words = await room.said()
        assert (service, ok) == ("sound", False)
        assert "no sound device" in words
        part.take(Cue("beat:0", room.time + 20 * MS, "click"))
        assert desk.silent.play(room, 0.1).any()


async def test_a_device_that_is_plugged_in_later_takes_over() -> None:
    desk, room = Desk(), Room()
    async with playing(desk, room):
        await room.said()
        device = FakeOutput("Headphones")
        desk.devices.append(device)
        while not (said := await room.said())[1]:
            pass
        assert said == ("sound", True, "Sound on (Headphones).")
        assert desk.silent.closed


async def test_a_device_that_goes_away_is_told_and_another_taken() -> None:
    first, second, room = FakeOutput("First"), FakeOutput("Second"), Room()
    async with playing(Desk(first, second), room) as part:
        await room.said()
        first.play(room, 0.2)
        first.lost = True
        assert await room.said() == ("sound", False, sound.LOST)
        assert await room.said() == ("sound", True, "Sound on (Second).")
        assert first.closed
        room.time += 700 * MS
        part.take(Cue("beat:9", room.time + 50 * MS, "click"))
        assert np.flatnonzero(second.play(room, 0.2))[0] - 1 == 2_400


async def test_a_device_that_stands_still_is_given_up() -> None:
    first, second, room = FakeOutput("First"), FakeOutput("Second"), Room()
    async with playing(Desk(first, second), room):
        await room.said()
        first.play(room, 0.2)
        room.time += 4 * NS
        assert await room.said() == ("sound", False, sound.LOST)
        assert await room.said() == ("sound", True, "Sound on (Second).")


async def test_a_device_that_does_not_start_leaves_the_circle_silent_and_told() -> None:
    device, room = FakeOutput(starts=False), Room()
    async with playing(Desk(device), room):
        assert (await room.said())[1] is False
        assert device.closed


async def test_late_requests_are_counted() -> None:
    device, room = FakeOutput(), Room()
    async with playing(Desk(device), room) as part:
        await room.said()
        device.play(room, 1.0)
        assert (part.late_callbacks, part.worst_lateness_ms) == (0, 0.0)
        room.time += 25 * MS
        device.play(room, 0.01)
        assert part.late_callbacks == 1
        assert part.worst_lateness_ms == pytest.approx(25.0)


async def test_the_silent_device_of_miniaudio_asks_for_frames_until_it_is_closed() -> None:
    pytest.importorskip("miniaudio")
    asked, loop = asyncio.Event(), asyncio.get_running_loop()

    def pull(frames: int) -> memoryview:
        loop.call_soon_threadsafe(asked.set)
        return memoryview(bytes(4 * frames))

    output = open_silent()
    output.start(pull)
    await asyncio.wait_for(asked.wait(), GUARD)
    assert not output.heard
    assert output.alive()
    output.close()
    assert not output.alive()


@pytest.mark.jack
async def test_a_jack_server_is_heard_on_all_its_loudspeakers_and_every_client_is_given_back(
    jack: JackServer,
) -> None:
    pytest.importorskip("miniaudio")
    loop = asyncio.get_running_loop()
    before = threads()
    for _ in range(3):
        asked = asyncio.Event()

        def pull(frames: int, asked: asyncio.Event = asked) -> memoryview:
            loop.call_soon_threadsafe(asked.set)
            return memoryview(bytes(4 * frames))

        output = open_heard()
        assert output is not None
        assert (output.name, output.heard) == ("JACK", True)
        output.start(pull)
        await asyncio.wait_for(asked.wait(), GUARD)
        output.close()
    assert threads() <= before


def threads() -> int:
    """Those of the system: a client of JACK has two that Python does not know."""
    return len(list(Path("/proc/self/task").iterdir()))


def test_a_backend_that_is_not_here_is_a_lost_device(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("miniaudio")
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/socket")
    with pytest.raises(DeviceLost, match="No sound device"):
        MiniaudioOutput("PULSEAUDIO")


def wav(path: Path, samples: np.ndarray, rate: int, width: int = 2, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def test_a_recording_is_read_mono_at_the_devices_rate_whatever_its_own(tmp_path: Path) -> None:
    ramp = np.linspace(-8000, 8000, 24_000).astype("<i2")
    half = read_wav(wav(tmp_path / "half.wav", ramp, 24_000))
    assert half.size == 48_000
    assert abs(int(half[24_000])) < 20
    both = np.stack([ramp, -ramp], axis=1).astype("<i2")
    assert not read_wav(wav(tmp_path / "both.wav", both, 48_000, channels=2)).any()
    eight = np.array([128, 255, 0], np.uint8)
    assert list(read_wav(wav(tmp_path / "eight.wav", eight, 48_000, width=1))) == [0, 127 << 8, -32768]
    long = np.array([0x12345600, -0x12345600], "<i4")
    assert list(read_wav(wav(tmp_path / "long.wav", long, 48_000, width=4))) == [0x1234, -0x1235]


def test_what_cannot_be_played_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="is not there"):
        read_wav(tmp_path / "none.wav")
    noise = tmp_path / "noise.wav"
    noise.write_bytes(b"not a sound at all")
    with pytest.raises(FileProblem, match="save it as a PCM WAV"):
        read_wav(noise)


async def test_the_part_loads_a_recording_and_tells_of_one_it_cannot(tmp_path: Path) -> None:
    device, room = FakeOutput(), Room()
    file = wav(tmp_path / "sea.wav", np.full(96_000, 16_384, "<i2"), 48_000)
    async with playing(Desk(device), room) as part:
        assert (await room.said())[1]
        part.take(PlayRecording(str(tmp_path / "none.wav"), room.time))
        service, ok, words = await room.said()
        assert (service, ok) == ("recording to listen to", False)
        assert "is not there" in words
        part.take(PlayRecording(str(file), room.time, NS // 2))
        assert await room.said() == ("recording to listen to", True, "The recording plays.")
        heard = device.play(room, 2.0)
        assert np.flatnonzero(heard).size == pytest.approx(1.5 * 48_000, rel=0.02)
