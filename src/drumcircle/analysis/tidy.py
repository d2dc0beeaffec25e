"""One row a player a file, for spreadsheets and statistics programs."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any, TextIO

Document = Mapping[str, Any]


def write_tidy(documents: Mapping[str, Document], to: TextIO) -> None:
    """``file,player,`` and every figure; an interval is two columns, an absent figure an empty cell."""
    rows = [
        {"file": path, "player": name, **_flat(row)}
        for path, document in documents.items()
        for name, row in document["players"].items()
    ]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(to, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if key == "why_not":
            continue
        if key.endswith("_ci95_ms"):
            flat[f"{key[:-3]}_low_ms"], flat[f"{key[:-3]}_high_ms"] = value or (None, None)
        else:
            flat[key] = value
    return flat
