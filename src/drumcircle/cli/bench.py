"""``drumcircle bench``: how fast and how true, on this machine."""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from drumcircle.bench.catalogue import Bench, Wanted
    from drumcircle.bench.row import Row

REWRITE, CLEAR = "\r", "\x1b[K"
MOST_PADS = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle bench``."""
    add = parser.add_argument
    add("name", metavar="NAME", nargs="?", help="which bench (default: list them)")
    add("files", metavar="FILE", nargs="*", type=Path, help="hits, measures: recordings, or folders of them")
    add("--json", action="store_true", help="the figures as one JSON document")
    add("--seconds", type=_seconds, metavar="S", help="how long each case is measured")
    add("--pads", type=_pads, metavar="N[,N…]", help="hub: how many pads (default 50,200,800)")
    add(
        "--bpm",
        type=_positive,
        metavar="F",
        help="hits, measures: tempo of the files (default: the file's own)",
    )
    add("--subdivision", type=_positive, metavar="N", help="judged points a beat (hits: 4; measures: 1)")


def run(options: argparse.Namespace) -> int:
    """List the benches, or run one."""
    from drumcircle.bench.catalogue import BENCHES, Wanted, named

    if options.name is None:
        print("\n".join(f"{bench.name:<8}  {bench.words}" for bench in BENCHES))
        return 0
    wanted = Wanted(tuple(options.files), options.seconds, options.pads, options.bpm, options.subdivision)
    return _measure(named(options.name), wanted, as_json=options.json)


def _measure(bench: Bench, wanted: Wanted, *, as_json: bool) -> int:
    from drumcircle.bench.machine import machine, words

    ran_on = machine()
    with _ended_by_sigterm(), StatusLine() as line:
        rows = list(bench.measure(wanted, line))
    if as_json:
        document = {"bench": bench.name, "machine": ran_on, "rows": [row.plain() for row in rows]}
        print(json.dumps(document, ensure_ascii=False, allow_nan=False))
    else:
        _print(rows, words(ran_on))
    return 0


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """As by Ctrl-C: what was started is ended and what was written is removed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print(rows: list[Row], ran_on: str) -> None:
    from drumcircle.bench.table import table

    print(table(rows) if rows else "Nothing could be measured here.")
    print(f"\n{ran_on}")


class StatusLine:
    """What is going on and for how long, on one line of a terminal; remarks stay, on stderr wherever it goes."""

    def __init__(self) -> None:
        self._drawn = sys.stderr.isatty()
        self._words, self._since = "", 0.0
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._tick, name="status line", daemon=True)

    def __enter__(self) -> Self:
        if self._drawn:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._drawn:
            self._thread.join()
            self._write("")

    def doing(self, words: str) -> None:
        """Show what is measured now; silent where nobody watches."""
        with self._lock:
            self._words, self._since = words, time.monotonic()
            self._draw()

    def remark(self, words: str) -> None:
        """Say a sentence that stays."""
        with self._lock:
            self._write("")
            print(words, file=sys.stderr, flush=True)
            self._draw()

    def _tick(self) -> None:
        while not self._over.wait(1.0):
            with self._lock:
                self._draw()

    def _draw(self) -> None:
        if self._words:
            self._write(f"{self._words} … {time.monotonic() - self._since:.0f} s")

    def _write(self, line: str) -> None:
        if self._drawn:
            fitting = line[: shutil.get_terminal_size().columns - 1]
            print(f"{REWRITE}{fitting}{CLEAR}", end="", file=sys.stderr, flush=True)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _seconds(text: str) -> float:
    value = _positive(text)
    if value > 3600:
        raise argparse.ArgumentTypeError(f"{text} is longer than an hour")
    return value


def _pads(text: str) -> tuple[int, ...]:
    try:
        counts = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list such as 50,200,800") from None
    if not all(1 <= count <= MOST_PADS for count in counts):
        raise argparse.ArgumentTypeError(f"{text}: each must be from 1 to {MOST_PADS}")
    return counts
