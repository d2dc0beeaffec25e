"""The broker a hub talks to: logins that differ by who asks, a crash that is mended, no password in a command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType

import pytest

from drumcircle import config
from drumcircle.cli import circle, demo, hub
from drumcircle.cli._broker import BrokerOfHub, broker_for
from drumcircle.cli._supervisor import start
from drumcircle.cli.hub_options import add_hub_arguments, hub_argv
from drumcircle.config import Settings
from drumcircle.link.files import BrokerGiven, read_broker
from drumcircle.net.broker_control import own_host

SECRET = "mqtt://somebody:hunter2@broker.example:1883"


def test_the_words_of_a_child_hold_no_password_of_a_broker() -> None:
    parser = argparse.ArgumentParser()
    add_hub_arguments(parser)
    words = hub_argv(parser.parse_args(["--broker", SECRET, "--bpm", "90"]))
    assert words == ["--bpm", "90.0"]


def test_the_network_is_opened_without_tls_only_where_it_is_said_twice_and_meant() -> None:
    """``--plain`` of commands with a dashboard is the dashboard's; a child is told in the words of both."""

    def read(command: ModuleType, *words: str) -> argparse.Namespace:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        return parser.parse_args(words)

    assert config.settings(vars(read(hub, "--listen", "--plain")), Path("none")).plain_wire
    for command in (circle, demo):
        assert not config.settings(vars(read(command, "--listen", "--plain")), Path("none")).plain_wire
        words = hub_argv(read(command, "--listen", "--plain-wire"))
        assert words == ["--listen", "--plain-wire"]
        assert config.settings(vars(read(hub, *words)), Path("none")).plain_wire


@pytest.mark.parametrize(
    ("words", "told"),
    [(["--listen", "--plain"], True), (["--plain"], False), (["--listen", "--plain-wire"], False)],
)
def test_a_plain_dashboard_over_a_network_with_tls_is_told_of(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: bool,
) -> None:
    monkeypatch.setenv("DRUMCIRCLE_STATE", str(tmp_path))
    monkeypatch.setattr(start, "in_front", lambda _keep, _terminal: 0)
    parser = argparse.ArgumentParser()
    circle.add_arguments(parser)
    options = parser.parse_args(words)
    assert start.keep(options, plain=options.plain) == 0
    assert ("still speak TLS" in capsys.readouterr().err) == told


def test_a_hub_started_by_a_supervisor_finds_the_broker_in_its_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: dict[str, object] = {}

    class HubChild:
        def __init__(self, argv: list[str], env: dict[str, str], *_: object) -> None:
            given.update(argv=argv, env=env)

    monkeypatch.setattr(start, "HubChild", HubChild)
    monkeypatch.setattr(start.Keeper, "run", lambda _self: 0)
    monkeypatch.setattr(start, "in_front", lambda keep, _terminal: keep(start.Front()))
    parser = argparse.ArgumentParser()
    add_hub_arguments(parser)
    assert start.keep(parser.parse_args(["--broker", SECRET]), plain=True) == 0
    assert not any("hunter2" in word for word in given["argv"])  # type: ignore[attr-defined]
    assert given["env"]["DRUMCIRCLE_BROKER"] == SECRET  # type: ignore[index]


def test_another_broker_has_one_login_for_all(tmp_path: Path) -> None:
    with broker_for(Settings(broker=SECRET), tmp_path) as broker:
        assert broker.address().password == "hunter2"
        assert broker.pads_login().hubs_own
        assert "hunter2" not in broker.words()


def test_what_our_own_broker_left_goes_before_another_one_is_used(tmp_path: Path) -> None:
    (tmp_path / "broker" / "store").mkdir(parents=True)
    with broker_for(Settings(broker=SECRET), tmp_path):
        assert not (tmp_path / "broker").exists()


def test_pads_on_the_network_are_told_the_machines_address_and_the_hub_stays_on_loopback() -> None:
    given = BrokerGiven("mqtt://127.0.0.1:1", "circle", "hub", "a", "pads", "b", pads_url="mqtt://10.0.0.5:1")
    broker = BrokerOfHub(given)
    assert broker.address().host == "127.0.0.1"
    assert broker.pads_login().url == "mqtt://10.0.0.5:1"
    assert "10.0.0.5" in broker.words()


def test_pads_are_told_the_address_on_the_network_that_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRUMCIRCLE_INTERFACE", "127.0.0.1")  # the only other one that every machine has
    with broker_for(Settings(port=0, listen=True), tmp_path) as broker:
        assert broker.pads_login().url.startswith("mqtts://127.0.0.1:")


def test_our_own_broker_is_open_to_the_network_only_when_asked(tmp_path: Path) -> None:
    with broker_for(Settings(port=0), tmp_path) as broker:
        assert broker.pads_login().url.startswith("mqtt://127.0.0.1:")
    with broker_for(Settings(port=0, listen=True), tmp_path) as broker:
        assert broker.pads_login().url.startswith(f"mqtts://{own_host()}:")
        assert (broker.address().host, broker.address().tls) == ("127.0.0.1", True)
        assert broker.address().certificate == tmp_path / "trust" / "drumcircle.pem"
    with broker_for(Settings(port=0, listen=True, plain_wire=True), tmp_path) as broker:
        assert broker.pads_login().url.startswith(f"mqtt://{own_host()}:")
        assert not broker.address().tls


@pytest.mark.parametrize("listen", [False, True])
def test_our_own_broker_that_was_killed_is_back_on_the_same_port_with_the_same_logins(
    tmp_path: Path, listen: bool
) -> None:
    with broker_for(Settings(port=0, listen=listen), tmp_path) as broker:
        child = broker.child
        assert child is not None
        broker.look_after()
        running = child._broker
        assert running is not None
        running._child.kill()
        running._child.wait(10)
        broker.look_after()
        assert child.alive()
        assert read_broker(child.login) == broker.given
