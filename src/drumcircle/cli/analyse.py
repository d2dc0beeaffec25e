"""``drumcircle analyse``: the measures of any recording, as a table, as JSON or CSV, as figures."""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import shutil
import sys
import textwrap
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from drumcircle import INTENDED_USE, config
from drumcircle.cli.progress import progress
from drumcircle.errors import DrumcircleError, UsageError

if TYPE_CHECKING:
    from drumcircle.analysis.document import Analysis
    from drumcircle.analysis.pulses import Pulse
    from drumcircle.analysis.recording import Asked

FASTEST_BPM = 10_000
FINEST = 96
NARROWEST = 60
"""Columns words are wrapped to where a terminal is narrower."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle analyse``."""
    add = parser.add_argument
    add(
        "onsets",
        metavar="ONSETS",
        nargs="+",
        help="a CSV time_s,player[,velocity][,beat], a MIDI file, a recorded session, or a folder of .csv and .mid",
    )
    pulse = parser.add_mutually_exclusive_group()
    pulse.add_argument("--beats", metavar="FILE", type=Path, help="the pulse as it was: a CSV beat,time_s")
    pulse.add_argument("--bpm", metavar="F", type=float, help="a steady pulse instead")
    add("--start", metavar="S", type=float, help="the second of its first beat (default: 0)")
    add(
        "--subdivision",
        metavar="N",
        type=_subdivision,
        help="judged grid points a beat (default: 1); 1/4: every 4th",
    )
    add(
        "--from",
        metavar="S",
        dest="from_s",
        type=float,
        default=-math.inf,
        help="only hits from this second on",
    )
    add("--to", metavar="S", dest="to_s", type=float, default=math.inf, help="only hits before this second")
    add(
        "--players",
        metavar="A,B,C",
        type=_names,
        default=(),
        help="who, and in which order (default: alphabetical)",
    )
    add(
        "--by",
        choices=("note", "channel", "track"),
        default="note",
        help="what a player is in a MIDI file (note)",
    )
    add("--pairs", action="store_true", help="the figures of every two players")
    add("--group", action="store_true", help="the figures of the group")
    add("--phase-correction", action="store_true", help="how players correct, to the pulse and to each other")
    add("--data", metavar="FOLDER", type=Path, help="where the recorded sessions are")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="one JSON document")
    output.add_argument("--csv", action="store_true", help="a table of one row a player a file")
    add("--plot", metavar="FOLDER", type=Path, help="draw figures into this folder (needs matplotlib)")
    add("--plot-format", choices=("svg", "png"), default="svg", help="what kind of figures (default: svg)")


def run(options: argparse.Namespace) -> int:
    """Analyse everything named; 2 if some of several files cannot be used."""
    from drumcircle.analysis.reading import expand

    asked = _asked(options)
    draw = _drawing(options)
    paths = expand(options.onsets, options.data or config.data_folder())
    alone = len(paths) == 1 and not Path(options.onsets[0]).is_dir()
    analyses: dict[str, Analysis] = {}
    faults: list[DrumcircleError] = []
    for path in progress(paths, len(paths), "analysing"):
        try:
            analyses[path] = _one(path, asked, draw)
        except DrumcircleError as fault:
            if alone:
                raise
            faults.append(fault)
    _speak_plainly(as_file=options.json or options.csv)
    try:
        _print(options, analyses, alone)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has seen enough ("| head"); nor may Python complain of it when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    for problem in faults:
        print(f"drumcircle: {problem}", file=sys.stderr)
    return faults[0].exit_code if faults else 0


def _one(path: str, asked: Asked, draw: Callable[[Path, Analysis], None] | None) -> Analysis:
    from drumcircle.analysis.document import analyse
    from drumcircle.analysis.reading import read_recording

    analysis = analyse(read_recording(Path(path), asked.by), asked)
    if draw is not None:
        draw(Path(path), analysis)
    return analysis


# ---------------------------------------------------------------- what is asked


def _asked(options: argparse.Namespace) -> Asked:
    from drumcircle.analysis.recording import Asked

    for option, value in (("--from", options.from_s), ("--to", options.to_s)):
        if math.isnan(value):
            raise UsageError(f"{option} must be a number of seconds.")
    if not options.from_s < options.to_s:
        raise UsageError("--from must be before --to.")
    return Asked(
        _pulse(options),
        options.subdivision,
        options.from_s,
        options.to_s,
        options.players,
        options.by,
        options.pairs,
        options.group,
        options.phase_correction,
    )


def _pulse(options: argparse.Namespace) -> Pulse | None:
    from drumcircle.analysis.pulses import MarkedPulse, SteadyPulse

    if options.beats is not None:
        return MarkedPulse.read(options.beats)
    if options.bpm is None:
        if options.start is not None:
            raise UsageError("--start says where a steady pulse begins; give its tempo too, with --bpm.")
        return None
    if not 0 < options.bpm <= FASTEST_BPM:
        raise UsageError(f"--bpm must be above 0 and at most {FASTEST_BPM}, not {options.bpm:g}.")
    start = 0.0 if options.start is None else options.start
    if not math.isfinite(start):
        raise UsageError("--start must be a number of seconds.")
    return SteadyPulse(options.bpm, start)


def _subdivision(given: str) -> float:
    try:
        parts = Fraction(given)
    except (ValueError, ZeroDivisionError):
        parts = Fraction(0)
    if (
        (parts.numerator == 1 or parts.denominator == 1)
        and 0 < parts <= FINEST
        and parts.denominator <= FINEST
    ):
        return float(parts)
    raise argparse.ArgumentTypeError(
        f"must be a whole number of points a beat up to {FINEST}, or 1/N for every Nth beat, not {given!r}"
    )


def _names(given: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in given.split(","))
    if not all(names) or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"must be different names with commas between them, not {given!r}")
    return names


# ---------------------------------------------------------------- what is given


def _drawing(options: argparse.Namespace) -> Callable[[Path, Analysis], None] | None:
    if options.plot is None:
        return None
    from drumcircle.analysis.figures import Drawing

    return Drawing(options.plot, options.plot_format).draw


def _speak_plainly(*, as_file: bool) -> None:
    """Documents are UTF-8 wherever they go; a terminal that lacks a character shows another one."""
    if not isinstance(sys.stdout, io.TextIOWrapper):
        return
    if as_file:
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    else:
        sys.stdout.reconfigure(errors="replace")


def _print(options: argparse.Namespace, analyses: dict[str, Analysis], alone: bool) -> None:
    from drumcircle.analysis.table import overview, report
    from drumcircle.analysis.tidy import write_tidy

    documents = {path: analysis.document for path, analysis in analyses.items()}
    width = shutil.get_terminal_size().columns
    if options.csv:
        write_tidy(documents, sys.stdout)
    elif options.json:
        document = next(iter(documents.values())) if alone else {"files": documents}
        print(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    elif analyses:
        print(report(*next(iter(analyses.items())), width) if alone else overview(analyses, width))
        print("\n" + textwrap.fill(INTENDED_USE, max(width, NARROWEST)))
