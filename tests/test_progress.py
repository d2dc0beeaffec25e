"""The bar of long work: drawn where somebody watches, silent where nobody does, gone when it is over."""

from __future__ import annotations

import io

import pytest

from drumcircle.cli.progress import WIDTH, progress


class Screen(io.StringIO):
    """A terminal as far as a bar is concerned."""

    def isatty(self) -> bool:
        return True


def test_the_bar_grows_with_what_is_done_and_is_wiped_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", screen := Screen())
    assert list(progress("abcd", 4, "reading")) == ["a", "b", "c", "d"]
    *drawn, wiped, end = screen.getvalue().split("\r")[1:]
    assert [line.count("#") for line in drawn] == [0, 7, 15, 22]
    assert all(line.startswith("reading [") and len(line) == len(drawn[0]) for line in drawn)
    assert wiped == " " * len(drawn[0])
    assert end == ""


def test_of_very_many_things_only_each_hundredth_part_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", screen := Screen())
    assert sum(1 for _ in progress(range(50_000), 50_000, "rows")) == 50_000
    assert screen.getvalue().count("[") == 100
    assert screen.getvalue().count("#" * WIDTH) == 0


def test_the_bar_is_wiped_away_when_the_work_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", screen := Screen())
    work = progress(range(10), 10, "rows")
    next(work)
    work.close()
    assert screen.getvalue().endswith(" \r")


def test_where_nobody_watches_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress(range(3), 3, "rows")) == [0, 1, 2]
    assert capsys.readouterr().err == ""
