"""The measures: what a hit costs live, whole arrays beside other libraries, and a folder of recordings.

Other libraries are asked for the same quantity, in turns with ours so that a busy machine slows all alike; the
quickest of the turns counts.  What is not installed here is said and left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from drumcircle import measures
from drumcircle.analysis.document import analyse
from drumcircle.analysis.pulses import SteadyPulse
from drumcircle.analysis.reading import expand, read_recording
from drumcircle.analysis.recording import Asked, Recording
from drumcircle.bench.catalogue import Teller, Wanted
from drumcircle.bench.row import Aim, Row, compared
from drumcircle.measures import live
from drumcircle.measures.rows import Floats

SIZES = (1_000, 1_000_000)
LIVE_HITS = 50_000
WINDOW = 32
TO_MATCH = 1_000
ENSEMBLE, ONSETS = 4, 200_000
SECONDS = 0.5
"""For each comparison; every library has three turns at least."""
BEAT_MS, SD_MS = 500.0, 40.0
NS_PER_MS = 1_000_000
A_RECORDING_MS = 28
"""Seventy-one recordings of two people in two seconds."""
SOLVER = "scipy.optimize.linear_sum_assignment"
NOT_HERE = "{} is not installed here, so nothing is compared with it."

Quantities = Mapping[str, Mapping[str, Callable[[Floats], object]]]
"""Quantity -> library -> how it is asked; the first one is ours."""


def measure(wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """Live, arrays, matching, pairs; with folders every recording in them."""
    seconds = wanted.seconds or SECONDS
    tell.doing("Live figures")
    yield from _live()
    others = _others(tell)
    for size in SIZES:
        tell.doing(f"Figures of {size:,} hits")
        yield from _arrays(size, others, seconds)
    tell.doing("Matching")
    yield from _matching(others, seconds)
    tell.doing("Pairs")
    yield from _pairs(seconds)
    for folder in wanted.files:
        yield from _recordings(folder, wanted, tell)


def _others(tell: Teller) -> dict[str, Any]:
    """The libraries that are here."""
    found = {}
    for name in ("scipy.stats", "scipy.optimize", "astropy.stats", "pingouin"):
        tell.doing(f"Loading {name}")
        try:
            found[name] = import_module(name)
        except ImportError:
            tell.remark(NOT_HERE.format(name))
    return found


def _quickest(ways: Mapping[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """Seconds each way takes: the quickest of its turns."""
    best = dict.fromkeys(ways, float("inf"))
    began, turns = time.perf_counter(), 0
    while turns < 3 or time.perf_counter() - began < seconds:
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            best[name] = min(best[name], time.perf_counter() - start)
        turns += 1
    return best


# ---------------------------------------------------------------- live


def _live() -> Iterator[Row]:
    """A player on every point, judged on halves of a beat."""
    dice = np.random.default_rng(1)
    spacing = round(BEAT_MS / 2 * NS_PER_MS)
    hits = [round(a) for a in (dice.normal(0, SD_MS, LIVE_HITS) * NS_PER_MS).tolist()]
    took = _quickest({"kept": partial(_kept, hits, spacing), "anew": partial(_anew, hits, spacing)}, 0.0)
    case = f"live, last {WINDOW} points"
    yield compared(
        Row(case, "time a hit", took["kept"] / LIVE_HITS * 1e6, "µs", aim=Aim(3)),
        "the window made anew", took["anew"] / len(hits[::WINDOW]) * 1e6,
    )  # fmt: skip
    window = _kept(hits[:WINDOW], spacing)
    read = _quickest({"read": lambda: [window.figures() for _ in range(1000)]}, 0.0)["read"]
    yield Row(case, "time to read all figures", read * 1e3, "µs")


def _kept(hits: list[int], spacing: int) -> measures.SlidingFigures:
    window = measures.SlidingFigures(WINDOW)
    for point, asynchrony in enumerate(hits):
        window.hit(point, asynchrony, spacing, 2 * spacing)
    return window


def _anew(hits: list[int], spacing: int) -> None:
    """What a hit would cost if its whole window were measured again; one hit in 32 is enough to tell."""
    for point in range(0, len(hits), WINDOW):
        last = hits[max(0, point - WINDOW) : point] or hits[:WINDOW]
        live.figures(last, [spacing] * len(last), [2 * spacing] * len(last), 0, 0)


# ---------------------------------------------------------------- whole arrays


def _arrays(size: int, others: Mapping[str, Any], seconds: float) -> Iterator[Row]:
    """The same quantity from every library, then what only this one has."""
    a = np.random.default_rng(2).normal(0, SD_MS, size)
    theta, case = measures.phases(a, BEAT_MS), f"{size:,} hits"
    for quantity, ways in _circular(others).items():
        asked = {name: partial(way, theta) for name, way in ways.items()}
        yield from _beside_each(case, quantity, _quickest(asked, seconds))
    numbers, times = np.arange(size), np.arange(size) * BEAT_MS + a
    own = {
        "all figures of a player": lambda: measures.asynchrony(a, BEAT_MS, BEAT_MS),
        "lock": lambda: measures.lock(numbers, a, BEAT_MS, times),
        "intervals, tempo, drift": lambda: measures.intervals(times),
    }
    for quantity, way in own.items():
        yield Row(case, quantity, _quickest({"": way}, seconds)[""] * 1e3, "ms")


def _circular(others: Mapping[str, Any]) -> Quantities:
    found: dict[str, dict[str, Callable[[Floats], object]]] = {
        "vector length": {"ours": measures.mean_vector},
        "mean direction": {"ours": measures.mean_vector},
        "Rayleigh p": {"ours": _rayleigh},
    }
    if scipy := others.get("scipy.stats"):
        found["vector length"]["scipy"] = scipy.circvar
        found["mean direction"]["scipy"] = scipy.circmean
    if astropy := others.get("astropy.stats"):
        found["vector length"]["astropy"] = astropy.circvar
        found["mean direction"]["astropy"] = astropy.circmean
        found["Rayleigh p"]["astropy"] = astropy.rayleightest
    if pingouin := others.get("pingouin"):
        found["vector length"]["pingouin"] = pingouin.circ_r
        found["mean direction"]["pingouin"] = pingouin.circ_mean
        found["Rayleigh p"]["pingouin"] = pingouin.circ_rayleigh
    return found


def _rayleigh(theta: Floats) -> float | None:
    found = measures.mean_vector(theta)
    tested = live.rayleigh(theta.size, found[0]) if found else None
    return tested[1] if tested else None


def _beside_each(case: str, quantity: str, took: dict[str, float]) -> Iterator[Row]:
    """One row a library; the aim stands beside the quickest."""
    ours = Row(case, quantity, took.pop("ours") * 1e3, "ms")
    if not took:
        yield ours
    for name in sorted(took, key=lambda name: took[name]):
        aim = Aim(1.0, "ratio") if took[name] == min(took.values()) else None
        yield compared(replace(ours, aim=aim), name, took[name] * 1e3)


# ---------------------------------------------------------------- matching and pairs


def _matching(others: Mapping[str, Any], seconds: float) -> Iterator[Row]:
    dice = np.random.default_rng(3)
    beats = np.arange(TO_MATCH) * BEAT_MS
    hits = beats + dice.normal(0, SD_MS, TO_MATCH)
    grid, second = measures.grid(beats), np.sort(hits + dice.normal(0, SD_MS, TO_MATCH))
    case = f"matching {TO_MATCH:,} × {TO_MATCH:,}"
    ways: dict[str, Callable[[], object]] = {
        "hits to a pulse": lambda: measures.match(hits, grid),
        "two players' hits, without a pulse": lambda: measures.mutual_nearest(np.sort(hits), second),
    }
    if solver := others.get("scipy.optimize"):
        ways[SOLVER] = lambda: solver.linear_sum_assignment(np.abs(hits[:, None] - beats))
    took = _quickest(ways, seconds)
    other = took.pop(SOLVER, None)
    for quantity, value in took.items():
        row = Row(case, quantity, value * 1e3, "ms", aim=Aim(5))
        yield row if other is None else compared(row, SOLVER, other * 1e3)


def _pairs(seconds: float) -> Iterator[Row]:
    """Every two of an ensemble that leaves one onset in ten out."""
    dice = np.random.default_rng(4)
    players = []
    for _ in range(ENSEMBLE):
        numbers = np.flatnonzero(dice.random(ONSETS) < 0.9)
        players.append((numbers, numbers * BEAT_MS + dice.normal(0, SD_MS, numbers.size)))
    ways = {"ours": _of_pairs, "numpy.intersect1d": _intersected}
    took = _quickest({name: partial(way, players) for name, way in ways.items()}, seconds)
    row = Row(f"all pairs of {ENSEMBLE} × {ONSETS:,} onsets", "asynchronies", took["ours"], "s", aim=Aim(0.1))
    yield compared(row, "numpy.intersect1d", took["numpy.intersect1d"])


def _of_pairs(players: list[tuple[Any, Floats]]) -> None:
    for (numbers_a, a), (numbers_b, b) in combinations(players, 2):
        i, j = measures.shared(numbers_a, numbers_b)
        measures.pair_asynchrony(a[i], b[j])


def _intersected(players: list[tuple[Any, Floats]]) -> list[tuple[float, float, float]]:
    found = []
    for (numbers_a, a), (numbers_b, b) in combinations(players, 2):
        _, i, j = np.intersect1d(numbers_a, numbers_b, assume_unique=True, return_indices=True)
        d = a[i] - b[j]
        found.append((d.mean(), d.std(ddof=1), np.abs(d).mean()))
    return found


# ---------------------------------------------------------------- recordings


@dataclass(slots=True)
class _Tally:
    files: int = 0
    read_s: float = 0.0
    measured_s: float = 0.0


def _recordings(folder: Path, wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """All measures of every recording, pairs, group and phase correction too; one case a kind of file."""
    kinds: dict[str, _Tally] = {}
    for name in expand([str(folder)], folder):
        tell.doing(f"Measuring {Path(name).name}")
        tally = kinds.setdefault(Path(name).suffix.lower(), _Tally())
        began = time.perf_counter()
        recording = read_recording(Path(name), "note")
        read = time.perf_counter()
        analyse(recording, _asked(recording, wanted))
        tally.files += 1
        tally.read_s += read - began
        tally.measured_s += time.perf_counter() - read
    for kind, tally in kinds.items():
        case = f"{folder.name}, {tally.files} × {kind}"
        whole = tally.read_s + tally.measured_s
        yield Row(case, "reading", tally.read_s, "s")
        yield Row(case, "all measures, surrogates too", tally.measured_s, "s")
        yield Row(case, "both, a recording", whole / tally.files * 1e3, "ms", aim=Aim(A_RECORDING_MS))
        yield Row(case, "both, in all", whole, "s")


def _asked(recording: Recording, wanted: Wanted) -> Asked:
    """Everything; where a recording has no pulse, a steady one at its own tempo, so that nothing is left out."""
    pulse = None
    if wanted.bpm is not None or recording.pulse is None:
        pulse = SteadyPulse(wanted.bpm or _tempo(recording), 0.0)
    return Asked(pulse, wanted.subdivision, pairs=True, group=True, phase_correction=True)


def _tempo(recording: Recording) -> float:
    busiest = max(recording.players.values(), key=len)
    tempo = measures.intervals(busiest.time_s * 1000).tempo_bpm
    return 120.0 if tempo is None else min(max(tempo, 30.0), 240.0)
