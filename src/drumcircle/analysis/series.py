"""Unbroken series of events, which is what correction and coupling can be estimated from."""

from __future__ import annotations

import numpy as np

from drumcircle import measures
from drumcircle.analysis.recording import Whole


def lattice(numbers: Whole) -> tuple[Whole, Whole]:
    """The events that lie on the commonest step from one to the next, and their places counted in it.

    Somebody who plays beats on a grid of halves has events 0, 2, 4 …: these are one series 0, 1, 2 …, and a
    single hit between two beats does not break it.  ``numbers``: (n,) growing; both results are (m,), m <= n.
    """
    if len(numbers) < 2:
        return np.arange(len(numbers)), numbers
    steps, counts = np.unique(np.diff(numbers), return_counts=True)
    step = int(steps[np.argmax(counts)])
    residues, counts = np.unique(numbers % step, return_counts=True)
    chosen = np.flatnonzero(numbers % step == residues[np.argmax(counts)])
    return chosen, numbers[chosen] // step


def steady_run(numbers: Whole) -> Whole:
    """Which events (indices into ``numbers``) make the longest unbroken series of even steps."""
    chosen, places = lattice(numbers)
    run: Whole = chosen[measures.consecutive(places)]
    return run


def paired_numbers(first: Whole, second: Whole) -> Whole:
    """Numbers for events that are only known as pairs of hits (indices into each player's hits).

    Two pairs follow each other only where neither player hit in between.
    """
    steps = np.maximum(np.diff(first), np.diff(second))
    return np.concatenate([[0], np.cumsum(steps)]).astype(np.int64) if len(first) else first
