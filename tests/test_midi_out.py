"""Cues as notes on a real JACK port, each at its time; and outputs to send to or be heard on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from time import perf_counter_ns

import pytest

from drumcircle.core.events import MS, Cue, Hit, OutputLatency, PadFound, Silence, SoundSet, Withdraw
from drumcircle.errors import MissingPart, UsageError
from drumcircle.midi import out, ports, send
from drumcircle.midi.out import MidiOutPart
from drumcircle.midi.send import open_output, output_names
from drumcircle.midi.source import MidiIn
from drumcircle.midi.watch import open_watch
from jack_fixtures import jack_server
from midi_fixtures import RememberingCircle, player, running

pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack")]

Note = tuple[int, int, int]


class Synth:
    """A destination in this process that keeps (note-on status or not, note, velocity) and arrival."""

    def __init__(self, circle: RememberingCircle, delete: Callable[[], None]) -> None:
        self.circle = circle
        self._delete = delete
        self.notes: list[tuple[int, Note]] = []

    def close(self) -> None:
        """Pull it out; may be called again."""
        delete, self._delete = self._delete, lambda: None
        delete()

    def heard(self, event: tuple[list[int], float], _: object) -> None:
        arrival = perf_counter_ns()
        self.circle._loop.call_soon_threadsafe(self._keep, arrival, tuple(event[0]))

    def _keep(self, arrival: int, note: Note) -> None:
        self.notes.append((arrival, note))
        self.circle._told.set()

    async def struck(self, count: int) -> list[tuple[int, Note]]:
        """The note-ons, as soon as there are so many."""
        return await self.circle.until(
            lambda: on if len(on := [n for n in self.notes if n[1][0] == 0x99]) >= count else []
        )


@contextmanager
def synth(circle: RememberingCircle, name: str = "synth") -> Iterator[Synth]:
    """A MIDI input called ``name``:in; nothing sounds there when it is closed, so closing it is safe."""
    rtmidi = ports.rtmidi()
    midi = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=name)
    listening = Synth(circle, midi.delete)
    midi.set_callback(listening.heard)
    midi.open_virtual_port("in")
    try:
        yield listening
    finally:
        listening.close()


@pytest.fixture(autouse=True)
def check_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out, "CHECK_EVERY", 50 * MS)
    monkeypatch.setattr(out, "TRY_AGAIN", 0.05)


@pytest.fixture
async def stage() -> AsyncIterator[tuple[MidiOutPart, Synth]]:
    """A running part, connected to a synth."""
    circle, part = RememberingCircle(), MidiOutPart("syn")
    with synth(circle) as listening:
        async with running(part, circle):
            await circle.told("midi-out", True)
            yield part, listening


async def test_each_voice_is_its_own_note_on_channel_ten_and_ends(stage: tuple[MidiOutPart, Synth]) -> None:
    part, listening = stage
    start = perf_counter_ns() + 100 * MS
    for number, voice in enumerate(out.NOTES):
        part.take(Cue(f"{number}", start + number * 20 * MS, voice))  # type: ignore[arg-type]  # the voices
    await listening.circle.until(lambda: len(listening.notes) == 10 and listening.notes)
    assert [note for _, note in await listening.struck(5)] == [(0x99, n, 100) for n in (76, 77, 75, 38, 36)]
    assert {note for _, note in listening.notes if note[0] == 0x89} == {
        (0x89, n, 0) for n in (76, 77, 75, 38, 36)
    }


async def test_notes_come_when_due_less_the_latency(stage: tuple[MidiOutPart, Synth]) -> None:
    part, listening = stage
    part.take(OutputLatency("midi", 30.0))
    part.take(OutputLatency("sound", 500.0))
    start = perf_counter_ns() + 200 * MS
    for number in range(9):
        part.take(Cue(f"{number}", start + number * 30 * MS, "click"))
    heard = await listening.struck(9)
    late = sorted(arrival - (start + n * 30 * MS - 30 * MS) for n, (arrival, _) in enumerate(heard))
    assert late[0] >= 0
    assert late[4] < 5 * MS


async def test_what_is_replaced_withdrawn_or_long_past_is_never_sent(
    stage: tuple[MidiOutPart, Synth],
) -> None:
    part, listening = stage
    now = perf_counter_ns()
    part.take(Cue("late", now - 500 * MS, "accent"))
    part.take(Cue("click:1", now + 60 * MS, "click"))
    part.take(Cue("click:1", now + 90 * MS, "count"))
    part.take(Cue("call:1", now + 60 * MS, "call"))
    part.take(Withdraw("call:", now))
    part.take(Cue("end", now + 120 * MS, "drum"))
    assert [note[1] for _, note in await listening.struck(2)] == [75, 36]


async def test_silence_drops_what_waits_and_ends_what_sounds(
    stage: tuple[MidiOutPart, Synth], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "LENGTH", 3600_000 * MS)
    part, listening = stage
    now = perf_counter_ns()
    part.take(Cue("long", now, "drum"))
    part.take(Cue("never", now + 3600_000 * MS, "call"))
    await listening.struck(1)
    part.take(Silence())
    await listening.circle.until(lambda: [n for _, n in listening.notes if n[0] == 0x89])
    assert [note for _, note in listening.notes] == [(0x99, 36, 100), (0x89, 36, 0)]


async def test_gain_is_velocity(stage: tuple[MidiOutPart, Synth]) -> None:
    part, listening = stage
    part.take(Cue("a", perf_counter_ns(), "drum", gain=5.0))
    await listening.struck(1)
    part.take(SoundSet(-6.0206))
    part.take(Cue("b", perf_counter_ns(), "drum"))
    assert [note[2] for _, note in await listening.struck(2)] == [127, 50]


async def test_a_port_pulled_out_is_told_of_stood_in_for_and_used_again_when_back() -> None:
    circle, part = RememberingCircle(), MidiOutPart("synth")
    with synth(circle) as first:
        async with running(part, circle):
            await circle.told("midi-out", True)
            first.close()
            assert "synth:in is gone" in await circle.told("midi-out", False)
            await circle.told("midi-out", True, times=2)  # a port of our own
            with synth(circle) as back:
                await circle.told("midi-out", True, times=3)
                part.take(Cue("click", circle.now(), "click"))
                await circle.until(lambda: len(back.notes) == 2)  # nothing is on its way when it is closed
                assert [note for _, note in back.notes] == [(0x99, 77, 100), (0x89, 77, 0)]


async def test_a_name_nobody_has_becomes_a_port_of_our_own_that_no_hub_takes_for_a_pad() -> None:
    circle = RememberingCircle()
    async with running(MidiOutPart("to the daw"), circle), running(MidiIn(), circle):
        await circle.told("midi-out", True)
        watch = open_watch("jack")
        assert [name for name in watch.names() if name.endswith(":to the daw")]
        watch.close()
        async with player("maria"):
            await circle.have(PadFound)
    assert {found.pad for found in await circle.have(PadFound)} == {"usb:maria"}


async def test_both_parts_outlive_a_server_that_dies() -> None:
    circle = RememberingCircle()
    with jack_server() as server:
        async with running(MidiOutPart("to the daw"), circle), running(MidiIn(), circle):
            await circle.told("midi-out", True)
            await circle.told("midi", True)
            server.stop()
            await circle.told("midi", False)
            await circle.told("midi-out", False)


async def test_an_output_of_our_own_is_found_by_a_hub_and_what_it_sends_is_heard() -> None:
    circle = RememberingCircle()
    async with running(MidiIn(), circle):
        await circle.told("midi", True)
        with open_output("maria", wait=0.0) as output:
            assert (output.virtual, output.port_name) == (True, "maria:out")
            await circle.have(PadFound)
            assert output.wait_for_listener(0.0)
            output.send_note_on(36, 100)
            output.send_note_off(36)
            output.send_note_on(38, 90, channel=0)
            hits = await circle.have(Hit, 2)
    assert [(hit.pad, hit.note, hit.velocity) for hit in hits] == [
        ("usb:maria", 36, 100),
        ("usb:maria", 38, 90),
    ]


async def test_notes_sent_just_before_closing_still_arrive() -> None:
    circle = RememberingCircle()
    async with running(MidiIn(), circle):
        await circle.told("midi", True)
        with open_output("maria", wait=0.0) as output:
            await circle.have(PadFound)
            for note in range(100):
                output.send_note_on(note, 1)
        assert [hit.note for hit in await circle.have(Hit, 100)] == list(range(100))


def test_without_a_listener_it_waits_no_longer_than_told() -> None:
    with open_output("nobody", wait=0.05) as output:
        assert not output.wait_for_listener(0.0)


def test_a_second_output_of_the_same_name_knows_what_the_others_see() -> None:
    with open_output("maria", wait=0.0) as first, open_output("maria", wait=0.0) as second:
        assert first.port_name == "maria:out"
        assert second.port_name == "maria-01:out"


async def test_a_port_that_exists_is_used_and_hubs_inputs_are_never_offered() -> None:
    circle = RememberingCircle()
    with synth(circle), synth(circle, "drumcircle-in-77"):
        assert output_names() == ["synth in"]
        with open_output("synt") as output:
            assert (output.virtual, output.port_name) == (False, "synth:in")
            assert output.present()


async def test_a_name_that_fits_several_ports_is_asked_back_and_an_exact_one_is_not() -> None:
    circle = RememberingCircle()
    with synth(circle, "kit"), synth(circle, "kitchen"):
        with pytest.raises(UsageError, match="kit:in, kitchen:in"):
            open_output("kit")
        with open_output("kit:in") as output:
            assert output.port_name == "kit:in"


def test_on_windows_where_no_port_can_be_made_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    class Windows:
        api: ports.Api = "winmm"

        def close(self) -> None:
            pass

    monkeypatch.setattr(send, "open_watch", lambda api: Windows())
    monkeypatch.setattr(send, "_destinations", lambda watch: [ports.parse("MPD218 0", "winmm")])
    with pytest.raises(MissingPart, match=r"'maria' \(there are: MPD218\).*loopMIDI"):
        open_output("maria")
