"""``drumcircle plan run``: into the circle that runs here, or a circle begun for it."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import replace
from pathlib import Path

from drumcircle import config
from drumcircle.core.events import Follow
from drumcircle.core.plan import Plan
from drumcircle.errors import UsageError
from drumcircle.formats.plans import find_plan
from drumcircle.link.client import LinkClient
from drumcircle.link.files import read_link


def chosen(folder: Path, options: argparse.Namespace) -> Plan:
    """The plan that was asked for, each step waiting for the key if that was asked for too.

    Raises:
        DrumcircleError: there is none, or it cannot be played.
    """
    plan = find_plan(folder, options.plan)
    if options.wait:
        return replace(plan, steps=tuple(replace(step, waits=True) for step in plan.steps))
    return plan


def titled(title: str, folder: Path, options: argparse.Namespace) -> str:
    """What the session is called in the record: as the plan labels it, unless it was given a title."""
    if not options.plan or title != config.Settings().title:
        return title
    return chosen(folder, options).labels.get("session", title)


def run_plan(options: argparse.Namespace, plan: Plan) -> int:
    """The plan goes to the hub by value, so a file of any folder will do.

    Raises:
        UsageError: the circle refuses it.
    """
    if read_link(config.state_folder()) is None:
        return _begin(options)
    asyncio.run(_tell(plan))
    if options.json:
        print(json.dumps({"followed": plan.name, "title": plan.title, "minutes": plan.minutes}))
    else:
        print(f"The circle here follows {plan.title!r}, {plan.minutes:g} minutes.")
    return 0


async def _tell(plan: Plan) -> None:
    async with LinkClient.here(config.state_folder(), "facilitator", "plan run") as client:
        answer = await client.command(Follow(plan))
    if not answer.ok:
        raise UsageError(answer.message)


def _begin(options: argparse.Namespace) -> int:
    """A circle with a dashboard, as ``drumcircle`` begins one."""
    from drumcircle.cli._supervisor import start

    if Path(options.plan).is_file():
        options.plan = str(Path(options.plan).resolve())
    return start.keep_or_join(options, plain=options.plain)
