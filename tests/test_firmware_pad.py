"""The whole ESP32 program under MicroPython, on a simulated board, with a real broker and the hub's own ear."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest

from broker_fixtures import FakeCircle, listening, nats
from drumcircle.bench.delays import PROFILES
from drumcircle.bench.proxy import delaying
from drumcircle.core.events import Hit, PadFound, PadGone
from drumcircle.link.client import LinkClient, Watcher
from drumcircle.link.messages import HeardHit
from drumcircle.net import wire
from drumcircle.net.address import Address
from drumcircle.net.broker import Broker
from drumcircle.net.mqtt import MqttPart
from drumcircle.net.topics import pad_topic
from e2e_rig import drumcircle, environment, running_hub
from firmware_fixtures import (
    LIGHT,
    MOTOR,
    NOTE,
    PATIENCE,
    PIN,
    Board,
    beside,
    built,
    drum,
    module,
    now_us,
    running_board,
    settings,
)
from test_firmware_modules import announcement
from trust_fixtures import Trusting, trusting

__all__ = ["nats", "trusting"]  # fixtures

pytestmark = pytest.mark.timeout(90)

MS_US = 1000
CLOSE_NS = 1_000_000
"""How far a hit's time may be from the stroke's beyond the uncertainty that is stated: the stroke rises meanwhile."""
SOON_US = 300_000
WRONG_HUB = module("status_light").WRONG_HUB
"""Blinks of the light."""


def device(name: str = "snare") -> str:
    return f"mqtt:{name}"


def beats(count: int, apart_us: int = 150_000, begins_in_us: int = SOON_US) -> list[int]:
    """Moments to strike at."""
    first = now_us() + begins_in_us
    return [first + number * apart_us for number in range(count)]


async def strike(board: Board, times: list[int], pin: int = PIN) -> None:
    await board.strike([(pin, at, drum()) for at in times])


def true(hits: list[Hit], times: list[int]) -> bool:
    """Whether these hits are those strokes, in any order of arrival."""
    placed = sorted(hits, key=lambda hit: hit.time)
    return len(placed) == len(times) and all(
        not hit.by_arrival and abs(hit.time - at * 1000) <= CLOSE_NS + (hit.uncertainty or 0)
        for hit, at in zip(placed, times, strict=True)
    )


def offsets_ms(hits: list[Hit], times: list[int]) -> list[float]:
    placed = sorted(hits, key=lambda hit: hit.time)
    return [(hit.time / 1000 - at) / 1000 for hit, at in zip(placed, times, strict=False)]


async def settled(part: MqttPart, circle: FakeCircle, board: Board) -> None:
    """A stroke has been placed by the pad's clock, so that is known, and acknowledged."""
    await strike(board, beats(1))
    await circle.until(circle.hits)
    assert not circle.hits()[0].by_arrival
    part.safe(circle.hits())
    circle.events.clear()


@asynccontextmanager
async def playing(
    folder: Path, hub: Address, pads: Address, more: str = "", **changes: str
) -> AsyncIterator[tuple[Board, MqttPart, FakeCircle]]:
    """One pad at work, its clock known to the hub."""
    async with (
        listening(hub) as (part, circle),
        running_board(folder / "pad", settings(pads, more=more), **changes) as board,
    ):
        await settled(part, circle, board)
        yield board, part, circle


async def test_strokes_arrive_with_their_true_times_across_the_wrap_of_the_boards_counter(
    tmp_path: Path, nats: Broker
) -> None:
    async with playing(tmp_path, nats.hub_login, nats.pads_login) as (board, _, circle):
        times = beats(20)
        await strike(board, times)
        await circle.until(lambda: len(circle.hits(device())) == 20)
    assert true(circle.hits(), times), offsets_ms(circle.hits(), times)
    assert {hit.note for hit in circle.hits()} == {NOTE}


async def test_a_pad_introduces_itself_and_is_missed_when_its_power_goes(
    tmp_path: Path, nats: Broker
) -> None:
    async with listening(nats.hub_login) as (_, circle):
        async with running_board(tmp_path / "pad", settings(nats.pads_login)):
            await circle.until(lambda: any(isinstance(event, PadFound) for event in circle.events))
        await circle.until(lambda: any(isinstance(event, PadGone) for event in circle.events))


async def test_what_is_acknowledged_is_not_sent_again_and_what_is_not_is(
    tmp_path: Path, nats: Broker
) -> None:
    hub_login = nats.hub_login
    async with (
        playing(tmp_path, hub_login, nats.pads_login) as (board, part, circle),
        saying(hub_login) as hub,
    ):
        await strike(board, beats(5))
        await circle.until(lambda: len(circle.hits()) == 5)
        part.safe(circle.hits())
        while await hub.acknowledged() != circle.hits()[-1].seq:
            pass
        await strike(board, beats(1))
        await circle.until(lambda: len(circle.hits()) == 6)
        last = circle.hits()[-1].seq
        while await hub.sequence() != last:
            pass
        assert await hub.sequence() == last


