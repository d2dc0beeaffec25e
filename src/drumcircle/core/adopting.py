"""What runs takes other settings over, and what the record keeps of it with those it had when."""

from __future__ import annotations

from drumcircle.core.stage import RunningStage
from drumcircle.core.state import Changed, Finished, Running, State
from drumcircle.core.structures.base import Value


def adopt(state: State, running: Running, chosen: dict[str, Value], line: int, now: int) -> None:
    """From the bar line ``line`` (a beat of the pulse) on."""
    local = max(0, line - running.origin)
    running.settings = dict(chosen)
    running.changes.append(Changed(local, running.settings))
    if running.step is not None:
        running.step.settings = running.settings
    running.structure.adopt(RunningStage(state, running, now), chosen, local)


def finished(state: State, running: Running, ended: int, now: int) -> Finished:
    """A structure as the record keeps it; ``ended`` in ns."""
    structure, stage = running.structure, RunningStage(state, running, now)
    changes = tuple((each.beat, stage.time(each.beat), each.settings) for each in running.changes)
    return Finished(
        structure.name,
        running.began,
        ended,
        running.begun_with,
        structure.record(stage),
        changes,
        running.step,
    )
