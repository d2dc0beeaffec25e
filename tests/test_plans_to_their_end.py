"""Every shipped plan from its first step to its last, in virtual time, with a facilitator who goes on when it waits."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import pytest

from drumcircle.core.events import NS, Effect, Event, Follow, MoveInPlan, Notice, Record
from drumcircle.core.plan import Plan
from drumcircle.core.plan_check import settings_of
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.core.structures import named
from drumcircle.formats.patterns import load_patterns
from drumcircle.formats.plans import find_plan
from drumcircle.sim.player import virtual_players
from drumcircle.sim.virtual import run_circle

START = 1_000 * NS
MINUTE = 60 * NS
THINKS = 20 * NS
"""How long the facilitator lets the plan wait."""
SEED = 5
PLAYERS = {"community-50": 12, "seated-30": 8, "children-20": 9, "timing-30": 1, "social-timing-45": 5}


class Led(Session):
    """A circle whose facilitator brings the next step a while after the plan has begun to wait for it."""

    def __init__(self, config: SessionConfig) -> None:
        super().__init__(config)
        self.presses: list[int] = []
        self._press_at: int | None = None

    def advance(self, now: int) -> list[Effect]:
        effects = super().advance(now)
        if any(isinstance(each, Notice) and "waits for the key" in each.text for each in effects):
            self._press_at = now + THINKS
        if self._press_at is not None and now >= self._press_at:
            self._press_at = None
            self.presses.append(now)
            effects += self.handle(MoveInPlan("next"), now)
        return effects


@dataclass
class Evening:
    """What became of a plan."""

    plan: Plan
    summary: dict[str, Any]
    presses: list[int]
    events: list[tuple[int, Event]]

    @property
    def steps(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.summary["plans"][0]["steps"]
        return found


@pytest.fixture(scope="module", params=PLAYERS)
def evening(request: pytest.FixtureRequest) -> Evening:
    plan = find_plan(None, request.param)
    session = Led(SessionConfig(start=START, seed=SEED, patterns=tuple(load_patterns(None)[0])))
    end = START + round((plan.minutes + 3) * MINUTE)
    players, events = virtual_players(PLAYERS[plan.name], SEED), []

    def keep(now: int, event: Event) -> None:
        events.append((now, event))

    began = time.perf_counter()
    run_circle(session, players, end, [(START, Record(True)), (START + NS, Follow(plan))], keep)
    print(
        f"{plan.name}: {plan.minutes:g} minutes, {len(events)} events, in {time.perf_counter() - began:.1f} s"
    )
    assert session.faults() == []
    return Evening(plan, session.summary(end), session.presses, events)


def test_every_step_is_played_and_none_goes_beyond_what_the_plan_says(evening: Evening) -> None:
    assert evening.summary["plans"][0]["not_played"] == []
    assert [step["step"] for step in evening.steps] == list(range(1, len(evening.plan.steps) + 1))
    for step, following in zip(evening.plan.steps, [*evening.plan.steps[1:], None], strict=True):
        real = evening.steps[evening.plan.steps.index(step)]["real_minutes"]
        # To the bar line after, and where the next step waits until the key, with its count-in.
        waits = following is not None and following.waits
        assert real <= step.minutes + (0.6 if waits else 0.1), step


def test_the_plan_waits_where_it_says_so_and_nowhere_else(evening: Evening) -> None:
    assert len(evening.presses) == sum(step.waits for step in evening.plan.steps)


def test_no_step_leaves_more_of_its_minutes_than_what_it_is_for_allows(evening: Evening) -> None:
    short = {step["title"]: step["planned_minutes"] - step["real_minutes"] for step in evening.steps}
    own = [step["title"] for step in evening.steps if step["structure"] == "paced_steps"]
    # Paced steps last as long as their beats at the player's own tempo: slower ones need all of their minutes.
    assert max(minutes for title, minutes in short.items() if title not in own) < 0.7
    assert all(minutes < 2.2 for minutes in short.values())


def test_what_is_measured_of_each_step_is_in_its_record(evening: Evening) -> None:
    structures = evening.summary["structures"]
    assert [number for step in evening.steps for number in step["structures"]] == list(range(len(structures)))
    for step in evening.steps:
        names = [structures[number]["name"] for number in step["structures"]]
        assert set(names) == {step["structure"]}
        if step["structure"] in ("name_rhythm", "call_and_response"):
            assert set(step["echoes"]) == set(evening.summary["players"])
            assert all(row["f1"] > 0.3 for row in step["echoes"].values())
        if step["structure"] == "groove":
            assert set(step["players"]) == set(evening.summary["players"])
    json.dumps(evening.summary, allow_nan=False)


def test_own_tempo_steps_and_continuation_come_to_their_results(evening: Evening) -> None:
    if evening.plan.name != "timing-30":
        pytest.skip("only in the timing session")
    structures = evening.summary["structures"]
    paced = [done["results"] for done in structures if done["name"] == "paced_steps"]
    assert [len(results["steps"]) for results in paced] == [7, 7]
    assert all(results["alone_against_own"] for results in paced)
    alone = [done["results"] for done in structures if done["name"] == "continuation"]
    assert len(alone) == 3
    for results in alone:
        (row,) = results["players"].values()
        assert row["iti_n"] > 90  # of 107, some of which the virtual player leaves out
        assert results["returned_at_bpm"] == pytest.approx(results["paced_bpm"], rel=0.05)


def test_what_lasts_by_the_clock_lasts_as_long_as_its_step(evening: Evening) -> None:
    for step, run in zip(evening.plan.steps, evening.steps, strict=True):
        if "minutes" in settings_of(step):
            (number,) = run["structures"]
            assert named(step.structure).leaves_silence
            results = evening.summary["structures"][number]["results"]
            assert results["minutes"] == pytest.approx(step.minutes, abs=0.03)
