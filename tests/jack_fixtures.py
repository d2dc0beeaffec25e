"""JACK's dummy server for tests: real MIDI ports between real processes, without any hardware.

The fixture ``jack`` (see ``conftest.py``) is the one server of the session; tests that use it are marked
``jack``.  Where jackd is absent they are skipped, saying so; with ``CI`` set they fail instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest

from drumcircle.errors import MissingPart

NAMES = 6
"""jackd keeps a table of eight names for ever, dead ones too: so a few fixed ones are taken in turn."""
COMMAND = ["-R", "-P", "40", "-S", "-d", "dummy", "-r", "48000", "-p", "64"]
"""-S: without it events are lost; -R: without it an unplug is noticed after 5 s."""


class JackServer:
    """A running dummy server; ``env`` is what other processes need to find it."""

    def __init__(self, name: str, process: subprocess.Popen[bytes]) -> None:
        self.name = name
        self.process = process
        self.env = {**os.environ, **_settings(name)}

    def stop(self) -> None:
        """End it as a person would; its name and memory are given back."""
        self.process.terminate()
        self.process.wait(timeout=10)


@pytest.fixture(scope="session")
def jack() -> Iterator[JackServer]:
    """One server for the whole session; rtmidi in this process finds it, too."""
    with jack_server() as server:
        yield server


@contextmanager
def jack_server() -> Iterator[JackServer]:
    """A server of one's own, used by this process while it lasts."""
    require_jackd()
    with _free_name() as name:
        before = {key: os.environ.get(key) for key in _settings(name)}
        os.environ.update(_settings(name))
        process = start_jackd(name)
        try:
            yield JackServer(name, process)
        finally:
            _put_back(before)
            process.terminate()
            process.wait(timeout=10)
            for left in Path("/dev/shm").glob(f"jack_*{name}_*"):  # by clients that were killed
                left.unlink(missing_ok=True)


def require_jackd() -> None:
    """Skip (in CI: fail) where the tests cannot have a JACK server."""
    if shutil.which("jackd") is None:
        words = "jackd is not installed: 'sudo apt-get install jackd2 libasound2'"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")


def start_jackd(name: str) -> subprocess.Popen[bytes]:
    """Start it and wait until it answers; it ends with this process, however that ends."""
    with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    process = subprocess.Popen(
        [*with_us, "jackd", "-n", name, *COMMAND],
        env={**os.environ, **_settings(name)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 20
    while not _answers():
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.02)
        if process.returncode is not None or time.monotonic() > end:
            process.kill()
            process.wait()
            pytest.fail(
                f"jackd did not start (exit code {process.returncode}); try 'jackd -n {name} -d dummy'"
            )
    return process


def _answers() -> bool:
    from drumcircle.midi.jack import JackWatch

    try:
        JackWatch().close()
    except MissingPart:
        return False
    return True


def _settings(name: str) -> dict[str, str]:
    return {
        "JACK_DEFAULT_SERVER": name,
        "JACK_NO_AUDIO_RESERVATION": "1",
        "JACK_NO_START_SERVER": "1",
        "DRUMCIRCLE_MIDI_API": "jack",
    }


def _put_back(before: dict[str, str | None]) -> None:
    for key, value in before.items():
        if value is None:
            del os.environ[key]
        else:
            os.environ[key] = value


@contextmanager
def _free_name() -> Iterator[str]:
    """A name that no other test run on this machine uses now; the lock goes with the process."""
    import fcntl  # where there is jackd, there is this; Windows has neither

    for number in range(NAMES):
        with _lock_file(number) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"drumcircle-tests-{number}"
            return
    pytest.fail(f"{NAMES} test runs use JACK on this machine already")


def _lock_file(number: int) -> IO[bytes]:
    return (Path(tempfile.gettempdir()) / f"drumcircle-jack-{number}.lock").open("ab")
