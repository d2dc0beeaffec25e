"""``pads learn`` and ``pads check`` as a person uses them: a real terminal, a real MIDI port, a real hub."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from drumcircle.bench.children import drumcircle, environment, running_hub
from drumcircle.formats.profiles import read_profile

pty = pytest.importorskip("pty", reason="terminals of this kind are POSIX")
pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack")]
PLAYER = Path(__file__).with_name("midi_player.py")
GUARD = 40.0
"""Seconds after which a test that waits has failed."""


class Terminal:
    """A command in a terminal of its own: what it shows, and keys for it."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process, self._master = process, master
        self.shown = ""

    def until(self, pattern: str) -> str:
        """Read until the screen has shown this since the last time; returns what was shown up to there."""
        end = time.monotonic() + GUARD
        while not (found := re.search(pattern, self.shown)):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._master], [], [], left)[0]:
                pytest.fail(f"{pattern!r} was never shown; this was: {self.shown!r}")
            try:
                self.shown += os.read(self._master, 4096).decode(errors="replace").replace("\r\n", "\n")
            except OSError:  # the other side is closed
                pytest.fail(f"the command ended before {pattern!r}; it showed: {self.shown!r}")
        before, self.shown = self.shown[: found.end()], self.shown[found.end() :]
        return before

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def ends(self) -> int:
        """Its exit code; what it still shows is read so that it is not held up."""
        end = time.monotonic() + GUARD
        with suppress(OSError):
            while time.monotonic() < end and (more := os.read(self._master, 4096)):
                self.shown += more.decode(errors="replace").replace("\r\n", "\n")
        return self.process.wait(GUARD)


@contextmanager
def terminal(folder: Path, *words: str, stdout: int | None = None) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        drumcircle(*words), env={**environment(folder), "COLUMNS": "100"}, start_new_session=True,
        stdin=slave, stdout=slave if stdout is None else stdout, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(GUARD)
        os.close(master)


class Kit:
    """A MIDI port in a process of its own that obeys."""

    def __init__(self, process: subprocess.Popen[str], name: str) -> None:
        self._process, self._name = process, name

    def do(self, *words: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def hit(self, note: int, velocity: int = 90) -> None:
        self.do("send", self._name, 0x99, note, velocity)

    def stroke(self, note: int) -> None:
        """A hit as a person plays it: well apart from the one before."""
        self.do("rest", self._name, 300)
        self.hit(note)


@contextmanager
def kit(name: str) -> Iterator[Kit]:
    with subprocess.Popen(
        [sys.executable, str(PLAYER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        played = Kit(process, name)
        played.do("open", name)
        try:
            yield played
        finally:
            played.do("close", name)  # unplugged; the end of its input ends the player


def test_a_device_is_learnt_by_hand_and_known_from_then_on(tmp_path: Path) -> None:
    with kit("Homemade") as homemade, terminal(tmp_path, "pads", "learn", "--device", "homemade") as screen:
        screen.until(r"Hit each pad of Homemade once")
        homemade.stroke(50)
        screen.until(r"\[ 1 ·  50\]")
        homemade.stroke(50)
        screen.until(r"Note 50 is pad 1 already")
        homemade.stroke(51)
        screen.until(r"\[ 2 ·  51\]")
        screen.press("\x7f")
        screen.until(r"Note 51 is taken back")
        screen.press("\t")
        homemade.stroke(52)
        screen.until(r"\[ 2 ·  52\]")
        screen.press("\r")
        screen.until(r"2 pads of Homemade are kept in .*homemade\.toml")
        assert screen.ends() == 0
    profile = read_profile(tmp_path / "config" / "profiles" / "homemade.toml")
    assert profile.banks[0].notes == ((50,), (52,))
    assert profile.fits("Homemade")
    assert "learn" in profile.source
    assert not list((tmp_path / "state").glob("*"))


def test_leaving_keeps_nothing_and_gives_the_terminal_back(tmp_path: Path) -> None:
    with kit("Homemade") as homemade, terminal(tmp_path, "pads", "learn", "--device", "Homemade") as screen:
        screen.until(r"Hit each pad of Homemade once")
        homemade.stroke(50)
        screen.until(r"\[ 1 ·  50\]")
        screen.press("q")
        screen.until(r"Nothing is kept")
        assert screen.ends() == 0
    assert not list((tmp_path / "config").glob("profiles/*"))


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_ended_from_outside_it_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals, code: int
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    with kit("Homemade"), terminal(tmp_path, "pads", "learn", "--device", "Homemade") as screen:
        screen.until(r"Hit each pad of Homemade once")
        assert list((tmp_path / "tmp").iterdir())
        screen.process.send_signal(how)
        assert screen.ends() == code
    assert not list((tmp_path / "tmp").iterdir())


def test_a_pad_is_checked_in_a_running_circle(tmp_path: Path) -> None:
    """The circle holds the ports; its view knows the device by its profile."""
    out = tmp_path / "out.json"
    with kit("LPD8") as lpd8, running_hub(tmp_path, "--no-sound", "--port", "0"), out.open("wb") as written:
        words = ("pads", "check", "--json", "--device", "LPD8")
        with terminal(tmp_path, *words, stdout=written.fileno()) as screen:
            screen.until(r"Hit LPD8 pad 5 once")
            lpd8.hit(37)
            for number, velocity in enumerate((20, 24, 60, 70, 110, 120), start=1):
                screen.until(rf"LPD8 pad 2: hit it[^●○]*{'● ' * (number - 1)}●")
                lpd8.hit(37, velocity)
                lpd8.hit(38, 10)
            screen.until(r"1 of 8 pads")
            screen.press("\r")
            assert screen.ends() == 0
    told = json.loads(out.read_text(encoding="utf-8"))
    [pad] = told["pads"]
    assert (pad["label"], pad["heard"], pad["doubles"], pad["softest"], pad["loudest"]) == (
        "LPD8 pad 2", 6, 0, 20, 120,
    )  # fmt: skip
    assert pad["along"] == [["LPD8 pad 3", 6]]
    assert "raise the threshold of LPD8 pad 3" in pad["advice"][0]


def test_a_device_that_is_not_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        running_hub(tmp_path, "--no-sound", "--port", "0"),
        terminal(tmp_path, "pads", "check", "--device", "nobody") as screen,
    ):
        screen.until(r"No pad called 'nobody' is connected; there is none at all\.")
        assert screen.ends() == 2


def test_where_neither_pad_nor_terminal_is_it_does_not_wait_for_ever(tmp_path: Path) -> None:
    with running_hub(tmp_path, "--no-sound", "--port", "0"):
        asked = subprocess.run(
            drumcircle("pads", "check", "--json"),
            env=environment(tmp_path),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=GUARD,
            check=False,
        )
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr.rstrip().endswith(
        "No pad is here to be tested; plug one in, or let it join the circle, and try again."
    )