async def test_strokes_while_the_broker_is_away_arrive_afterwards_with_their_true_times(
    tmp_path: Path, nats: Broker
) -> None:
    pads = nats.pads_login
    async with playing(tmp_path, nats.hub_login, pads) as (board, _, circle):
        times = beats(24, 100_000)
        await strike(board, times)
        await circle.until(circle.hits)
        nats.stop()
        await circle.until(lambda: not circle.reports[-1][1])
        again = Broker.start(tmp_path / "state", port=pads.port)
        try:
            await circle.until(lambda: len(circle.hits()) == len(times))
        finally:
            again.stop()
    assert true(circle.hits(), times), offsets_ms(circle.hits(), times)


async def test_strokes_out_of_the_radios_range_arrive_afterwards_with_their_true_times(
    tmp_path: Path, nats: Broker
) -> None:
    async with playing(tmp_path, nats.hub_login, nats.pads_login) as (board, _, circle):
        times = beats(10, 100_000)
        await board.order("range", 0)
        await circle.until(lambda: any(isinstance(event, PadGone) for event in circle.events))
        await strike(board, times)
        await board.order("range", 1)
        await circle.until(lambda: len(circle.hits()) == len(times))
    assert true(circle.hits(), times), offsets_ms(circle.hits(), times)


async def test_strokes_while_the_network_is_silent_arrive_afterwards_over_a_new_connection(
    tmp_path: Path, nats: Broker
) -> None:
    pads = nats.pads_login
    async with (
        delaying(pads.host, pads.port, PROFILES[0], 1) as proxy,
        playing(tmp_path, nats.hub_login, beside(pads, proxy.port)) as (board, _, circle),
    ):
        times = beats(10, 100_000)
        proxy.fail()
        await strike(board, times)
        await board.until(
            lambda: proxy.accepted > 1
        )  # it has given the first one up; its light blinks meanwhile
        proxy.recover()
        await circle.until(lambda: len(circle.hits()) == len(times))
    assert true(circle.hits(), times), offsets_ms(circle.hits(), times)


async def test_a_pad_whose_power_went_is_another_boot_with_another_clock(
    tmp_path: Path, nats: Broker
) -> None:
    async with listening(nats.hub_login) as (part, circle):
        for _ in range(2):
            async with running_board(tmp_path / "pad", settings(nats.pads_login), origin_us=0) as board:
                heard = len(circle.hits())
                times = beats(3)
                await strike(board, times)
                await circle.until(lambda heard=heard: len(circle.hits()) == heard + 3)
                part.safe(circle.hits())
            assert true(circle.hits()[-3:], times), offsets_ms(circle.hits()[-3:], times)
    first, second = circle.hits()[0].boot, circle.hits()[3].boot
    assert first is not None
    assert second == (first + 1) & 0xFF


async def test_strokes_while_no_hub_listens_reach_the_one_that_comes(tmp_path: Path, nats: Broker) -> None:
    async with running_board(tmp_path / "pad", settings(nats.pads_login)) as board:
        async with saying(nats.hub_login) as hub:
            times = beats(6)
            await strike(board, times)
            seen = {await hub.sequence() for _ in range(6)}
        async with listening(nats.hub_login) as (_, circle):
            await circle.until(lambda: len(circle.hits()) == 6)
    assert seen == {hit.seq for hit in circle.hits()} == set(range(6))


async def test_a_hub_at_another_address_is_found_by_name(tmp_path: Path, nats: Broker) -> None:
    async with answering_by_name(nats.pads_login.port) as port, listening(nats.hub_login) as (_, circle):
        elsewhere = settings(nats.pads_login, host="127.0.0.1", port=9)
        async with running_board(tmp_path / "pad", elsewhere, BOARD_MDNS_PORT=str(port)):
            await circle.until(lambda: any(isinstance(event, PadFound) for event in circle.events))


async def test_a_pad_speaks_tls_with_the_hub_it_was_made_for(tmp_path: Path, trusting: Trusting) -> None:
    pads = trusting.add("snare")
    assert pads.certificate is not None
    folder = prepared(tmp_path / "pad", pads)
    async with playing(tmp_path, trusting.broker.hub_login, pads) as (board, _, circle):
        times = beats(8)
        await strike(board, times)
        await circle.until(lambda: len(circle.hits()) == len(times))
    assert folder.is_dir()
    assert true(circle.hits(), times), offsets_ms(circle.hits(), times)


async def test_a_pad_tells_no_password_to_a_hub_with_another_certificate(
    tmp_path: Path, trusting: Trusting
) -> None:
    pads = trusting.add("snare")
    other = Broker.start(tmp_path / "other", listen=True, port=0)
    try:
        prepared(tmp_path / "pad", pads)
        strange = replace(other.pads_login, user=pads.user, password=pads.password)
        async with listening(other.hub_login) as (_, circle):
            async with running_board(tmp_path / "pad", settings(strange)) as board:
                await board.until(lambda: len(board.lit()) >= WRONG_HUB)
            assert not circle.events
    finally:
        other.stop()


