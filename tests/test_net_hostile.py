"""A pad that sends rubbish, lies about its time and replays what it sent: nobody else's hits are touched."""

from __future__ import annotations

import asyncio
import gc
import random
import tracemalloc
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from broker_fixtures import PATIENCE, FakeCircle, nats, running
from drumcircle.core.events import MS, NS, Event, Hit, PadLink
from drumcircle.net import topics, wire
from drumcircle.net.address import Address
from drumcircle.net.broker import Broker
from drumcircle.net.intake import Intake
from drumcircle.net.mqtt import MqttPart
from drumcircle.net.offset import NEEDED
from drumcircle.net.pad import MESSAGES_AT_ONCE
from drumcircle.net.padclient import PadClient
from drumcircle.net.wire_constants import HEARD_BY_HUB, LONGEST

__all__ = ["nats"]  # a fixture, found by name

MESSAGES = 10_000
GOOD = tuple(f"good-{number}" for number in range(8))
LEAVES = (*HEARD_BY_HUB, "ack", "cue", "nonsense", "hit/hit", "")


def _well_formed(dice: random.Random) -> tuple[str, bytes]:
    """What a pad may say, with numbers that no sound pad would: old, future, replayed, of any boot."""
    t_us = dice.choice((0, 1, 2**40, 2**53 - 1, 2**63, dice.randrange(2**50)))
    boot, number = dice.choice((1, 1, 1, dice.randrange(256))), dice.randrange(2**16)
    hit = wire.HitMessage(1, boot, dice.choice((0, 1, 2, 3, number)), dice.randrange(128), 1, t_us)
    request = wire.SyncRequest(1, boot, number % 40, t_us)
    state = wire.PadState(
        1, boot, wire.SyncReport(number % 40, t_us), start_ns=dice.choice((None, -1, 2**62))
    )
    return dice.choice(
        (
            ("hit", wire.encode_hit(hit)),
            ("hit", wire.encode_hit(hit, as_json=True)),
            ("sync/req", wire.encode_sync_request(request, as_json=dice.random() < 0.5)),
            ("state", wire.encode_json(state)),
            ("info", wire.encode_json(wire.PadInfo(1, dice.random() < 0.5, "x" * 300, True, True))),
        )
    )


def _hostile(dice: random.Random) -> tuple[str, bytes]:
    """One message: as it should be, cut short, too long, of random bytes, or in the wrong place."""
    leaf, payload = _well_formed(dice)
    kind = dice.randrange(5)
    if kind == 1:
        payload = payload[: dice.randrange(len(payload))]
    elif kind == 2:
        payload += dice.randbytes(dice.choice((1, 100, LONGEST, 2 * LONGEST - 200)))
    elif kind == 3:
        payload = dice.choice((b"", b"{")) + dice.randbytes(dice.randrange(64))
    elif kind == 4:
        leaf = dice.choice(LEAVES)
    return leaf, payload


class Room(FakeCircle):
    """A circle that forgets what the hostile pad did, so that what grows is the intake's own."""

    def __init__(self) -> None:
        super().__init__()
        self.links: dict[str, PadLink] = {}

    def post(self, event: Event) -> None:
        if isinstance(event, PadLink):
            self.links[event.pad] = event
        if getattr(event, "pad", "").startswith("mqtt:good"):
            super().post(event)
        self._changed.set()


class Storm:
    """A client of its own making that sends as one pad, and comes back whenever it is thrown out."""

    def __init__(self, login: Address) -> None:
        self._login, self._dice = login, random.Random(4)
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self.sent = 0

    async def rage(self, messages: int) -> None:
        await self._connect()
        for _ in range(messages):
            leaf, payload = _hostile(self._dice)
            if self._reader.at_eof():
                await self._connect()
            topic = _text(topics.pad_topic("circle", "wild", leaf))
            self._writer.write(_packet(0x30, topic + payload))
            self.sent += 1
            if self.sent % 20 == 0:
                try:
                    await self._writer.drain()
                except ConnectionError:
                    await self._connect()
                await asyncio.sleep(0)
        self._writer.close()

    async def _connect(self) -> None:
        """MQTT 3.1.1: CONNECT with user and password, and the answer waited for."""
        login = self._login
        self._reader, self._writer = await asyncio.open_connection(login.host, login.port)
        who = _text("wild") + _text(login.user or "") + _text(login.password or "")
        self._writer.write(_packet(0x10, _text("MQTT") + bytes((4, 0xC2, 0, 60)) + who))
        assert (await self._reader.readexactly(4))[3] == 0


