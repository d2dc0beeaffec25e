"""``drumcircle sessions``: list, amend and delete recorded sessions."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from drumcircle import config
from drumcircle.cli._amend import command as amend
from drumcircle.errors import UsageError
from drumcircle.store.sessions import Listed, delete, find, sessions

HEADINGS = ("session", "began", "title", "minutes", "players", "hits", "state")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle sessions``."""
    parser.add_argument("--data", metavar="FOLDER", type=Path, help="where the records are")
    parser.add_argument("--json", action="store_true", help="the list as one JSON document")
    actions = parser.add_subparsers(dest="action", metavar="list | amend | delete", title="actions")
    listing = actions.add_parser("list", help="every recorded session (the default)")
    listing.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="as one JSON document"
    )
    listing.add_argument("--data", metavar="FOLDER", type=Path, default=argparse.SUPPRESS)
    amend.add_arguments(
        actions.add_parser(
            "amend",
            help="say afterwards whose a pad was, who swapped, left or was back; figures are made anew",
        )
    )
    deleting = actions.add_parser("delete", help="overwrite and delete one session")
    deleting.add_argument("id", metavar="SESSION", help="its name, or the beginning of it")
    deleting.add_argument("--yes", action="store_true", help="without asking")
    deleting.add_argument("--data", metavar="FOLDER", type=Path, default=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """List, amend, or delete."""
    if options.action == "amend":
        return amend.run(options)
    data = options.data or config.data_folder()
    if options.action == "delete":
        return _delete(data, options.id, options.yes)
    rows = sessions(data, config.state_folder())
    if options.json:
        print(json.dumps({"sessions": [asdict(row) for row in rows]}, indent=2, ensure_ascii=False))
    elif rows:
        print(_table(rows))
    else:
        print(f"No session is recorded in {data}.")
    return 0


def _delete(data: Path, named: str, yes: bool) -> int:
    path = find(data, named)
    if not yes and not _agreed(path.stem):
        print("Nothing deleted.")
        return 0
    delete(path, config.state_folder())
    print(f"{path.stem} is overwritten and deleted. Backups and snapshots of this disk may still hold it.")
    return 0


def _agreed(session: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("Deleting asks first; without a terminal say --yes.")
    return input(f"Delete {session} for good? [y/N] ").strip().lower() in ("y", "yes")


def _table(rows: list[Listed]) -> str:
    cells = [HEADINGS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def _cells(row: Listed) -> tuple[str, ...]:
    figures = ("–" if figure is None else f"{figure:g}" for figure in (row.minutes, row.players, row.hits))
    return (row.id, row.began[:16].replace("T", " ") or "–", row.title or "–", *figures, row.state)
