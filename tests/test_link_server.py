"""Who may come in over the link, what each may see and ask, and what happens to who reads too slowly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any

import aiohttp
import pytest

from drumcircle.core.events import Cancel, GoOn, Hit, PadFound, PadGone, Perform, PulseShown, StopAll
from drumcircle.core.view import community
from drumcircle.errors import CircleNotRunning, NewerFormat, UsageError
from drumcircle.link import guest, messages, pads
from drumcircle.link.client import Address, LinkClient, Watcher
from drumcircle.link.protocol import MESSAGE_BOUND, VERSION, WAITING_BOUND, Close
from drumcircle.link.server import rest
from link_fixtures import GUARD, RememberingHost, Seen, guests, happening, rich_view, serving, soon


async def said(socket: aiohttp.ClientWebSocketResponse) -> Any:
    return json.loads((await soon(socket.receive())).data)


def hello(token: str, role: str = "facilitator", **more: object) -> dict[str, object]:
    return {"kind": "hello", "version": VERSION, "token": token, "role": role, **more}


# ---------------------------------------------------------------- who may come in


@pytest.mark.parametrize("role", ["facilitator", "circle", "pad"])
async def test_a_wrong_token_is_refused_for_every_role(role: Any) -> None:
    async with serving(RememberingHost()) as (_, url):
        with pytest.raises(UsageError, match="does not know this token"):
            async with LinkClient.open(url, "guessed", role):
                pass


@pytest.mark.parametrize("role", ["facilitator", "pad"])
async def test_the_circles_token_opens_only_the_circle(role: Any) -> None:
    async with serving(RememberingHost()) as (server, url):
        with pytest.raises(UsageError, match="does not know this token"):
            async with LinkClient.open(url, server.circle_token, role):
                pass
        async with LinkClient.open(url, server.circle_token, "circle"):
            pass


async def test_nobody_answers_is_said_in_words() -> None:
    async with serving(RememberingHost()) as (_, url):
        pass
    with pytest.raises(CircleNotRunning, match="No hub answers at ws://127"):
        async with LinkClient.open(url, "token", "circle"):
            pass


async def test_a_newer_client_is_refused_in_words_whatever_else_its_hello_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(RememberingHost()) as (_, url), aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            await socket.send_json({"kind": "hello", "version": VERSION + 1, "proof": [1, 2]})
            assert "newer than the hub" in (await said(socket))["message"]
            await soon(socket.receive())
            assert socket.close_code == Close.NEWER
        monkeypatch.setattr("drumcircle.link.client.VERSION", VERSION + 1)
        with pytest.raises(NewerFormat, match="same drumcircle for both"):
            async with LinkClient.open(url, "token", "circle"):
                pass


async def test_a_web_page_cannot_reach_the_link() -> None:
    async with serving(RememberingHost()) as (server, url), aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(url, headers={"Origin": url.replace("ws", "http")})
        assert refused.value.status == 403
        async with session.ws_connect(url) as socket:
            await socket.send_json(hello(server.token))
            assert (await said(socket))["kind"] == "welcome"


async def test_a_client_that_says_nothing_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "HELLO_SECONDS", 0.01)
    async with (
        serving(RememberingHost()) as (_, url),
        aiohttp.ClientSession() as session,
        session.ws_connect(url) as socket,
    ):
        assert "did not say hello" in (await said(socket))["message"]


@pytest.mark.parametrize(
    "opening",
    ["no json", "[]", '{"kind": "ping", "version": 1, "id": 1, "t": 1}', '{"kind": "hello", "version": 1}'],
)
async def test_anything_but_a_hello_first_is_refused(opening: str) -> None:
    async with (
        serving(RememberingHost()) as (_, url),
        aiohttp.ClientSession() as session,
        session.ws_connect(url) as socket,
    ):
        await socket.send_str(opening)
        assert (await said(socket))["kind"] == "error"
        await soon(socket.receive())
        assert socket.close_code == Close.MALFORMED


async def test_the_token_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(RememberingHost()) as (server, url):
        async with LinkClient.open(url, server.token, "facilitator", "dash") as client:
            await client.settled()
        with pytest.raises(UsageError):
            async with LinkClient.open(url, server.token + "x", "facilitator"):
                pass
    assert "refused" in caplog.text
    assert server.token not in caplog.text
    assert server.circle_token not in caplog.text


@pytest.mark.parametrize(
    "broken",
    ['{"kind": "hit", "pad": "a", "note": 300, "velocity": 64, "t": 1}', '{"kind": "dance"}', "{", "x" * (MESSAGE_BOUND + 1)],
)  # fmt: skip
async def test_a_message_that_is_none_ends_that_connection_and_no_other(broken: str) -> None:
    async with (
        serving(RememberingHost()) as (server, url),
        aiohttp.ClientSession() as session,
        LinkClient.open(url, server.token, "facilitator") as other,
        session.ws_connect(url) as socket,
    ):
        await socket.send_json(hello(server.token, "pad"))
        await said(socket)
        await socket.send_str(broken)
        async for _ in socket:
            pass
        assert socket.close_code in (Close.MALFORMED, aiohttp.WSCloseCode.MESSAGE_TOO_BIG)
        await soon(other.settled())


# ---------------------------------------------------------------- what each may see


async def test_a_facilitator_sees_everything() -> None:
    seen, host = Seen(), RememberingHost(make_view=lambda _n: rich_view())
    async with (
        serving(host) as (server, url),
        LinkClient.open(url, server.token, "facilitator", "", seen.watcher),
    ):
        assert await soon(seen.views.get()) == rich_view()


async def test_nothing_of_a_persons_playing_leaves_the_hub_toward_a_circle_display() -> None:
    host = RememberingHost([happening(1), happening(2, "therapist", "blue lost 2 hits")])
    async with (
        serving(host) as (server, url),
        aiohttp.ClientSession() as session,
        session.ws_connect(url) as socket,
    ):
        await socket.send_json(hello(server.circle_token, "circle"))
        frames: dict[str, str] = {}
        while "view" not in frames or "log" not in frames:
            text = (await soon(socket.receive())).data
            frames[json.loads(text)["kind"]] = text
        for secret in (
            "17.25",
            "-9.5",
            "0.875",
            "[1.5,-2.5]",
            "one missed",
            "0.66",
            "not with the pulse",
            "lost 2",
        ):
            assert secret not in frames["view"] + frames["log"]
        shown = messages.decode_to_client(frames["view"])
        assert isinstance(shown, messages.View)
        assert shown.view == community(rich_view(shown.view.now))
        assert [entry["number"] for entry in json.loads(frames["log"])["entries"]] == [1]


async def test_later_entries_reach_each_role_by_their_scope() -> None:
    all_seen, few_seen = Seen(), Seen()
    async with (
        serving(RememberingHost()) as (server, url),
        LinkClient.open(url, server.token, "facilitator", "", all_seen.watcher),
        LinkClient.open(url, server.circle_token, "circle", "", few_seen.watcher),
    ):
        server.log([happening(1, "therapist"), happening(2)])
        server.log([happening(3, "therapist")])
        server.log([happening(4)])
        assert [(await soon(all_seen.entries.get())).number for _ in range(4)] == [1, 2, 3, 4]
        assert [(await soon(few_seen.entries.get())).number for _ in range(2)] == [2, 4]


async def test_views_are_made_only_while_somebody_looks() -> None:
    seen, host = Seen(), RememberingHost()
    async with serving(host) as (server, url):
        async with LinkClient.open(url, server.token, "pad") as pad:
            await soon(pad.settled())
            assert host.views_made == 0
        async with LinkClient.open(url, server.token, "facilitator", "", seen.watcher):
            (viewer,) = guests(server)
            for _ in range(3):
                await soon(seen.views.get())
        await soon(viewer.gone.wait())
        made = host.views_made
        async with LinkClient.open(url, server.token, "pad") as pad:
            await soon(pad.settled())
        assert host.views_made == made


async def test_two_displays_share_one_picture_a_frame() -> None:
    first, second, host = Seen(), Seen(), RememberingHost()
    async with (
        serving(host) as (server, url),
        LinkClient.open(url, server.token, "facilitator", "", first.watcher),
        LinkClient.open(url, server.token, "facilitator", "", second.watcher),
    ):
        one = [(await soon(first.views.get())).now for _ in range(6)]
        other = [(await soon(second.views.get())).now for _ in range(3)]
        assert one == sorted(set(one))
        assert max(other) <= host.views_made


# ---------------------------------------------------------------- what each may ask


async def test_a_facilitators_commands_reach_the_hub_and_are_answered() -> None:
    host = RememberingHost()
    async with serving(host) as (server, url), LinkClient.open(url, server.token, "facilitator") as client:
        assert await soon(client.command(StopAll())) == (True, "done")
        assert await soon(client.command(Cancel())) == (False, "Nothing is armed.")
        assert host.commands == [StopAll(), Cancel()]


async def test_a_bug_of_the_hub_is_answered_and_logged_and_the_link_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        serving(RememberingHost()) as (server, url),
        LinkClient.open(url, server.token, "facilitator") as client,
    ):
        ok, words = await soon(client.command(GoOn()))
        assert not ok
        assert "log" in words
        with pytest.raises(UsageError, match="log"):
            await soon(client.request("bug"))
        assert "RuntimeError: a bug" in caplog.text
        assert (await soon(client.command(StopAll()))).ok


async def test_a_circle_display_commands_nothing() -> None:
    host = RememberingHost()
    async with serving(host) as (server, url), LinkClient.open(url, server.token, "circle") as client:
        ok, words = await soon(client.command(StopAll()))
        assert not ok
        assert "facilitator" in words
        with pytest.raises(UsageError, match="facilitator"):
            await soon(client.request("sessions"))
        assert host.commands == []
        assert not host.posted.qsize()


async def test_a_display_that_drums_is_sent_away() -> None:
    host = RememberingHost()
    async with serving(host) as (server, url), LinkClient.open(url, server.token, "circle") as client:
        await client.hit("a", 36, 64, client.hub_now())
        ok, _ = await soon(client.command(StopAll()))
        assert not ok
        assert not host.posted.qsize()


async def test_a_pad_may_say_that_a_performance_begins_and_nothing_else() -> None:
    host = RememberingHost()
    async with serving(host) as (server, url), LinkClient.open(url, server.token, "pad") as client:
        assert (await soon(client.command(Perform(7)))).ok
        assert not (await soon(client.command(StopAll()))).ok
        assert host.commands == [Perform(7)]


async def test_facts_cannot_be_slipped_in_as_commands() -> None:
    host = RememberingHost()
    async with (
        serving(host) as (server, url),
        aiohttp.ClientSession() as session,
        session.ws_connect(url) as socket,
    ):
        await socket.send_json(hello(server.token, "pad"))
        await said(socket)
        forged = {"type": "PadGone", "pad": "usb:x"}
        await socket.send_json({"kind": "command", "id": 9, "command": forged})
        result = await said(socket)
        assert (result["id"], result["ok"]) == (9, False)
        assert "not a command" in result["message"]
        assert not host.posted.qsize()


async def test_requests_carry_arguments_and_do_not_hold_up_commands() -> None:
    host = RememberingHost()
    async with serving(host) as (server, url), LinkClient.open(url, server.token, "facilitator") as client:
        slow = asyncio.create_task(client.request("slow", days=7))
        assert (await soon(client.command(StopAll()))).ok
        assert not slow.done()
        host.request_gate.set()
        assert await soon(slow) == {"what": "slow", "arguments": {"days": 7}}
        with pytest.raises(UsageError, match="no request called 'dance'"):
            await soon(client.request("dance"))


async def test_too_many_requests_at_once_are_refused_in_words() -> None:
    host = RememberingHost()
    async with serving(host) as (server, url), LinkClient.open(url, server.token, "facilitator") as client:
        waiting = [asyncio.create_task(client.request("slow")) for _ in range(guest.REQUESTS_AT_ONCE)]
        await soon(client.settled())
        with pytest.raises(UsageError, match="Too much"):
            await soon(client.request("sessions"))
        host.request_gate.set()
        assert len(await soon(asyncio.gather(*waiting))) == guest.REQUESTS_AT_ONCE


# ---------------------------------------------------------------- pads


async def test_pads_are_found_hit_and_gone_in_order() -> None:
    host = RememberingHost()
    async with serving(host) as (server, url), LinkClient.open(url, server.token, "pad", "play") as client:
        at = client.hub_now()
        await client.found("alex", "Alex's kit", voiced=True)
        assert await client.hit("alex", 36, 100, at)
        assert await client.hit("alex", 38, 1, at + 1)
        await client.gone("alex")
        await soon(client.settled())
        assert [host.posted.get_nowait() for _ in range(4)] == [
            PadFound("link:alex", "Alex's kit", "link", True),
            Hit(at, "link:alex", 36, 100, raw_time=at),
            Hit(at + 1, "link:alex", 38, 1, raw_time=at + 1),
            PadGone("link:alex", "put away"),
        ]
        counts = server.counts()
        assert counts["received"] == 2
        assert counts["pads"] == {"alex": {"received": 2, "lost": 0, "duplicate": 0, "rejected": 0}}


@pytest.mark.parametrize("off", [10**12, -(10**12)])
async def test_a_hit_at_a_time_that_cannot_be_is_judged_by_arrival(off: int) -> None:
    host = RememberingHost()
    async with serving(host) as (server, url), LinkClient.open(url, server.token, "pad") as client:
        before = client.hub_now()
        await client.hit("alex", 36, 100, before + off)
        await soon(client.settled())
        hit = host.posted.get_nowait()
        assert isinstance(hit, Hit)
        assert hit.by_arrival
        assert hit.raw_time == before + off
        assert before <= hit.time <= client.hub_now()


async def test_a_program_that_leaves_takes_its_pads_along() -> None:
    host = RememberingHost()
    async with serving(host) as (server, url):
        async with LinkClient.open(url, server.token, "pad", "play") as client:
            await client.found("alex")
            await soon(client.settled())
        assert await soon(host.posted.get()) == PadFound("link:alex", "alex", "link", False)
        assert await soon(host.posted.get()) == PadGone("link:alex", "play left")


async def test_a_pad_that_came_back_is_not_taken_away_with_its_old_connection() -> None:
    host = RememberingHost()
    async with serving(host) as (server, url), LinkClient.open(url, server.token, "pad") as new:
        newer = guests(server)
        async with LinkClient.open(url, server.token, "pad") as old:
            (leaving,) = guests(server) - newer
            await old.found("alex")
            await soon(old.settled())
            await new.found("alex")
            await soon(new.settled())
        await soon(leaving.gone.wait())
        assert [type(host.posted.get_nowait()) for _ in range(2)] == [PadFound, PadFound]
        assert not host.posted.qsize()


async def test_a_program_that_names_pads_without_end_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pads, "PADS_BOUND", 2)
    host, seen = RememberingHost(), Seen()
    async with (
        serving(host) as (server, url),
        LinkClient.open(url, server.token, "pad", "", seen.watcher) as client,
    ):
        for pad in ("a", "b", "a", "c"):
            await client.found(pad)
        assert "2 pads on the link already" in await soon(seen.ends.get())
        found = [host.posted.get_nowait() for _ in range(3)]
        assert [event.pad for event in found if isinstance(event, PadFound)] == ["link:a", "link:b", "link:a"]


async def test_pads_are_told_the_pulse_and_a_late_one_the_last_beat() -> None:
    async with serving(RememberingHost()) as (server, url):
        async with LinkClient.open(url, server.token, "pad") as early:
            assert early.pulse() is None
            server.pulse(PulseShown(1000, 1, 1, 100.0, "4/4"))
            await soon(early.pulse_told())
            assert early.pulse() == messages.Pulse(t=1000, bar=1, beat=1, bpm=100.0, meter="4/4")
        async with LinkClient.open(url, server.token, "pad") as late:
            await soon(late.pulse_told())
            assert late.pulse() == messages.Pulse(t=1000, bar=1, beat=1, bpm=100.0, meter="4/4")


# ---------------------------------------------------------------- slow clients


async def test_a_client_that_stops_reading_misses_pictures_but_no_entry() -> None:
    host = RememberingHost()
    many = 400
    async with (
        serving(host) as (server, url),
        aiohttp.ClientSession() as session,
        session.ws_connect(url) as socket,
        LinkClient.open(url, server.token, "facilitator") as other,
    ):
        await socket.send_json(hello(server.token))
        await soon(other.settled())
        numbers: list[int] = []
        for number in range(many):  # nothing is read meanwhile, and views go on being made
            server.log([happening(number, text="word " * 100)])
            if number % 50 == 0:
                await soon(other.settled())
        while len(numbers) < many:
            frame = await said(socket)
            if frame["kind"] == "log":
                numbers += [entry["number"] for entry in frame["entries"]]
        assert numbers == list(range(many))


async def test_a_client_too_far_behind_is_sent_away_in_words_and_hurts_nobody() -> None:
    seen = Seen()
    async with (
        serving(RememberingHost()) as (server, url),
        aiohttp.ClientSession() as session,
        session.ws_connect(url) as socket,
    ):
        await socket.send_json(hello(server.token))
        await said(socket)
        # One entry more than may wait, all at once: nothing of it can have been sent yet.
        entry = happening(1, text="x" * 4096)
        for _ in range(WAITING_BOUND // 4096 + 1):
            server.log([entry])
        async with LinkClient.open(url, server.token, "facilitator", "", seen.watcher) as other:
            await soon(other.settled())
            last: Any = {}
            while True:
                message = await soon(socket.receive())
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                last = json.loads(message.data)
            assert last["kind"] == "error"
            assert "too slowly" in last["message"]
            assert socket.close_code == Close.SLOW
            await soon(seen.views.get())


async def test_a_client_that_never_reads_again_is_cut_off() -> None:
    async with serving(RememberingHost()) as (server, url):
        address = url.removeprefix("ws://").removesuffix("/link")
        host_name, port = address.split(":")
        reader, writer = await asyncio.open_connection(host_name, int(port), limit=1024)
        key = "AAAAAAAAAAAAAAAAAAAAAA=="
        writer.write(
            f"GET /link HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        text = json.dumps(hello(server.token)).encode()
        writer.write(bytes([0x81, 0x80 | 126]) + len(text).to_bytes(2, "big") + bytes(4) + text)
        await writer.drain()
        async with asyncio.timeout(GUARD):
            await reader.readuntil(b"welcome")
            (stuck,) = guests(server)
            while not stuck.gone.is_set():  # socket buffers fill first, then the outbox, then patience ends
                server.log([happening(1, text="x" * 60_000)])
                await asyncio.sleep(0)
        writer.transport.abort()


async def test_the_end_of_the_circle_is_told_to_everybody() -> None:
    seen = Seen()
    async with (
        serving(RememberingHost()) as (server, url),
        LinkClient.open(url, server.token, "facilitator", "", seen.watcher) as client,
    ):
        await soon(server.stop("The circle has ended."))
        assert await soon(seen.ends.get()) == "The circle has ended."
        assert not (await soon(client.command(StopAll()))).ok


# ---------------------------------------------------------------- single hits


HIT = Hit(1_000, "usb:a", 38, 90, raw_time=7, uncertainty=600, by_arrival=True)


async def test_a_facilitator_who_asks_hears_single_hits_and_the_hub_tells_none_before_and_after() -> None:
    host, heard = RememberingHost(), asyncio.Queue[list[messages.HeardHit]]()
    async with serving(host) as (server, url):
        assert host.told is None
        watcher = Watcher(on_hits=heard.put_nowait)
        async with LinkClient.open(url, server.token, "facilitator", watcher=watcher) as client:
            await client.hear_hits()
            assert host.told is not None
            host.told(HIT)
            host.told(HIT)
            assert await soon(heard.get()) == [messages.HeardHit(1_000, "usb:a", 38, 90, 600, True)] * 2
            await client.request("hits", on=False)
            assert host.told is None
            await client.request("hits", on=True)
            leaving = guests(server)
        await soon(asyncio.gather(*(one.gone.wait() for one in leaving)))
        assert host.told is None


async def test_hits_go_only_to_who_asked() -> None:
    host, deaf, heard = RememberingHost(), Seen(), asyncio.Queue[list[messages.HeardHit]]()
    others: list[object] = []
    deaf.watcher.on_hits = others.append
    async with (
        serving(host) as (server, url),
        LinkClient.open(url, server.token, "facilitator", watcher=deaf.watcher),
        LinkClient.open(
            url, server.token, "facilitator", watcher=Watcher(on_hits=heard.put_nowait)
        ) as asking,
    ):
        await asking.hear_hits()
        assert host.told is not None
        host.told(HIT)
        await soon(heard.get())
        while not deaf.views.empty():
            deaf.views.get_nowait()
        await soon(deaf.views.get())
        assert others == []


@pytest.mark.parametrize("role", ["circle", "pad"])
async def test_only_a_facilitator_may_hear_single_hits(role: Any) -> None:
    host = RememberingHost()
    async with serving(host) as (server, url), LinkClient.open(url, server.token, role) as client:
        with pytest.raises(UsageError, match="only a facilitator may"):
            await client.hear_hits()
        assert host.told is None


async def test_who_heard_hits_hears_them_again_from_a_hub_that_comes_back() -> None:
    hosts, heard = [RememberingHost(), RememberingHost()], asyncio.Queue[list[messages.HeardHit]]()
    where: list[Address | None] = [None]
    async with contextlib.AsyncExitStack() as stack:
        first, url = await stack.enter_async_context(serving(hosts[0]))
        where[0] = Address(url, first.token)
        watcher = Watcher(on_hits=heard.put_nowait)
        client = await stack.enter_async_context(
            LinkClient.following(lambda: where[0], "facilitator", watcher=watcher)
        )
        await client.hear_hits()
        second, url = await stack.enter_async_context(serving(hosts[1]))
        where[0] = Address(url, second.token)
        for guest_there in guests(first):
            guest_there._cut()  # as a hub that is killed leaves its sockets
        async with asyncio.timeout(GUARD):
            while hosts[1].told is None:
                await hosts[1].looked_at()
        hosts[1].told(HIT)
        assert [hit.note for hit in await soon(heard.get())] == [38]


def test_a_picture_that_took_long_leaves_time_for_hits_but_no_screen_standing() -> None:
    assert rest(0.03) == pytest.approx(0.12)
    assert rest(3.0) == 0.5
