"""How long it takes until something is there, and what it costs while nothing happens."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from drumcircle.bench import children
from drumcircle.bench.catalogue import BenchFailed, Teller, Wanted
from drumcircle.bench.processes import MB, Process, family, role
from drumcircle.bench.row import Aim, Row, compared, median
from drumcircle.bench.terminal import has_terminals, in_terminal

SECONDS = 10.0
TRIES = 5
DEMOS = 3
PATIENCE_S = 30.0
FIRST_FRAME = "BPM"
"""Stands in every picture of the dashboard, and in nothing that is printed before."""
SIZE = (120, 40)
BARE = "bare Python"
REST_S = 1.5
"""A hub that has just started is not at rest."""


def measure(wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """``--help``, ``demo``, the hub at rest, memory."""
    tell.doing("--help")
    bare = _took([sys.executable, "-c", "pass"])
    yield compared(Row("--help", "time", _took(children.drumcircle("--help")), "s", aim=Aim(0.3)), BARE, bare)
    yield Row(
        "--help",
        "modules loaded",
        _modules("drumcircle.cli"),
        "",
        BARE,
        _modules("drumcircle.cli") / _modules("sys"),
    )
    yield Row(
        "hub", "time to import", _took([sys.executable, "-c", "import drumcircle.cli._run_hub"]) - bare, "s"
    )
    with children.own_folder() as folder:
        yield from _demo(folder / "demo", tell)
        seconds = wanted.seconds or SECONDS
        for sound, at_most in (("without sound", 3.0), ("with sound", 6.0)):
            tell.doing(f"A hub at rest {sound}, {seconds:g} s")
            quiet = ("--no-sound",) if sound == "without sound" else ()
            yield Row(
                f"hub at rest, {sound}",
                "CPU",
                _rest(folder / sound, seconds, quiet),
                "% of a core",
                aim=Aim(at_most),
            )


def _took(argv: Sequence[str]) -> float:
    """Seconds from start to end; the median of a few, so that the first, cold one does not count."""
    times = []
    for _ in range(TRIES):
        began = time.perf_counter()
        subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    return median(times)


def _modules(name: str) -> int:
    """How many modules are loaded once this one is."""
    counts = f"import sys, {name}; print(len(sys.modules))"
    return int(
        subprocess.run([sys.executable, "-c", counts], capture_output=True, text=True, check=True).stdout
    )


def _demo(folder: Path, tell: Teller) -> Iterator[Row]:
    """To the first frame of its dashboard, and what everything together then holds."""
    if not has_terminals():
        tell.remark("This system has no terminals that nobody sees, so demo is not measured.")
        return
    tell.doing("demo, to its first frame")
    times: list[float] = []
    processes: list[Process] = []
    for number in range(DEMOS):
        corner = folder / str(number)
        corner.mkdir(parents=True)
        began = time.perf_counter()
        with in_terminal(children.drumcircle("demo"), children.environment(corner), *SIZE) as (
            terminal,
            demo,
        ):
            if not terminal.shows(FIRST_FRAME, PATIENCE_S):
                raise BenchFailed("demo showed no picture.")
            times.append(time.perf_counter() - began)
            time.sleep(REST_S)
            processes = family(demo.pid)
    yield Row("demo", "first frame", median(times), "s", aim=Aim(2.0))
    yield from _memory(processes, tell)


def _memory(processes: Sequence[Process], tell: Teller) -> Iterator[Row]:
    if not processes:
        tell.remark("This system does not tell the memory of processes.")
    for process in processes:
        yield Row(f"demo: {role(process)}", "memory, resident", process.rss / MB, "MB")
        if process.pss is not None:
            yield Row(f"demo: {role(process)}", "memory, its share", process.pss / MB, "MB")
    shares = [process.pss for process in processes if process.pss is not None]
    if shares:
        yield Row("demo", "memory, all together", sum(shares) / MB, "MB")


def _rest(folder: Path, seconds: float, options: Sequence[str]) -> float:
    """CPU of a hub whose pulse runs and whom nobody plays to, looks at or asks, in % of a core."""
    with children.running_hub(folder, "--port", "0", "--no-midi", "--structure", "groove", *options) as hub:
        time.sleep(REST_S)
        before, began = hub.ask("load"), time.perf_counter()
        time.sleep(seconds)
        after, ended = hub.ask("load"), time.perf_counter()
        hub.summary()
    cpu: float = after["cpu_s"] - before["cpu_s"]
    return 100 * cpu / (ended - began)
