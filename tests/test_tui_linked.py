"""The dashboard's end of a real link, and how ``drumcircle dash`` finds the hub."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from drumcircle import config
from drumcircle.cli import _find, dash
from drumcircle.core.events import Cancel, Mark
from drumcircle.errors import CircleNotRunning, UsageError
from drumcircle.link.client import Address
from drumcircle.link.files import write_link
from drumcircle.tui.linked import LOST, linked
from drumcircle.tui.source import Ended, Linked, Logged, News, Viewed
from link_fixtures import RememberingHost, happening, serving, soon
from tui_views import groove


async def test_pictures_log_and_end_arrive() -> None:
    host = RememberingHost(kept=[happening(1), happening(2)], make_view=lambda _number: groove(2))
    async with (
        serving(host) as (server, url),
        linked(lambda: Address(url, server.token), "facilitator", patience=0) as source,
    ):
        news = source.news()
        first = [await soon(anext(news)) for _ in range(3)]
        assert Linked(True, "Connected to Tuesday.") in first
        assert Logged((happening(1), happening(2))) in first
        assert Viewed(groove(2)) in first
        await server.stop("The circle has ended.")
        rest: list[News] = []

        async def to_the_end() -> None:
            async for each in news:
                rest.append(each)  # noqa: PERF401 - what came before a failure is worth seeing

        await soon(to_the_end())
        assert rest[-1] == Ended("The circle has ended.")


async def test_what_the_hub_refuses_comes_back_as_words() -> None:
    host = RememberingHost()
    async with (
        serving(host) as (server, url),
        linked(lambda: Address(url, server.token), "facilitator", patience=0) as source,
    ):
        assert await soon(source.command(Mark())) == ""
        assert await soon(source.command(Cancel())) == "Nothing is armed."
        with pytest.raises(UsageError):
            await soon(source.request("nonsense"))


async def test_a_hub_that_dies_is_told_as_lost_and_the_next_one_is_found() -> None:
    host = RememberingHost()
    async with serving(host) as (server, url):
        where = [Address(url, server.token)]
        async with linked(lambda: where[0], "facilitator", patience=0) as source:
            news = source.news()
            assert await soon(_state(news)) == Linked(True, "Connected to Tuesday.")
            async with serving(host) as (second, other):
                where[0] = Address(other, second.token)
                for guest in set(server._guests):
                    guest._cut()
                assert await soon(_state(news)) == Linked(False, LOST)
                assert (await soon(_state(news))).connected


async def _state(news: object) -> Linked:
    """The next change of the link."""
    assert hasattr(news, "__anext__")
    while True:
        each = await anext(news)  # type: ignore[call-overload]  # the source's stream
        if isinstance(each, Linked):
            return each


# ---------------------------------------------------------------- the command


def _options(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    dash.add_arguments(parser)
    return parser.parse_args(argv)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRUMCIRCLE_STATE", str(tmp_path))
    return config.state_folder()


def test_the_running_circle_is_found_each_role_with_its_own_token(state: Path) -> None:
    find = _find.here("", "", "facilitator")
    assert find() is None
    write_link(state, url="ws://127.0.0.1:9/link", token="t", circle_token="c", circle="circle", data=state)
    assert find() == Address("ws://127.0.0.1:9/link", "t")
    assert _find.here("", "", "circle")() == Address("ws://127.0.0.1:9/link", "c")
    assert _find.here("ws://else", "", "circle")() == Address("ws://else", "c")
    assert _find.here("ws://else", "x", "circle")() == Address("ws://else", "x")


def test_without_a_circle_plain_lines_say_so(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_find, "SEARCH_S", 0.01)
    with pytest.raises(CircleNotRunning):
        dash.run(_options("--plain"))


def test_without_a_terminal_the_way_without_one_is_named(state: Path) -> None:
    with pytest.raises(UsageError, match="--plain"):
        dash.run(_options())


def test_the_help_of_dash_does_not_load_textual() -> None:
    """Drawing is imported when something is drawn."""
    import subprocess
    import sys

    code = "import sys; import drumcircle.cli.dash; print('textual' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )
