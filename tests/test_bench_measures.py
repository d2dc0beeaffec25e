"""``drumcircle bench measures`` in small: its figures, its neighbours, its recordings.

How fast anything is, no test says.
"""

from __future__ import annotations

import json
import math
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drumcircle import cli
from drumcircle import measures as library
from drumcircle.bench import catalogue
from drumcircle.bench import measures as bench
from drumcircle.measures import live


class Quiet:
    """A teller that only remembers."""

    def __init__(self) -> None:
        self.remarks: list[str] = []

    def doing(self, words: str) -> None:
        """Nobody watches."""

    def remark(self, words: str) -> None:
        self.remarks.append(words)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SIZES", (50,)), ("LIVE_HITS", 200), ("TO_MATCH", 20), ("ONSETS", 60)):
        monkeypatch.setattr(bench, name, value)


def without(*gone: str) -> Any:
    """``import_module`` where some libraries are not installed."""

    def load(name: str) -> Any:
        if name.partition(".")[0] in gone:
            raise ImportError(name)
        return import_module(name)

    return load


def folder_of_two(tmp_path: Path) -> Path:
    folder = tmp_path / "two"
    folder.mkdir()
    beats = [number * 0.5 for number in range(120)]
    for name, late in (("a.csv", 0.01), ("b.csv", 0.02)):
        rows = [f"{beat + late:.3f},Ana\n{beat:.3f},Bo\n" for beat in beats]
        (folder / name).write_text("time_s,player\n" + "".join(rows), encoding="utf-8")
    return folder


def test_every_figure_comes_out_with_what_it_stands_against(
    small: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bench, "import_module", without("pingouin"))
    assert cli.main(["bench", "measures", str(folder_of_two(tmp_path)), "--seconds", "0.01", "--json"]) == 0
    printed = capsys.readouterr()
    rows = json.loads(printed.out)["rows"]
    assert all(math.isfinite(row["value"]) and row["value"] > 0 for row in rows)
    assert all((row["against"] is None) == (row["ratio"] is None) for row in rows)
    compared = {(row["metric"], row["against"]) for row in rows if row["against"]}
    assert {
        ("time a hit", "the window made anew"),
        ("vector length", "scipy"),
        ("Rayleigh p", "astropy"),
        ("hits to a pulse", bench.SOLVER),
        ("asynchronies", "numpy.intersect1d"),
    } <= compared
    assert "two, 2 × .csv" in {row["case"] for row in rows}
    assert "pingouin is not installed here" in printed.err


def test_without_other_libraries_there_are_our_own_figures(
    small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "import_module", without("scipy", "astropy", "pingouin"))
    told = Quiet()
    rows = list(catalogue.named("measures").measure(catalogue.Wanted(seconds=0.01), told))
    assert {"vector length", "Rayleigh p", "hits to a pulse"} <= {row.metric for row in rows}
    assert {row.against for row in rows} == {"", "the window made anew", "numpy.intersect1d"}
    assert len(told.remarks) == 4


def test_what_is_compared_is_the_same_quantity() -> None:
    theta = np.random.default_rng(7).normal(0.3, 0.8, 500)
    others = {name: import_module(name) for name in ("scipy.stats", "astropy.stats")}
    asked = bench._circular(others)
    length, direction = library.mean_vector(theta)
    assert 1 - asked["vector length"]["scipy"](theta) == pytest.approx(length, abs=1e-9)
    assert 1 - asked["vector length"]["astropy"](theta) == pytest.approx(length, abs=1e-9)
    for name in ("scipy", "astropy"):
        assert asked["mean direction"][name](theta) == pytest.approx(direction, abs=1e-9)
    weak = theta[:40] * 4
    assert asked["Rayleigh p"]["ours"](weak) == pytest.approx(asked["Rayleigh p"]["astropy"](weak), abs=0.02)
    assert live.rayleigh(40, 0.0)[1] == 1.0


def test_a_recording_without_a_pulse_is_given_its_own_tempo(tmp_path: Path) -> None:
    path = folder_of_two(tmp_path) / "a.csv"
    recording = bench.read_recording(path, "note")
    assert bench._asked(recording, catalogue.Wanted()).pulse.bpm == pytest.approx(120)
    assert bench._asked(recording, catalogue.Wanted(bpm=60.0)).pulse.bpm == 60
