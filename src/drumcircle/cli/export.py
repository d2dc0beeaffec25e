"""``drumcircle export``: a recorded session as CSV or MIDI."""

from __future__ import annotations

import argparse
from pathlib import Path

from drumcircle.cli.replay import add_session_arguments, chosen
from drumcircle.errors import UsageError
from drumcircle.store.export import exported, write_csv, write_midi

HERE = Path()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle export``."""
    add_session_arguments(parser)
    parser.add_argument(
        "--csv", metavar="FILE", nargs="?", type=Path, const=HERE, help="every hit as a table"
    )
    parser.add_argument(
        "--midi", metavar="FILE", nargs="?", type=Path, const=HERE, help="a Standard MIDI File"
    )


def run(options: argparse.Namespace) -> int:
    """Write what was asked for; files are named by the session unless told."""
    if options.csv is None and options.midi is None:
        raise UsageError("Say what to write: --csv, --midi, or both (each may be followed by a file name).")
    journal, rows = chosen(options)
    session = exported(journal, rows)
    if options.csv is not None:
        path = _named(options.csv, f"{journal.id}.csv")
        write_csv(path, session)
        print(f"{path}: {len(session.hits)} hits; {session.where_zero_is()}.")
    if options.midi is not None:
        path = _named(options.midi, f"{journal.id}.mid")
        write_midi(path, session)
        print(
            f"{path}: one track a player; {session.where_zero_is()}. Times are rounded to MIDI "
            "ticks, 960 a quarter note; the session itself stays the record."
        )
    return 0


def _named(given: Path, default: str) -> Path:
    """The file that was named, or one of the default name, in the folder that was named or here."""
    return given / default if given.is_dir() else given
