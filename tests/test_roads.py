"""Every road in, end to end: a real hub in a process of its own, real sockets, and its summary at the end."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
from pathlib import Path

import pytest
from pythonosc.udp_client import SimpleUDPClient

from drumcircle.cli._perform.link_target import into_circle
from drumcircle.cli._perform.schedule import Due
from drumcircle.cli._perform.tally import Tally
from drumcircle.cli._perform.target import stream
from drumcircle.core.view import SessionView
from drumcircle.link.client import LinkClient
from e2e_rig import Rig, drumcircle, environment, running_hub
from link_fixtures import Seen, soon

FREE_OF_MIDI = ("--no-midi", "--port", "0")


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def pads_of(rig: Rig, *wanted: str) -> SessionView:
    """The first view in which all these pads are somebody's and badged."""
    seen = Seen()
    async with LinkClient.here(rig.folder / "state", "facilitator", "", seen.watcher):
        while True:
            view = await soon(seen.views.get())
            if {*wanted} <= {pad.id for pad in view.pads if pad.players and pad.words}:
                return view


async def test_pads_that_speak_osc_are_people_in_the_circle_and_in_its_summary(tmp_path: Path) -> None:
    port = free_udp_port()
    async with running_hub(tmp_path, *FREE_OF_MIDI, "--osc", str(port)) as rig:
        with SimpleUDPClient("127.0.0.1", port) as sender:
            for _ in range(5):
                sender.send_message("/pad/anna", 0.8)
                sender.send_message("/drumcircle/hit", [36, 90, "bert"])
            sender.send_message("/fader/1", 0.5)
        view = await pads_of(rig, "osc:anna", "osc:bert")
        assert {(pad.kind, pad.words) for pad in view.pads} == {("osc", "OSC, time of arrival only")}
        summary = await rig.summary()
    counts = summary["counts"]
    assert (counts["received"], counts["rejected"]) == (10, 1)
    assert {pad: told["received"] for pad, told in counts["pads"].items()} == {"anna": 5, "bert": 5}
    assert set(summary["players"]) == {"anna", "bert"}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
async def test_keys_of_a_terminal_are_people_in_the_circle_and_in_its_summary(tmp_path: Path) -> None:
    async with running_hub(tmp_path, *FREE_OF_MIDI) as rig:
        ours, its = os.openpty()
        keys = await asyncio.create_subprocess_exec(
            *drumcircle("keys", "--people", "2", "--name", "k"),
            stdin=its, stdout=its, stderr=its, env=environment(tmp_path),
        )  # fmt: skip
        os.close(its)
        shown = b""
        while b"k-right" not in shown:
            shown += await soon(asyncio.to_thread(os.read, ours, 1024))
        os.write(ours, b"aj")
        view = await pads_of(rig, "key:k-left", "key:k-right")
        assert {(pad.kind, pad.words) for pad in view.pads} == {("key", "keys, for trying out")}
        os.write(ours, b"\x1b")
        assert await soon(keys.wait()) == 0
        os.close(ours)
        summary = await rig.summary()
    assert {pad: told["received"] for pad, told in summary["counts"]["pads"].items()} == {
        "k-left": 1, "k-right": 1,
    }  # fmt: skip


async def test_another_machine_finds_the_circle_joins_by_code_watches_and_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"t-{secrets.token_hex(6)}"
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    async with running_hub(here, *FREE_OF_MIDI, "--listen", "--circle", name) as rig:
        code = (await said(here, "dash", "--invite")).split()[-1]
        shown = await said(there, "dash", "--plain", "--find", name, "--join", code, until="tempo:")
        assert "tempo: 100 BPM" in shown
        for variable, folder in environment(there).items():
            monkeypatch.setenv(variable, folder)
        async with into_circle(name, ["far"], "far") as target:
            tally = Tally()
            await stream(target, [Due(0, "far", 38, 100)], target.now(), tally)
            assert await target.settle() == ""
        summary = await rig.summary()
    assert summary["counts"]["pads"]["far"]["received"] == 1


async def said(folder: Path, *words: str, until: str = "") -> str:
    """What a command of another machine prints, to its end or until these words."""
    process = await asyncio.create_subprocess_exec(
        *drumcircle(*words),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=environment(folder),
    )  # fmt: skip
    assert process.stdout is not None
    lines = []
    while line := (await soon(process.stdout.readline())).decode():
        lines.append(line)
        if until and until in line:
            process.terminate()
            break
    await soon(process.communicate())
    return "".join(lines)
