"""The doctor: each finding in words, what to do about it, and whether a circle can run."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from drumcircle import config
from drumcircle.cli import doctor, main
from drumcircle.cli._doctor import Check, discovery, isolation, machine, network, trust
from drumcircle.cli._doctor.isolation import Network
from drumcircle.errors import MissingPart
from drumcircle.link.certificate import own_certificate, trust_folder
from drumcircle.link.files import BrokerLogin, LinkOpen, write_link
from drumcircle.net.discovery import Announcement, FoundCircle
from drumcircle.net.own_network import NOT_INSTALLED, answering_mdns

# ---------------------------------------------------------------- the machine


@pytest.mark.parametrize(
    ("version", "rtmidi_there", "state"),
    [
        ((3, 10, 4), True, "missing"),
        ((3, 11, 0), False, "ok"),
        ((3, 12, 9), False, "ok"),
        ((3, 13, 0), True, "ok"),
        ((3, 13, 0), False, "warning"),
    ],
)
def test_python_must_be_3_11_and_from_3_13_on_midi_must_be_compiled(
    version: tuple[int, int, int], rtmidi_there: bool, state: str
) -> None:
    check = machine.python(version, rtmidi_there=rtmidi_there)
    assert check.state == state
    assert bool(check.remedy) == (state != "ok")


def test_a_package_that_is_not_installed_is_named() -> None:
    listed = ["pytest>=8", "no-such-package (>=1)", "another; extra == 'dev'", "miniaudio<2"]
    assert machine.packages(listed).words == "not installed: no-such-package"
    assert machine.packages().state == "ok"


@pytest.mark.parametrize(("step", "state"), [(60, "ok"), (15_600_000, "missing")])
def test_a_clock_too_coarse_to_time_a_hit_rules_the_machine_out(step: int, state: str) -> None:
    assert machine.clock(step).state == state


def test_this_machines_clock_is_fine_enough() -> None:
    assert 0 < machine.smallest_step() < machine.COARSEST_STEP_NS


def test_a_folder_that_is_not_there_yet_is_fine_where_it_can_be_made(tmp_path: Path) -> None:
    check = machine.folder("data", tmp_path / "a" / "b", "DRUMCIRCLE_DATA")
    assert (check.state, check.words) == ("ok", f"{tmp_path / 'a' / 'b'} (will be made)")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_one_is_said_with_the_variable_that_names_another(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    check = machine.folder("data", in_the_way, "DRUMCIRCLE_DATA")
    assert check.state == "missing"
    assert "DRUMCIRCLE_DATA" in check.remedy


def test_little_room_on_the_disk_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LITTLE_SPACE", 2**80)
    assert machine.folder("data", tmp_path, "X").state == "warning"


@pytest.mark.parametrize(("size", "state"), [((80, 24), "ok"), ((79, 50), "warning"), ((200, 23), "warning")])
def test_the_dashboard_needs_80_by_24(size: tuple[int, int], state: str) -> None:
    assert machine.terminal(os.terminal_size(size)).state == state


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "no colour (NO_COLOR is set)"),
        ({"COLORTERM": "truecolor"}, "full colour"),
        ({"TERM": "xterm-256color"}, "256 colours"),
        ({"TERM": "dumb"}, "no colour"),
    ],
)
def test_what_the_terminal_says_of_colour_is_told(
    variables: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine.sys, "platform", "linux")
    for name in ("NO_COLOR", "COLORTERM", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert words in machine.terminal(os.terminal_size((80, 24))).words


# ---------------------------------------------------------------- the network


def test_the_brokers_port_is_free_taken_by_a_stranger_or_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRUMCIRCLE_STATE", str(tmp_path))
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert network.broker_port(port).state == "warning"
        login = BrokerLogin(f"mqtt://127.0.0.1:{port}", "circle", "pads", "secret")
        write_link(
            tmp_path, url="ws://x", token="t", circle_token="c", circle="circle", data=tmp_path, broker=login
        )
        assert network.broker_port(port).words == f"{port} is used by the circle that runs here"
    assert network.broker_port(port).words == f"{port} is free"


def test_the_port_that_pads_on_the_network_come_to_is_looked_at_too() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert f"mqtts://USER@localhost:{port}" in network.tls_port(port).remedy
    assert (network.tls_port(port).name, network.tls_port(port).state) == ("TLS port", "ok")


def test_the_certificate_is_looked_at_and_told_of_before_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRUMCIRCLE_CONFIG", str(tmp_path))
    assert "none yet" in trust.certificate().words
    assert list(tmp_path.iterdir()) == [], "looking makes nothing"
    own = own_certificate(trust_folder(tmp_path))
    assert trust.certificate().state == "ok"
    late = trust.certificate(own.expires() - timedelta(days=89))
    assert (late.state, "Move " in late.remedy) == ("warning", True)
    own.private.write_text("scribble")
    assert "cannot be used" in trust.certificate().words


def test_a_running_circle_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMCIRCLE_STATE", str(tmp_path))
    assert "none runs here" in network.circle().words
    write_link(tmp_path, url="ws://x", token="t", circle_token="c", circle="drums", data=tmp_path)
    assert f"'drums' runs here (process {os.getpid()})" in network.circle().words


ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t0000A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0
wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
"""
NEIGHBOURS = """\
IP address       HW type     Flags       HW address            Mask     Device
192.168.0.1      0x1         0x2         02:00:00:00:00:01     *        wlan0
192.168.0.7      0x1         0x2         02:00:00:00:00:07     *        wlan0
192.168.0.9      0x1         0x0         00:00:00:00:00:00     *        wlan0
10.0.0.4         0x1         0x2         02:00:00:00:00:04     *        eth0
"""


