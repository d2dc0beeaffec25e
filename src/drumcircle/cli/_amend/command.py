"""What ``drumcircle sessions amend`` does with its options, or asks where there are none."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drumcircle import config
from drumcircle.cli._amend import asking, figures, wishes
from drumcircle.cli._amend.evening import Evening
from drumcircle.cli._amend.timeline import timeline
from drumcircle.core.events import NS
from drumcircle.errors import DrumcircleError, UsageError
from drumcircle.store import amending
from drumcircle.store.amendment import Step
from drumcircle.store.corrections import Correction
from drumcircle.store.journal import read_journal
from drumcircle.store.sessions import find

Figures = dict[str, dict[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle sessions amend``."""
    add = parser.add_argument
    add("id", metavar="SESSION", help="its name, or the beginning of it")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--pad",
        metavar="PAD=PLAYER",
        help="this pad (its number, name or key) was that player's; +ALIAS: somebody new",
    )
    what.add_argument("--swap", metavar="PLAYER,PLAYER", help="these two had each other's pads")
    what.add_argument("--left", metavar="PLAYER", help="this player had left")
    what.add_argument("--back", metavar="PLAYER", help="this player, who had left, was back")
    what.add_argument(
        "--undo", metavar="N", type=int, nargs="?", const=0, help="take amendment N back (default: the last)"
    )
    add(
        "--from",
        metavar="TIME",
        dest="since",
        help="16:52, 16:52:10, or +12:30 into the session (default: its beginning)",
    )
    add("--to", metavar="TIME", dest="until", help="until then (default: from then on)")
    add("--dry-run", action="store_true", help="only show what would change")
    add("--json", action="store_true", default=argparse.SUPPRESS, help="as one JSON document")
    add("--data", metavar="FOLDER", type=Path, default=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Show, and amend what the options say; at a terminal without any, ask."""
    path = find(options.data or config.data_folder(), options.id)
    amending.amendable(path, config.state_folder())
    evening = Evening.of(read_journal(path))
    wanted = _wanted(evening, options)
    if wanted is None and not options.json:
        print(timeline(evening, _columns()))
        if sys.stdin.isatty() and sys.stdout.isatty():
            _ask(evening)
        return 0
    done = Done(evening, evening) if wanted is None else _done(evening, wanted, dry=options.dry_run)
    print(json.dumps(_document(done), indent=2, ensure_ascii=False) if options.json else done.told())
    return 0


@dataclass(frozen=True, slots=True)
class Done:
    """What was amended, or would be."""

    before: Evening
    after: Evening
    words: str = ""
    steps: tuple[Step, ...] = ()
    kept: bool = False
    course_kept: bool = False

    def told(self) -> str:
        """For people."""
        lines = [self.words, figures.changes(_players(self.before), _players(self.after))]
        if self.course_kept:
            lines.append(figures.COURSE_KEPT)
        return "\n".join(lines if self.kept else [*lines, "Nothing is written yet."])


def _wanted(evening: Evening, options: argparse.Namespace) -> Correction | int | None:
    """A correction, the number of an amendment to take back (0: the last), or nothing."""
    if options.undo is not None:
        return int(options.undo)
    asked = (options.pad, options.swap, options.left, options.back)
    if not any(asked):
        if options.since or options.until:
            raise UsageError("Say what was so from then on: --pad, --swap, --left or --back.")
        return None
    since, until = options.since or "", options.until or ""
    if options.pad:
        pad, sign, player = options.pad.rpartition("=")
        if not sign:
            raise UsageError("--pad is PAD=PLAYER, such as --pad 2=blue.")
        return wishes.pad_was(evening, pad, player, since, until)
    if options.swap:
        return wishes.swapped(evening, options.swap.split(","), since, until)
    if options.left:
        return wishes.left(evening, options.left, since, until)
    if until:
        raise UsageError("--back holds from then on; say with --left when the player was gone again.")
    return wishes.back(evening, options.back, since)


# ---------------------------------------------------------------- done


def _done(evening: Evening, wanted: Correction | int, *, dry: bool) -> Done:
    if isinstance(wanted, int):
        if dry:
            raise UsageError("--dry-run shows an amendment; to take one back leave it out.")
        return _undo(evening, wanted or None)
    proposed = _proposed(evening, wanted)
    return proposed if dry else _kept(proposed)


def _proposed(evening: Evening, wanted: Correction) -> Done:
    proposal = amending.propose(evening.journal, evening.ended, wanted)
    return Done(
        evening,
        Evening(evening.journal, proposal.after),
        wishes.in_words(evening, wanted),
        proposal.steps,
        course_kept=proposal.course_kept,
    )


def _kept(done: Done) -> Done:
    amending.keep(done.before.journal, done.words, done.steps)
    after = Evening(read_journal(done.before.journal.path), done.after.ended)
    return replace(done, after=after, kept=True)


def _undo(evening: Evening, n: int | None) -> Done:
    taken = amending.undo(evening.journal, n)
    after = Evening.of(read_journal(evening.journal.path))
    return Done(evening, after, f"Taken back: {taken.words}", kept=True)


def _players(evening: Evening) -> Figures:
    players: Figures = evening.ended.summary["players"]
    return players


def _columns() -> int:
    return shutil.get_terminal_size().columns


# ---------------------------------------------------------------- asked


def _ask(evening: Evening) -> None:
    """Until Enter alone is typed."""
    while line := _typed(asking.QUESTION):
        try:
            evening = _asked(evening, line)
        except DrumcircleError as problem:
            print(problem)


def _asked(evening: Evening, line: str) -> Evening:
    wish = asking.wish(evening, line, _typed)
    if isinstance(wish, str):
        done = _undo(evening, None)
        print(done.told())
    else:
        proposed = _proposed(evening, wish)
        print(proposed.told())
        if _typed("Keep it? [Y/n] ").lower() in ("n", "no"):
            return evening
        done = _kept(proposed)
    print(timeline(done.after, _columns()))
    return done.after


def _typed(question: str) -> str:
    """What is typed; the end of input is as Enter alone."""
    try:
        return input(question).strip()
    except EOFError:
        print()
        return ""


# ---------------------------------------------------------------- as a document


def _document(done: Done) -> dict[str, Any]:
    journal = done.after.journal
    return {
        "session": journal.id,
        "words": done.words or None,
        "kept": done.kept,
        "course_kept": done.course_kept,
        "amendments": [
            {"n": each.n, "made": _iso(each.made), "words": each.words, "undone": _iso(each.undone)}
            for each in journal.amendments
        ],
        "pads": [_pad(done.after, number) for number in range(len(done.after.pads))],
        "before": _players(done.before),
        "after": _players(done.after),
    }


def _pad(evening: Evening, number: int) -> dict[str, Any]:
    pad = evening.pads[number]
    names = {player: alias for alias, player in evening.ended.session.players().items()}
    return {
        "number": number + 1,
        "pad": pad.key,
        "label": pad.words,
        "spans": [
            {
                "player": None if span.player is None else names[span.player],
                "from_s": evening.seconds(span.since),
                "to_s": evening.seconds(span.until),
                "hits": span.hits,
            }
            for span in evening.spans(pad)
        ],
    }


def _iso(unix_ns: int | None) -> str | None:
    return (
        None if unix_ns is None else datetime.fromtimestamp(unix_ns / NS, UTC).isoformat(timespec="seconds")
    )
