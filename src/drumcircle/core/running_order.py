"""A plan while it is followed: which step is played, how long already, and how it really went.

Only bookkeeping: what follows from it is decided in ``following.py``.  Times are ns on the hub's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from drumcircle.core.events import NS
from drumcircle.core.plan import SHORTEST, Plan, Step, population

MINUTE = 60 * NS


@dataclass(slots=True)
class StepRun:
    """One step as it was really played; repeated, it is two."""

    number: int
    """Of its step in the plan, from 0."""
    step: Step
    length: int
    """How long it is to last, with what it was stretched by."""
    settings: dict[str, object] = field(default_factory=dict)
    """Those it was last played with."""
    planned: dict[str, object] = field(default_factory=dict)
    """Those it began with."""
    began: int | None = None
    ended: int | None = None
    ran: int = 0
    """How long its clock had gone at ``since``."""
    since: int | None = None
    """None: its clock stands."""
    over: int | None = None
    """When its structure was over by itself."""

    @classmethod
    def of(cls, plan: Plan, number: int) -> StepRun:
        step = plan.steps[number]
        return cls(number, step, round(step.minutes * MINUTE))

    def gone(self, now: int) -> int:
        """How long its clock has gone."""
        return self.ran + (0 if self.since is None else max(0, now - self.since))

    @property
    def end(self) -> int | None:
        """When its minutes are over; None while its clock stands."""
        return None if self.since is None else self.since + self.length - self.ran

    def hold(self, now: int) -> None:
        self.ran, self.since = self.gone(now), None

    def go_on(self, time: int) -> None:
        if self.since is None:
            self.since = time


@dataclass(slots=True)
class RunningOrder:
    """The plan with what became of each step."""

    plan: Plan
    current: StepRun | None = None
    runs: list[StepRun] = field(default_factory=list)
    """All that began, in order; the current one last."""
    paused: bool = False
    waiting: bool = False
    """The step's time is over, and the facilitator's key goes on."""
    over: bool = False

    def began(self, run: StepRun, settings: dict[str, object], time: int) -> None:
        """A structure of the plan begins: a step of its own, or once more within the current one."""
        if run is not self.current:
            self._close(time)
            self.current, run.began, run.planned = run, time, settings
            self.runs.append(run)
        run.settings, run.over = settings, None
        self.paused = self.waiting = False
        run.go_on(time)

    def structure_over(self, run: StepRun, time: int) -> None:
        """The structure of the step is over, by itself or because it was asked to end."""
        if run is self.current:
            run.over = time

    def hold(self, now: int) -> None:
        """The clock stands: paused, stopped, or something else is played."""
        if self.current is not None and not self.over:
            self.current.hold(now)

    def go_on(self, time: int) -> None:
        """Nothing is stopped any more; the clock goes on unless it is paused."""
        if self.current is not None and not (self.over or self.paused):
            self.current.go_on(time)

    def step_aside(self, now: int) -> None:
        """Something that is not of the plan is played."""
        self.hold(now)
        self.paused, self.waiting = not self.over, False

    def finish(self, time: int) -> None:
        """The plan is over, or left."""
        self._close(time)
        self.over, self.paused, self.waiting = True, False, False

    def _close(self, time: int) -> None:
        run = self.current
        if run is not None and run.ended is None:
            run.hold(time)
            run.ended = time if run.began is None else max(time, run.began)

    @property
    def following(self) -> int:
        """The number of the step after the current one."""
        return 0 if self.current is None else self.current.number + 1

    def as_played(self, now: int) -> Plan:
        """The plan as it was really run: steps in the order and with the settings and minutes they had.

        A step under six seconds was never really begun; none lasts longer than those of its people may.
        """
        longest = population(self.plan.population).longest
        steps = tuple(_as_played(run, now, longest) for run in self.runs if run.gone(now) >= MINUTE // 10)
        return replace(self.plan, steps=steps)


def _as_played(run: StepRun, now: int, longest: float) -> Step:
    changed = {name: value for name, value in run.settings.items() if run.planned.get(name) != value}
    minutes = min(max(SHORTEST, round(run.gone(now) / MINUTE, 1)), longest)
    return replace(run.step, minutes=minutes, settings={**run.step.settings, **changed})
