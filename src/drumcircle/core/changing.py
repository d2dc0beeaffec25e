"""Other settings for what runs, from the next bar line on, and back again.

The one rule that is sound for every structure: it begins anew on that line with the new settings and
without a count-in, the pulse and the ground running on; what was done before is in the record with the
settings it was done with.  A structure that can do better says so in ``Structure.changing``.
"""

from __future__ import annotations

from drumcircle.core import grammar, stopping
from drumcircle.core.events import Change, UndoChange
from drumcircle.core.lines import next_line
from drumcircle.core.state import Armed, Running, State
from drumcircle.errors import UsageError


def change(state: State, event: Change, now: int) -> None:
    """Replaces a change that still waits for its bar line."""
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
    if state.armed is not None and state.armed.before is not None:
        grammar.take_back(state, now)
        state.notice(now, f"{_title(state, running)} stays as it is.")
    elif running.before is None:
        raise UsageError("No setting of what runs has been changed.")
    else:
        _take_over(state, running, running.before, now)


def _running(state: State) -> Running:
    if state.running is None:
        raise UsageError("No structure is running, so it has no settings to change.")
    if stopping.stopped(state):
        raise UsageError("The circle is stopped; go on first.")
    return state.running


def _take_over(state: State, running: Running, settings: dict[str, object], now: int) -> None:
    made = type(running.structure)(dict(settings))
    differ = [name for name, value in made.chosen.items() if running.settings[name] != value]
    if not differ:
        raise UsageError(f"{_title(state, running)} is set like this already.")
    line = max(next_line(state, now), running.origin)
    state.armed = Armed(made, dict(made.chosen), line, line, step=running.step, before=running.settings)
    new = ", ".join(f"{name.replace('_', ' ')} {made.chosen[name]}" for name in differ)
    state.notice(now, f"{_title(state, running)}: {new} from the next bar.")


def _title(state: State, running: Running) -> str:
    return state.called(running.structure, running.step)
