"""Pads through real brokers: what reaches the circle, what goes back, and what a broker's end does to it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from broker_fixtures import PATIENCE, FakeCircle, any_broker, listening, mosquitto, nats, running
from drumcircle.core.events import MS, NS, Hit, PadFound, PadGone, PadLink, Perform, PulseShown
from drumcircle.net import topics, wire
from drumcircle.net.address import Address
from drumcircle.net.broker import Broker
from drumcircle.net.connection import Connection, connect
from drumcircle.net.mqtt import MqttPart
from drumcircle.net.padclient import PadClient

__all__ = ["any_broker", "mosquitto", "nats"]  # fixtures, found by name

Logins = tuple[Address, Address]


class RawPad:
    """A pad that says exactly what it is told to, byte by byte, and remembers what it hears."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[tuple[str, bytes]] = []
        self.connection: Connection
        self._more = asyncio.Event()

    def say(self, leaf: str, payload: bytes) -> None:
        assert self.connection.publish(topics.pad_topic("circle", self.name, leaf), payload)

    def hit(
        self, seq: int, *, boot: int = 1, note: int = 38, t_us: int | None = 1, as_json: bool = False
    ) -> None:
        self.say("hit", wire.encode_hit(wire.HitMessage(1, boot, seq, note, 100, t_us), as_json=as_json))

    async def hears(self, leaf: str) -> bytes:
        """The next message of this kind that has not been asked for yet."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for place, (topic, payload) in enumerate(self.heard):
                    if topic.endswith(leaf):
                        del self.heard[place]
                        return payload
                self._more.clear()
                await self._more.wait()

    def on_message(self, topic: str, payload: bytes, _arrival: int) -> None:
        self.heard.append((topic, payload))
        self._more.set()


@asynccontextmanager
async def raw_pad(address: Address, name: str = "anna") -> AsyncIterator[RawPad]:
    pad = RawPad(name)
    heard = [topics.pad_topic("circle", name, leaf) for leaf in ("ack", "sync/res")]
    pad.connection = await connect(address, pad.on_message, topics=[*heard, topics.pulse_topic("circle")])
    try:
        yield pad
    finally:
        await pad.connection.close()


async def test_hits_of_pads_arrive_with_the_time_they_happened(any_broker: Logins) -> None:
    hub, pads = any_broker
    async with listening(hub) as (part, circle), PadClient(pads, ["anna", "ben"]) as client:
        await client.ready()
        sent = {}
        for number in range(20):
            for name in ("anna", "ben"):
                at = circle.now() - number * MS
                sent[f"mqtt:{name}", number] = at
                client.send_hit(name, 36, 1 + number, at)
        await circle.until(lambda: len(circle.hits()) == 40)
        for hit in circle.hits():
            assert hit.uncertainty is not None
            assert not hit.by_arrival
            assert abs(hit.time - sent[hit.pad, hit.velocity - 1]) <= hit.uncertainty + 2000
        offset = client.hub_offset_ns()
        assert offset is not None
        assert abs(offset) < 20 * MS, "one machine, one clock"
        part.safe(circle.hits())
        assert await client.drained(PATIENCE)
    counts = part.counts()
    assert (counts["received"], counts["lost"], counts["duplicate"], counts["rejected"]) == (40, 0, 0, 0)
    assert {e.pad for e in circle.events if isinstance(e, PadFound)} == {"mqtt:anna", "mqtt:ben"}


async def test_loss_duplicates_and_a_reboot_are_counted_and_told(nats: Broker) -> None:
    async with listening(nats.hub_login) as (part, circle), raw_pad(nats.pads_login) as pad:
        for seq in (0, 1, 1, 4):
            pad.hit(seq)
        pad.hit(0, boot=2)
        await circle.until(lambda: len(circle.hits()) == 4)
        await circle.until(lambda: any(isinstance(e, PadLink) and e.lost == 2 for e in circle.events))
    assert part.counts()["pads"] == {"anna": {"received": 4, "lost": 2, "duplicate": 1, "rejected": 0}}
    assert [(hit.boot, hit.seq) for hit in circle.hits()] == [(1, 0), (1, 1), (1, 4), (2, 0)]


async def test_a_hit_that_waits_for_its_pads_clock_when_the_circle_ends_is_kept(nats: Broker) -> None:
    async with listening(nats.hub_login) as (part, circle), raw_pad(nats.pads_login) as pad:
        pad.hit(0)
        pad.say("info", b'{"v":1,"label":"heard after it"}')
        await circle.until(lambda: any(isinstance(e, PadFound) and e.label != "anna" for e in circle.events))
        assert not circle.hits()
    assert [(hit.seq, hit.by_arrival) for hit in circle.hits()] == [(0, True)]
    assert part.counts()["received"] == 1


async def test_an_ack_comes_when_hits_are_safe_and_again_when_they_are_sent_again(nats: Broker) -> None:
    async with listening(nats.hub_login) as (part, circle), raw_pad(nats.pads_login) as pad:
        for seq in range(3):
            pad.hit(seq)
        await circle.until(lambda: len(circle.hits()) == 3)
        part.safe(circle.hits()[:2])
        assert wire.decode_ack(await pad.hears("/ack")) == wire.Ack(1, 1, 1)
        pad.hit(0)  # as if the ack had been lost
        assert wire.decode_ack(await pad.hears("/ack")) == wire.Ack(1, 1, 1)
        part.safe(circle.hits()[2:])
        assert wire.decode_ack(await pad.hears("/ack")) == wire.Ack(1, 1, 2)


async def test_a_pad_that_speaks_json_is_answered_in_json(nats: Broker) -> None:
    async with listening(nats.hub_login) as (part, circle), raw_pad(nats.pads_login) as pad:
        pad.say("info", b'{"v":1,"online":true,"label":"Snare","voiced":true}')
        pad.say("sync/req", b'{"v":1,"boot":7,"id":5,"t_us":1000}')
        answer = json.loads(await pad.hears("/sync/res"))
        assert (answer["v"], answer["boot"], answer["id"], answer["t_us"]) == (1, 7, 5, 1000)
        assert answer["rx_ns"] <= answer["tx_ns"] <= circle.now()
        pad.say("hit", b'{"v":1,"boot":7,"seq":0,"note":60,"vel":33}')
        await circle.until(circle.hits)
        part.safe(circle.hits())
        assert json.loads(await pad.hears("/ack")) == {"v": 1, "boot": 7, "seq": 0}
    assert circle.events[0] == PadFound("mqtt:anna", "Snare", "mqtt", voiced=True)
    hit = circle.hits()[0]
    assert (hit.note, hit.velocity, hit.by_arrival, hit.raw_time) == (60, 33, True, None)


async def test_a_pad_that_never_synchronises_is_judged_by_arrival_whatever_time_it_tells(
    nats: Broker,
) -> None:
    async with listening(nats.hub_login) as (_, circle), raw_pad(nats.pads_login) as pad:
        before = circle.now()
        pad.hit(0, t_us=5)
        pad.hit(1, t_us=2**64 - 1)
        await circle.until(lambda: len(circle.hits()) == 2)
        await circle.until(lambda: any(isinstance(e, PadLink) and e.by_arrival for e in circle.events))
    assert {hit.raw_time for hit in circle.hits()} == {5000, None}
    assert all(hit.by_arrival and before < hit.time < circle.now() for hit in circle.hits())
    assert [e.words for e in circle.events if isinstance(e, PadLink)] == ["time of arrival only"]


async def test_a_storm_of_rubbish_is_counted_and_harms_no_other_pad(nats: Broker) -> None:
    rubbish = [
        b"",
        b"\xff" * 13,
        b"{" * 3000,
        b"x" * 5000,
        wire.encode_hit(wire.HitMessage(1, 1, 1, 38, 0, 1)),
    ]
    async with (
        listening(nats.hub_login) as (part, circle),
        raw_pad(nats.pads_login, "wild") as wild,
        raw_pad(nats.pads_login, "good") as good,
    ):
        for seq in range(100):
            for payload in rubbish:
                wild.say("hit", payload)
            wild.connection.publish("drumcircle/v1/circle/NOT AN ID/hit".replace(" ", "_"), b"x")
            good.hit(seq)
        await circle.until(lambda: len(circle.hits("mqtt:good")) == 100)
        await circle.until(lambda: part.counts()["rejected"] == 600)
        wild.say("hit", b"x" * 20_000)  # more than our broker carries: it drops this client
        assert await asyncio.wait_for(wild.connection.lost(), PATIENCE)
        good.hit(100)
        await circle.until(lambda: len(circle.hits("mqtt:good")) == 101)
        await circle.until(
            lambda: any(isinstance(e, PadLink) and "not understood" in e.words for e in circle.events)
        )
    counted = part.counts()["pads"]
    assert isinstance(counted, dict)
    assert counted["wild"]["rejected"] == 500
    assert counted["good"] == {"received": 101, "lost": 0, "duplicate": 0, "rejected": 0}


async def test_a_lost_pad_is_gone_by_its_last_will_and_found_again(any_broker: Logins) -> None:
    hub, pads = any_broker
    async with listening(hub) as (_, circle):
        async with PadClient(pads, ["anna"]) as client:
            await client.ready()
            connection = client._pads["anna"]._connection
            assert connection is not None
            connection.abort()
            await circle.until(lambda: PadGone("mqtt:anna", "its connection is lost") in circle.events)
            await circle.until(lambda: [type(e) for e in circle.events].count(PadFound) == 2)
        await circle.until(lambda: PadGone("mqtt:anna", "it left") in circle.events)


async def test_the_pulse_is_retained_for_pads_that_come_later(any_broker: Logins) -> None:
    hub, pads = any_broker
    async with listening(hub) as (part, _):
        part.take(PulseShown(t=5_000_000_000, bar=3, beat=1, bpm=96.0, meter="6/8"))
        async with PadClient(pads, ["late"]) as client:
            await client.ready()
            assert client.pulse() == wire.PulseMessage(1, 5_000_000_000, 3, 1, 96.0, "6/8")


@pytest.mark.parametrize("user", ["hub", "pads", None])
async def test_a_wrong_password_is_told_in_a_sentence_and_tried_again(
    any_broker: Logins, user: str | None
) -> None:
    address = replace(any_broker[0], user=user, password="wrong" if user else None)
    circle = FakeCircle()
    async with running(MqttPart(address), circle):
        await circle.until(lambda: circle.reports)
    service, ok, words = circle.reports[0]
    assert (service, ok) == ("broker", False)
    assert "does not accept" in words
    assert "user or the password" in words
    assert "wrong" not in words


async def test_a_broker_that_is_killed_and_comes_back_costs_no_hit(nats: Broker, tmp_path: Path) -> None:
    part, circle = MqttPart(nats.hub_login), FakeCircle()
    async with running(part, circle), PadClient(nats.pads_login, ["anna"]) as client:
        await circle.connected()
        await client.ready()
        part.take(PulseShown(t=1, bar=1, beat=1, bpm=100.0, meter="4/4"))
        client.send_hit("anna", 38, 1, circle.now())
        await circle.until(circle.hits)
        os.kill(nats._child.pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        await circle.until(lambda: not circle.reports[-1][1])
        assert "gone" in circle.reports[-1][2] or "No MQTT broker answers" in circle.reports[-1][2]
        for velocity in (2, 3, 4):
            client.send_hit("anna", 38, velocity, circle.now())
        nats.stop()
        back = Broker.start(tmp_path / "state", port=nats.port)
        try:
            await circle.until(lambda: len(circle.hits()) == 4)
            async with PadClient(back.pads_login, ["late"]) as late:
                await late.ready()
                assert late.pulse() is not None, "the pulse is there again"
        finally:
            back.stop()


async def test_a_hub_that_is_restarted_gets_every_hit_that_was_not_safe(nats: Broker) -> None:
    async with PadClient(nats.pads_login, ["anna"]) as client:
        async with listening(nats.hub_login) as (part, circle):
            await client.ready()
            for velocity in (1, 2):
                client.send_hit("anna", 38, velocity, circle.now())
            await circle.until(lambda: len(circle.hits()) == 2)
            part.safe(circle.hits()[:1])
            async with asyncio.timeout(PATIENCE):
                await client._until(lambda: client.unacknowledged() == 1, PATIENCE)
        client.send_hit("anna", 38, 3, circle.now())
        async with listening(nats.hub_login) as (part, circle):
            client.send_hit("anna", 38, 4, circle.now())
            await circle.until(lambda: len(circle.hits()) == 3)
            part.safe(circle.hits())
            assert await client.drained(PATIENCE)
    assert sorted(hit.velocity for hit in circle.hits()) == [2, 3, 4]


async def test_a_hub_that_was_killed_between_commit_and_ack_takes_no_hit_twice(nats: Broker) -> None:
    async with PadClient(nats.pads_login, ["anna"]) as client:
        async with listening(nats.hub_login) as (_, circle):
            await client.ready()
            for velocity in (1, 2, 3):
                client.send_hit("anna", 38, velocity, circle.now())
            await circle.until(lambda: len(circle.hits()) == 3)
        committed = circle.hits()[:2]
        part, circle = MqttPart(nats.hub_login), FakeCircle()
        part.prime(committed)
        async with running(part, circle):
            await circle.connected()
            client.send_hit("anna", 38, 4, circle.now())
            await circle.until(lambda: len(circle.hits()) == 2)
            part.safe(circle.hits())
            assert await client.drained(PATIENCE)
    assert sorted(hit.velocity for hit in committed + circle.hits()) == [1, 2, 3, 4]
    assert (part.counts()["received"], part.counts()["lost"]) == (4, 0)


async def test_a_performance_reaches_the_circle_before_its_first_hit(any_broker: Logins) -> None:
    hub, pads = any_broker
    async with listening(hub) as (_, circle), PadClient(pads, ["anna", "ben"]) as client:
        await client.ready()
        start = circle.now() + NS
        client.announce(start, "Samba")
        for name in ("anna", "ben"):
            client.send_hit(name, 38, 100, circle.now())
        await circle.until(lambda: len(circle.hits()) == 2)
    kinds = [type(event) for event in circle.events if isinstance(event, Perform | Hit)]
    assert kinds[0] is Perform
    assert [e for e in circle.events if isinstance(e, Perform)] == [Perform(start, "Samba")]


async def test_a_pad_may_not_speak_for_the_hub(nats: Broker) -> None:
    async with (
        raw_pad(nats.pads_login, "anna") as anna,
        raw_pad(nats.pads_login, "evil") as evil,
        listening(nats.hub_login) as (part, circle),
    ):
        for leaf in ("ack", "sync/res", "cue", "cfg"):
            evil.connection.publish(topics.pad_topic("circle", "anna", leaf), b"evil")
        evil.connection.publish(topics.pulse_topic("circle"), b"evil", retain=True)
        evil.hit(0)  # in order on one connection: all before it has been dealt with
        await circle.until(circle.hits)
        part.take(PulseShown(t=9, bar=1, beat=1, bpm=90.0, meter="4/4"))
        assert wire.decode_pulse(await anna.hears("/pulse")).t_ns == 9
        assert anna.heard == []
