"""OSC in: what a packet says, what is refused, what a flood costs, and when a hit was."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from drumcircle.core.events import MS, NS, Event, Hit, PadFound, PadLink
from drumcircle.errors import PortTaken
from drumcircle.net import osc
from drumcircle.net.offset import NEEDED
from drumcircle.net.osc import A_SECOND, A_TICK, OscPart
from drumcircle.net.osc_packets import MOST_TOGETHER, OscError, Struck, read_packet

GUARD = 20.0
"""Seconds after which a test that waits has failed."""
NTP_TO_UNIX_S = 2_208_988_800


def message(address: str, *values: object) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)  # type: ignore[arg-type]
    return builder.build().dgram


def bundle(*elements: bytes, tag: bytes = b"\0\0\0\0\0\0\0\1") -> bytes:
    return b"#bundle\0" + tag + b"".join(struct.pack(">i", len(one)) + one for one in elements)


def tagged(unix_s: float, *elements: bytes) -> bytes:
    return bundle(*elements, tag=struct.pack(">Q", round((unix_s + NTP_TO_UNIX_S) * 2**32)))


# ---------------------------------------------------------------- what a packet says


@pytest.mark.parametrize(
    ("packet", "struck"),
    [
        (message("/pad/anna", 100), Struck("anna", 38, 100, None)),
        (message("/pad/Anna-2", 1.0), Struck("anna-2", 38, 127, None)),
        (message("/pad/anna", 0.5), Struck("anna", 38, 64, None)),
        (message("/pad/anna", 90.0), Struck("anna", 38, 90, None)),
        (message("/drumcircle/hit", 36, 1), Struck("", 36, 1, None)),
        (message("/drumcircle/hit", 36, 0.01, "bert"), Struck("bert", 36, 2, None)),
    ],
)
def test_a_message_is_a_hit(packet: bytes, struck: Struck) -> None:
    assert read_packet(packet) == [struck]


def test_the_letting_go_of_a_pad_is_no_hit() -> None:
    assert read_packet(message("/pad/anna", 0.0)) == []
    assert read_packet(message("/drumcircle/hit", 36, 0)) == []


def test_a_bundle_made_by_python_osc_gives_all_its_hits() -> None:
    inner, outer = OscBundleBuilder(IMMEDIATELY), OscBundleBuilder(IMMEDIATELY)
    inner.add_content(OscMessage(message("/pad/b", 2)))
    outer.add_content(OscMessage(message("/pad/a", 1)))
    outer.add_content(inner.build())
    assert [(hit.pad, hit.tag_us) for hit in read_packet(outer.build().dgram)] == [("a", None), ("b", None)]


def test_a_time_tag_is_read_to_the_microsecond() -> None:
    (hit,) = read_packet(tagged(1_700_000_000.25, message("/pad/a", 1)))
    assert hit.tag_us == (1_700_000_000 + NTP_TO_UNIX_S) * 1_000_000 + 250_000


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (b"", "no message"),
        (b"GET / HTTP/1.1\r\n\r\n", "no message"),
        (message("/pad/anna", "loud"), "neither"),
        (message("/fader/1", 0.5), "neither"),
        (message("/pad/An na".replace(" ", "_"), 1), "name"),
        (message("/pad/anna", 128), "velocity"),
        (message("/pad/anna", float("nan")), "velocity"),
        (message("/pad/anna", -0.1), "velocity"),
        (message("/drumcircle/hit", 128, 1), "note"),
        (message("/pad/anna", 1)[:-2], "cut off"),
        (bundle(message("/pad/a", 1))[:-4], "cut off"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", -4) + b"\0\0\0\0", "cut off"),
        (bundle(*[message("/pad/a", 1)] * (MOST_TOGETHER + 1)), "at once"),
        (message("/pad/a", 1) + bytes(5000), "bytes"),
    ],
)
def test_what_is_no_hit_is_refused_in_words(packet: bytes, words: str) -> None:
    with pytest.raises(OscError, match=words):
        read_packet(packet)


def test_bundles_in_bundles_without_end_are_refused() -> None:
    packet = message("/pad/a", 1)
    for _ in range(6):
        packet = bundle(packet)
    with pytest.raises(OscError, match="too deep"):
        read_packet(packet)


_like_osc = st.lists(
    st.sampled_from(
        [b"#bundle\0", bytes(8), b"/pad/a\0\0", b",i\0\0", b",f\0\0", b"\0\0\0\1", b"\xff\xff\xff\xfc", b"\x7f\xc0\0\0", b"\xc3("]
    ),
    max_size=30,
).map(b"".join)  # fmt: skip


@given(st.binary(max_size=300) | _like_osc)
def test_whatever_arrives_is_a_hit_or_refused(packet: bytes) -> None:
    try:
        hits = read_packet(packet)
    except OscError:
        return
    assert all(0 <= hit.note <= 127 and 1 <= hit.velocity <= 127 and hit.pad for hit in hits)


# ---------------------------------------------------------------- the part


class Room:
    """Fills :class:`drumcircle.hub.part.Circle` with a clock that the test sets; reports can be waited for."""

    def __init__(self) -> None:
        self.time = 1000 * NS
        self.events: list[Event] = []
        self.hits: asyncio.Queue[Hit] = asyncio.Queue()
        self.reports: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()

    def now(self) -> int:
        return self.time

    def post(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Hit):
            self.hits.put_nowait(event)

    def report(self, _service: str, ok: bool, words: str) -> None:
        self.reports.put_nowait((ok, words))

    async def hit(self) -> Hit:
        return await asyncio.wait_for(self.hits.get(), GUARD)


@contextlib.asynccontextmanager
async def hearing() -> AsyncIterator[tuple[Room, OscPart, socket.socket]]:
    room, part = Room(), OscPart("127.0.0.1", 0)
    task = asyncio.create_task(part.run(room))  # type: ignore[arg-type]  # as much of a Circle as is needed
    await asyncio.wait_for(room.reports.get(), GUARD)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", part.port))
        try:
            yield room, part, sender
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_a_hit_over_a_real_socket_counts_at_its_arrival_and_is_badged() -> None:
    async with hearing() as (room, part, sender):
        sender.send(message("/pad/anna", 100))
        assert await room.hit() == Hit(room.time, "osc:anna", 38, 100, by_arrival=True)
        assert room.events[0] == PadFound("osc:anna", "anna", "osc")
        sender.send(message("/drumcircle/hit", 36, 50))
        assert (await room.hit()).pad == "osc:at-127-0-0-1"
        assert part.counts() == {
            "received": 2, "lost": 0, "duplicate": 0, "rejected": 0,
            "pads": {
                "anna": {"received": 1, "lost": 0, "duplicate": 0, "rejected": 0},
                "at-127-0-0-1": {"received": 1, "lost": 0, "duplicate": 0, "rejected": 0},
            },
        }  # fmt: skip


async def test_rubbish_is_counted_and_shown_and_the_next_hit_is_heard() -> None:
    async with hearing() as (room, part, sender):
        for _ in range(3):
            sender.send(b"\xff" * 100)
        sender.send(message("/pad/anna", 100))
        assert (await room.hit()).pad == "osc:anna"
        assert part.counts()["rejected"] == 3
        while (told := await asyncio.wait_for(room.reports.get(), GUARD))[0]:
            pass
        assert "127.0.0.1 sends no message of numbers and words (so far: 3)" in told[1]


async def test_time_tags_take_the_networks_jitter_out_and_a_senders_lead_with_it() -> None:
    lead_s, delays = 0.2, [3 * MS, 1 * MS, 9 * MS, 2 * MS, 30 * MS, 1 * MS]
    async with hearing() as (room, _, sender):
        base, heard = room.time, []
        for number, delay in enumerate(delays):
            played = base + number * NS
            room.time = played + delay
            sender.send(tagged(1_700_000_000 + number + lead_s, message("/pad/anna", 100)))
            heard.append((await room.hit(), played))
        assert all(hit.by_arrival for hit, _ in heard[: NEEDED - 1])
        for hit, played in heard[NEEDED - 1 :]:
            assert not hit.by_arrival
            assert hit.uncertainty is not None
            assert abs(hit.time - played) <= 2 * MS


async def test_a_chord_shares_one_tag_and_a_clock_that_is_set_back_begins_anew() -> None:
    async with hearing() as (room, _, sender):
        for number in range(NEEDED):
            room.time += NS
            sender.send(tagged(1_700_000_000 + number, message("/pad/a", 1), message("/pad/b", 1)))
            first, second = await room.hit(), await room.hit()
        assert not first.by_arrival
        assert first.time == second.time
        room.time += NS
        sender.send(tagged(1_600_000_000, message("/pad/a", 1)))
        assert await room.hit() == Hit(
            room.time, "osc:a", 38, 1, raw_time=(1_600_000_000 + NTP_TO_UNIX_S) * NS, by_arrival=True
        )


async def test_a_flood_is_limited_by_sender_and_by_tick() -> None:
    async with hearing() as (room, part, sender):
        for _ in range(A_TICK + 1):
            sender.send(message("/pad/flood", 1))
        for _ in range(A_TICK):
            await room.hit()
        room.time += 2 * NS
        assert (await room.hit()).time == room.time  # it was not read before the tick was over
        taken = A_TICK + 1
        while taken < A_SECOND + A_TICK:
            sender.send(message("/pad/flood", 1))
            room.time += osc.TICK // 100
            await room.hit()
            taken += 1
        sender.send(message("/pad/flood", 1))
        while not part.counts()["rejected"]:
            await asyncio.wait_for(room.reports.get(), GUARD)
        assert part.counts()["received"] == taken


async def test_a_port_that_is_taken_is_said_in_words() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        part = OscPart("127.0.0.1", holder.getsockname()[1])
        with pytest.raises(PortTaken, match="--osc PORT"):
            await part.run(Room())  # type: ignore[arg-type]  # as much of a Circle as is needed


async def test_how_a_pad_is_timed_is_told_once_until_it_changes() -> None:
    async with hearing() as (room, _, sender):
        sender.send(message("/pad/anna", 1))
        await room.hit()
        for _ in range(2):
            await asyncio.wait_for(room.reports.get(), GUARD)
        links = [event for event in room.events if isinstance(event, PadLink)]
        assert [link.words for link in links] == ["OSC, time of arrival only"]
