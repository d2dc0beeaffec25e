"""Real playing, performed by one process into the hub of another, over every way in.

Each player's figures in the session's summary are those computed straight from the file.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from broker_fixtures import mosquitto
from drumcircle.net.address import Address
from e2e_rig import Rig, all_at_once, running_hub
from e2e_truth import Truth, cleaned_copy, truth
from jack_fixtures import JackServer

__all__ = ["mosquitto"]  # fixtures

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the recordings (../shared/data) are not beside the checkout"
)
TOLERANCE_MS = 1.0

pytestmark = [needs_recordings, pytest.mark.shared_data]

# ---------------------------------------------------------------- the yardstick itself


def test_the_yardstick_gives_the_figures_that_others_computed_for_the_dyads() -> None:
    expected = json.loads((RECORDINGS / "dyads" / "expected.json").read_text())
    compared = 0
    for trial, figures in expected.items():
        csv = RECORDINGS / "dyads" / f"{trial}.csv"
        rows = [line.split(",") for line in csv.read_text().splitlines()[1:]] if csv.exists() else []
        for player, wanted in figures["players"].items():
            own = [float(time) for time, name in rows if name == player]
            found = truth(own, 60 / figures["beat_period_s"], 2, (0, figures["metronome_until_s"]))
            if found is None or found.extra:
                continue
            assert found.n == wanted["n"]
            assert found.mean_asynchrony_ms == pytest.approx(wanted["mean_asynchrony_ms"], abs=1e-6)
            assert found.sd_asynchrony_ms == pytest.approx(wanted["sd_asynchrony_ms"], abs=1e-6)
            assert found.vector_length_grid == pytest.approx(wanted["vector_length_judged_grid"], abs=1e-7)
            compared += 1
    assert compared > 60


# ---------------------------------------------------------------- the ways in


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a recording, and the pulse it is judged against."""

    recording: str
    bpm: float
    subdivision: int
    start_s: float
    end_s: float

    def clean(self, folder: Path) -> tuple[Path, dict[str, list[float]]]:
        """A copy without hits that a millisecond could match differently, and what is in it by note."""
        target = folder / f"clean-{self.recording.replace('/', '-')}"
        kept = cleaned_copy(RECORDINGS / self.recording, target, self.bpm, self.subdivision)
        return target, kept

    def truths(self, kept: Mapping[str, Sequence[float]]) -> dict[str, Truth]:
        """The figures of everybody who plays in it, by note."""
        found = {
            note: truth(own, self.bpm, self.subdivision, (self.start_s, self.end_s))
            for note, own in kept.items()
        }
        return {note: figures for note, figures in found.items() if figures is not None}

    def options(self) -> list[str]:
        return ["--from", str(self.start_s), "--to", str(self.end_s)]

    def hub_options(self) -> list[str]:
        return ["--bpm", str(self.bpm), "--subdivision", str(self.subdivision), "--structure", "groove"]


GROOVE = Excerpt("groove/drummer1_3_funk_80_beat_4-4.mid", 80, 4, 0, 6)
DYAD = Excerpt("dyads/202_1.mid", 60, 2, 10, 16)
EIGHT = [
    Excerpt(name, 100, 4, start, start + 5)
    for name, start in (
        ("groove/drummer1_5_funk-groove5_84_beat_4-4.mid", 0),
        ("groove/drummer2_1_rock_130_beat_4-4.mid", 0),
        ("groove/drummer3_6_rock_105_beat_4-4.mid", 2),
        ("groove/drummer5_2_funk-groove2_105_beat_4-4.mid", 0),
        ("groove/drummer7_1_funk-groove1_138_beat_4-4.mid", 0),
        ("groove/drummer8_10_soul-groove10_102_beat_4-4.mid", 4),
        ("dyads/101_1.mid", 8),
        ("dyads/205_1.mid", 8),
    )
]


@dataclass(frozen=True)
class Way(ABC):
    """How pads reach the hub, and who ``--name`` and note are in the summary."""

    hub_options: Sequence[str]

    @abstractmethod
    def into(self, rig: Rig, name: str) -> list[str]:
        """Options of ``play``."""

    def player(self, name: str, note: str, ports: int) -> str:
        return f"{name}-{note}"


class Link(Way):
    def into(self, rig: Rig, name: str) -> list[str]:
        return []


class Broker(Way):
    def into(self, rig: Rig, name: str) -> list[str]:
        return ["--into", rig.pads_url()]


