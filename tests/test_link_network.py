"""A dashboard on another machine: found by mDNS, let in by a join code, and by nothing else; real sockets and TLS."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drumcircle import config
from drumcircle.cli import _network, main
from drumcircle.cli._find import finding
from drumcircle.cli._network import announcement, link_open, opening
from drumcircle.config import Settings
from drumcircle.core.events import StopAll
from drumcircle.errors import CircleNotRunning, UsageError
from drumcircle.link import door as door_module
from drumcircle.link.certificate import certificate_at, own_certificate
from drumcircle.link.client import LinkClient
from drumcircle.link.door import Opening
from drumcircle.link.files import BrokerLogin, write_link
from drumcircle.link.invitation import Invitation, keys_in, mark_of, read_code
from drumcircle.link.joined import join, joined_at, joined_before
from drumcircle.link.server import LinkServer
from drumcircle.net.announcer import Announcer
from drumcircle.net.discovery import CircleWatch
from link_fixtures import RememberingHost, Seen, rich_view, soon

LOOPBACK = "127.0.0.1"
LISTENING = Settings(listen=True, interface=LOOPBACK)


@pytest.fixture(autouse=True)
def any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_network, "LINK_PORT", 0)


class Room:
    """A hub that is open to the network, and its codes."""

    def __init__(self, trust: Path, server: LinkServer, there: Opening, host: RememberingHost) -> None:
        self.trust, self.server, self.there, self.host = trust, server, there, host
        self.url = f"wss://{LOOPBACK}:{there.port}/link"

    def code(self, role: str = "facilitator") -> str:
        key = getattr(keys_in(self.trust), role)
        return Invitation(role, mark_of(certificate_at(self.trust).fingerprint()), key).code()  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def open_room(trust: Path) -> AsyncIterator[Room]:
    host, server = RememberingHost(make_view=lambda _n: rich_view()), LinkServer()
    there = opening(LISTENING, trust)
    assert there is not None
    await server.start(host, there)
    try:
        yield Room(trust, server, there, host)
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def announced(room: Room, name: str, state: Path) -> AsyncIterator[None]:
    pads = BrokerLogin("mqtts://127.0.0.1:8883", name, "pads", "secret")
    said = announcement(Settings(listen=True, circle=name), state, room.trust, pads, room.there)
    assert said is not None
    task = asyncio.create_task(Announcer(said, LOOPBACK, f"{name}.local.").run(lambda _ok, _words: None))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def asking(**more: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"url": "", "token": "", "find": None, "join": None, **more})


# ---------------------------------------------------------------- announce, find, join


async def test_a_dashboard_finds_the_circle_and_leads_it_and_next_time_needs_no_code(tmp_path: Path) -> None:
    name = f"t-{secrets.token_hex(6)}"

    def joining(code: str | None) -> contextlib.ExitStack:
        stack = contextlib.ExitStack()
        stack.find = stack.enter_context(finding(asking(find=name, join=code), "facilitator"))  # type: ignore[attr-defined]
        return stack

    async with open_room(tmp_path / "trust") as room, announced(room, name, tmp_path):
        for code in (room.code(), None):
            seen, stack = Seen(), await asyncio.to_thread(joining, code)
            async with LinkClient.following(stack.find, "facilitator", "far", seen.watcher) as client:  # type: ignore[attr-defined]
                assert await soon(seen.views.get()) == rich_view()
                assert (await soon(client.command(StopAll()))).ok
            await asyncio.to_thread(stack.close)
    assert room.host.commands == [StopAll(), StopAll()]


async def test_where_a_code_is_needed_and_nobody_can_be_asked_it_is_said_in_one_sentence(
    tmp_path: Path,
) -> None:
    name = f"t-{secrets.token_hex(6)}"

    def without_code() -> None:
        with finding(asking(find=name), "facilitator"):
            pass

    async with open_room(tmp_path / "trust") as room, announced(room, name, tmp_path):

        def seen() -> None:
            with CircleWatch(LOOPBACK) as watch:
                assert watch.wait(lambda circle: circle.said.circle == name, 20.0)

        await asyncio.to_thread(seen)
        with pytest.raises(UsageError, match=f"Found '{name}' at 127.0.0.1: .*--join CODE"):
            await asyncio.to_thread(without_code)


def test_nobody_there_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drumcircle.cli._find.SEARCH_S", 0.01)
    with (
        pytest.raises(CircleNotRunning, match="none that is open to dashboards"),
        finding(asking(find="no-such-circle"), "circle"),
    ):
        pass


# ---------------------------------------------------------------- who may come in


async def refused(room: Room, code: str, folder: Path, role: Any = "facilitator") -> str:
    joined = await asyncio.to_thread(join, folder, code, room.url)
    with pytest.raises(UsageError) as problem:
        async with LinkClient.following(lambda: joined.address(room.url), role):
            pass
    return str(problem.value)


async def test_the_circles_code_opens_the_circles_view_only(tmp_path: Path) -> None:
    async with open_room(tmp_path / "trust") as room:
        code = room.code("circle")
        joined = await asyncio.to_thread(join, tmp_path, code, room.url)
        seen = Seen()
        async with LinkClient.following(lambda: joined.address(room.url), "circle", "wall", seen.watcher):
            assert (await soon(seen.views.get())).role == "circle"
        for role in ("facilitator", "pad"):
            assert "does not know this join code" in await refused(room, code, tmp_path, role)
            assert not joined.may(role)  # type: ignore[arg-type]
        assert joined_before(tmp_path, "facilitator") == []
        assert joined_before(tmp_path, "circle") == [joined]


async def test_an_old_code_opens_nothing_once_there_are_new_ones(tmp_path: Path) -> None:
    async with open_room(tmp_path / "trust") as room:
        old = room.code()
        keys_in(room.trust, renew=True)
        assert "has a newer one" in await refused(room, old, tmp_path)


async def test_tokens_of_this_machine_open_nothing_from_the_network_and_keys_nothing_here(
    tmp_path: Path,
) -> None:
    async with open_room(tmp_path / "trust") as room:
        joined = await asyncio.to_thread(join, tmp_path, room.code(), room.url)
        far = joined.address(room.url)._replace(token=room.server.token)
        with pytest.raises(UsageError, match="join code"):
            async with LinkClient.following(lambda: far, "facilitator"):
                pass


async def test_a_code_is_for_one_hub_only(tmp_path: Path) -> None:
    other = certificate_at(tmp_path / "other")
    own_certificate(tmp_path / "other")
    async with open_room(tmp_path / "trust") as room:
        code = Invitation("facilitator", mark_of(other.fingerprint()), keys_in(room.trust).facilitator).code()
        with pytest.raises(UsageError, match="another hub's"):
            await asyncio.to_thread(join, tmp_path, code, room.url)


async def test_another_hub_at_the_same_address_later_gets_neither_key_nor_trust(tmp_path: Path) -> None:
    async with open_room(tmp_path / "trust") as room:
        joined = await asyncio.to_thread(join, tmp_path / "joined", room.code(), room.url)
    async with open_room(tmp_path / "impostor") as impostor:
        with pytest.raises(CircleNotRunning, match="not the hub that the code is for"):
            async with LinkClient.following(lambda: joined.address(impostor.url), "facilitator"):
                pass
        assert await asyncio.to_thread(joined_at, tmp_path / "joined", impostor.url, "circle") is None


async def test_a_web_page_and_a_plain_client_get_nothing(tmp_path: Path) -> None:
    async with open_room(tmp_path / "trust") as room, aiohttp.ClientSession() as session:
        anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anything.check_hostname, anything.verify_mode = False, ssl.CERT_NONE
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused_page:
            await session.ws_connect(room.url, ssl=anything, headers={"Origin": "https://drumcircle.local"})
        assert refused_page.value.status == 403
        with pytest.raises(aiohttp.ClientError):
            await session.ws_connect(room.url.replace("wss", "ws"))


@contextlib.asynccontextmanager
async def a_silent_one(room: Room) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname, anything.verify_mode = False, ssl.CERT_NONE
    async with aiohttp.ClientSession() as session, session.ws_connect(room.url, ssl=anything) as silent:
        yield silent


async def test_a_crowd_at_the_door_costs_newcomers_their_turn_and_nobody_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "STRANGERS_AT_ONCE", 1)
    async with open_room(tmp_path / "trust") as room:
        joined = await asyncio.to_thread(join, tmp_path, room.code(), room.url)
        async with (
            LinkClient.following(lambda: joined.address(room.url), "facilitator") as client,
            a_silent_one(room),
        ):
            with pytest.raises(aiohttp.ClientError):
                async with a_silent_one(room):
                    pass
            assert (await soon(client.command(StopAll()))).ok


async def test_who_says_nothing_is_sent_away_and_who_was_let_in_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "STRANGER_S", 0.2)
    async with open_room(tmp_path / "trust") as room:
        joined = await asyncio.to_thread(join, tmp_path, room.code(), room.url)
        async with LinkClient.following(lambda: joined.address(room.url), "facilitator") as client:
            async with a_silent_one(room) as silent:
                assert (await soon(silent.receive())).type in (
                    aiohttp.WSMsgType.CLOSED,
                    aiohttp.WSMsgType.ERROR,
                )
            assert (await soon(client.command(StopAll()))).ok


@pytest.mark.parametrize(
    "settings", [Settings(), Settings(listen=True, plain_wire=True), Settings(plain_wire=True)]
)
def test_without_listening_and_without_tls_the_link_stays_on_this_machine(
    settings: Settings, tmp_path: Path
) -> None:
    assert opening(settings, tmp_path) is None
    assert not (tmp_path / "dashboards.json").exists()


def test_nothing_is_announced_without_listening_or_for_another_broker(tmp_path: Path) -> None:
    pads = BrokerLogin("mqtt://127.0.0.1:1883", "circle", "pads", "secret")
    assert announcement(Settings(), tmp_path, tmp_path, pads, None) is None
    assert announcement(Settings(listen=True, broker="mqtt://x"), tmp_path, tmp_path, pads, None) is None


# ---------------------------------------------------------------- codes


@pytest.mark.parametrize("role", ["facilitator", "circle"])
def test_a_code_is_read_however_it_is_written(role: Any) -> None:
    invitation = Invitation(role, secrets.token_bytes(16), secrets.token_hex(10))
    code = invitation.code()
    assert len(code.split("-")) == 9
    for written in (code, code.lower(), code.replace("-", " "), code.replace("O", "0").replace("B", "8")):
        assert read_code(written) == invitation


@pytest.mark.parametrize("code", ["", "x", "AAAAA-" * 9, "é" * 45, "A" * 10_000])
def test_what_is_no_code_is_said_so(code: str) -> None:
    with pytest.raises(UsageError, match="no join code"):
        read_code(code)


def test_codes_are_kept_for_their_owner_only_and_survive_a_restart(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)
    assert keys_in(tmp_path) == keys
    assert (tmp_path / "dashboards.json").stat().st_mode & 0o077 == 0
    assert keys_in(tmp_path, renew=True) != keys


def test_the_invitation_is_shown_only_where_the_link_is_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def running(there: Opening | None) -> None:
        write_link(
            config.state_folder(), url="ws://x", token="t", circle_token="c", circle="circle", data=tmp_path,
            network=link_open(there, tmp_path),
        )  # fmt: skip

    running(None)
    assert main(["dash", "--invite"]) == 2
    assert "start it with --listen" in capsys.readouterr().err
    there = opening(LISTENING, tmp_path)
    assert there is not None
    running(there)
    assert main(["dash", "--invite", "--circle-view"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("drumcircle dash --circle-view --join ")
    assert read_code(shown.split()[-1]).key == keys_in(tmp_path).circle
    there.door.close()
