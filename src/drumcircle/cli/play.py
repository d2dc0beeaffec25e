"""``drumcircle play``: be the pads; perform a MIDI or onset file into a circle."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from drumcircle import config
from drumcircle.cli._perform.performer import Outcome, perform
from drumcircle.cli._perform.schedule import Due, Stretch, schedule
from drumcircle.cli._perform.target import Target
from drumcircle.cli._perform.targets import open_target
from drumcircle.core.events import NS
from drumcircle.errors import FileProblem, UsageError
from drumcircle.formats.performance import Performance, collect_players, load_performance

PROGRESS_SECONDS = 0.25
STOPPED = 130  # what a shell reports of a program that was interrupted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle play``."""
    add = parser.add_argument
    add("file", metavar="FILE", type=Path, help="a MIDI file, or a CSV time_s,player[,velocity]")
    add(
        "--into",
        metavar="URL",
        default="",
        help="mqtt[s]://user:password@host:port/circle or midi:PORT (default: the circle that runs here)",
    )
    add(
        "--player",
        metavar="NAME=NOTE[,NOTE]",
        action="append",
        default=[],
        help="these notes are the pad NAME; may be given again (default: every note is a pad)",
    )
    add("--name", metavar="P", help="a pad that is not named is P-NOTE (default: p and four hex digits)")
    add(
        "--from", metavar="S", dest="from_s", type=float, default=0.0, help="begin at this second of the file"
    )
    add("--to", metavar="S", dest="to_s", type=float, default=math.inf, help="end before this second of it")
    add("--speed", metavar="N", type=float, default=1.0, help="play N times as fast")
    add("--json", action="store_true", help="the outcome as one JSON document")


def run(options: argparse.Namespace) -> int:
    """Perform the file; 130 if it was interrupted."""
    stretch = _stretch(options)
    performance = load_performance(options.file, collect_players(options.player), options.name)
    dues = schedule(performance.parts, stretch)
    if not dues:
        raise FileProblem(options.file, "there is nothing to play between --from and --to.")
    try:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            outcome = runner.run(_play(options, performance, dues, stretch))
    except asyncio.CancelledError:
        return STOPPED
    _report(options, performance, outcome)
    return STOPPED if outcome.stopped else 0


def _stretch(options: argparse.Namespace) -> Stretch:
    if not (math.isfinite(options.from_s) and 0 <= options.from_s < options.to_s):
        raise UsageError("--from must be 0 or more seconds, and before --to.")
    if not 0 < options.speed < math.inf:
        raise UsageError("--speed must be above 0: 2 is twice as fast.")
    return Stretch(options.from_s, options.to_s, options.speed)


async def _play(
    options: argparse.Namespace, performance: Performance, dues: Sequence[Due], stretch: Stretch
) -> Outcome:
    _stop_on_sigterm()
    outcome, title = Outcome(), options.file.stem
    for remark in performance.remarks:
        _say(remark)
    playing = {due.pad for due in dues}
    pads = [part.name for part in performance.parts if part.name in playing or options.player]
    async with (
        open_target(options.into, config.state_folder(), pads, title) as target,
        _progress(outcome, dues, target),
    ):
        await perform(target, dues, stretch, title, _say, outcome)
    return outcome


def _stop_on_sigterm() -> None:
    """End as cleanly as on Ctrl-C."""
    task = asyncio.current_task()
    with contextlib.suppress(NotImplementedError):  # Windows has no such signal
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


@contextlib.asynccontextmanager
async def _progress(outcome: Outcome, dues: Sequence[Due], target: Target) -> AsyncIterator[None]:
    """A line on the terminal that moves with the performance; none where the output goes elsewhere."""
    if not sys.stderr.isatty():
        yield
        return
    moving = asyncio.create_task(_move(outcome, dues, target), name="progress line")
    try:
        yield
    finally:
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


async def _move(outcome: Outcome, dues: Sequence[Due], target: Target) -> None:
    whole = dues[-1].offset / NS
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        if outcome.start is not None:
            into = (target.now() - outcome.start) / NS
            sent = outcome.tally.sent.total()
            line = f"\r{into:7.1f} of {whole:.1f} s   {sent} of {len(dues)} hits\x1b[K"
            print(line, end="", file=sys.stderr, flush=True)


def _report(options: argparse.Namespace, performance: Performance, outcome: Outcome) -> None:
    if options.json:
        document = {
            "file": str(options.file),
            "start_ns": outcome.start,
            "on_bar_line": outcome.on_bar_line,
            "stopped": outcome.stopped,
            **outcome.tally.plain(),
            "remarks": [*performance.remarks, *outcome.problems],
        }
        print(json.dumps(document, ensure_ascii=False))
        return
    for problem in outcome.problems:
        _say(problem)
    print(("Stopped. " if outcome.stopped else "") + outcome.tally.words())
