"""``drumcircle pads revoke NAME``: a pad that was lost or lent is nobody any more."""

from __future__ import annotations

import argparse

ABOUT = "take a pad's user away; a connected pad is cut off"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which pad."""
    from drumcircle.cli._pads.here import add_place_argument

    parser.add_argument("name", metavar="NAME", help="the pad's id")
    add_place_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Forget the user and tell the broker that runs."""
    from drumcircle.cli._pads.here import here
    from drumcircle.net.keyring import revoke_pad

    place = here(options.config)
    revoke_pad(place.trust, options.name)
    place.tell_broker()
    cut = "" if place.running is None else " and is cut off"
    print(f"Pad {options.name!r} can join no more{cut}; its pad.toml is worthless now.")
    return 0
