"""``drumcircle``: the circle, with a dashboard; or a dashboard on the circle that runs here already."""

from __future__ import annotations

import argparse

from drumcircle.cli.hub_options import add_hub_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The circle's options, the dashboard's, and its end from another terminal."""
    parser.add_argument(
        "--plain", action="store_true", help="a line a happening instead of a drawn dashboard"
    )
    parser.add_argument("--end", action="store_true", help="end the circle that runs here")
    add_hub_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Keep a circle until its end, join the one that runs, or end it."""
    from drumcircle.cli._supervisor import start

    if options.end:
        return start.end()
    return start.keep_or_join(options, plain=options.plain)
