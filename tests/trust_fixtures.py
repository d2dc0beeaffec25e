"""A broker that listens by TLS, pads with users of their own, and strangers who say exactly what a test wants."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

import aiomqtt
import pytest

from broker_fixtures import PATIENCE
from drumcircle.link.certificate import client_context
from drumcircle.net.address import Address
from drumcircle.net.broker import Broker
from drumcircle.net.broker_control import read_control, reload_users
from drumcircle.net.keyring import add_pad, revoke_pad
from drumcircle.net.topics import pad_topic

CIRCLE = "circle"
FAILURE = 0x80
"""What a refused subscription is answered (MQTT 3.1.1, 3.9.3)."""


@dataclass(frozen=True)
class Trusting:
    """A running broker and the folder of those whom it trusts."""

    broker: Broker
    state: Path
    trust: Path

    def add(self, pad: str) -> Address:
        """A new pad's way in."""
        given = add_pad(self.trust, pad, CIRCLE)
        self._reload()
        return replace(self.broker.pads_login, user=f"pad-{pad}", password=given.password)

    def revoke(self, pad: str) -> None:
        revoke_pad(self.trust, pad)
        self._reload()

    def _reload(self) -> None:
        control = read_control(self.state)
        assert control is not None
        reload_users(self.state, control)


@pytest.fixture
def trusting(tmp_path: Path) -> Iterator[Trusting]:
    state, trust = tmp_path / "state", tmp_path / "config" / "trust"
    broker = Broker.start(state, listen=True, port=0, trust=trust)
    yield Trusting(broker, state, trust)
    broker.stop()


@asynccontextmanager
async def client(
    address: Address,
    identifier: str | None = None,
    *,
    clean_session: bool = True,
    will: aiomqtt.Will | None = None,
) -> AsyncIterator[aiomqtt.Client]:
    """A client as anybody could write one."""
    assert address.certificate is not None
    async with aiomqtt.Client(
        address.host,
        address.port,
        username=address.user,
        password=address.password,
        identifier=identifier,
        clean_session=clean_session,
        will=will,
        timeout=PATIENCE,
        tls_context=client_context(address.certificate),
    ) as made:
        yield made


async def subscribed(made: aiomqtt.Client, topic: str) -> bool:
    """Whether the broker lets it."""
    answers = await made.subscribe(topic)
    return all(int(getattr(answer, "value", answer)) < FAILURE for answer in answers)


async def hears_all(hub: aiomqtt.Client) -> bool:
    """Every topic of the circle, as only the hub may."""
    return all([await subscribed(hub, f"drumcircle/v1/{CIRCLE}/{depth}") for depth in ("+", "+/+", "+/+/+")])


async def next_message(made: aiomqtt.Client) -> tuple[str, bytes]:
    async with asyncio.timeout(PATIENCE):
        message = await anext(aiter(made.messages))
    assert isinstance(message.payload, bytes)
    return message.topic.value, message.payload


async def ended(made: aiomqtt.Client) -> None:
    """Wait until the broker has cut it off; what it hears until then is nobody's business."""

    async def listen() -> None:
        async for _ in made.messages:
            pass

    with pytest.raises(aiomqtt.MqttError):
        await asyncio.wait_for(listen(), PATIENCE)


async def still_served(hub: aiomqtt.Client, pad: aiomqtt.Client, name: str) -> None:
    """One hit gets through: whatever else was to come has come, and it is still connected."""
    mark = f"still {name}".encode()
    await pad.publish(pad_topic(CIRCLE, name, "hit"), mark)
    assert await next_message(hub) == (pad_topic(CIRCLE, name, "hit"), mark)


def send_plain(address: Address, content: bytes) -> bytes:
    """All that is answered to these bytes without TLS, until the other side hangs up."""
    with closing(socket.create_connection((address.host, address.port), PATIENCE)) as plain:
        plain.sendall(content)
        answer = b""
        while True:
            try:
                more = plain.recv(4096)
            except ConnectionResetError:
                return answer
            if not more:
                return answer
            answer += more
