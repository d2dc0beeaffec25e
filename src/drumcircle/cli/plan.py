"""``drumcircle plan``: session plans: list, show, check and run them."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from drumcircle import config
from drumcircle.cli.hub_options import add_hub_arguments
from drumcircle.core.plan import Plan, Step, population
from drumcircle.core.plan_check import by_domain, by_method, say_of, title_of
from drumcircle.formats.plans import check_plan, find_plan, load_plans


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle plan``."""
    _common(parser)
    actions = parser.add_subparsers(dest="action", metavar="list | show | check | run", title="actions")
    _common(actions.add_parser("list", help="every plan, with its minutes (the default)"), argparse.SUPPRESS)
    for name, words in (
        ("show", "its steps, what to say, minutes of each method and domain"),
        ("check", "every mistake in a plan, with its line"),
    ):
        action = actions.add_parser(name, help=words)
        action.add_argument("plan", metavar="PLAN", help="its name, or a file")
        _common(action, argparse.SUPPRESS)
    running = actions.add_parser("run", help="in the circle that runs here, or in one begun for it")
    running.add_argument("plan", metavar="PLAN", help="its name, or a file")
    running.add_argument(
        "--wait", action="store_true", help="wait for the facilitator's key before each step"
    )
    running.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="say as JSON what was begun"
    )
    running.add_argument("--plain", action="store_true", help="a line a happening, no drawn dashboard")
    add_hub_arguments(running, plan=False)


def _common(parser: argparse.ArgumentParser, unset: Any = None) -> None:
    """What may stand before or after the action; where it stands twice, the one after it."""
    parser.add_argument("--json", action="store_true", default=unset, help="one JSON document")
    parser.add_argument("--config", type=Path, default=unset, metavar="DIR", help="folder of settings")


def run(options: argparse.Namespace) -> int:
    """List, show, check or run."""
    folder = options.config or config.config_folder()
    if options.action == "run":
        from drumcircle.cli._run_plan import chosen, run_plan

        return run_plan(options, chosen(folder, options))
    if options.action == "show":
        plan = find_plan(folder, options.plan)
        print(json.dumps(document(plan), indent=2, ensure_ascii=False) if options.json else page(plan))
        return 0
    return _check(folder, options) if options.action == "check" else _list(folder, options.json)


def _list(folder: Path, as_json: bool) -> int:
    plans, problems = load_plans(folder)
    if as_json:
        print(
            json.dumps(
                {"plans": [document(p) for p in plans], "problems": problems}, indent=2, ensure_ascii=False
            )
        )
        return 0
    wide = max(len(plan.name) for plan in plans)
    for plan in plans:
        print(f"{plan.name:<{wide}}  {plan.minutes:>5g} min  {plan.title}")
    for problem in problems:
        print(f"! {problem}")
    return 0


def _check(folder: Path, options: argparse.Namespace) -> int:
    plan, wrong = check_plan(folder, options.plan)
    if options.json:
        print(
            json.dumps(
                {"plan": options.plan, "ok": not wrong, "problems": wrong}, indent=2, ensure_ascii=False
            )
        )
    elif plan is not None:
        print(f"{options.plan} can be played: {steps_in(plan)}, {plan.minutes:g} minutes.")
    else:
        print("\n".join(wrong))
    return 2 if wrong else 0


# ---------------------------------------------------------------- one plan, in words and as a document


def steps_in(plan: Plan) -> str:
    """``8 steps``."""
    return "1 step" if len(plan.steps) == 1 else f"{len(plan.steps)} steps"


def _lasting(plan: Plan) -> list[tuple[str, float]]:
    return [(step.structure, step.minutes) for step in plan.steps]


def document(plan: Plan) -> dict[str, object]:
    """The plan with its minutes, as ``--json`` prints it."""
    return {
        **asdict(plan),
        "steps": [
            {**asdict(step), "title": title_of(plan, step), "say": say_of(step)} for step in plan.steps
        ],
        "minutes": plan.minutes,
        "methods": by_method(_lasting(plan)),
        "domains": by_domain(_lasting(plan)),
    }


def page(plan: Plan) -> str:
    """The plan as one reads it."""
    people = population(plan.population)
    lines = [f"{plan.title}: {plan.minutes:g} minutes, for {people.words}", ""]
    at = 0.0
    for step in plan.steps:
        lines += _step(plan, step, at)
        at += step.minutes
    lines += [
        "",
        f"minutes of each method: {_minutes(by_method(_lasting(plan)))}",
        f"minutes of each domain: {_minutes(by_domain(_lasting(plan)))} (an activity counts in each of its own)",
    ]
    return "\n".join(lines)


def _step(plan: Plan, step: Step, at: float) -> list[str]:
    told = [f"{step.bpm:g} BPM"] if step.bpm is not None else []
    told += [
        f"{name.replace('_', ' ')} {value}" for name, value in step.settings.items() if name != "prompts"
    ]
    told += [f"sections {step.sections}"] if step.sections else []
    told += [f"{step.leader} leads"] if step.leader else []
    told += ["waits for the key"] if step.waits else []
    told += (
        [{"again": "again until its time is over", "stay": "silence until its time is over"}[step.when_over]]
        if (step.when_over != "next")
        else []
    )
    title = title_of(plan, step)
    name = "" if title.lower() == step.structure.replace("_", " ") else f" ({step.structure})"
    aside = f"  [{', '.join(told)}]" if told else ""
    return [f"{at:>5g}  {title}{name}, {step.minutes:g} min{aside}", f"       “{say_of(step)}”"]


def _minutes(sums: dict[str, float]) -> str:
    return ", ".join(f"{name} {minutes:g}" for name, minutes in sums.items())
