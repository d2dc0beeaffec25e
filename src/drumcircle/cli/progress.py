"""A bar on stderr for work that takes more than a moment; silent where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

WIDTH = 30
T = TypeVar("T")


def progress(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Hand on ``items`` (``total`` of them) and draw how far it is, on a terminal only."""
    if not sys.stderr.isatty():
        yield from items
        return
    step = max(total // 100, 1)
    try:
        for done, item in enumerate(items):
            if done % step == 0:
                filled = WIDTH * done // max(total, 1)
                print(f"\r{what} [{'#' * filled:<{WIDTH}}]", end="", file=sys.stderr, flush=True)
            yield item
    finally:
        print(f"\r{'':{len(what) + WIDTH + 3}}\r", end="", file=sys.stderr, flush=True)
