"""``drumcircle dash``: a dashboard on a running circle."""

from __future__ import annotations

import argparse
import os
import sys

from drumcircle import config
from drumcircle.errors import UsageError
from drumcircle.link.client import Address, Find
from drumcircle.link.files import read_link
from drumcircle.link.protocol import Role

SUPERVISED = "DRUMCIRCLE_SUPERVISED"
"""Set by the supervisor, which opens a dashboard together with its hub and reads its exit code."""
PATIENCE = 10.0
"""Seconds such a dashboard waits for its hub at first."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle dash``."""
    add = parser.add_argument
    add(
        "url",
        metavar="URL",
        nargs="?",
        default="",
        help="ws://HOST:PORT/link (default: the circle that runs here)",
    )
    add(
        "--token",
        default="",
        help="what opens the link at URL (default: the one of the circle that runs here)",
    )
    add("--plain", action="store_true", help="a line a happening, no drawing; keys are typed as lines")
    add(
        "--circle-view",
        action="store_true",
        help="for a wall: shows the circle, no personal figures, changes nothing",
    )


def run(options: argparse.Namespace) -> int:
    """Show the circle until closed; 10 tells a supervisor that the circle's end was asked for."""
    role: Role = "circle" if options.circle_view else "facilitator"
    find = finder(options.url, options.token, role)
    supervised = SUPERVISED in os.environ
    patience = PATIENCE if supervised else 0.0
    if options.plain:
        from drumcircle.tui.plain import run_plain

        code = run_plain(find, role, patience)
    else:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise UsageError("A dashboard needs a terminal; 'drumcircle dash --plain' does without.")
        from drumcircle.tui.app import run_following

        code = run_following(find, role, patience)
    return code if supervised else 0


def finder(url: str, token: str, role: Role) -> Find:
    """Where the hub is, asked again after every loss: a restarted hub has another port and token."""

    def find() -> Address | None:
        if url and token:
            return Address(url, token)
        link = read_link(config.state_folder())
        if link is None:
            return None
        return Address(url or link.url, token or (link.circle_token if role == "circle" else link.token))

    return find