async def test_a_pad_made_by_pads_add_joins_the_circle_over_tls_and_is_played(tmp_path: Path) -> None:
    async with running_hub(tmp_path, "--listen", "--port", "0", "--no-midi", "--structure", "groove") as rig:
        login = rig.link.broker
        assert login is not None
        port = login.url.rpartition(":")[2]
        folder = tmp_path / "pad-snare"
        adding = await asyncio.create_subprocess_exec(
            *drumcircle("pads", "add", "snare", "--out", str(folder), "--host", "127.0.0.1", "--port", port),
            env=environment(tmp_path), stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await adding.wait() == 0
        built(folder)
        three = asyncio.Semaphore(0)

        def heard(hits: list[HeardHit]) -> None:
            for _ in hits:
                three.release()

        watcher = Watcher(on_hits=heard)
        async with (
            LinkClient.here(tmp_path / "state", "facilitator", watcher=watcher) as facilitator,
            running_board(folder, (folder / "pad.toml").read_text()) as board,
        ):
            await facilitator.hear_hits()
            await board.strike([(PIN, at, drum()) for at in beats(3)])
            async with asyncio.timeout(PATIENCE):
                for _ in range(3):
                    await three.acquire()
        summary = await rig.summary()
    assert summary["players"]["snare"]["n"] + summary["players"]["snare"]["extra"] == 3


# ---------------------------------------------------------------- light


async def test_light_and_motor_are_on_the_beat_in_the_pads_own_time_and_fade_without_news(
    tmp_path: Path, nats: Broker
) -> None:
    period, bars = 150_000, 8
    async with playing(tmp_path, nats.hub_login, nats.pads_login, origin_us=0, drift_ppm=0) as (
        board,
        _,
        _circle,
    ):
        async with saying(nats.hub_login) as hub:
            boot, zero_us = await hub.hit_after(board)
            start = now_us() + 400_000
            board.pins.clear()
            await hub.cue(boot, "pulse", start - zero_us, beat=1, beats=2, period_us=float(period))
        last = start + (2 * bars + 1) * period  # in the bar in which the light fades
        await board.until(lambda: board.pins and board.pins[-1].at_us > last and not board.pins[-1].level)
    for pin in (LIGHT, MOTOR):
        went_on = [change.at_us for change in board.lit(pin)]
        late = [at - (start + number * period) for number, at in enumerate(went_on)]
        assert len(late) == 2 * (bars + 1)
        assert abs(sorted(late)[len(late) // 2]) < MS_US, late
    assert board.lit()[-1].level * 2 < board.lit()[1].level + 2


# ---------------------------------------------------------------- the other side, by hand


class Hub:
    """The hub's login in a test's hands."""

    def __init__(self, client: aiomqtt.Client, circle: str, pad: str) -> None:
        self._client, self._circle, self._pad = client, circle, pad

    async def next(self, leaf: str) -> bytes:
        """The next message on a pad's topic."""
        async with asyncio.timeout(20):
            async for message in self._client.messages:
                if message.topic.value == pad_topic(self._circle, self._pad, leaf):
                    assert isinstance(message.payload, bytes)
                    return message.payload
        raise AssertionError

    async def sequence(self) -> int:
        """The number of the next hit."""
        return wire.decode_hit(await self.next("hit")).seq

    async def acknowledged(self) -> int:
        """Up to which number the next ack is."""
        return wire.decode_ack(await self.next("ack")).seq

    async def hit_after(self, board: Board) -> tuple[int, int]:
        """(boot, true µs of the pad's zero), from a stroke at a known time."""
        at = beats(1)[0]
        await strike(board, [at])
        hit = wire.decode_hit(await self.next("hit"))
        assert hit.t_us is not None
        return hit.boot, at - hit.t_us

    async def cue(self, boot: int, kind: str, at_us: int, **more: object) -> None:
        said = {"v": 1, "boot": boot, "id": kind, "cue": kind, "at_us": at_us, **more}
        await self._client.publish(pad_topic(self._circle, self._pad, "cue"), json.dumps(said))


@asynccontextmanager
async def saying(address: Address, pad: str = "snare") -> AsyncIterator[Hub]:
    async with aiomqtt.Client(
        address.host, address.port, username=address.user, password=address.password
    ) as client:
        await client.subscribe(pad_topic(address.circle, pad, "#"))
        yield Hub(client, address.circle, pad)


class _ByName(asyncio.DatagramProtocol):
    """Answers every question as a hub of that port would."""

    def __init__(self, port: int) -> None:
        self._port = port

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(announcement("127.0.0.1", self._port), addr)


@asynccontextmanager
async def answering_by_name(port: int) -> AsyncIterator[int]:
    """Where a circle at ``port`` is asked for."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _ByName(port), local_addr=("127.0.0.1", 0)
    )
    yield transport.get_extra_info("sockname")[1]
    transport.close()


def prepared(folder: Path, pads: Address) -> Path:
    """A board's folder with the certificate that its pad trusts."""
    from drumcircle.link.certificate import Certificate

    folder.mkdir()
    assert pads.certificate is not None
    der = Certificate(pads.certificate, pads.certificate).der()
    (folder / "drumcircle.der").write_bytes(der)
    return folder
