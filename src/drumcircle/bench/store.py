"""The journal: how many hits a second reach the disk for good, and what handing one over costs the hub.

It stands beside SQLite alone, given the same rows, already in the form they are kept in, in commits as large.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from drumcircle.bench.catalogue import BenchFailed, Teller, Wanted
from drumcircle.bench.children import own_folder
from drumcircle.bench.row import Row, compared, percentile
from drumcircle.core.events import MS, NS, Hit
from drumcircle.core.state import SessionConfig
from drumcircle.store.journal import Head, encode_row
from drumcircle.store.recorder import SqliteRecorder

SECONDS = 5.0
HITS_A_SECOND = 8000
"""What 800 pads play."""
COMMIT_S = 0.25
PATIENCE_S = 60.0
SQLITE = "SQLite alone"


def measure(wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """As fast as it takes them, then at the pace of 800 pads."""
    seconds = wanted.seconds or SECONDS
    hits = [
        Hit(
            number * NS // HITS_A_SECOND,
            f"mqtt:b{number % 800}",
            38,
            64,
            number,
            300_000,
            seq=number & 0xFFFF,
            boot=7,
        )
        for number in range(round(seconds * HITS_A_SECOND))
    ]
    with own_folder() as folder:
        tell.doing("The journal, as fast as it takes hits")
        ours = len(hits) / _all_at_once(folder / "ours", hits)
        alone = len(hits) / _sqlite_alone(folder / "alone.db", hits)
        yield compared(Row("as fast as it can", "hits kept", ours, "/s"), SQLITE, alone)
        tell.doing(f"The journal at {HITS_A_SECOND} hits a second, {seconds:g} s")
        waits = _at_pace(folder / "pace", hits)
        case = f"{HITS_A_SECOND} hits a second"
        yield Row(case, "write() p50", percentile(waits, 0.5) / 1e3, "µs")
        yield Row(case, "write() p99", percentile(waits, 0.99) / 1e3, "µs")
        yield Row(case, "write() longest", max(waits) / MS, "ms")


class _Kept:
    """Counts hits that are safe."""

    def __init__(self, wanted: int) -> None:
        self._wanted, self._count = wanted, 0
        self.all = threading.Event()
        self.problem = ""

    def safe(self, hits: list[Hit]) -> None:
        self._count += len(hits)
        if self._count >= self._wanted:
            self.all.set()

    def failed(self, words: str) -> None:
        self.problem = words
        self.all.set()

    def wait(self) -> None:
        if not self.all.wait(PATIENCE_S) or self.problem:
            raise BenchFailed(self.problem or f"The journal is not done after {PATIENCE_S:g} s.")


def _recorder(folder: Path, kept: _Kept) -> SqliteRecorder:
    folder.mkdir()
    head = Head.of(SessionConfig(start=time.perf_counter_ns()))
    recorder = SqliteRecorder(head, folder, folder, on_safe=kept.safe, on_failed=kept.failed)
    recorder.set_recording(True)
    return recorder


def _all_at_once(folder: Path, hits: Sequence[Hit]) -> float:
    """s from the first to all committed; the interval between commits is a part of it."""
    kept = _Kept(len(hits))
    recorder = _recorder(folder, kept)
    began = time.perf_counter()
    for hit in hits:
        recorder.write(time.perf_counter_ns(), hit)
    kept.wait()
    took = time.perf_counter() - began
    recorder.finish({})
    return took


def _at_pace(folder: Path, hits: Sequence[Hit]) -> list[int]:
    """ns that each call took, at the hits' own times."""
    kept = _Kept(len(hits))
    recorder, waits = _recorder(folder, kept), []
    began = time.perf_counter_ns()
    for hit in hits:
        while (left := began + hit.time - time.perf_counter_ns()) > 0:
            time.sleep(left / NS)
        before = time.perf_counter_ns()
        recorder.write(before, hit)
        waits.append(time.perf_counter_ns() - before)
    kept.wait()
    recorder.finish({})
    return waits


def _sqlite_alone(path: Path, hits: Sequence[Hit]) -> float:
    """s for the same rows: WAL, every commit synchronous, a commit for every quarter of a second of hits."""
    rows = [(number, hit.time, *encode_row(hit)) for number, hit in enumerate(hits)]
    batch = round(HITS_A_SECOND * COMMIT_S)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE rows (n INTEGER PRIMARY KEY, now INTEGER, kind TEXT, event TEXT)")
        began = time.perf_counter()
        for start in range(0, len(rows), batch):
            db.execute("BEGIN")
            db.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", rows[start : start + batch])
            db.execute("COMMIT")
        return time.perf_counter() - began
