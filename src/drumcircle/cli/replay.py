"""``drumcircle replay``: a session again from its journal, and whether it ends in the same numbers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from drumcircle import INTENDED_USE, config
from drumcircle.cli.progress import progress
from drumcircle.core.structures.declared import written
from drumcircle.store.amendment import in_force
from drumcircle.store.journal import Journal, Row, read_journal, salvaged
from drumcircle.store.replay import Outcome, play_again
from drumcircle.store.sessions import find

FIGURES = (
    ("n", "n", "{:d}"),
    ("missed", "missed", "{:d}"),
    ("extra", "extra", "{:d}"),
    ("mean ms", "mean_asynchrony_ms", "{:+.1f}"),
    ("SD ms", "sd_asynchrony_ms", "{:.1f}"),
    ("PPC grid", "ppc_grid", "{:.2f}"),
)
SAME, DIFFERENT = "the same, bit for bit", "not the same"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle replay``."""
    add_session_arguments(parser)
    parser.add_argument("--json", action="store_true", help="the numbers as one JSON document")


def add_session_arguments(parser: argparse.ArgumentParser) -> None:
    """Which session, and what to do if it is damaged."""
    parser.add_argument(
        "session", metavar="SESSION", help="its name, the beginning of it, or a journal's file"
    )
    parser.add_argument("--data", metavar="FOLDER", type=Path, help="where the records are")
    parser.add_argument("--salvage", action="store_true", help="of a damaged journal, use what can be read")


def run(options: argparse.Namespace) -> int:
    """Replay; 1 if the numbers of the end do not come out again."""
    journal, rows = chosen(options)
    outcome = play_again(journal, rows)
    if options.json:
        print(json.dumps(_document(journal, outcome), indent=2, ensure_ascii=False))
    else:
        _print(journal, outcome)
    # Where hits were left out on purpose other numbers are nobody's fault.
    return 1 if outcome.difference and not (journal.partial or options.salvage) else 0


def chosen(options: argparse.Namespace) -> tuple[Journal, Iterator[Row]]:
    """The journal somebody named, and its rows with a bar of progress."""
    journal = read_journal(find(options.data or config.data_folder(), options.session))
    if not options.salvage:
        return journal, progress(journal.rows(), journal.tally().rows, journal.id)
    return journal, salvaged(journal.rows(), lambda words: print(f"drumcircle: {words}", file=sys.stderr))


def _document(journal: Journal, outcome: Outcome) -> dict[str, Any]:
    return {
        "session": journal.id,
        "software": journal.head.software,
        "ended": outcome.ended,
        "partial": journal.partial,
        "same": not outcome.difference if outcome.ended else None,
        "difference": outcome.difference or None,
        "amendments": [{"n": each.n, "words": each.words} for each in in_force(journal.amendments)],
        "summary": outcome.summary,
    }


def _print(journal: Journal, outcome: Outcome) -> None:
    print(f"{journal.head.config.title}, {journal.id}")
    print(_players(outcome.summary["players"]))
    for part in outcome.summary["structures"]:
        print(f"{part['name']}: {part['start_s']:.1f}–{part['end_s']:.1f} s{changes_told(part)}")
    for warning in outcome.summary["warnings"]:
        print(warning)
    for amendment in in_force(journal.amendments):
        print(f"Amendment {amendment.n}: {amendment.words}")
    print(_verdict(journal, outcome))
    print(f"\n{INTENDED_USE}")


def changes_told(part: dict[str, Any]) -> str:
    """What a structure took over while it ran: ``; from 12.0 s beats 3``."""
    told, before = "", part["settings"]
    for each in part.get("changes", ()):
        new = (f"{k.replace('_', ' ')} {written(v)}" for k, v in each["settings"].items() if before[k] != v)
        told, before = f"{told}; from {each['time_s']:.1f} s {', '.join(new)}", each["settings"]
    return told


def _players(players: dict[str, dict[str, Any]]) -> str:
    rows = [["player", *(heading for heading, _, _ in FIGURES)]]
    rows += [[name, *(figure(row, key, form) for _, key, form in FIGURES)] for name, row in players.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        f"{row[0]:<{widths[0]}}"
        + "".join(f"  {cell:>{w}}" for cell, w in zip(row[1:], widths[1:], strict=True))
        for row in rows
    )


def figure(row: Mapping[str, Any], key: str, form: str) -> str:
    """One figure of a player's row as text; an en dash where there is none."""
    value = row.get(key)
    return "–" if value is None else form.format(value)


def _verdict(journal: Journal, outcome: Outcome) -> str:
    if not outcome.ended:
        return "This session did not end well: there are no numbers of the evening to compare with."
    if not outcome.difference:
        return f"Compared with the evening itself: {SAME}."
    because = " (not every hit was kept)" if journal.partial else ""
    return f"Compared with the evening itself: {DIFFERENT}{because}; first {outcome.difference}."
