"""``drumcircle pads add`` and ``revoke``: what a pad is given, and that it joins with nothing but that."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from broker_fixtures import PATIENCE, nats
from drumcircle import cli
from drumcircle.errors import BrokerRefused, UsageError
from drumcircle.link.client import LinkClient
from drumcircle.link.files import require_link
from drumcircle.net.address import CERTIFICATE_VARIABLE, Address, parse_address
from drumcircle.net.broker import Broker
from drumcircle.net.connection import connect
from drumcircle.net.padclient import PadClient
from drumcircle.net.topics import pad_topic
from test_net_broker import hub_running, places

__all__ = ["nats", "places"]  # fixtures, found by name

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a hub is asked to end by SIGTERM")
LISTENING = ("--port", "0", "--listen")
Places = dict[str, str]
Printed = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands are typed."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def settings(pad: Path) -> dict[str, Any]:
    return tomllib.loads((pad / "pad.toml").read_text(encoding="utf-8"))


def way_in(pad: Path, host: str = "127.0.0.1") -> Address:
    """As a board has it: from its two files alone, and where it found the broker."""
    told = settings(pad)
    broker = told["broker"]
    return Address(
        host, broker["port"], broker["tls"], broker["user"], broker["password"], told["pad"]["circle"],
        certificate=pad / broker["certificate"],
    )  # fmt: skip


# ---------------------------------------------------------------- while no circle runs


def test_a_pad_is_given_all_that_its_board_needs(places: Places, folder: Path, capsys: Printed) -> None:
    words = ("--label", 'Snare "1"', "--ssid", "drums é", "--wifi-password", "12 345 678", "--note", "40")
    assert cli.main(["pads", "add", "snare", *words]) == 0
    told, printed = settings(folder / "pad-snare"), capsys.readouterr().out
    broker = told.pop("broker")
    assert told == {
        "pad": {"name": "snare", "label": 'Snare "1"', "circle": "circle"},
        "wifi": {"ssid": "drums é", "password": "12 345 678"},
        "sensor": [{"pin": 34, "note": 40}],
    }
    secrets = {broker.pop("password"), broker.pop("client_id")}
    assert sorted(map(len, secrets)) == [22, 22], "128 bits each, and not the same"
    assert broker == {
        "host": "", "port": 8883, "tls": True, "server_name": "drumcircle.local", "user": "pad-snare",
        "certificate": "drumcircle.der",
    }  # fmt: skip
    assert (folder / "pad-snare" / "drumcircle.der").read_bytes()[:1] == b"\x30", "DER, not PEM"
    assert "start one with --listen" in printed
    *_, url = lines = printed.splitlines()
    code = [line for line in lines if line and set(line) <= set("█▀▄ ")]
    assert {len(line) for line in code} == {2 * len(code) - 1}, "a square: a line is two modules high"
    assert parse_address(url.partition("?")[0]).user == "pad-snare"
    assert url.partition("?sha256=")[2].isascii()
    assert len(lines) <= 32


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes")
def test_only_the_owner_can_read_what_a_pad_is_given(places: Places, folder: Path) -> None:
    assert cli.main(["pads", "add", "snare"]) == 0
    assert stat.S_IMODE((folder / "pad-snare" / "pad.toml").stat().st_mode) == 0o600


def test_a_name_and_a_folder_are_given_once(places: Places, folder: Path, capsys: Printed) -> None:
    assert cli.main(["pads", "add", "snare"]) == 0
    before = (folder / "pad-snare" / "pad.toml").read_bytes()
    assert cli.main(["pads", "add", "snare", "--out", "other"]) == 2
    assert "There is a pad 'snare' already" in capsys.readouterr().err
    assert cli.main(["pads", "add", "tom", "--out", "pad-snare"]) == 2
    assert "name another folder with --out" in capsys.readouterr().err
    assert (folder / "pad-snare" / "pad.toml").read_bytes() == before
    assert not (folder / "other").exists()
    assert cli.main(["pads", "revoke", "tom"]) == 2
    assert "those that were: snare" in capsys.readouterr().err
    assert cli.main(["pads", "revoke", "snare"]) == 0
    assert cli.main(["pads", "add", "snare", "--out", "again"]) == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("Big Drum",), "a-z, 0-9 and '-'"),
        (("snare", "--circle", "Our Room"), "a-z, 0-9 and '-'"),
        (("snare", "--wifi-password", "short"), "8 to 63"),
        (("snare", "--ssid", "x" * 33), "32 bytes"),
        (("snare", "--label", "a\nb"), "printable"),
        (("snare", "--port", "0"), "1 to 65535"),
        (("snare", "--note", "128"), "0 to 127"),
    ],
)
def test_a_mistake_is_one_sentence_and_makes_nothing(
    places: Places, folder: Path, capsys: Printed, words: tuple[str, ...], says: str
) -> None:
    assert cli.main(["pads", "add", *words]) == 2
    assert says in capsys.readouterr().err
    assert list(folder.iterdir()) == []
    assert cli.main(["pads", "revoke", "snare"]) == 2, "no user was made"


def test_a_folder_that_refuses_leaves_no_user_behind(places: Places, folder: Path, capsys: Printed) -> None:
    (folder / "in-the-way").write_text("")
    assert cli.main(["pads", "add", "snare", "--out", "in-the-way/pad"]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert cli.main(["pads", "add", "snare"]) == 0


# ---------------------------------------------------------------- while one runs


@POSIX
def test_a_pad_that_is_added_joins_at_once_and_one_that_is_revoked_is_cut_off(
    places: Places, folder: Path, capsys: Printed
) -> None:
    with hub_running(places, *LISTENING):
        assert cli.main(["pads", "add", "snare", "--json"]) == 0
        given = json.loads(capsys.readouterr().out)
        assert given["password"] == settings(folder / "pad-snare")["broker"]["password"]
        assert cli.main(["pads"]) == 0
        assert "\nadded     snare\n" in capsys.readouterr().out
        asyncio.run(_join_and_be_revoked(way_in(folder / "pad-snare")))
        assert cli.main(["pads"]) == 0
        printed = capsys.readouterr().out
        assert "\nadded " not in printed
        assert "mqtt:snare  snare" in printed
        assert "pads add" in printed


async def _join_and_be_revoked(address: Address) -> None:
    async with PadClient(address, ["snare"]) as pad:
        await pad.ready()
        pad.send_hit("snare", 38, 100, 0)
        assert await pad.drained(PATIENCE)
    connection = await connect(address, lambda *_: None, topics=[pad_topic("circle", "snare", "ack")])
    assert await asyncio.to_thread(cli.main, ["pads", "revoke", "snare"]) == 0
    assert await asyncio.wait_for(connection.lost(), PATIENCE) == "it closed the connection"
    await connection.close()
    with pytest.raises(BrokerRefused, match="user or the password"):
        await connect(address, lambda *_: None)


@POSIX
def test_pads_that_are_added_at_the_same_time_can_all_join(places: Places, folder: Path) -> None:
    names = [f"p{number}" for number in range(6)]
    with hub_running(places, *LISTENING):
        typed = [
            subprocess.Popen(
                [sys.executable, "-m", "drumcircle", "pads", "add", name],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
            for name in names
        ]  # fmt: skip
        assert [(process.communicate()[1], process.returncode) for process in typed] == [(b"", 0)] * 6
        for name in names:
            asyncio.run(_connects(way_in(folder / f"pad-{name}"), name))


@POSIX
def test_what_a_pad_is_given_opens_the_broker_and_nothing_else(places: Places, folder: Path) -> None:
    with hub_running(places, *LISTENING):
        assert cli.main(["pads", "add", "snare"]) == 0
        link = require_link(Path(places["DRUMCIRCLE_STATE"]))
        broker = settings(folder / "pad-snare")["broker"]
        for secret in (broker["password"], broker["client_id"]):
            with pytest.raises(UsageError, match="does not know this token"):
                asyncio.run(_enter(link.url, secret))


async def _enter(url: str, token: str) -> None:
    async with LinkClient.open(url, token, "pad"):
        pass


@POSIX
def test_the_login_that_pads_prints_plays_into_our_own_broker_by_tls(
    places: Places, folder: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "two.csv").write_text("time_s,player\n0.1,anna\n0.2,anna\n")
    with hub_running(places, *LISTENING):
        assert cli.main(["pads", "list", "--json"]) == 0
        login = json.loads(capsys.readouterr().out)
        assert login["url"].startswith("mqtts://")
        url = login["url"].replace("://", f"://{login['user']}:{login['password']}@") + f"/{login['circle']}"
        assert cli.main(["play", "two.csv", "--into", url]) == 0
        monkeypatch.setenv("DRUMCIRCLE_STATE", str(folder / "another-machine"))
        assert cli.main(["play", "two.csv", "--into", url]) == 2
        assert "DRUMCIRCLE_BROKER_CERTIFICATE" in capsys.readouterr().err
        trust = Path(places["DRUMCIRCLE_CONFIG"]) / "trust"
        monkeypatch.setenv(CERTIFICATE_VARIABLE, str(trust / "drumcircle.pem"))
        assert cli.main(["play", "two.csv", "--into", url]) == 0


@POSIX
def test_a_circle_on_this_machine_only_is_told_of(places: Places, folder: Path, capsys: Printed) -> None:
    with hub_running(places):
        assert cli.main(["pads", "add", "snare"]) == 0
        assert "open to this machine only" in capsys.readouterr().out
        assert settings(folder / "pad-snare")["broker"]["port"] == 8883


@POSIX
def test_a_circle_that_listens_plain_has_plain_pads(places: Places, folder: Path) -> None:
    with hub_running(places, *LISTENING, "--plain"):
        assert cli.main(["pads", "add", "snare"]) == 0
        address = way_in(folder / "pad-snare")
        assert not address.tls
        asyncio.run(_connects(address, "snare"))


async def _connects(address: Address, pad: str) -> None:
    await (await connect(address, lambda *_: None, topics=[pad_topic("circle", pad, "ack")])).close()


@POSIX
def test_users_of_another_broker_are_not_ours_to_make(
    nats: Broker, places: Places, folder: Path, capsys: Printed
) -> None:
    with hub_running(places, "--broker", nats.hub_login.full_url()):
        assert cli.main(["pads", "add", "snare"]) == 2
        assert "uses another broker" in capsys.readouterr().err


def test_a_host_is_an_address_for_boards_ask_no_name_server(folder: Path, capsys: Printed) -> None:
    assert cli.main(["pads", "add", "snare", "--host", "drums.example"]) == 2
    assert "--host takes an address such as 192.168.1.20" in capsys.readouterr().err
    assert not list(folder.iterdir())
