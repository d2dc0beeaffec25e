"""A client comes back when its hub does, misses no entry, hears none twice, and knows the hub's time."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.core.events import PadFound, StopAll
from drumcircle.errors import CircleNotRunning
from drumcircle.link import connection, files
from drumcircle.link.client import Address, LinkClient
from drumcircle.link.clock import HubClock, Ping
from drumcircle.link.outbox import Outbox
from drumcircle.link.server import LinkServer
from link_fixtures import RememberingHost, Seen, guests, happening, serving, soon


async def test_a_client_finds_the_hub_that_runs_here_with_the_token_of_its_role(tmp_path: Path) -> None:
    with pytest.raises(CircleNotRunning, match="No circle runs here"):
        async with LinkClient.here(tmp_path, "facilitator"):
            pass
    async with serving(RememberingHost()) as (server, url):
        files.write_link(
            tmp_path,
            url=url,
            token=server.token,
            circle_token=server.circle_token,
            circle="circle",
            data=tmp_path,
        )
        for role in ("facilitator", "circle", "pad"):
            async with LinkClient.here(tmp_path, role) as client:
                await soon(client.settled())


async def test_a_client_waits_for_a_hub_that_is_still_starting() -> None:
    addresses: list[Address] = []
    asked = asyncio.Event()

    def find() -> Address | None:
        asked.set()
        return addresses[0] if addresses else None

    async def start_late(server: LinkServer) -> None:
        await asked.wait()
        addresses.append(Address(await server.start(RememberingHost()), server.token))

    server = LinkServer()
    late = asyncio.create_task(start_late(server))
    async with LinkClient.following(find, "facilitator", patience=20.0) as client:
        await soon(client.settled())
    await late
    await server.stop()


async def test_after_a_crash_of_the_hub_the_client_comes_back_with_its_pads_and_log() -> None:
    seen, where = Seen(), {}
    first, second = RememberingHost([happening(1)]), RememberingHost([happening(7, text="old")])
    crashed, restarted = LinkServer(), LinkServer()
    where["hub"] = Address(await crashed.start(first), crashed.token)
    async with LinkClient.following(lambda: where["hub"], "facilitator", "", seen.watcher) as client:
        assert (await soon(seen.states.get()))[0] is True
        crashed.log([happening(2), happening(3)])
        assert [(await soon(seen.entries.get())).number for _ in range(3)] == [1, 2, 3]

        (guest,) = guests(crashed)
        guest._cut()  # as a hub that is killed leaves its sockets
        connected, words = await soon(seen.states.get())
        assert not connected
        assert "lost" in words
        # The hub is back elsewhere, numbers anew, and tells again what it recovered.
        second.kept = [happening(2), happening(3), happening(4)]
        where["hub"] = Address(await restarted.start(second), restarted.token)
        await crashed.stop()
        while not (await soon(seen.states.get()))[0]:
            pass
        assert (await soon(client.command(StopAll()))).ok
        assert (await soon(seen.entries.get())).number == 4
        assert not seen.entries.qsize()
    await restarted.stop()


async def test_a_pad_says_again_what_it_is_after_the_hub_came_back() -> None:
    seen, host = Seen(), RememberingHost()
    async with serving(host) as (server, url):
        async with LinkClient.open(url, server.token, "pad", "play", seen.watcher) as client:
            await soon(seen.states.get())
            await client.found("alex")
            await client.found("sam")
            await client.gone("sam")
            await soon(client.settled())
            (guest,) = guests(server)
            guest._cut()
            assert (await soon(seen.states.get()))[0] is False
            assert not await client.hit("alex", 36, 64, client.hub_now())
            assert not (await soon(client.command(StopAll()))).ok
            assert (await soon(seen.states.get()))[0] is True
            await soon(client.settled())
        found = [
            e.pad
            for e in (host.posted.get_nowait() for _ in range(host.posted.qsize()))
            if isinstance(e, PadFound)
        ]
        assert found == ["link:alex", "link:sam", "link:alex"]


async def test_a_question_the_hub_never_answers_ends_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        serving(RememberingHost()) as (server, url),
        LinkClient.open(url, server.token, "facilitator") as client,
    ):
        monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.01)
        with pytest.raises(CircleNotRunning, match="has not answered"):
            await soon(client.request("slow"))


async def test_a_question_open_when_the_hub_is_lost_ends_in_words() -> None:
    async with (
        serving(RememberingHost()) as (server, url),
        LinkClient.open(url, server.token, "facilitator") as client,
    ):
        asked = asyncio.create_task(client.request("slow"))
        await soon(client.settled())
        (guest,) = guests(server)
        guest._cut()
        with pytest.raises(CircleNotRunning, match="went away"):
            await soon(asked)


async def test_a_hub_of_another_life_that_refuses_us_is_the_end() -> None:
    seen = Seen()
    async with (
        serving(RememberingHost()) as (server, url),
        LinkClient.open(url, server.token, "facilitator", "", seen.watcher),
    ):
        (guest,) = guests(server)
        server.token = "changed"
        guest._cut()
        assert "does not know this token" in await soon(seen.ends.get())


def fails(_entries: object) -> None:
    raise ZeroDivisionError


async def test_a_callback_that_fails_does_not_end_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    seen = Seen()
    seen.watcher.on_log = fails
    async with (
        serving(RememberingHost([happening(1)])) as (server, url),
        LinkClient.open(url, server.token, "facilitator", "", seen.watcher) as client,
    ):
        await soon(client.settled())
        await soon(seen.views.get())
    assert "ZeroDivisionError" in caplog.text


async def test_on_one_machine_the_hubs_time_is_ours_exactly() -> None:
    async with (
        serving(RememberingHost()) as (server, url),
        LinkClient.open(url, server.token, "pad") as client,
    ):
        before = time.perf_counter_ns()
        now = client.hub_now()
        assert before <= now <= time.perf_counter_ns()


async def test_a_hub_with_another_clock_is_known_to_within_its_pings() -> None:
    class Elsewhere(RememberingHost):
        def now(self) -> int:
            return time.perf_counter_ns() + 10**15

    async with serving(Elsewhere()) as (server, url), LinkClient.open(url, server.token, "pad") as client:
        error = client.hub_now() - (time.perf_counter_ns() + 10**15)
        assert abs(error) < 10**9


# ---------------------------------------------------------------- the clock

TRIPS = st.lists(
    st.tuples(st.integers(0, 10**8), st.integers(0, 10**6), st.integers(0, 10**8)), min_size=1, max_size=30
)


@given(trips=TRIPS, offset=st.integers(-(10**15), 10**15))
def test_the_offset_is_off_by_at_most_half_the_best_round_trip(
    trips: list[tuple[int, int, int]], offset: int
) -> None:
    clock, ours = HubClock(pings=16), 0
    for there, inside, back in trips:
        received = ours + there + offset
        clock.add(Ping(ours, received, received + inside, ours + there + inside + back))
        ours += 10**9
    best = min(there + back for there, _, back in trips[-16:])
    assert abs(clock.offset() - offset) <= best / 2 + 1 or abs(offset) <= best


@given(trips=TRIPS)
def test_one_clock_is_found_to_be_one_clock(trips: list[tuple[int, int, int]]) -> None:
    clock = HubClock()
    for there, inside, back in trips:
        clock.add(Ping(0, there, there + inside, there + inside + back))
    assert clock.offset() == 0


# ---------------------------------------------------------------- the outbox

FRAMES = st.lists(
    st.one_of(
        st.text(max_size=20).map(lambda t: ("keep", t)), st.text(max_size=20).map(lambda t: ("show", t))
    )
)


@given(frames=FRAMES, bound=st.integers(0, 100))
def test_kept_frames_keep_their_order_within_the_bound_and_only_the_newest_picture_is_left(
    frames: list[tuple[str, str]], bound: int
) -> None:
    async def fill_and_drain() -> None:
        outbox, kept, newest, size = Outbox(bound), [], None, 0
        for how, frame in frames:
            if how == "show":
                outbox.show("view", frame)
                newest = frame
            else:
                fits = size + len(frame) <= bound
                assert outbox.keep(frame) is fits
                if fits:
                    kept.append(frame)
                    size += len(frame)
        taken = [await outbox.take() for _ in range(len(kept) + (newest is not None))]
        assert taken == kept + ([newest] if newest is not None else [])
        assert outbox.empty

    asyncio.run(fill_and_drain())


async def test_who_takes_from_an_empty_outbox_waits_for_the_next_frame() -> None:
    outbox = Outbox()
    taker = asyncio.create_task(outbox.take())
    await asyncio.sleep(0)
    outbox.keep("late")
    assert await soon(taker) == "late"
