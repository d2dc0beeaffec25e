"""Real brokers, a circle that only remembers, and pads that say exactly what a test wants."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from drumcircle.core.events import Event, Hit
from drumcircle.net.address import Address
from drumcircle.net.broker import Broker
from drumcircle.net.mqtt import MqttPart

PATIENCE = 20.0
"""s until a test gives up waiting; nothing takes a tenth of it."""

MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")


class FakeCircle:
    """Remembers what parts post and report; the clock is real."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.reports: list[tuple[str, bool, str]] = []
        self._changed = asyncio.Event()

    def now(self) -> int:
        return time.perf_counter_ns()

    def post(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    def post_from_thread(self, event: Event) -> None:
        raise AssertionError("MQTT lives on the loop")

    def report(self, service: str, ok: bool, words: str) -> None:
        self.reports.append((service, ok, words))
        self._changed.set()

    def report_from_thread(self, service: str, ok: bool, words: str) -> None:
        raise AssertionError("MQTT lives on the loop")

    def hits(self, pad: str | None = None) -> list[Hit]:
        return [e for e in self.events if isinstance(e, Hit) and pad in (None, e.pad)]

    async def until(self, happened: Callable[[], object]) -> None:
        """Wait until something posted or reported makes ``happened`` true."""
        async with asyncio.timeout(PATIENCE):
            while not happened():
                self._changed.clear()
                await self._changed.wait()

    async def connected(self) -> None:
        await self.until(lambda: self.reports and self.reports[-1][1])


@asynccontextmanager
async def listening(address: Address) -> AsyncIterator[tuple[MqttPart, FakeCircle]]:
    """The hub's MQTT part at work, connected."""
    part, circle = MqttPart(address), FakeCircle()
    async with running(part, circle):
        await circle.connected()
        yield part, circle


@asynccontextmanager
async def running(part: MqttPart, circle: FakeCircle) -> AsyncIterator[None]:
    task = asyncio.create_task(part.run(circle))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker.start(tmp_path / "state", port=0)
    yield broker
    broker.stop()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Address]:
    """Debian's mosquitto; the address of its user ``hub``."""
    address = Address("127.0.0.1", free_port(), user="hub", password="secret of the hub")
    with mosquitto_running(tmp_path, address.port):
        yield address


@pytest.fixture(params=["nats", "mosquitto"])
def any_broker(request: pytest.FixtureRequest) -> tuple[Address, Address]:
    """(the hub's address, a pad's) of each broker in turn."""
    if request.param == "nats":
        broker: Broker = request.getfixturevalue("nats")
        return broker.hub_login, broker.pads_login
    address: Address = request.getfixturevalue("mosquitto")
    return address, replace(address, user="pads", password="secret of the pads")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def mosquitto_running(folder: Path, port: int, more: str = "") -> Iterator[None]:
    """Users hub and pads, anything allowed; ``more`` lines for its configuration."""
    if MOSQUITTO is None:
        if os.environ.get("CI") == "true":
            pytest.fail("mosquitto is not installed: apt-get install mosquitto")
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    for user in ("hub", "pads"):
        subprocess.run(["mosquitto_passwd", "-b", passwords, user, f"secret of the {user}"], check=True)
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"
        "set_tcp_nodelay true\nmessage_size_limit 4096\nlog_dest stderr\nconnection_messages false\n"
        f"user root\n{more}"
    )
    with subprocess.Popen([MOSQUITTO, "-c", config], stderr=subprocess.PIPE) as server:
        assert server.stderr is not None
        try:
            assert any(b"running" in line for line in server.stderr), "mosquitto did not start"
            yield
        finally:
            server.terminate()