def _text(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()


def _packet(kind: int, content: bytes) -> bytes:
    low, high = len(content) & 0x7F, len(content) >> 7
    return bytes((kind, low | 0x80, high) if high else (kind, low)) + content


async def _strike(
    client: PadClient, circle: Room, sent: dict[tuple[str, int], int], until: asyncio.Task[None]
) -> None:
    """All good pads play, each at its own moments, for as long as the storm lasts."""
    number = 0
    while not until.done() or number < 50:
        for name in GOOD:
            at = circle.now()
            sent[f"mqtt:{name}", number] = at
            client.send_hit(name, 36 + number % 64, 1 + number % 127, at)
            await asyncio.sleep(0)
        number += 1
        await circle.until(lambda: len(circle.hits()) >= len(sent) - 8 * len(GOOD))


async def test_ten_thousand_hostile_messages_cost_eight_good_pads_nothing(nats: Broker) -> None:
    part, circle = MqttPart(nats.hub_login), Room()
    sent: dict[tuple[str, int], int] = {}
    async with running(part, circle):
        await circle.connected()
        async with PadClient(nats.pads_login, GOOD) as client:
            await client.ready()
            storm = Storm(nats.pads_login)
            await storm.rage(MESSAGES // 2)  # all that grows has grown
            gc.collect()
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            raging = asyncio.create_task(storm.rage(MESSAGES // 2))
            await _strike(client, circle, sent, raging)
            await raging
            await circle.until(lambda: len(circle.hits()) == len(sent))
            part.safe(circle.hits())
            assert await client.drained(PATIENCE)
            heard, circle.events = circle.hits(), []
            seen = {(hit.pad, hit.seq): hit for hit in heard}
            del heard
            await circle.until(lambda: "mqtt:wild" in circle.links)
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
    assert storm.sent == MESSAGES
    assert seen.keys() == sent.keys()
    for key, at in sent.items():
        hit = seen[key]
        assert not hit.by_arrival
        assert hit.uncertainty is not None
        assert abs(hit.time - at) <= hit.uncertainty + 2000
    counted = part.counts()["pads"]
    assert isinstance(counted, dict)
    for name in GOOD:
        received, lost, rejected = (counted[name][key] for key in ("received", "lost", "rejected"))
        assert (received, lost, rejected) == (len(sent) // 8, 0, 0)
    assert counted["wild"]["rejected"] > MESSAGES // 4
    assert "not understood" in circle.links["mqtt:wild"].words
    assert grown < 1_000_000 + 1_500 * len(sent), "what the good pads' own hits take is this test's"


class Quiet:
    """An intake in virtual time, and what it made of one good pad."""

    def __init__(self) -> None:
        self.time = 1000 * NS
        self.hits: list[Hit] = []
        self.intake = Intake("circle", self._post, lambda *_: True, lambda: self.time)

    def _post(self, event: Event) -> None:
        if isinstance(event, Hit) and event.pad == "mqtt:good":
            self.hits.append(event)

    def hear(self, pad: str, leaf: str, payload: bytes) -> None:
        self.intake.hear(topics.pad_topic("circle", pad, leaf), payload, self.time)

    def good(self) -> Iterator[None]:
        """A pad that synchronises, then plays; the hostile one speaks whenever it pauses."""
        offset = 77 * NS
        for number in range(NEEDED + 20):
            us = (self.time - offset) // 1000
            request = wire.SyncRequest(1, 1, number, us)
            self.hear("good", "sync/req", wire.encode_sync_request(request))
            yield
            self.time += 2 * MS
            state = wire.PadState(1, 1, wire.SyncReport(number, us + 2000))
            self.hear("good", "state", wire.encode_json(state))
            yield
            hit = wire.HitMessage(1, 1, number, 38, 100, (self.time - MS - offset) // 1000)
            self.hear("good", "hit", wire.encode_hit(hit))
            yield
            self.time += 48 * MS


BYTES = st.one_of(
    st.binary(max_size=40), st.integers(0, 2**32).map(lambda seed: _hostile(random.Random(seed))[1])
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(LEAVES), BYTES), max_size=200))
def test_whatever_another_pad_says_a_good_one_is_heard_to_the_nanosecond(
    wild: list[tuple[str, bytes]],
) -> None:
    alone, beside = Quiet(), Quiet()
    for _ in alone.good():
        pass
    said = iter(wild)
    for _ in beside.good():
        for leaf, payload in (next(said, ("hit", b"")) for _ in range(3)):
            beside.hear("wild", leaf, payload)
        beside.intake.look_after(beside.time, 100)
    assert beside.hits == alone.hits
    assert len(alone.hits) == NEEDED + 20


def test_what_is_remembered_of_a_hostile_pad_is_bounded() -> None:
    room, dice = Quiet(), random.Random(9)
    for _ in range(3 * MESSAGES_AT_ONCE):
        room.hear("wild", *_hostile(dice))
        room.time += 3 * MS
    pad = room.intake._pads["wild"]
    assert len(room.intake._pads) == 1
    assert len(room.intake._routes) <= len(HEARD_BY_HUB)
    assert len(pad.open_exchanges) <= 32
    assert len(pad.placing._held) <= 1024
    assert len(pad.sequence._missing) <= 2048
