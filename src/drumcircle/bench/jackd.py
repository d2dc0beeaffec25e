"""The JACK server that is here, or a dummy one for a while: real MIDI ports between real processes."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from drumcircle.bench.catalogue import Teller
from drumcircle.bench.children import running
from drumcircle.errors import MissingPart
from drumcircle.midi import ports

NAME = "drumcircle-bench"
"""Always the same: jackd keeps a table of eight names for ever, dead ones too."""
COMMAND = ["-R", "-P", "40", "-S", "-d", "dummy", "-r", "48000", "-p", "64"]
"""-S: without it events are lost; -R: without it an unplug is noticed after 5 s."""
READY_S = 20.0
JACK = {"DRUMCIRCLE_MIDI_API": "jack", "JACK_NO_START_SERVER": "1", "JACK_NO_AUDIO_RESERVATION": "1"}


@contextmanager
def jack(tell: Teller) -> Iterator[bool]:
    """While it lasts this process and its children find a JACK server; False, and why, where there is none."""
    with _settings(JACK):
        try:
            ports.rtmidi()
        except MissingPart as problem:
            tell.remark(f"Nothing is measured over JACK: {problem}")
            yield False
            return
        if ports.jack_runs():
            yield True
        elif shutil.which("jackd") is None:
            tell.remark("Nothing is measured over JACK: no server runs and jackd is not installed.")
            yield False
        else:
            with _dummy_server() as answers:
                if not answers:
                    tell.remark("Nothing is measured over JACK: jackd is installed but does not start.")
                yield answers


@contextmanager
def _dummy_server() -> Iterator[bool]:
    with (
        _settings({"JACK_DEFAULT_SERVER": NAME}),
        running(["jackd", "-n", NAME, *COMMAND], os.environ) as server,
    ):
        end = time.monotonic() + READY_S
        while not (answers := ports.jack_runs()) and server.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        yield answers


@contextmanager
def _settings(own: Mapping[str, str]) -> Iterator[None]:
    """libjack and our children read them from the environment."""
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
