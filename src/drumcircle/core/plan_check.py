"""Is a plan one that can be played?  Asked of the structures' own declarations; and what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from drumcircle.core import sections
from drumcircle.core.fields import unknown
from drumcircle.core.grouping import UNDIVIDED
from drumcircle.core.plan import LONGEST, SHORTEST, Plan, Population, Step, population
from drumcircle.core.structures import STRUCTURES, named
from drumcircle.core.structures.base import DOMAINS, METHODS, Structure
from drumcircle.core.structures.minutes import MINUTES
from drumcircle.errors import UsageError

LABELS = ("session", "group", *(structure.name for structure in STRUCTURES))
"""What a plan may call otherwise."""
MOST_STEPS = 60


@dataclass(frozen=True, slots=True)
class PlanMistake:
    """What is wrong in one place of a plan, with its remedy; ``step`` None: of the plan as a whole."""

    step: int | None
    key: str
    words: str


def mistakes(plan: Plan) -> Iterator[PlanMistake]:
    """Everything that keeps a plan from being played, in the order of its steps."""
    if not 1 <= len(plan.steps) <= MOST_STEPS:
        yield PlanMistake(None, "step", f"a plan has 1 to {MOST_STEPS} steps, not {len(plan.steps)}")
    for label in plan.labels:
        if label not in LABELS:
            yield PlanMistake(None, f"labels.{label}", unknown(label, LABELS))
    try:
        people = population(plan.population)
    except UsageError as problem:
        yield PlanMistake(None, "population", _clause(problem))
        return
    for number, step in enumerate(plan.steps):
        for key, words in _step_mistakes(step, people):
            yield PlanMistake(number, key, words)


def checked(plan: Plan) -> Plan:
    """The same plan.

    Raises:
        UsageError: it cannot be played; the first mistake, with its step.
    """
    for mistake in mistakes(plan):
        where = "" if mistake.step is None else f", step {mistake.step + 1}"
        raise UsageError(f"Plan {plan.name!r}{where}: {mistake.words}.")
    return plan


def _step_mistakes(step: Step, people: Population) -> Iterator[tuple[str, str]]:
    try:
        structure = named(step.structure)
    except UsageError:
        yield "structure", unknown(step.structure, [known.name for known in STRUCTURES])
        return
    if not SHORTEST <= step.minutes <= LONGEST:
        yield "minutes", f"minutes must be from {SHORTEST:g} to {LONGEST:g}, not {step.minutes:g}"
    elif step.minutes > people.longest:
        yield (
            "minutes",
            (
                f"a step for {people.words} lasts at most {people.longest:g} minutes, not {step.minutes:g}; "
                "shorten it or divide it"
            ),
        )
    if step.bpm is not None and not people.slowest <= step.bpm <= people.fastest:
        yield (
            "bpm",
            (
                f"a step for {people.words} begins at {people.slowest:g} to {people.fastest:g} beats a minute, "
                f"not {step.bpm:g}; change it, or the population"
            ),
        )
    if step.sections not in ("", UNDIVIDED):
        try:
            sections.checked(step.sections)
        except UsageError as problem:
            yield "sections", _clause(problem)
    yield from _setting_mistakes(structure, step)


def _setting_mistakes(structure: type[Structure], step: Step) -> Iterator[tuple[str, str]]:
    known = {setting.name: setting for setting in structure.settings}
    whole = True
    for name, value in step.settings.items():
        if name not in known:
            whole = False
            yield f"settings.{name}", f"{structure.name} has no setting like this: {unknown(name, known)}"
            continue
        try:
            known[name].check(value)
        except UsageError as problem:
            whole = False
            yield f"settings.{name}", _clause(problem)
    if whole:
        try:
            structure(dict(step.settings))
        except UsageError as problem:
            yield "settings", _clause(problem)


def _clause(problem: UsageError) -> str:
    return str(problem).removesuffix(".")


# ---------------------------------------------------------------- what steps are played with


def settings_of(step: Step) -> dict[str, object]:
    """The settings a step is begun with: a structure that lasts so many minutes lasts those of its step."""
    timed = any(setting.name == MINUTES for setting in named(step.structure).settings)
    return {MINUTES: step.minutes, **step.settings} if timed else dict(step.settings)


def when_over(step: Step) -> str:
    """What follows a structure that is over early; one that lasts by the clock is stretched with its step."""
    timed = any(setting.name == MINUTES for setting in named(step.structure).settings)
    return "stay" if timed and step.when_over == "next" else step.when_over


def title_of(plan: Plan, step: Step) -> str:
    """What a step is called."""
    return step.title or plan.labels.get(step.structure) or named(step.structure).title


def say_of(step: Step) -> str:
    """What is said before it."""
    return step.say or named(step.structure).sentence


# ---------------------------------------------------------------- minutes of each method and domain


def by_method(lasting: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Minutes of each method, from (structure, minutes); methods without any are left out."""
    sums: dict[str, float] = dict.fromkeys(METHODS, 0.0)
    for structure, minutes in lasting:
        sums[named(structure).method] += minutes
    return {method: minutes for method, minutes in sums.items() if minutes}


def by_domain(lasting: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Minutes of each domain.  An activity counts in each of its own, so they are more than all minutes."""
    sums: dict[str, float] = dict.fromkeys(DOMAINS, 0.0)
    for structure, minutes in lasting:
        for domain in named(structure).domains:
            sums[domain] += minutes
    return {domain: minutes for domain, minutes in sums.items() if minutes}
