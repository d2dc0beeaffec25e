"""What the measures take and give: rows of numbers in, results with reasons out.

Every time is in ms.  Results are frozen dataclasses whose field names are the keys of ``drumcircle analyse
--json``; a figure that cannot be had is ``None`` and its reason stands in ``why_not`` under its key.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ENOUGH_HITS = 30
"""Below this many hits a figure is provisional."""
ENOUGH_INTERVALS = 100
"""Phase correction and Wing-Kristofferson are reported from here on."""


def floats(values: ArrayLike, name: str) -> Floats:
    """A row of finite numbers, shape (n,).

    Raises:
        ValueError: not one-dimensional, or a value is NaN or infinite.
    """
    row = np.asarray(values, dtype=np.float64)
    if row.ndim != 1:
        raise ValueError(f"{name} must be one row of numbers, not of shape {row.shape}")
    return _finite(row, name)


def table(values: ArrayLike, name: str) -> Floats:
    """Columns of finite numbers, shape (n, k); one row becomes one column.

    Raises:
        ValueError: not one- or two-dimensional, or a value is NaN or infinite.
    """
    columns = np.asarray(values, dtype=np.float64)
    if columns.ndim == 1:
        columns = columns[:, None]
    if columns.ndim != 2:
        raise ValueError(f"{name} must have one column a player, not shape {columns.shape}")
    return _finite(columns, name)


def beside(values: ArrayLike, n: int, name: str) -> Floats:
    """``n`` finite numbers above 0, shape (n,); one number stands for all.

    Raises:
        ValueError: another length, or a value that is not above 0.
    """
    row = _finite(np.asarray(values, dtype=np.float64), name)
    if row.shape not in ((), (n,)):
        raise ValueError(f"{name} must be one number or {n}, not of shape {row.shape}")
    if row.size and row.min() <= 0:
        raise ValueError(f"{name} must be above 0")
    return np.broadcast_to(row, (n,))


def numbers(values: ArrayLike, n: int, name: str) -> Ints:
    """``n`` whole numbers, shape (n,).

    Raises:
        ValueError: another length, or a number that is not whole.
    """
    row = floats(values, name)
    if row.shape != (n,):
        raise ValueError(f"{name} must hold {n} numbers, not {row.size}")
    if not np.array_equal(row, np.rint(row)):
        raise ValueError(f"{name} must be whole numbers")
    return row.astype(np.int64)


def rising(values: ArrayLike, name: str) -> Floats:
    """A row of finite numbers, each above the one before, shape (n,).

    Raises:
        ValueError: a value is not above the one before it.
    """
    row = floats(values, name)
    steps = np.diff(row)
    if steps.size and steps.min() <= 0:
        at = int(np.argmax(steps <= 0)) + 1
        raise ValueError(f"{name} must rise: {row[at]!r} at index {at} is not above the one before it")
    return row


def row(result: Any) -> dict[str, Any]:
    """The JSON keys and plain values of a result; arrays and tuples become lists, reasons are left out."""
    found = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    return {key: _plain(value) for key, value in found.items() if key != "why_not"}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value


def _finite(values: Floats, name: str) -> Floats:
    finite = np.isfinite(values)
    if not finite.all():
        at = tuple(int(i) for i in np.argwhere(~finite)[0])
        where = at[0] if len(at) == 1 else at
        raise ValueError(f"{name} holds {values[at]} at index {where}: only finite numbers can be measured")
    return values
