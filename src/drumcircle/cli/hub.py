"""``drumcircle hub``: the circle without a dashboard."""

from __future__ import annotations

import argparse
from pathlib import Path

from drumcircle.cli.hub_options import add_hub_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The circle's options, how long, and where the numbers go."""
    add_hub_arguments(parser, "--plain")
    ending = parser.add_argument_group("ending")
    ending.add_argument("--for", dest="seconds", type=_seconds, metavar="S", help="end after S seconds")
    ending.add_argument(
        "--summary", type=Path, metavar="FILE", help="write the session in numbers here, as JSON"
    )
    parser.add_argument("--ask", action="store_true", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Run the hub until it is asked to end."""
    from drumcircle.cli import _run_hub

    return _run_hub.run(options)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 < value < 1e7:
        raise argparse.ArgumentTypeError(f"{text} is not a length of time in seconds")
    return value