def test_the_gateway_and_the_neighbours_that_answered_are_read_from_the_systems_tables() -> None:
    assert isolation.default_route(ROUTES) == ("wlan0", "192.168.0.1")
    assert isolation.answering(NEIGHBOURS, "wlan0", "192.168.0.1") == ("192.168.0.7",)
    assert isolation.default_route("") == (None, None)
    assert isolation.answering("", "wlan0", None) == ()


@pytest.mark.parametrize(
    ("seen", "state", "words"),
    [
        (Network(None, None, None, None), "ok", "no network"),
        (Network("192.168.0.5", True, "192.168.0.1", ("192.168.0.7",)), "ok", "no sign of isolation"),
        (Network("192.168.0.5", True, "192.168.0.1", ()), "warning", "isolation is possible"),
        (Network("192.168.0.5", False, "192.168.0.1", ()), "ok", "cannot be seen from here"),
        (Network("192.168.0.5", None, None, None), "warning", "nobody has answered"),
    ],
)
def test_isolation_is_suspected_only_as_far_as_it_can_be_seen(seen: Network, state: str, words: str) -> None:
    check = isolation.wifi(seen)
    assert check.state == state
    assert words in check.words
    assert bool(check.remedy) == (not seen.others)


HERE = ("192.168.0.5", True, "192.168.0.1")


@pytest.mark.parametrize(
    ("seen", "state", "words"),
    [
        (Network(*HERE, (), heard=2), "ok", "2 network pads are heard: no isolation"),
        (Network(*HERE, (), heard=2, silent=("anna",)), "warning", "not heard: anna"),
        (Network(*HERE, ("192.168.0.7",), silent=("anna", "bert")), "warning", "not heard: anna, bert"),
        (Network(*HERE, (), silent=("anna",)), "warning", "neither do the pads made for this circle: anna"),
        (Network(*HERE, (), silent=tuple("abcdefgh")), "warning", "a, b, c, d, e, f and 2 more"),
    ],
)
def test_pads_that_were_made_and_are_not_heard_are_named(seen: Network, state: str, words: str) -> None:
    check = isolation.wifi(seen)
    assert (check.state, bool(check.remedy)) == (state, state == "warning")
    assert words in check.words


