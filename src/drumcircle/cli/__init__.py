"""The command line: one file a command; this one only chooses among them.

Each command module has ``add_arguments(parser)`` and ``run(options) -> exit code``; it is imported only
when chosen, so that ``--help`` stays quick.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import NoReturn

from drumcircle import INTENDED_USE, __version__
from drumcircle.errors import DrumcircleError

COMMANDS: dict[str, str] = {
    "circle": "the circle: hub, broker and dashboard, with every MIDI pad it can find (the default)",
    "demo": "the same with virtual players: nothing to plug in",
    "hub": "the hub alone, without a dashboard",
    "dash": "a dashboard on a running circle",
    "pads": "what is connected, whose it is, how good each link is",
    "structures": "what a group can be doing: what to say, why, settings, measures",
    "plan": "session plans: list, show, check and run them",
    "play": "be the pads: perform a MIDI or onset file",
    "keys": "the keys of this terminal as pads, for trying out",
    "analyse": "the measures of any recording: CSV, MIDI, session",
    "sessions": "list, amend and delete recorded sessions",
    "replay": "a recorded session again, from its journal",
    "export": "a recorded session as CSV or MIDI",
    "bench": "how fast and how true, on this machine",
    "doctor": "is everything here that this room needs; if not, what to do",
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage page."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See '{self.prog} --help'.\n")


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code (0 done, 1 our failure, 2 something to mend)."""
    try:
        try:
            return choose(list(sys.argv[1:] if argv is None else argv))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has seen enough ("| head"); nor may Python complain of it when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def choose(argv: list[str]) -> int:
    """The command that is asked for, or what there is to say in its place."""
    if argv and argv[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if argv and argv[0] == "--version":
        print(f"drumcircle {__version__}")
        return 0
    name = argv.pop(0) if argv and not argv[0].startswith("-") else "circle"
    if name not in COMMANDS:
        known = ", ".join(COMMANDS)
        print(f"drumcircle: there is no command {name!r}; there are {known}.", file=sys.stderr)
        return 2
    return run_command(name, argv)


def run_command(name: str, argv: list[str]) -> int:
    """Parse and run one command; every error a person can mend is one sentence and exit code 2."""
    command = importlib.import_module(f"drumcircle.cli.{name}")
    parser = Parser(prog=f"drumcircle {name}", description=COMMANDS[name], epilog=INTENDED_USE)
    command.add_arguments(parser)
    options = parser.parse_args(argv)
    try:
        code: int = command.run(options)
    except DrumcircleError as problem:
        print(f"drumcircle: {problem}", file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
    return code


def overview() -> str:
    """The page of ``drumcircle --help``."""
    width = max(map(len, COMMANDS))
    rows = "\n".join(f"  {name:<{width}}  {words}" for name, words in COMMANDS.items())
    return (
        f"drumcircle {__version__}: lead a drum circle.\n\nusage: drumcircle [COMMAND] [OPTIONS]\n\n{rows}\n\n"
        f"'drumcircle COMMAND --help' tells the options of one.\n\n{INTENDED_USE}"
    )
