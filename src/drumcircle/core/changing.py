"""Other settings for what runs, from the next bar line on, and back again.

Where all that differs is ``live`` (:class:`drumcircle.core.structures.setting.Setting`), the structure takes it over on
that line and goes on where it is.  Else it begins anew there without a count-in, the pulse and the ground running on;
what was done before is in the record with the settings it was done with.
"""

from __future__ import annotations

from drumcircle.core import grammar, stopping
from drumcircle.core.adopting import adopt
from drumcircle.core.events import Change, UndoChange
from drumcircle.core.lines import next_line
from drumcircle.core.plan import LONGEST, SHORTEST
from drumcircle.core.state import Armed, Running, State
from drumcircle.core.structures.base import Setting, Structure
from drumcircle.core.structures.declared import written
from drumcircle.core.structures.minutes import MINUTES
from drumcircle.errors import UsageError


def change(state: State, event: Change, now: int) -> None:
    """Joins a change that still waits for its bar line."""
    running = _running(state)
    waiting = state.armed
    if waiting is not None and waiting.before is None:
        raise UsageError(
            f"{state.called(waiting.structure, waiting.step)} is armed; change settings once it has begun, or after Escape."
        )
    base = running.settings if waiting is None else waiting.settings
    _take_over(state, running, {**base, **event.settings}, now)


def undo(state: State, _event: UndoChange, now: int) -> None:
    """A change that still waits is taken back; one that has come is changed back."""
    running = _running(state)
    if _waits(state):
        _take_back(state, running, now)
    elif running.before is None:
        raise UsageError("No setting of what runs has been changed.")
    else:
        _take_over(state, running, running.before, now)


def stretch(state: State, minutes: float, now: int) -> None:
    """What lasts by the clock lasts so many minutes longer (or, below 0, shorter), and no key undoes that."""
    running, armed = state.running, state.armed
    if running is None or MINUTES not in running.settings:
        return
    wanted = float(str(running.settings[MINUTES])) + minutes
    longer: dict[str, object] = {MINUTES: min(max(wanted, SHORTEST), LONGEST)}
    if running.step is not None:
        running.step.planned = {**running.step.planned, **longer}  # the plan keeps it as minutes of the step
    if running.before is not None:
        running.before = {**running.before, **longer}
    if armed is not None and armed.before is not None:
        armed.structure = type(running.structure)({**armed.settings, **longer})
        armed.settings, armed.before = dict(armed.structure.chosen), {**armed.before, **longer}
    made = type(running.structure)({**running.settings, **longer})
    adopt(state, running, made.chosen, max(next_line(state, now), running.origin), now)


def _running(state: State) -> Running:
    if state.running is None:
        raise UsageError("No structure is running, so it has no settings to change.")
    if stopping.stopped(state):
        raise UsageError("The circle is stopped; go on first.")
    return state.running


def _waits(state: State) -> bool:
    return state.armed is not None and state.armed.before is not None


def _take_back(state: State, running: Running, now: int) -> None:
    grammar.take_back(state, now)
    state.notice(now, f"{_title(state, running)} stays as it is.")


def _take_over(state: State, running: Running, settings: dict[str, object], now: int) -> None:
    made = type(running.structure)(dict(settings))
    differ = [each for each in made.settings if running.settings[each.name] != made.chosen[each.name]]
    if not differ and _waits(state):
        _take_back(state, running, now)
        return
    if not differ:
        raise UsageError(f"{_title(state, running)} is set like this already.")
    line = max(next_line(state, now), running.origin)
    state.armed = Armed(
        made, dict(made.chosen), line, line, step=running.step, before=running.settings,
        adopts=all(each.live for each in differ),
        differs=", ".join(_set(made, each) for each in differ),
    )  # fmt: skip
    state.notice(now, f"{_title(state, running)}: {_told(state.armed, differ)}.")


def _told(armed: Armed, differ: list[Setting]) -> str:
    """``beats 4 from the next turn``; ``order random, anew from the next bar``."""
    if not armed.adopts:
        return f"{armed.differs}, anew from the next bar"
    return ", ".join(f"{_set(armed.structure, each)} from {each.live}" for each in differ)


def _set(made: Structure, setting: Setting) -> str:
    return f"{setting.name.replace('_', ' ')} {written(made.chosen[setting.name])}"


def _title(state: State, running: Running) -> str:
    return state.called(running.structure, running.step)
