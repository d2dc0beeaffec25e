"""``drumcircle demo``: the circle with virtual players; nothing to plug in, nothing of yours touched."""

from __future__ import annotations

import argparse

from drumcircle import config
from drumcircle.cli.hub_options import add_hub_arguments

PLAYERS = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many play, and the circle's options."""
    parser.add_argument(
        "--players", type=int, default=PLAYERS, metavar="N", help=f"virtual players (default {PLAYERS})"
    )
    parser.add_argument(
        "--plain", action="store_true", help="a line a happening instead of a drawn dashboard"
    )
    add_hub_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Start a circle that plays at once, in a corner of the state folder."""
    from drumcircle.cli._supervisor import start

    corner = config.state_folder() / "demo"
    own = {
        "simulate": options.players,
        "structure": None if options.plan else "groove",
        "port": 0,
        "midi": False,
        "config": corner / "config",
        "data": corner / "data",
    }
    for name, value in own.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return start.keep(options, plain=options.plain)
