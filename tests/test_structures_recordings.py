"""Two people drumming in unison, really: with a metronome, then on their own, through groove and continuation."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core_circle import ARRIVES, START
from drumcircle import measures
from drumcircle.core.events import MS, NS, Hit, Join, PadFound
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig

DYADS = Path(__file__).resolve().parents[2] / "shared" / "data" / "dyads"
UNISON = ("203_2", "204_3", "209_1")

pytestmark = pytest.mark.shared_data


def played(name: str) -> dict[str, list[int]]:
    path = DYADS / f"{name}.csv"
    if not path.exists():
        pytest.skip("the recordings in ../shared/data are not here")
    hits: dict[str, list[int]] = {}
    with path.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            hits.setdefault(row["player"], []).append(round(float(row["time_s"]) * NS))
    return {player: sorted(times) for player, times in hits.items()}


def through(structure: str, hits: dict[str, list[int]]) -> Session:
    session = Session(SessionConfig(START, bpm=60, structure=structure, subdivision=2.0))
    for player in hits:
        session.handle(PadFound(f"link:{player}", player, "link"), START - NS)
        pads = (f"link:{player}",)
        session.handle(Join(player, player, pads=pads, subdivision=2.0, double_trigger_ms=0), START - NS)
    for time, player in sorted((t, player) for player, own in hits.items() for t in own):
        session.handle(Hit(START + time, f"link:{player}", 38, 80), START + time + ARRIVES)
    session.advance(START + 200 * NS)
    return session


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DYADS / "expected.json").read_text(encoding="utf-8"))[name]
    return found


@pytest.mark.parametrize("name", UNISON)
def test_in_a_groove_their_figures_are_the_published_ones(name: str) -> None:
    hits = played(name)
    until = round(expected(name)["metronome_until_s"] * NS)
    session = through("groove", {player: [t for t in own if t < until] for player, own in hits.items()})
    rows = session.summary(START + 200 * NS)["players"]
    for player, theirs in expected(name)["players"].items():
        assert rows[player]["n"] == theirs["n"]
        for key in ("mean_asynchrony_ms", "sd_asynchrony_ms", "mean_abs_asynchrony_ms"):
            assert rows[player][key] == pytest.approx(theirs[key], abs=1e-5), key
        assert rows[player]["vector_length_grid"] == pytest.approx(
            theirs["vector_length_judged_grid"], abs=1e-9
        )


@pytest.mark.parametrize("name", UNISON)
def test_on_their_own_their_intervals_are_those_of_the_file_and_the_pulse_comes_back_at_their_tempo(
    name: str,
) -> None:
    hits = played(name)
    until = round(expected(name)["metronome_until_s"])
    alone = (max(own[-1] for own in hits.values()) // NS - until) // 4
    session = through(f"continuation:with={until // 4},without={alone}", hits)
    [done, *_] = session.summary(START + 200 * NS)["structures"]
    ends = until + 4 * alone
    for player, own in hits.items():
        # A hit belongs to the whole beat that is nearest to it.
        times = [t for t in own if until * NS - NS // 2 < t <= ends * NS - NS // 2]
        gaps = np.diff(np.array(times) / MS)
        unit = np.median(gaps)
        pooled = gaps[(gaps >= 0.6 * unit) & (gaps < 1.6 * unit)]
        row = done["results"]["players"][player]
        assert (row["iti_n"], row["iti_left_out"]) == (pooled.size, gaps.size - pooled.size)
        assert row["iti_mean_ms"] == pytest.approx(pooled.mean(), abs=1e-6)
        assert row["iti_sd_ms"] == pytest.approx(pooled.std(ddof=1), abs=1e-6)
        if pooled.size == gaps.size:
            drift = measures.intervals(np.array(times) / MS).tempo_drift_percent_per_min
            assert row["tempo_drift_percent_per_min"] == pytest.approx(drift, rel=1e-9)
    last = [np.diff([t for t in own if (ends - 20) * NS < t < ends * NS]) for own in hits.values()]
    bpm = 60 * NS / np.median(np.concatenate(last))
    assert done["results"]["returned_at_bpm"] == pytest.approx(bpm, rel=0.02)
