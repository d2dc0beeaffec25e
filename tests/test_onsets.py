"""Onset CSV: what is read, and the sentence for everything that is not one."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.errors import FileProblem
from drumcircle.formats import onsets as module
from drumcircle.formats.onsets import Onsets, read_onsets


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "hits.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(folder: Path, content: str | bytes) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        read_onsets(written(folder, content))
    return caught.value


def names_of(onsets: Onsets) -> list[str]:
    return [onsets.names[index] for index in onsets.player]


def test_hits_keep_the_order_of_the_file(tmp_path: Path) -> None:
    onsets = read_onsets(written(tmp_path, "time_s,player\n2.5,b\n0.25,a\n1,b\n"))
    assert list(onsets.time_s) == [2.5, 0.25, 1.0]
    assert names_of(onsets) == ["b", "a", "b"]
    assert onsets.names == ("b", "a")
    assert onsets.velocity is None
    assert onsets.beat is None


def test_a_byte_order_mark_windows_line_ends_spaces_blank_lines_and_other_columns_do_not_matter(
    tmp_path: Path,
) -> None:
    onsets = read_onsets(
        written(
            tmp_path,
            b"\xef\xbb\xbfBeat, Player ,remark,time_s,velocity\r\n3, p1 ,x,1.5,64\r\n\r\n,p1,,2.5,\r\n",
        )
    )
    assert list(onsets.time_s) == [1.5, 2.5]
    assert names_of(onsets) == ["p1", "p1"]
    assert onsets.velocity is not None
    assert list(onsets.velocity) == [64, 0]
    assert onsets.beat is not None
    assert onsets.beat[0] == 3
    assert math.isnan(onsets.beat[1])


def test_rows_of_different_length_are_read_as_far_as_they_are_needed(tmp_path: Path) -> None:
    onsets = read_onsets(written(tmp_path, "time_s,player,remark\n1,a\n2,b,loud\n3,a,,\n"))
    assert list(onsets.time_s) == [1, 2, 3]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("", None, "empty"),
        ("time_s,player\n", None, "no hits"),
        ("time,player\n1,a\n", 1, "no column 'time_s'"),
        ("time_s,who\n1,a\n", 1, "no column 'player'"),
        ("time_s;player\n1;a\n", 1, "separated by commas"),
        ("time_s,player\n1,a\n\n1.5.2,a\n", 4, "'1.5.2'"),
        ("time_s,player\n1,a\nnan,a\n", 3, "'nan'"),
        ("time_s,player\ninf,a\n", 2, "'inf'"),
        ("time_s,player\n1,a\n-inf,a\ninf,a\n", 3, "'-inf'"),
        ("time_s,player\n1,a\n-0.5,a\n", 3, "before the start"),
        ("time_s,player\n1, \n", 2, "no name"),
        ("time_s,player\n1\n", 2, "1 of the 2 columns"),
        ("time_s,player,velocity\n1,a,0\n", 2, "velocity must be from 1 to 127"),
        ("time_s,player,velocity\n1,a,300\n", 2, "velocity must be from 1 to 127"),
        ("time_s,player,velocity\n1,a,loud\n", 2, "'loud'"),
        ("time_s,player,velocity\n1,a,inf\n", 2, "'inf'"),
        ("time_s,player,beat\n1,a,one\n", 2, "'one'"),
        ("time_s,player,beat\n1,a,inf\n", 2, "'inf'"),
        (b"time_s,player\n1,J\xf6rg\n", None, "UTF-8"),
        ("time_s,player\n1,a\n" + "x" * 200_000 + ",a\n", 3, "not CSV"),
        ("x" * 200_000, 1, "not CSV"),
    ],
)
def test_what_cannot_be_used_is_named_with_file_and_line(
    tmp_path: Path, content: str | bytes, line: int | None, words: str
) -> None:
    problem = refused(tmp_path, content)
    assert problem.line == line
    assert words in str(problem)
    assert "hits.csv" in str(problem)


def test_a_file_that_is_not_there_and_a_folder_are_told_apart_from_a_bad_one(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="cannot be read"):
        read_onsets(tmp_path / "absent.csv")
    with pytest.raises(FileProblem, match="cannot be read"):
        read_onsets(tmp_path)


def test_the_line_of_a_fault_is_right_far_into_a_long_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 7)
    rows = [f"{i},a" for i in range(40)]
    rows[25] = "oops,a"
    assert refused(tmp_path, "time_s,player\n" + "\n\n".join(rows)).line == 2 + 2 * 25


times = st.floats(min_value=0, max_value=1e9)
players = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
rows = st.lists(st.tuples(times, players, st.integers(1, 127), st.integers(0, 9999)), min_size=1, max_size=60)


@given(rows=rows, mark=st.booleans(), line_end=st.sampled_from(["\n", "\r\n"]), at_once=st.integers(1, 70))
def test_whatever_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, str, int, int]],
    mark: bool, line_end: str, at_once: int,
) -> None:  # fmt: skip
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerow(["time_s", "player", "velocity", "beat"])
    writer.writerows(rows)
    path = written(tmp_path_factory.mktemp("csv"), text.getvalue().encode("utf-8-sig" if mark else "utf-8"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROWS_AT_ONCE", at_once)
        onsets = read_onsets(path)
    assert onsets.velocity is not None
    assert onsets.beat is not None
    read = list(zip(onsets.time_s, names_of(onsets), onsets.velocity, onsets.beat, strict=True))
    assert read == rows
