"""Session plans: the shipped ones and the user's own, one TOML file each, ``docs/plans.md`` says how.

A file of the user's, ``<config>/plans/NAME.toml``, takes the place of the shipped plan of that name.  What a
plan may say is asked of the structures' own declarations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import tomlkit

from drumcircle.core.fields import Check, Mistake, examine, number, shown, switch, text
from drumcircle.core.plan import LONGEST, SHORTEST, Plan, Step, WhenOver
from drumcircle.core.plan_check import LABELS, mistakes
from drumcircle.core.pulse import FASTEST, SLOWEST
from drumcircle.core.toml_text import Place, TomlText
from drumcircle.errors import FileProblem, UsageError
from drumcircle.formats.toml_writing import replace_file

SHIPPED = "shipped_plans"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
MOST_BYTES = 64 * 1024


def load_plans(config: Path | None) -> tuple[list[Plan], list[str]]:
    """Every plan by name, and a sentence for each mistake in the user's files; a plan with one is left out."""
    plans: dict[str, Plan] = {}
    problems: list[str] = []
    for name, raw in _shipped():
        plan, wrong = examine_plan(raw, f"{name}.toml", name)
        problems += wrong
        if plan is not None:
            plans[name] = plan
    for path in _own(config):
        plan, wrong = _examine_file(path)
        problems += wrong
        plans.pop(path.stem, None)
        if plan is not None:
            plans[plan.name] = plan
    return [plans[name] for name in sorted(plans)], problems


def find_plan(config: Path | None, asked: str) -> Plan:
    """The plan of this name, or in this file.

    Raises:
        FileProblem: there is no such file.
        UsageError: no plan has this name, or there is a mistake in it (the first one is told).
    """
    plan, wrong = check_plan(config, asked)
    if plan is None:
        more = f" 'drumcircle plan check' lists all {len(wrong)} mistakes." if len(wrong) > 1 else ""
        raise UsageError(wrong[0] + more)
    return plan


def check_plan(config: Path | None, asked: str) -> tuple[Plan | None, list[str]]:
    """The plan of this name or in this file, or every mistake in it.

    Raises:
        UsageError: no plan has this name.
        FileProblem: the file cannot be read.
    """
    if asked.endswith(".toml") or "/" in asked or "\\" in asked:
        return examine_plan(_bytes(Path(asked)), asked, Path(asked).stem)
    for path in _own(config):
        if path.stem == asked:
            return examine_plan(_bytes(path), str(path), path.stem)
    shipped = dict(_shipped())
    if asked in shipped:
        return examine_plan(shipped[asked], f"{asked}.toml", asked)
    known = dict.fromkeys([*shipped, *(path.stem for path in _own(config))])
    raise UsageError(f"There is no plan called {asked!r}; there are {', '.join(sorted(known))}.")


def keep_plan(config: Path, plan: Plan) -> Path:
    """Write a plan into the user's folder; returns its file.

    Raises:
        UsageError: the name is none for a file, or is taken.
        OSError: the folder refuses.
    """
    if not NAME.fullmatch(plan.name):
        raise UsageError(f"A plan is called by small letters, digits and hyphens, not {plan.name!r}.")
    path = config / "plans" / f"{plan.name}.toml"
    if path.exists() or plan.name in dict(_shipped()):
        raise UsageError(f"There is a plan called {plan.name!r} already; give this one another name.")
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, written(plan).encode())
    return path


def _shipped() -> Iterator[tuple[str, bytes]]:
    for file in resources.files(__package__).joinpath(SHIPPED).iterdir():
        if file.name.endswith(".toml"):
            yield file.name.removesuffix(".toml"), file.read_bytes()


def _own(config: Path | None) -> list[Path]:
    return sorted((config / "plans").glob("*.toml")) if config else []


def _bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise FileProblem(path, f"cannot be read ({problem.strerror}).") from None
    if len(raw) > MOST_BYTES:
        raise FileProblem(path, f"this is too long for a plan, over {MOST_BYTES // 1024} kB.")
    return raw


def _examine_file(path: Path) -> tuple[Plan | None, list[str]]:
    try:
        return examine_plan(_bytes(path), str(path), path.stem)
    except FileProblem as problem:
        return None, [str(problem)]


# ---------------------------------------------------------------- reading


