"""``drumcircle plan``: list, show, check, and run in a circle that is there already."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from drumcircle.cli import main
from drumcircle.cli._keeping import Keeping
from drumcircle.cli._run_plan import titled
from drumcircle.cli._seats import Seats
from drumcircle.core.codec import decode_event, encode_event
from drumcircle.core.events import NS, Follow, MoveInPlan
from drumcircle.core.plan import Plan, Step
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.core.view import SessionView
from drumcircle.errors import UsageError
from drumcircle.formats.plans import find_plan
from drumcircle.link.client import LinkClient, Watcher
from e2e_rig import GUARD, drumcircle, environment, running_hub

NEVER, LONG = 3_600 * NS, 300 * NS
GOOD = 'title = "Mine"\n[[step]]\nstructure = "groove"\nminutes = 5\n'
BAD = GOOD + 'settings = { grond = "walk" }\n[[step]]\nstructure = "talk"\nminutes = 500\n'


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = main(["plan", *words])
    except SystemExit as ended:
        code = int(ended.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def document(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(typed(capsys, *words, "--json")[1])
    return found


def test_every_plan_is_listed_with_its_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys)
    assert code == 0
    assert re.findall(r"^(\S+) +(\d+) min", out, re.MULTILINE) == [
        ("children-20", "20"), ("community-50", "50"), ("seated-30", "30"), ("social-timing-45", "45"),
        ("timing-30", "30"),
    ]  # fmt: skip
    assert [plan["minutes"] for plan in document(capsys, "list")["plans"]] == [20, 50, 30, 45, 30]


def test_a_broken_plan_of_ones_own_is_listed_as_a_problem(
    capsys: pytest.CaptureFixture[str], own_folders: Path
) -> None:
    folder = own_folders / "config" / "plans"
    folder.mkdir(parents=True)
    (folder / "tuesday.toml").write_text(BAD)
    code, out, _ = typed(capsys, "list")
    assert code == 0
    assert "! " in out
    assert "tuesday.toml, line 5" in out
    assert "tuesday " not in out


def test_a_plan_is_shown_with_what_to_say_and_minutes_of_each_method_and_domain(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = typed(capsys, "show", "social-timing-45")
    assert "Drumming for social timing: 45 minutes, for a small group" in out
    assert "Drum talk (conversation), 5 min" in out
    assert "“When did you notice somebody else today?”" in out
    assert "minutes of each method: receptive 8, re-creational 20, improvisational 17" in out
    shown = document(capsys, "show", "social-timing-45")
    assert sum(shown["methods"].values()) == shown["minutes"] == 45
    assert shown["domains"]["social"] == 45
    assert shown["steps"][6]["title"] == "Drum talk"


def test_check_names_every_line_and_ends_with_two(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(BAD)
    code, out, err = typed(capsys, "check", str(file))
    assert (code, err) == (2, "")
    assert [re.sub(r"^.*(line \d+).*$", r"\1", line) for line in out.splitlines()] == ["line 5", "line 8"]
    assert len(document(capsys, "check", str(file))["problems"]) == 2
    file.write_text(GOOD)
    assert typed(capsys, "check", str(file))[:2] == (0, f"{file} can be played: 1 step, 5 minutes.\n")


@pytest.mark.parametrize("action", ["show", "check", "run"])
def test_a_plan_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str], action: str) -> None:
    code, out, err = typed(capsys, action, "wednesday")
    assert (code, out) == (2, "")
    assert err.startswith("drumcircle: There is no plan called 'wednesday'; there are children-20")
    assert err.count("\n") == 1


def test_a_plan_and_a_structure_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", "--plan", "timing-30", "--structure", "groove"]) == 2
    assert "not both" in capsys.readouterr().err


async def test_run_gives_the_plan_to_the_circle_that_is_here(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(GOOD)
    arrived: asyncio.Queue[SessionView] = asyncio.Queue()
    async with running_hub(tmp_path, "--no-midi", "--port", "0", "--bpm", "240", "--simulate", "2") as rig:
        runner = await asyncio.create_subprocess_exec(
            *drumcircle("plan", "run", str(file), "--json"),
            stdout=asyncio.subprocess.PIPE, env=environment(tmp_path),
        )  # fmt: skip
        out, _ = await asyncio.wait_for(runner.communicate(), GUARD)
        assert json.loads(out) == {"followed": "mine", "title": "Mine", "minutes": 5.0}

        watcher = Watcher(on_view=arrived.put_nowait)
        async with LinkClient.here(tmp_path / "state", "facilitator", watcher=watcher) as facilitator:
            await _until(arrived, lambda view: view.plan is not None and (view.plan.left or NEVER) < LONG)
            plans = await facilitator.request("plans")
            assert "community-50" in {plan["name"] for plan in plans["plans"]}
            assert (await facilitator.command(MoveInPlan("next"))).ok
            view = await _until(arrived, lambda view: view.plan is not None and view.plan.over)
            assert view.plan is not None
            assert view.plan.name == "mine"
        summary = await rig.summary()
    (plan,) = summary["plans"]
    assert (plan["name"], plan["planned_minutes"]) == ("mine", 5.0)
    assert 0 < plan["real_minutes"] < 5
    assert plan["methods"] == {"re-creational": plan["real_minutes"]}
    assert set(summary["minutes"]["methods"]) == {"re-creational"}
    assert summary["minutes"]["methods"]["re-creational"] > plan["real_minutes"], (
        "groove came before the plan"
    )


async def _until(views: asyncio.Queue[SessionView], wanted: Any) -> SessionView:
    async def found() -> SessionView:
        while not wanted(view := await views.get()):
            pass
        return view

    return await asyncio.wait_for(found(), GUARD)


async def test_a_hub_can_begin_with_a_plan_that_waits_before_each_step(tmp_path: Path) -> None:
    arrived: asyncio.Queue[SessionView] = asyncio.Queue()
    words = ("--no-midi", "--port", "0", "--plan", "timing-30", "--wait")
    async with running_hub(tmp_path, *words) as rig:
        watcher = Watcher(on_view=arrived.put_nowait)
        async with LinkClient.here(tmp_path / "state", "facilitator", watcher=watcher):
            view = await _until(arrived, lambda view: view.plan is not None)
            assert view.plan is not None
            assert all(step.waits for step in view.plan.steps)
            assert view.title == "Timing session"
        await rig.summary()


def test_a_shipped_plan_fits_one_message_of_the_link() -> None:
    from drumcircle.link.protocol import MESSAGE_BOUND

    for name in ("community-50", "social-timing-45"):
        raw = encode_event(Follow(find_plan(None, name)))
        assert len(json.dumps(raw)) < MESSAGE_BOUND / 4
        assert decode_event(raw) == Follow(find_plan(None, name))


def test_the_plan_is_kept_as_it_was_played_and_a_name_that_is_taken_is_said(tmp_path: Path) -> None:
    now = time.perf_counter_ns()
    begun = now - 90 * NS
    session = Session(SessionConfig(begun, bpm=120.0))
    keep = Keeping(Seats(tmp_path, keep=False), session).requests()["keep_plan"]
    with pytest.raises(UsageError, match="No plan has been followed"):
        keep({"name": "tuesday"})
    steps = (Step("groove", 1.0, bpm=120.0), Step("talk", 9.0))
    session.handle(Follow(Plan("p", "Evening", steps)), begun)
    session.advance(now)
    assert keep({"name": "tuesday"}) == {"file": str(tmp_path / "plans" / "tuesday.toml")}
    plan = find_plan(tmp_path, "tuesday")
    assert plan.title == "Evening (tuesday)"
    assert [step.structure for step in plan.steps] == ["groove", "talk"]
    assert plan.steps[0].minutes == 1.0
    assert plan.steps[1].minutes < 9
    with pytest.raises(UsageError, match="another name"):
        keep({"name": "tuesday"})


def test_in_the_record_a_session_is_called_as_its_plan_says_unless_it_has_a_title(tmp_path: Path) -> None:
    def called(title: str, plan: str) -> str:
        return titled(title, tmp_path, argparse.Namespace(plan=plan, wait=False))

    assert called("Drum circle", "timing-30") == "Timing session"
    assert called("Drum circle", "community-50") == "Drum circle"
    assert called("Tuesday", "timing-30") == "Tuesday"
    assert called("Drum circle", "") == "Drum circle"
