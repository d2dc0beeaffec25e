"""USB pads over real JACK ports: another process plays, the part hears."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from drumcircle.core.events import MS, Hit, PadFound, PadGone, PadLink
from drumcircle.errors import DeviceLost
from drumcircle.formats.profiles import Bank, Profile
from drumcircle.midi import source
from drumcircle.midi.identity import Device
from drumcircle.midi.listener import Heard, Listener
from drumcircle.midi.ports import Api
from drumcircle.midi.source import MidiIn
from jack_fixtures import JackServer, jack_server, start_jackd
from midi_fixtures import GUARD, Player, RememberingCircle, player, running

pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack")]


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LOOK_EVERY", 0.06)
    monkeypatch.setattr(source, "TRY_AGAIN", 0.1)


async def test_what_another_process_plays_arrives_with_its_note_velocity_and_time() -> None:
    circle = RememberingCircle()
    async with player("maria") as playing, running(MidiIn(), circle):
        assert await circle.have(PadFound) == [PadFound("usb:maria", "maria", "usb")]
        sent = [await playing.do("send", "maria", 0x99, note, 2 * note) for note in range(36, 52)]
        hits = await circle.have(Hit, 16)
    assert [(hit.pad, hit.note, hit.velocity) for hit in hits] == [
        ("usb:maria", note, 2 * note) for note in range(36, 52)
    ]
    late = [hit.time - before for hit, before in zip(hits, sent, strict=True)]
    assert -2 * MS < sorted(late)[8] < 4 * MS
    assert all(hit.uncertainty is not None and hit.uncertainty < MS for hit in hits)


async def test_only_note_ons_are_hits_on_whatever_channel() -> None:
    circle = RememberingCircle()
    async with player("maria") as playing, running(MidiIn(), circle):
        await circle.have(PadFound)
        for message in (
            (0x90, 1, 0),
            (0x89, 2, 64),
            (0xA0, 3, 64),
            (0xB0, 4, 5),
            (0xF8,),
            (0xFE,),
            (0xC1, 7),
        ):
            await playing.do("send", "maria", *message)
        for channel in (0, 9, 15):
            await playing.do("send", "maria", 0x90 + channel, 60 + channel, 1)
        hits = await circle.have(Hit, 3)
    assert [hit.note for hit in hits] == [60, 69, 75]


def kit(**more: object) -> Profile:
    return Profile("Kit", ("maria",), "this test", (Bank(((38, 40),), pads=(("bass", "snare"),)),), **more)  # type: ignore[arg-type]  # as given


async def test_a_device_with_a_profile_tells_its_pads_and_its_other_notes_are_not_heard() -> None:
    circle, profile = RememberingCircle(), kit(double_trigger_ms=70.0, not_pads=(7,))
    async with player("maria") as playing, running(MidiIn([profile]), circle):
        found = PadFound("usb:maria", "maria", "usb", layout=profile.layout(), double_trigger_ms=70.0)
        assert await circle.have(PadFound) == [found]
        for note in (7, 38):
            await playing.do("send", "maria", 0x90, note, 64)
        assert [hit.note for hit in await circle.have(Hit)] == [38]


async def test_a_profile_learnt_while_it_is_connected_counts_from_then_on() -> None:
    circle, part = RememberingCircle(), MidiIn()
    async with player("maria") as playing, running(part, circle):
        await circle.have(PadFound)
        part.use_profiles([kit(not_pads=(7,))], circle)
        assert [found.layout for found in await circle.have(PadFound, 2)] == [None, kit().layout()]
        for note in (7, 38):
            await playing.do("send", "maria", 0x90, note, 64)
        assert [hit.note for hit in await circle.have(Hit)] == [38]


async def test_a_pad_pulled_out_and_plugged_in_again_is_the_same_and_is_heard_again() -> None:
    circle = RememberingCircle()
    async with player("maria", "olu") as playing, running(MidiIn(), circle):
        await circle.have(PadFound, 2)
        await playing.do("close", "maria")
        assert await circle.have(PadGone) == [PadGone("usb:maria", "unplugged")]
        await playing.do("open", "maria")
        assert (await circle.have(PadFound, 3))[2].pad == "usb:maria"
        await playing.do("send", "maria", 0x99, 36, 100)
        await playing.do("send", "olu", 0x99, 38, 100)
        assert {(hit.pad, hit.note) for hit in await circle.have(Hit, 2)} == {
            ("usb:maria", 36),
            ("usb:olu", 38),
        }


async def test_a_hub_that_ends_does_not_call_its_pads_unplugged() -> None:
    circle = RememberingCircle()
    async with player("maria"):
        async with running(MidiIn(), circle):
            await circle.have(PadFound)
        assert circle.events == [PadFound("usb:maria", "maria", "usb")]


async def test_a_port_closed_and_opened_again_between_two_looks_does_not_stay_silent() -> None:
    circle = RememberingCircle()
    async with player("maria") as playing, running(MidiIn(), circle):
        await circle.have(PadFound)
        await playing.do("close", "maria")
        await playing.do("open", "maria")
        await circle.have(PadFound, 2)
        await playing.do("send", "maria", 0x99, 36, 100)
        assert (await circle.have(Hit))[0].note == 36


async def _until_heard(circle: RememberingCircle, playing: Player, name: str) -> None:
    """A server that is just connecting other ports may lose a note: it is played until it is heard."""
    while not any(isinstance(event, Hit) and event.pad == f"usb:{name}" for event in circle.events):
        await playing.do("send", name, 0x99, 36, 100)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await circle.have(Hit, 1 + len([e for e in circle.events if isinstance(e, Hit)]))


async def test_all_ports_dropped_at_once_are_all_gone_and_all_come_back() -> None:
    names = ["maria", "olu", "kim", "ada"]
    circle = RememberingCircle()
    async with running(MidiIn(), circle):
        async with player(*names) as first:
            await circle.have(PadFound, 4)
            await first.vanish()
            assert {gone.pad for gone in await circle.have(PadGone, 4)} == {f"usb:{name}" for name in names}
        async with player(*names) as second:
            await circle.have(PadFound, 8)
            for name in names:
                await _until_heard(circle, second, name)
            assert {hit.pad for hit in await circle.have(Hit, 4)} == {f"usb:{name}" for name in names}


async def test_a_port_that_will_not_open_is_told_of_and_tried_again_and_harms_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusals = ["used by another program"]

    class Grudging(Listener):
        def __init__(self, api: Api, device: Device, heard: Heard) -> None:
            if device.label == "maria" and refusals:
                raise DeviceLost(refusals[0])
            super().__init__(api, device, heard)

    monkeypatch.setattr(source, "Listener", Grudging)
    circle = RememberingCircle()
    async with player("maria", "olu") as playing, running(MidiIn(), circle):
        assert (await circle.have(PadLink))[0] == PadLink("usb:maria", words="used by another program")
        await playing.do("send", "olu", 0x99, 38, 100)
        assert (await circle.have(Hit))[0].pad == "usb:olu"
        refusals.clear()
        await circle.until(lambda: PadLink("usb:maria") in circle.events)
        await playing.do("send", "maria", 0x99, 36, 100)
        assert (await circle.have(Hit, 2))[1].pad == "usb:maria"


async def test_a_server_that_dies_is_told_of_and_its_pads_come_back_with_it() -> None:
    circle = RememberingCircle()
    with jack_server() as server:
        async with running(MidiIn(), circle):
            await circle.told("midi", True)
            async with player("maria"):
                await circle.have(PadFound)
                server.stop()
                assert "JACK server is gone" in await circle.told("midi", False)
                assert await circle.have(PadGone) == [PadGone("usb:maria", "unplugged")]
            server.process = await asyncio.to_thread(start_jackd, server.name)
            await circle.told("midi", True, times=2)
            async with player("maria") as playing:
                await circle.have(PadFound, 2)
                await playing.do("send", "maria", 0x99, 36, 100)
                assert (await circle.have(Hit))[0].pad == "usb:maria"
            server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
async def test_plugging_in_and_out_all_evening_leaks_no_descriptor() -> None:
    circle = RememberingCircle()
    counts = []
    async with player() as playing, running(MidiIn(), circle):
        await circle.told("midi", True)
        for cycle in range(1, 21):
            await playing.do("open", "maria")
            await circle.have(PadFound, cycle)
            counts.append(len(list(Path("/proc/self/fd").iterdir())))
            await playing.do("close", "maria")
            await circle.have(PadGone, cycle)
    assert max(counts[10:]) <= max(counts[:10])


CLOSING_IN_A_ROLL = """
import asyncio
from midi_fixtures import RememberingCircle, player, running
from drumcircle.core.events import Hit
from drumcircle.midi.source import MidiIn

async def main():
    async with player("maria") as playing:
        for _ in range(8):
            circle = RememberingCircle()
            async with running(MidiIn(), circle):
                await circle.until(lambda: circle.events)
                rolling = asyncio.ensure_future(playing.do("roll", "maria", 3000))
                await circle.have(Hit, 50)
            await rolling

asyncio.run(main())
"""


def test_the_part_closes_in_the_middle_of_a_roll(jack: JackServer) -> None:
    """In a process of its own: where this goes wrong, the interpreter hangs with its lock held."""
    subprocess.run(
        [sys.executable, "-c", CLOSING_IN_A_ROLL],
        env={**jack.env, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        timeout=3 * GUARD,
    )


def test_a_server_ended_gives_its_name_back_however_many_sessions_there_were() -> None:
    for _ in range(10):
        with jack_server() as server:
            assert server.process.poll() is None