class Midi(Way):
    def into(self, rig: Rig, name: str) -> list[str]:
        return ["--into", f"midi:{name}"]

    def player(self, name: str, note: str, ports: int) -> str:
        return note if ports == 1 else f"{name}/{note}"


@dataclass(frozen=True)
class OtherBroker(Way):
    pads_url: str

    def into(self, rig: Rig, name: str) -> list[str]:
        return ["--into", self.pads_url]


OVER_WIRES = (
    "nats",
    pytest.param("mosquitto", marks=pytest.mark.mosquitto),
    pytest.param("jack", marks=pytest.mark.jack),
)


@pytest.fixture
def way(request: pytest.FixtureRequest) -> Way:
    """The way in that a test names."""
    own = ["--port", "0"]
    if request.param == "jack":
        _: JackServer = request.getfixturevalue("jack")
        return Midi([*own, "--midi"])
    if request.param == "mosquitto":
        hub: Address = request.getfixturevalue("mosquitto")
        pads = replace(hub, user="pads", password="secret of the pads")
        return OtherBroker(["--broker", hub.full_url(), "--no-midi"], pads.full_url())
    return {"link": Link, "nats": Broker}[request.param]([*own, "--no-midi"])


def agree(found: dict[str, Any], wanted: Truth, who: str) -> None:
    """Exact counts; figures within the tolerance."""
    counts = {key: (found[key], getattr(wanted, key)) for key in ("n", "missed", "extra")}
    assert all(heard == played for heard, played in counts.values()), f"{who}: {counts}"
    for key in ("mean_asynchrony_ms", "sd_asynchrony_ms", "mean_abs_asynchrony_ms"):
        expected = getattr(wanted, key)
        if expected is None:
            assert found[key] is None
        else:
            assert found[key] == pytest.approx(expected, abs=TOLERANCE_MS), f"{who}: {key}"


@pytest.mark.parametrize("way", ["link", *OVER_WIRES], indirect=True)
async def test_one_who_plays_alone_is_measured_as_they_played(tmp_path: Path, way: Way) -> None:
    # Two ways hear a drum kit, two hear a pair that begins ten seconds into its file.
    excerpt = GROOVE if isinstance(way, Midi | Broker) else DYAD
    file, kept = excerpt.clean(tmp_path)
    async with running_hub(tmp_path, *excerpt.hub_options(), *way.hub_options) as rig:
        report = await rig.play(file, "--name", "ann", *excerpt.options(), *way.into(rig, "ann"))
        summary = await rig.summary()
    truths = excerpt.truths(kept)
    assert report["on_bar_line"]
    assert report["sent"] == sum(figures.n + figures.extra for figures in truths.values())
    assert len(summary["players"]) == len(truths)
    for note, wanted in truths.items():
        who = way.player("ann", note, 1)
        agree(summary["players"][who], wanted, who)


PLAYED_IN_TIME_MS = 0.8
"""Over MIDI a note leaves when it leaves: what was not played in time says nothing about how it is heard."""
TRIES = 3


@pytest.mark.parametrize("way", OVER_WIRES, indirect=True)
async def test_eight_who_play_at_once_are_each_measured_as_they_played(tmp_path: Path, way: Way) -> None:
    files = [excerpt.clean(tmp_path) for excerpt in EIGHT]
    for attempt in range(TRIES):
        async with running_hub(tmp_path, *EIGHT[0].hub_options(), *way.hub_options) as rig:
            reports = await all_at_once(
                rig,
                [
                    (file, ["--name", f"g{i}", *excerpt.options(), *way.into(rig, f"g{i}")])
                    for i, ((file, _), excerpt) in enumerate(zip(files, EIGHT, strict=True))
                ],
            )
            summary = await rig.summary()
        latest = max(report["lateness_ms"]["max"] for report in reports)
        if not isinstance(way, Midi) or latest <= PLAYED_IN_TIME_MS:
            break
        print(f"attempt {attempt + 1}: a player was {latest:.2f} ms late, by its own report")
    wanted = {
        way.player(f"g{i}", note, 8): figures
        for i, ((_, kept), excerpt) in enumerate(zip(files, EIGHT, strict=True))
        for note, figures in excerpt.truths(kept).items()
    }
    assert set(summary["players"]) == set(wanted)
    for who, figures in wanted.items():
        agree(summary["players"][who], figures, who)
