"""The pads' sensing on simulated pads of known strokes, beside the loop that tutorials show.

Both are fed the same samples (``bench/pad_scenes.py``, ``sim/piezo.py``) in the same run.  The time error is from the
first touch to the stamp, so the part of it in which a stroke rises to the threshold is in it for both; the velocity
error is from what a perfect reading of the stroke's peak would give on the same scale.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from drumcircle.bench import plain_trigger
from drumcircle.bench.catalogue import BenchFailed, Teller, Wanted
from drumcircle.bench.on_micropython import on_micropython
from drumcircle.bench.pad_scenes import PERIOD_US, SCENES, Scene, Take
from drumcircle.bench.row import Aim, Row, compared, percentile
from drumcircle.bench.stroke_tally import Scale, Senses, Tally, sensed
from drumcircle.formats.firmware_files import firmware_folder

STROKES = 150
"""A take; most scenes have a take on each of two kinds of pad."""
PLAIN = "threshold and debounce"
MISSED_AIM, FALSE_AIM, P95_AIM = Aim(1.0), Aim(1.0), Aim(2.0)
"""%, a minute, ms."""
PAUSING = "a board that pauses 5 ms in 50"
"""Its errors are the board's: no aims."""

Make = Callable[[Take], Senses]


def measure(wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """Every scene, then the module on MicroPython."""
    module = sensing_module()
    defaults = module.DEFAULTS
    ours = Scale(defaults["threshold"], defaults["full"])
    for scene in SCENES:
        tell.doing(scene.name)
        mine, plain = Tally(), Tally()
        for take in scene.takes(STROKES):
            times = take.times()
            samples = list(take.played.samples(times))
            for tally, senses, scale in (
                (mine, module.Sensing([take.settings] * len(take.played.pads), PERIOD_US), ours),
                (plain, plain_trigger.PlainTrigger(len(take.played.pads)), _plain_scale(take)),
            ):
                tally.length_us += take.length_us
                tally.add(take.played, take.strokes, sensed(senses, times, samples), scale)
        yield from rows(scene, mine, plain)
    yield from on_micropython(tell)


def sensing_module() -> ModuleType:
    """The boards' own file, as it is.

    Raises:
        BenchFailed: it cannot be read.
    """
    path: Path = firmware_folder() / "common" / "sensing.py"
    spec = importlib.util.spec_from_file_location("drumcircle_pad_sensing", path)
    if spec is None or spec.loader is None:
        raise BenchFailed(f"{path} is not there.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(scene: Scene, ours: Tally, plain: Tally) -> Iterator[Row]:
    """Figures of one scene; those of strokes only where somebody played."""
    aimed = scene.name != PAUSING
    if ours.strokes:
        missed = Row(scene.name, "missed", ours.missed_percent, "%", aim=MISSED_AIM if aimed else None)
        yield compared(missed, PLAIN, plain.missed_percent)
    false = Row(
        scene.name, "false triggers", ours.false_a_minute, "a minute", aim=FALSE_AIM if aimed else None
    )
    yield compared(false, PLAIN, plain.false_a_minute)
    if ours.late_ms and plain.late_ms:
        yield from _errors(scene.name, ours, plain, aimed)


def _errors(case: str, ours: Tally, plain: Tally, aimed: bool) -> Iterator[Row]:
    for figure, of in (
        ("mean", _mean),
        ("p95", lambda values: percentile(values, 0.95)),
        ("max", max),
    ):
        times = [abs(late) for late in ours.late_ms], [abs(late) for late in plain.late_ms]
        aim = P95_AIM if aimed and figure == "p95" else None
        yield compared(Row(case, f"time error, {figure}", of(times[0]), "ms", aim=aim), PLAIN, of(times[1]))
        velocity = Row(
            case, f"velocity error, {figure}", of(ours.velocity_errors), "of 127", detail=figure == "max"
        )
        yield compared(velocity, PLAIN, of(plain.velocity_errors))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _plain_scale(take: Take) -> Scale:
    """Its readings have the offset in them: it never learns what is quiet."""
    offset = round(take.played.around.offset)
    return Scale(plain_trigger.THRESHOLD - offset, plain_trigger.FULL - offset)