def examine_plan(raw: bytes, file: str, name: str) -> tuple[Plan | None, list[str]]:
    """The plan in the bytes of ``file``, or every mistake in it with its line."""
    try:
        document = TomlText.parse(raw, file)
    except FileProblem as problem:
        return None, [str(problem)]
    plan, wrong = _plan(document, name)
    told = {place for place, _ in wrong}
    more = [(_place(m.step, m.key), m.words) for m in mistakes(plan)]
    wrong += [(place, words) for place, words in more if place not in told and place[:-1] not in told]
    wrong.sort(key=lambda each: document.lines.get(each[0], 0))
    sentences = [document.mistake(place, f"{words}.") for place, words in wrong]
    return (None if sentences else plan), sentences


Wrong = list[tuple[Place, str]]


def _place(step: int | None, key: str) -> Place:
    within = tuple(key.split("."))
    return within if step is None else ("step", step, *within)


def _plan(document: TomlText, name: str) -> tuple[Plan, Wrong]:
    head = {key: value for key, value in document.tables.items() if key != "step"}
    good, bad = examine(head, _HEAD)
    wrong: Wrong = [((key,), words) for key, words in bad]
    if not NAME.fullmatch(name):
        wrong.append(((), f"the file is called {name!r}; name it with small letters, digits and hyphens"))
    if "title" not in head:
        wrong.append(((), 'a plan needs a title; write title = "…" at its head'))
    tables, sentences = document.array("step")
    if sentences or not tables:
        wrong.append((("step",), "a plan needs steps, each under [[step]]"))
    steps = [_step(number, table, good, wrong) for number, table in enumerate(tables)]
    told = {key: good[key] for key in ("population", "labels") if key in good}
    return Plan(name, good.get("title", name), tuple(steps), **told), wrong


def _step(number: int, table: Mapping[str, object], head: Mapping[str, Any], wrong: Wrong) -> Step:
    good, bad = examine(table, _STEP)
    wrong += [(("step", number, key), words) for key, words in bad]
    for key in ("structure", "minutes"):
        if key not in table:
            wrong.append((("step", number), f"a step needs {key!r}"))
    return Step(**{"structure": "", "minutes": SHORTEST, "waits": head.get("waits", False), **good})


def _table(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise Mistake(f"must be a table, not {shown(value)}")
    return dict(value)


def _settings(value: object) -> dict[str, object]:
    settings = _table(value)
    for name, each in settings.items():
        if not isinstance(each, (str, int, float, bool)):
            raise Mistake(f"holds {name}, which must be a text, a number, true or false")
    return settings


def _labels(value: object) -> dict[str, str]:
    labels = _table(value)
    for name, each in labels.items():
        if not isinstance(each, str) or not each.strip():
            raise Mistake(f"holds {name}, which must be words in quotation marks")
    return {name: str(each) for name, each in labels.items()}


def _when_over(value: object) -> object:
    if value not in get_args(WhenOver):
        raise Mistake(f"must be one of {', '.join(get_args(WhenOver))}, not {shown(value)}")
    return value


_HEAD: dict[str, Check] = {
    "title": text(),
    "population": text(),
    "waits": switch,
    "labels": _labels,
}
_STEP: dict[str, Check] = {
    "structure": text(),
    "minutes": number(SHORTEST, LONGEST),
    "settings": _settings,
    "title": text(),
    "say": text(),
    "waits": switch,
    "when_over": _when_over,
    "bpm": number(SLOWEST, FASTEST),
    "sections": text(),
    "leader": text(),
}

# ---------------------------------------------------------------- writing


def written(plan: Plan) -> str:
    """The plan as a file of its own."""
    document = tomlkit.document()
    document["title"], document["population"] = plan.title, plan.population
    if plan.labels:
        document["labels"] = {name: plan.labels[name] for name in LABELS if name in plan.labels}
    steps = tomlkit.aot()
    for step in plan.steps:
        steps.append(_written_step(step))
    document["step"] = steps
    return tomlkit.dumps(document)


def _written_step(step: Step) -> tomlkit.items.Table:
    table = tomlkit.table()
    table["structure"], table["minutes"] = step.structure, step.minutes
    usual = Step(step.structure, step.minutes)
    for name in ("title", "say", "waits", "when_over", "bpm", "sections", "leader"):
        value = getattr(step, name)
        if value != getattr(usual, name):
            table[name] = value
    if step.settings:
        inline = tomlkit.inline_table()
        inline.update(step.settings)
        table["settings"] = inline
    return table