async def test_whoever_speaks_mdns_answers_one_question() -> None:
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

    kind, name = "_t._tcp.local.", f"t-{secrets.token_hex(6)}"
    mdns = AsyncZeroconf(interfaces=["127.0.0.1"])
    there = AsyncServiceInfo(
        kind, f"{name}.{kind}", port=1, server=f"{name}.local.", parsed_addresses=["127.0.0.1"]
    )
    await (await mdns.async_register_service(there, cooperating_responders=True))
    assert await asyncio.to_thread(answering_mdns, "127.0.0.1", 1.0) == {"127.0.0.1"}
    await mdns.async_close()


def test_other_circles_are_named_and_a_missing_library_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    other = FoundCircle(Announcement("drums", "ab12", 8883, True, 8885, "00ff"), ("192.168.0.7",), 1)
    monkeypatch.setattr("drumcircle.net.discovery.find_circles", lambda *_: (other,))
    check = discovery.discovery()
    assert (check.state, check.words) == ("ok", "other circles: 'drums' at 192.168.0.7")

    def nothing_installed(*_: object) -> None:
        raise MissingPart(NOT_INSTALLED)

    monkeypatch.setattr("drumcircle.net.discovery.find_circles", nothing_installed)
    check = discovery.discovery()
    assert check.state == "warning"
    assert "pip install zeroconf" in check.remedy


def test_a_circle_that_is_not_heard_on_its_own_network_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drumcircle.net.discovery.find_circles", lambda *_: ())
    assert discovery.discovery().state == "ok"
    write_link(
        config.state_folder(), url="ws://x", token="t", circle_token="c", circle="c", data=tmp_path,
        network=LinkOpen(8885, str(tmp_path)),
    )  # fmt: skip
    check = discovery.discovery()
    assert check.state == "warning"
    assert "5353" in check.remedy


# ---------------------------------------------------------------- the verdict

OK = Check("clock", "ok", "fine")
WARNING = Check("MIDI", "warning", "none", "Plug one in.")
MISSING = Check("data", "missing", "no room", "Make some.")


def test_only_what_a_circle_cannot_run_without_makes_the_verdict_no(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for checks, code, words in (
        ((OK,), 0, "Everything is here."),
        ((OK, WARNING), 0, "A circle can run here; with less than everything: see MIDI."),
        ((OK, WARNING, MISSING), 2, "No circle can run here yet: see data."),
    ):
        monkeypatch.setattr(doctor, "CHECKS", tuple(lambda check=check: check for check in checks))
        assert main(["doctor"]) == code
        out = capsys.readouterr().out
        assert out.endswith(f"\n{words}\n")
        assert ("→ Plug one in." in out) == (WARNING in checks)


def test_json_is_one_document(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (lambda: WARNING,))
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "checks": [{"name": "MIDI", "state": "warning", "words": "none", "remedy": "Plug one in."}],
    }


def test_a_look_that_fails_or_hangs_keeps_no_other_from_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    never, released = threading.Event(), threading.Event()

    def strange() -> Check:
        raise RuntimeError("no such thing")

    def hanging() -> Check:
        never.wait()
        released.set()
        return OK

    monkeypatch.setattr(doctor, "PATIENCE_S", 0.01)
    first, second = doctor.examine((strange, hanging))
    monkeypatch.setattr(doctor, "PATIENCE_S", 30.0)
    (third,) = doctor.examine((lambda: OK,))
    assert (first.name, first.state) == ("strange", "warning")
    assert "no such thing" in first.words
    assert "did not answer" in second.words
    assert third is OK
    never.set()
    assert released.wait(10)


def test_this_machine_can_be_looked_at_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"DRUMCIRCLE_{name}", str(tmp_path / name.lower()))
    assert main(["doctor", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert len(checks) == len(doctor.CHECKS)
    assert all(check["words"] for check in checks)
    assert all(check["remedy"] for check in checks if check["state"] != "ok")
    assert not any("could not be looked at" in check["words"] for check in checks)
