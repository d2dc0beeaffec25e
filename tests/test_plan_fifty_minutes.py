"""The shipped community circle, all fifty minutes of it, with twelve virtual players in virtual time."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from drumcircle.core.events import NS, Event, Follow, Record
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.core.structures import named
from drumcircle.formats.patterns import load_patterns
from drumcircle.formats.plans import find_plan
from drumcircle.sim.player import virtual_players
from drumcircle.sim.virtual import Timed, run_circle
from drumcircle.store.replay import replay

START = 1_000 * NS
END = START + 51 * 60 * NS
PLAYERS, SEED = 12, 5

Evening = tuple[dict[str, Any], list[Timed]]


def config() -> SessionConfig:
    return SessionConfig(start=START, bpm=96.0, seed=SEED, patterns=tuple(load_patterns(None)[0]))


@pytest.fixture(scope="module")
def evening() -> Evening:
    session, events = Session(config()), []
    script: list[Timed] = [(START, Record(True)), (START + NS, Follow(find_plan(None, "community-50")))]

    def keep(now: int, event: Event) -> None:
        events.append((now, event))

    began = time.perf_counter()
    run_circle(session, virtual_players(PLAYERS, SEED), END, script, keep)
    print(f"fifty minutes, {len(events)} events, in {time.perf_counter() - began:.1f} s")
    assert not session.faults()
    return session.summary(END), events


def test_every_step_is_played_for_its_minutes(evening: Evening) -> None:
    (plan,) = evening[0]["plans"]
    assert [(step["title"], step["planned_minutes"]) for step in plan["steps"]] == [
        ("Settle", 5), ("Name rhythms", 7), ("Echo", 8), ("Groove", 10), ("Turns", 10), ("Free play", 5),
        ("Wind-down", 3), ("Reflect", 2),
    ]  # fmt: skip
    assert plan["not_played"] == []
    for step in plan["steps"]:
        # A step ends with a bar; one that begins again stops half a minute before its end.
        assert step["real_minutes"] == pytest.approx(step["planned_minutes"], abs=0.5), step["title"]
    assert plan["real_minutes"] == pytest.approx(50, abs=0.6)


def test_the_record_has_the_minutes_of_each_method_and_domain(evening: Evening) -> None:
    (plan,) = evening[0]["plans"]
    minutes = {step["structure"]: 0.0 for step in plan["steps"]}
    for step in plan["steps"]:
        minutes[step["structure"]] += step["real_minutes"]
    assert plan["methods"] == pytest.approx(
        {
            "receptive": minutes["talk"],
            "re-creational": minutes["call_and_response"] + minutes["groove"] + minutes["wind_down"],
            "improvisational": minutes["name_rhythm"] + minutes["turn_taking"] + minutes["free_play"],
        }
    )
    social = [name for name in minutes if "social" in named(name).domains]
    assert plan["domains"]["social"] == pytest.approx(sum(minutes[name] for name in social))


def test_the_record_has_every_activitys_measures(evening: Evening) -> None:
    summary, _ = evening
    by_name = {done["name"]: done["results"] for done in summary["structures"]}
    assert len(by_name["name_rhythm"]["rhythms"]) == PLAYERS
    assert len(by_name["call_and_response"]["rounds"]) > 30
    assert {turn["player"] for turn in by_name["turn_taking"]["turns"]} == set(summary["players"])
    assert by_name["free_play"]["hits_a_second"]
    assert by_name["wind_down"]["tempo"]
    assert by_name["talk"]["prompts"]
    (plan,) = summary["plans"]
    groove = next(step for step in plan["steps"] if step["structure"] == "groove")
    assert set(groove["players"]) == set(summary["players"])
    assert all(row["n"] > 300 and row["sd_asynchrony_ms"] is not None for row in groove["players"].values())
    assert groove["with_pulse"] > 0.5
    free = next(step for step in plan["steps"] if step["structure"] == "free_play")
    assert (free["players"], free["with_pulse"]) == ({}, None), "nobody is judged in free play"
    json.dumps(summary, allow_nan=False)


def test_played_again_from_its_events_it_ends_in_the_same_numbers(evening: Evening) -> None:
    summary, events = evening
    session = Session(config())
    replay(events, session)
    session.advance(END)
    assert session.summary(END) == summary
