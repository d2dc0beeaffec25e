"""``drumcircle pads``: which pads there are, and what one needs; one module of ``_pads`` for each word after it."""

from __future__ import annotations

import argparse
import importlib

WORDS: tuple[str, ...] = ("list", "add", "revoke", "learn", "check")
"""What may stand after ``pads``; nothing means the first."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``list`` may be left out, and its options then stand after ``pads``."""
    listing = importlib.import_module(f"drumcircle.cli._pads.{WORDS[0]}")
    listing.add_arguments(parser)
    parser.set_defaults(act=listing.run)
    words = parser.add_subparsers(title="words", metavar="WORD", prog=parser.prog)
    for word in WORDS:
        module = importlib.import_module(f"drumcircle.cli._pads.{word}")
        its = words.add_parser(
            word, help=module.ABOUT, description=module.ABOUT, argument_default=argparse.SUPPRESS
        )
        module.add_arguments(its)
        its.set_defaults(act=module.run)


def run(options: argparse.Namespace) -> int:
    """Do what the word says."""
    code: int = options.act(options)
    return code
