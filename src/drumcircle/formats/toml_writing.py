"""Changing a TOML document as little as possible, so that comments and order stay, and writing it whole."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, Item, Table

from drumcircle.core.fields import Check, examine

Record = Mapping[str, Any]


def fill_table(table: Item, record: Record, usual: Record, checks: Mapping[str, Check]) -> None:
    """Make a table say what ``record`` says, for the keys of ``checks``.

    A key that says so already is not touched, one that is not in the record or ``None`` there goes, and what
    is as ``usual`` is not written unless it stands there already.
    """
    assert isinstance(table, Table)
    told, _ = examine(table.unwrap(), checks)
    for key in [key for key in table if key not in checks or record[key] is None]:
        del table[key]
    for key in checks:
        value = record[key]
        if value != (told[key] if key in table and key in told else usual[key]):
            table[key] = list(value) if isinstance(value, tuple) else value
        elif key in table and key not in told:
            del table[key]


def fill_array(
    document: tomlkit.TOMLDocument,
    name: str,
    records: Iterable[Record],
    usual: Callable[[Record], Record],
    checks: Mapping[str, Check],
) -> None:
    """Make ``[[name]]`` hold these records, in their order; a table is known by its id, or else its alias.

    ``usual`` tells what a table stands for where it says nothing.
    """
    before = document.get(name)
    tables: dict[str, Table] = {}
    for table in before if isinstance(before, AoT) else ():
        tables.setdefault(str(table.get("id", table.get("alias"))), table)
    after = tomlkit.aot()
    for record in records:
        known = tables.get(record["id"])
        table = tomlkit.table() if known is None else known
        fill_table(table, record, usual(table), checks)
        _append(after, table, new=known is None)
    if after:
        document[name] = after
    elif name in document:
        del document[name]


def _append(array: AoT, table: Table, *, new: bool) -> None:
    """Append with one blank line between tables; tomlkit puts in its own, whatever stands there."""
    spaced = not array or array[-1].as_string().endswith("\n\n")
    indent = table.trivia.indent
    if new:
        table.add(tomlkit.nl())
        indent = "" if spaced else "\n"
    array.append(table)
    table.trivia.indent = indent


def replace_table(raw: bytes, array: str, table: Table) -> bytes:
    """The TOML document ``raw`` with one more table in ``[[array]]``, in place of the one of the same ``name``."""
    document = tomlkit.parse(raw.decode("utf-8-sig"))
    known = document.get(array)
    others = [each for each in known if each.get("name") != table["name"]] if isinstance(known, AoT) else []
    tables = tomlkit.aot()
    for each in (*others, table):
        tables.append(each)
    document[array] = tables
    # Tables that are put in again bring their blank lines along.
    return re.sub(r"\n{3,}", "\n\n", tomlkit.dumps(document)).encode()


def replace_file(path: Path, content: bytes) -> None:
    """Write beside the file and move it into place: a crash leaves the old one or the new one, whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
