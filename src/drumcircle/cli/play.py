"""``drumcircle play``: be the pads; perform a MIDI or onset file into a circle."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from drumcircle import config
from drumcircle.cli._perform.performer import Outcome, perform
from drumcircle.cli._perform.progress import progress
from drumcircle.cli._perform.schedule import Due, Stretch, schedule
from drumcircle.cli._perform.targets import open_stamped, open_target
from drumcircle.core.events import NS
from drumcircle.errors import FileProblem, UsageError
from drumcircle.formats.performance import checked_prefix, collect_players, load_performance

MOST_VIRTUAL = 256
STOPPED = 130  # what a shell reports of a program that was interrupted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle play``."""
    add = parser.add_argument
    add("file", metavar="FILE", nargs="?", type=Path, help="a MIDI file, or a CSV time_s,player[,velocity]")
    add(
        "--into",
        metavar="URL",
        default="",
        help="mqtt[s]://user:password@host:port/circle, circle:NAME or midi:PORT (default: the circle that runs here)",
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
    add("--virtual", metavar="N", type=int, help="instead of a file: N virtual players, to --to or Ctrl-C")
    add("--seed", metavar="N", type=int, default=1, help="who the virtual players are (default: 1)")
    add("--json", action="store_true", help="the outcome as one JSON document")


def run(options: argparse.Namespace) -> int:
    """Perform the file, or be N virtual players; 130 if it was interrupted."""
    if (options.file is None) == (options.virtual is None):
        raise UsageError("Give either a FILE to perform or --virtual N, the number of virtual players.")
    outcome = Outcome()
    work = _perform_file if options.virtual is None else _be_virtual
    try:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(work(options, outcome))
    except asyncio.CancelledError:
        return STOPPED
    _report(options, outcome)
    return STOPPED if outcome.stopped else 0


async def _perform_file(options: argparse.Namespace, outcome: Outcome) -> None:
    _stop_on_sigterm()
    stretch = _stretch(options)
    performance = load_performance(options.file, collect_players(options.player), options.name)
    dues = schedule(performance.parts, stretch)
    if not dues:
        raise FileProblem(options.file, "there is nothing to play between --from and --to.")
    for remark in performance.remarks:
        _say(remark)
    outcome.remarks += performance.remarks
    title, playing = options.file.stem, {due.pad for due in dues}
    pads = [part.name for part in performance.parts if part.name in playing or options.player]
    async with (
        open_target(options.into, config.state_folder(), pads, title) as target,
        progress(outcome, target, dues[-1].offset / NS),
    ):
        if options.into.startswith("midi:") and not all(due.pad.endswith(f"-{due.note}") for due in dues):
            _say(f"As notes: {_notes(dues)}.")
        await perform(target, dues, stretch, title, _say, outcome)


def _notes(dues: Sequence[Due]) -> str:
    """Which pad is which note, for who listens to a port."""
    notes: dict[str, set[int]] = {}
    for due in dues:
        notes.setdefault(due.pad, set()).add(due.note)
    return ", ".join(f"{pad} {'/'.join(map(str, sorted(notes[pad])))}" for pad in sorted(notes))


async def _be_virtual(options: argparse.Namespace, outcome: Outcome) -> None:
    from drumcircle.cli._perform.virtual import accompany, company

    _stop_on_sigterm()
    if not 1 <= options.virtual <= MOST_VIRTUAL:
        raise UsageError(f"--virtual must be from 1 to {MOST_VIRTUAL}.")
    length_s = _stretch(options).to_s
    players = company(options.virtual, options.seed, checked_prefix(options.name))
    pads = [player.name for player in players]
    async with (
        open_stamped(options.into, config.state_folder(), pads, "virtual players") as target,
        progress(outcome, target, length_s),
    ):
        await accompany(target, players, length_s, _say, outcome)


def _stretch(options: argparse.Namespace) -> Stretch:
    if not (math.isfinite(options.from_s) and 0 <= options.from_s < options.to_s):
        raise UsageError("--from must be 0 or more seconds, and before --to.")
    if not 0 < options.speed < math.inf:
        raise UsageError("--speed must be above 0: 2 is twice as fast.")
    return Stretch(options.from_s, options.to_s, options.speed)


def _stop_on_sigterm() -> None:
    """End as cleanly as on Ctrl-C."""
    task = asyncio.current_task()
    with contextlib.suppress(NotImplementedError):  # Windows has no such signal
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _report(options: argparse.Namespace, outcome: Outcome) -> None:
    if options.json:
        document = {
            "file": str(options.file) if options.file is not None else None,
            "start_ns": outcome.start,
            "on_bar_line": outcome.on_bar_line,
            "stopped": outcome.stopped,
            **outcome.tally.plain(),
            "remarks": outcome.remarks + outcome.problems,
        }
        print(json.dumps(document, ensure_ascii=False))
        return
    for problem in outcome.problems:
        _say(problem)
    print(("Stopped. " if outcome.stopped else "") + outcome.tally.words())
