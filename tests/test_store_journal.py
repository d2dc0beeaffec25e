"""The journal file: any event comes back as it was; damage is told, and what lies before it is saved."""

from __future__ import annotations

import sqlite3
import types
import typing
from contextlib import closing
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drumcircle.core import events
from drumcircle.core.events import Event, Hit, Join, Record
from drumcircle.errors import FileProblem, NewerFormat
from drumcircle.store.journal import FORMAT, decode_row, encode_row, read_journal, salvaged
from drumcircle.store.replay import replay, session_of
from drumcircle.store.writing import OpenJournal
from store_fixtures import START, evening, head, hit

GOLDEN = Path(__file__).parent / "golden" / "journal-format-1.db"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(),
    float: st.floats(allow_nan=False),
    str: st.text(st.characters()),
    bool: st.booleans(),
    type(None): st.none(),
}


def of_type(hint: Any) -> st.SearchStrategy[Any]:
    if hint in SIMPLE:
        return SIMPLE[hint]
    origin, args = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*map(of_type, args))
    if origin is typing.Literal:
        return st.sampled_from(args)
    if is_dataclass(hint):
        return any_event(hint)
    if origin is tuple and args[-1] is not Ellipsis:
        return st.tuples(*map(of_type, args))
    if origin is tuple:
        return st.lists(of_type(args[0]), max_size=3).map(tuple)
    if is_dataclass(hint):
        return any_event(hint)
    assert origin is dict
    return st.dictionaries(st.text(), json_values, max_size=3)


def any_event(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: of_type(hints[field.name]) for field in fields(kind)})


EVENTS = st.one_of(*map(any_event, get_args(events.Event)))


@given(event=EVENTS)
def test_any_event_comes_back_as_it_was(event: Event) -> None:
    assert decode_row(*encode_row(event)) == event


@given(event=EVENTS)
def test_a_row_says_every_value_so_that_a_later_default_cannot_change_it(event: Event) -> None:
    for field in fields(event):
        assert encode_row(event)[1].count(",") >= len(fields(event)) - 1, field.name


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), EVENTS), max_size=8))
def test_rows_come_back_in_the_order_they_were_written(tmp_path: Path, rows: list[tuple[int, Event]]) -> None:
    begin = head("Friday")
    journal = OpenJournal.begin(begin, tmp_path, tmp_path)
    for row in rows:
        journal.append([row])
    journal.close()
    read = read_journal(tmp_path / "recovery.db")
    assert list(read.rows()) == rows
    assert read.head == begin


def written(folder: Path, rows: list[tuple[int, Event]]) -> Path:
    """A journal in one file."""
    journal = OpenJournal.begin(head(), folder, folder)
    journal.append(rows, {"recorded": True})
    journal.abandon()
    return folder / "recovery.db"


def test_only_the_owner_may_read_a_journal(tmp_path: Path) -> None:
    path = written(tmp_path, evening())
    assert path.stat().st_mode & 0o077 == 0 or path.drive  # Windows has no such bits


def test_a_journal_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    journal = OpenJournal.begin(head(), tmp_path, tmp_path)
    journal.append([(START, hit(1))])
    rows = read_journal(journal.path).rows()
    assert next(rows) == (START, hit(1))
    journal.append([(START + 1, hit(2))])
    rows.close()
    assert len(list(read_journal(journal.path).rows())) == 2
    journal.close()


def test_a_file_that_is_no_journal_is_refused_in_words(tmp_path: Path) -> None:
    text, empty, other = tmp_path / "text.db", tmp_path / "empty.db", tmp_path / "other.db"
    text.write_bytes(b"not a database at all, but quite long enough to be read as one" * 20)
    empty.touch()
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE songs (name)")
    with pytest.raises(FileProblem, match="cannot be read"):
        read_journal(text)
    for path in (empty, other):
        with pytest.raises(FileProblem, match="not a session of drumcircle"):
            read_journal(path)
    with pytest.raises(FileProblem, match="no such session"):
        read_journal(tmp_path / "none.db")


def test_a_journal_of_a_newer_drumcircle_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = written(tmp_path, [])
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    with pytest.raises(NewerFormat, match=rf"journal format {FORMAT + 1}.*update drumcircle"):
        read_journal(path)


def test_of_a_damaged_journal_everything_before_the_damage_is_saved(tmp_path: Path) -> None:
    played = [(START + n, hit(n)) for n in range(2_000)]
    path = written(tmp_path, played)
    page = 4096
    whole = bytearray(path.read_bytes())
    middle = len(whole) // page // 2 * page
    whole[middle : middle + page] = b"\xff" * page
    path.write_bytes(whole)
    told: list[str] = []
    saved = list(salvaged(read_journal(path).rows(), told.append))
    assert saved == played[: len(saved)]
    assert 100 < len(saved) < 2_000
    assert f"damaged after event {len(saved)}" in told[0]
    assert "--salvage" in told[0]


def test_a_journal_cut_off_is_told_and_saved_as_far_as_it_goes(tmp_path: Path) -> None:
    played = [(START + n, hit(n)) for n in range(2_000)]
    path = written(tmp_path, played)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    told: list[str] = []
    saved = list(salvaged(read_journal(path).rows(), told.append))
    assert saved == played[: len(saved)]
    assert len(told) == 1


@pytest.mark.parametrize("nonsense", ["[1,2", '{"player": 3}', '{"height": 1}', "[]"])
def test_a_row_that_says_nothing_known_is_damage_with_its_place(tmp_path: Path, nonsense: str) -> None:
    path = written(tmp_path, [(START, hit(1)), (START + 65 * events.NS, hit(2)), (START, Join("ana", "Ana"))])
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE rows SET event = ? WHERE n = 3", (nonsense,))
    with pytest.raises(FileProblem, match=r"damaged after event 2, 1:05 into the session"):
        list(read_journal(path).rows())


def test_every_released_format_stays_readable() -> None:
    journal = read_journal(GOLDEN)
    assert journal.head.config.title == "Golden evening"
    assert (journal.head.software, journal.head.anchor.perf_ns) == ("0.1.0", START)
    assert (journal.recorded, journal.recording, journal.partial, journal.sealed) == (
        True,
        False,
        False,
        False,
    )
    rows = list(journal.rows())
    assert rows == [(START, Record(True)), *evening()]
    assert (journal.tally().hits, journal.tally().rows) == (41, len(rows))
    assert journal.end is not None
    assert set(journal.end["summary"]["players"]) == {"Ana", "Ben"}
    session = session_of(journal)
    replay(rows, session)
    assert sum(1 for _ in session.heard_hits()) == sum(isinstance(event, Hit) for _, event in rows)
