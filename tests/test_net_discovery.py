"""Announce, find, lose: real mDNS sockets on loopback, under names that no other circle has."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable

import pytest
from zeroconf import ServiceInfo

from drumcircle.errors import MissingPart, PortTaken
from drumcircle.net import announcer, discovery, own_network
from drumcircle.net.announce import AnnouncePart
from drumcircle.net.announcer import NO_NETWORK, Announcer
from drumcircle.net.discovery import (
    SERVICE,
    Announcement,
    CircleWatch,
    FoundCircle,
    find_circles,
    read_circle,
)
from drumcircle.net.own_network import own_addresses

LOOPBACK = "127.0.0.1"
GUARD = 30.0
"""Seconds after which a test that waits has failed."""


class Listener:
    """Hears what an announcer tells; each new state can be waited for."""

    def __init__(self) -> None:
        self.reports: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
        self._last: tuple[bool, str] | None = None

    def tell(self, ok: bool, words: str) -> None:
        if (ok, words) != self._last:
            self._last = (ok, words)
            self.reports.put_nowait((ok, words))

    async def told(self) -> tuple[bool, str]:
        return await asyncio.wait_for(self.reports.get(), GUARD)


@contextlib.asynccontextmanager
async def watching() -> AsyncIterator[CircleWatch]:
    watch = await asyncio.to_thread(CircleWatch, LOOPBACK)
    try:
        yield watch
    finally:
        await asyncio.to_thread(watch.close)


def is_gone(watch: CircleWatch, said: Announcement) -> bool:
    with watch._changed:
        return watch._changed.wait_for(lambda: said not in [c.said for c in watch._found.values()], GUARD)


def a_name() -> str:
    return f"t-{secrets.token_hex(6)}"


@contextlib.asynccontextmanager
async def announcing(
    said: Announcement, interface: str = LOOPBACK, host: str = ""
) -> AsyncIterator[Listener]:
    circle = Listener()
    task = asyncio.create_task(Announcer(said, interface, host or f"{said.circle}.local.").run(circle.tell))
    try:
        yield circle
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def seen(watch: CircleWatch, wanted: Callable[[FoundCircle], bool]) -> FoundCircle:
    found = await asyncio.to_thread(watch.wait, wanted, GUARD)
    assert found is not None
    return found


async def test_a_circle_that_announces_itself_is_found_with_all_that_it_said() -> None:
    said = Announcement(a_name(), "ab12", 1884, tls=True, link=7001, mark="00ff")
    async with announcing(said) as circle:
        async with watching() as watch:
            found = await seen(watch, lambda c: c.said.circle == said.circle)
        assert found == FoundCircle(said, (LOOPBACK,), 1)
        assert await circle.told() == (
            True, f"The circle {said.circle!r} can be found on the network, at 127.0.0.1.",
        )  # fmt: skip


async def test_its_title_is_not_announced_and_any_mqtt_client_finds_the_broker() -> None:
    from zeroconf import AddressResolver
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

    said = Announcement(a_name(), "ab12", 8884, tls=True)
    async with announcing(said) as circle:
        await circle.told()
        mdns = AsyncZeroconf(interfaces=[LOOPBACK])
        kind = "_secure-mqtt._tcp.local."
        info = AsyncServiceInfo(kind, f"{said.instance}.{kind}")
        assert await info.async_request(mdns.zeroconf, GUARD * 1000)
        assert info.port == 8884
        assert info.decoded_properties == {"topic": f"drumcircle/v1/{said.circle}"}
        host = AddressResolver(f"{said.circle}.local.")
        assert await host.async_request(mdns.zeroconf, GUARD * 1000)
        assert host.parsed_addresses() == [LOOPBACK]
        await mdns.async_close()


async def test_a_circle_that_ends_says_goodbye() -> None:
    said = Announcement(a_name(), "ab12", 1884)
    async with watching() as watch:
        async with announcing(said):
            await seen(watch, lambda c: c.said == said)

        assert await asyncio.to_thread(is_gone, watch, said)


async def test_a_restarted_hub_is_the_same_circle_at_its_new_port() -> None:
    name = a_name()
    async with watching() as watch:
        async with announcing(Announcement(name, "ab12", 1884, link=7001, mark="00ff")):
            await seen(watch, lambda c: c.said.circle == name)
        async with announcing(Announcement(name, "ab12", 1884, link=7002, mark="00ff")):
            again = await seen(watch, lambda c: c.said.circle == name and c.said.link == 7002)
        assert again.said.id == "ab12"


async def test_the_hubs_part_announces_by_a_process_that_says_goodbye_when_it_ends() -> None:
    class Hub:
        def report(self, service: str, ok: bool, words: str) -> None:
            told.put_nowait((service, ok, words))

    told: asyncio.Queue[tuple[str, bool, str]] = asyncio.Queue()
    said = Announcement(a_name(), "ab12", 1884)
    async with watching() as watch:
        part = asyncio.create_task(AnnouncePart(said, LOOPBACK).run(Hub()))  # type: ignore[arg-type]  # enough of a Circle
        await seen(watch, lambda c: c.said == said)
        service, ok, words = await asyncio.wait_for(told.get(), GUARD)
        assert (service, ok) == ("discovery", True)
        assert said.circle in words
        part.cancel()
        await asyncio.wait([part])
        assert await asyncio.to_thread(is_gone, watch, said)


async def test_two_circles_of_one_name_are_told_of_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcer, "LOOK_S", 0.05)
    name = a_name()
    async with announcing(Announcement(name, "ab12", 1884)) as first:
        assert (await first.told())[0]
        async with announcing(Announcement(name, "cd34", 1885)) as second:
            ok, words = await first.told()
            assert not ok
            assert "--circle NAME" in words
            while (await second.told())[0]:
                pass
        assert (await first.told())[0]


async def test_a_host_name_that_is_another_machines_is_left_to_it() -> None:
    name = a_name()
    host = f"{name}.local."
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

    other = AsyncZeroconf(interfaces=[LOOPBACK])
    theirs = AsyncServiceInfo(
        "_t._tcp.local.", f"{name}._t._tcp.local.", port=1, server=host, parsed_addresses=["127.0.0.77"]
    )
    await (await other.async_register_service(theirs, cooperating_responders=True))
    async with announcing(Announcement(name, "ab12", 1884), host=host) as circle:
        ok, words = await circle.told()
    await other.async_close()
    assert not ok
    assert f"this one is {name}-ab12.local" in words


async def test_a_lost_network_and_another_address_are_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [(LOOPBACK,)]
    monkeypatch.setattr(announcer, "LOOK_S", 0.05)
    monkeypatch.setattr(announcer, "own_addresses", lambda _chosen: now[0])
    async with announcing(Announcement(a_name(), "ab12", 1884)) as circle:
        assert (await circle.told())[1].endswith("at 127.0.0.1.")
        now[0] = ()
        assert await circle.told() == (False, NO_NETWORK)
        now[0] = ("127.0.0.2",)
        assert (await circle.told())[1].endswith("at 127.0.0.2.")


@pytest.mark.parametrize(
    ("txt", "port"),
    [
        ({}, 1883),
        ({"circle": "Bad Name", "id": "a"}, 1883),
        ({"circle": "a", "id": "a", "link": "70000"}, 1883),
        ({"circle": "a", "id": "a", "link": "²"}, 1883),
        ({"circle": "a", "id": "a", "mark": "x y"}, 1883),
        ({"circle": "a", "id": "a"}, 0),
    ],
)
def test_what_is_not_announced_as_ours_are_is_nobody(txt: dict[str, str], port: int) -> None:
    info = ServiceInfo(
        SERVICE, f"x.{SERVICE}", port=port, properties=txt, server="x.local.", parsed_addresses=[LOOPBACK]
    )
    assert read_circle(info) is None


def test_without_a_network_there_is_nobody_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "own_addresses", lambda _chosen: ())
    assert find_circles(0.0) == ()


def test_a_chosen_address_counts_only_while_it_is_ours() -> None:
    assert own_addresses(LOOPBACK) == (LOOPBACK,)
    assert own_addresses("203.0.113.9") == ()
    assert own_addresses("no address") == ()


def test_a_missing_library_and_a_taken_port_are_said_in_words() -> None:
    with pytest.raises(MissingPart, match="pip install zeroconf"), own_network.opening_mdns((LOOPBACK,)):
        raise ImportError
    with pytest.raises(PortTaken, match="5353"), own_network.opening_mdns((LOOPBACK,)):
        raise OSError(98, "Address already in use")
