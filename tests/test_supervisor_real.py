"""The supervisor with the real hub, broker and plain dashboard, as a person starts them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drumcircle.cli._supervisor.claim import holder
from drumcircle.core.events import SetTempo
from drumcircle.link.client import LinkClient
from drumcircle.link.files import read_link
from link_fixtures import Seen, soon
from supervisor_fixtures import GUARD, await_end_of, children_named, until

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="process descriptors as on Linux"
)

QUIET = ("--no-midi", "--no-sound", "--port", "0")
SURELY_KEPT = 2_000_000_000
"""ns after which a command is in the recovery journal even on a busy machine (it commits every 250 ms)."""
Process = subprocess.Popen[bytes]


class House:
    """Folders of their own, and drumcircle typed in them."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self._env = {
            **os.environ,
            "DRUMCIRCLE_STATE": str(self.state),
            "DRUMCIRCLE_CONFIG": str(folder / "config"),
            "DRUMCIRCLE_DATA": str(folder / "data"),
        }
        self._typed: list[Process] = []

    def type(self, *words: str) -> Process:
        argv = [sys.executable, "-m", "drumcircle", *words]
        process = subprocess.Popen(
            argv, env=self._env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._typed.append(process)
        return process

    def clear(self) -> None:
        keeper = holder(self.state)
        if keeper is not None:
            os.kill(keeper.pid, signal.SIGTERM)
            await_end_of(keeper.pid)
        for process in self._typed:
            process.kill()
            process.communicate()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.clear()


def said(process: Process) -> str:
    out, err = process.communicate(timeout=GUARD)
    return (out + err).decode()


async def test_a_killed_hub_is_back_in_the_same_session_and_phase_and_end_leaves_nothing(
    house: House,
) -> None:
    circle, seen = house.type("circle", *QUIET), Seen()
    async with LinkClient.here(house.state, "facilitator", "", seen.watcher, patience=GUARD) as client:
        assert (await soon(client.command(SetTempo(90.0)))).ok
        asked = client.hub_now()
        before = await soon(seen.views.get())
        while before.pulse.bpm != 90.0 or before.now < asked + SURELY_KEPT:
            before = await soon(seen.views.get())
        hub = read_link(house.state)
        assert hub is not None
        os.kill(hub.pid, signal.SIGKILL)
        assert (await soon(seen.states.get()))[0]
        assert not (await soon(seen.states.get()))[0]
        assert (await soon(seen.states.get()))[0]
        while seen.views.qsize():
            seen.views.get_nowait()
        after = await soon(seen.views.get())
        assert (after.began, after.pulse.bpm) == (before.began, 90.0)
        # The last beats of the two pictures: the first may lie before the change of tempo.
        beats = (after.pulse.beat_times[-1] - before.pulse.beat_times[-1]) * 90.0 / 60e9
        assert abs(beats - round(beats)) < 1e-6

        second = house.type("circle", "--bpm", "120")
        keeper = holder(house.state)
        assert keeper is not None
        (broker,) = children_named(keeper.pid, "nats-server")
        hub = read_link(house.state)
        assert hub is not None
        end = await asyncio.to_thread(lambda: said(house.type("circle", "--end")))
        assert "has ended" in end
        assert "ended" in await soon(seen.ends.get())
    words = await asyncio.to_thread(said, second)
    assert "runs here already" in words
    assert "keeps the options" in words
    assert "The circle has ended." in await asyncio.to_thread(said, circle)
    for pid in (hub.pid, keeper.pid, broker):
        await_end_of(pid)


def test_what_the_broker_stored_goes_even_where_the_keeper_is_killed(house: House) -> None:
    house.type("circle", *QUIET)
    until(lambda: read_link(house.state))
    hub, keeper = read_link(house.state), holder(house.state)
    assert hub is not None
    assert keeper is not None
    assert (house.state / "broker" / "store").exists()
    os.kill(keeper.pid, signal.SIGKILL)
    await_end_of(hub.pid)
    assert not (house.state / "broker").exists()
    assert not (house.state / "broker-login.json").exists()


def test_a_demo_beside_a_running_circle_is_refused_in_words(house: House) -> None:
    house.type("circle", *QUIET)
    until(lambda: read_link(house.state))
    demo = house.type("demo")
    assert "circle --end" in said(demo)
    assert demo.returncode == 2


@pytest.mark.parametrize(
    ("words", "named"),
    [(("--bpm", "7"), "bpm"), (("--structure", "dance"), "dance"), (("--port", "x"), "--port")],
)
def test_a_mistake_in_the_options_is_one_sentence_and_leaves_nothing(
    house: House, words: tuple[str, ...], named: str
) -> None:
    circle = house.type("circle", *QUIET, *words)
    sentence = said(circle).strip()
    assert circle.returncode == 2
    assert named in sentence
    assert "Traceback" not in sentence
    assert holder(house.state) is None
    assert read_link(house.state) is None


async def test_a_hub_that_is_asked_to_end_in_two_ways_at_once_ends_well(house: House) -> None:
    circle = house.type("circle", *QUIET)
    async with LinkClient.here(house.state, "facilitator", patience=GUARD) as client:
        hub = read_link(house.state)
        assert hub is not None
        await soon(client.request("quit"))
        os.kill(hub.pid, signal.SIGTERM)
        assert "The circle has ended." in await asyncio.to_thread(said, circle)
    assert not list(house.state.glob("recovery*"))  # kept only by a hub that did not end well


def test_ending_where_nothing_runs_is_said(house: House) -> None:
    end = house.type("circle", "--end")
    assert "No circle runs here" in said(end)
    assert end.returncode == 2


def test_a_demo_plays_at_once_and_touches_nothing_outside_the_state_folder(house: House) -> None:
    demo = house.type("demo", "--players", "3", "--no-sound")

    async def groove_is_played() -> None:
        seen = Seen()
        async with LinkClient.here(house.state, "facilitator", "", seen.watcher, patience=GUARD):
            view = await soon(seen.views.get())
            while view.structure is None or not any(player.last_hit for player in view.players):
                view = await soon(seen.views.get())
            assert view.structure.name == "groove"
            assert len(view.players) == 3

    asyncio.run(groove_is_played())
    demo.terminate()
    assert demo.wait(GUARD) == 0
    assert [path.name for path in house.state.parent.iterdir()] == ["state"]
