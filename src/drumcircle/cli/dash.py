"""``drumcircle dash``: a dashboard on a running circle, here or on another machine of this network."""

from __future__ import annotations

import argparse
import os
import sys

from drumcircle import config
from drumcircle.cli._find import add_find_arguments, finding, here
from drumcircle.errors import UsageError
from drumcircle.link.client import Find
from drumcircle.link.files import require_link
from drumcircle.link.invitation import Invited
from drumcircle.link.protocol import Role

SUPERVISED = "DRUMCIRCLE_SUPERVISED"
"""Set by the supervisor, which opens a dashboard together with its hub and reads its exit code."""
PATIENCE = 10.0
"""Seconds such a dashboard waits for its hub at first."""
ONCE = (
    "Type it once on the other machine, on the same network; from then on 'drumcircle dash' is enough there."
)
WHAT_IT_OPENS: dict[Invited, str] = {
    "facilitator": f"Whoever has this code can lead the circle. {ONCE} --new makes another.",
    "circle": f"Whoever has this code can watch the circle's view. {ONCE} --new makes another.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle dash``."""
    add = parser.add_argument
    add(
        "url",
        metavar="URL",
        nargs="?",
        default="",
        help="ws[s]://HOST:PORT/link (default: the circle that runs here, else one on this network)",
    )
    add(
        "--token", default="", help="what opens the link at a ws:// URL (default: the one of the circle here)"
    )
    add("--plain", action="store_true", help="a line a happening, no drawing; keys are typed as lines")
    add(
        "--circle-view",
        action="store_true",
        help="for a wall: shows the circle, no personal figures, changes nothing",
    )
    add_find_arguments(parser)
    add("--invite", action="store_true", help="show the join code for a dashboard on another machine")
    add("--new", action="store_true", help="with --invite: new codes; the old ones open nothing any more")


def run(options: argparse.Namespace) -> int:
    """Show the circle until closed; 10 tells a supervisor that the circle's end was asked for."""
    role: Role = "circle" if options.circle_view else "facilitator"
    if options.invite or options.new:
        return _invite("circle" if options.circle_view else "facilitator", renew=options.new)
    if not options.plain and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("A dashboard needs a terminal; 'drumcircle dash --plain' does without.")
    if SUPERVISED in os.environ:
        return _show(here(options.url, options.token, role), role, PATIENCE, plain=options.plain)
    with finding(options, role) as find:
        _show(find, role, 0.0, plain=options.plain)
    return 0


def _show(find: Find, role: Role, patience: float, *, plain: bool) -> int:
    if plain:
        from drumcircle.tui.plain import run_plain

        return run_plain(find, role, patience)
    from drumcircle.tui.app import run_following

    return run_following(find, role, patience)


def _invite(role: Invited, *, renew: bool) -> int:
    """Print the join code of the circle that runs here."""
    from pathlib import Path

    from drumcircle.link.certificate import certificate_at
    from drumcircle.link.invitation import Invitation, keys_in, mark_of

    link = require_link(config.state_folder())
    if link.network is None:
        raise UsageError(
            "The circle that runs here is not open to dashboards on other machines: end it and start it with --listen "
            "(with TLS, not --plain-wire)."
        )
    trust = Path(link.network.trust)
    keys = keys_in(trust, renew=renew)
    key = keys.circle if role == "circle" else keys.facilitator
    mark = mark_of(certificate_at(trust).fingerprint())
    view = " --circle-view" if role == "circle" else ""
    print(f"drumcircle dash{view} --join {Invitation(role, mark, key).code()}")
    print(WHAT_IT_OPENS[role], file=sys.stderr)
    return 0
