"""Which benches there are.  A new one is one file and one line in :data:`BENCHES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

from drumcircle.bench.row import Row
from drumcircle.errors import DrumcircleError, UsageError


class BenchFailed(DrumcircleError):
    """A part that was to be measured did not run; the message holds its own last words."""

    exit_code = 1


class Teller(Protocol):
    """Where a bench says what is not a figure."""

    def doing(self, words: str) -> None:
        """What is measured now; the last word replaces the one before."""

    def remark(self, words: str) -> None:
        """A sentence that stays: what could not be measured here, and why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed; None: the bench's own default."""

    files: tuple[Path, ...] = ()
    seconds: float | None = None
    pads: tuple[int, ...] | None = None
    bpm: float | None = None
    subdivision: float | None = None


Measure = Callable[[Wanted, Teller], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Bench:
    """One bench; ``place`` is the module with its ``measure``, loaded when it runs."""

    name: str
    place: str
    words: str
    takes: frozenset[str] = frozenset()
    """Which fields of :class:`Wanted` mean something to it."""

    def measure(self, wanted: Wanted, tell: Teller) -> Iterator[Row]:
        """Figure after figure, as they are measured.

        Raises:
            UsageError: something was typed that this bench has no use for.
            BenchFailed: what it measures does not run here.
        """
        for name in ("files", "seconds", "pads", "bpm", "subdivision"):
            if getattr(wanted, name) not in (None, ()) and name not in self.takes:
                what = "files" if name == "files" else f"--{name}"
                raise UsageError(f"'drumcircle bench {self.name}' has no use for {what}.")
        run: Measure = import_module(self.place).measure
        return run(wanted, tell)


BENCHES: tuple[Bench, ...] = (
    Bench(
        "hits", "drumcircle.bench.hits",
        "error of hits' times over JACK under a drawing dashboard; with FILEs, whole recordings performed "
        "into a hub over every way in",
        frozenset({"files", "seconds", "bpm", "subdivision"}),
    ),
    Bench(
        "hub", "drumcircle.bench.hub",
        "many networked pads at once: CPU a hit, time from publish to core, hits lost, late sound",
        frozenset({"seconds", "pads"}),
    ),
    Bench(
        "start", "drumcircle.bench.start",
        "--help, demo to its first frame, CPU of a hub at rest, memory of every process",
        frozenset({"seconds"}),
    ),
    Bench("core", "drumcircle.bench.core", "the core alone: time a hit, time a view", frozenset({"seconds"})),
    Bench("store", "drumcircle.bench.store", "the journal: rows a second, what writing costs the hub",
          frozenset({"seconds"})),
    Bench("measures", "drumcircle.bench.measures",
          "the measures: a hit live, whole arrays beside other libraries; with FOLDERs every recording in them",
          frozenset({"files", "seconds", "bpm", "subdivision"})),
    Bench("structures", "drumcircle.bench.structures",
          "every structure: core time an event with 8, 32 and 128 players; hold: the spread at each alpha",
          frozenset({"seconds"})),
    Bench("timesync", "drumcircle.bench.timesync",
          "error of networked pads' hits over networks of known delays, beside other ways to place them",
          frozenset({"seconds"})),
    Bench("firmware", "drumcircle.bench.firmware",
          "the ESP32's program under MicroPython: size, memory, time of a turn of its loop",
          frozenset({"seconds"})),
    Bench("sensing", "drumcircle.bench.sensing",
          "what the pads' firmware makes of strokes, ringing, crosstalk, noise and hum, beside a plain threshold"),
)  # fmt: skip


def named(name: str) -> Bench:
    """The bench of this name.

    Raises:
        UsageError: there is none.
    """
    for bench in BENCHES:
        if bench.name == name:
            return bench
    known = ", ".join(bench.name for bench in BENCHES)
    raise UsageError(f"There is no bench {name!r}; there are {known}.")
