"""Evenings nobody would plan: whatever is chosen, pressed and played, no structure fails and the figures can be written."""

from __future__ import annotations

import json
import random
from contextlib import suppress

import pytest

from core_circle import START, Circle
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Assist,
    Cancel,
    Change,
    Divide,
    EndStructure,
    Event,
    Gap,
    GoOn,
    Hit,
    Judge,
    Lead,
    Leave,
    LiveOnly,
    NextTurn,
    NudgeTempo,
    Press,
    RampTempo,
    Record,
    Rest,
    Return,
    SetCeiling,
    SetLatency,
    SetMeter,
    SetSound,
    SetTempo,
    StopAll,
    UndoChange,
)
from drumcircle.core.structures import STRUCTURES, named
from drumcircle.core.structures.base import Structure
from drumcircle.errors import UsageError

NAMES = ["Ana", "Ben", "Cy", "Dee"]


def settings(dice: random.Random, structure: type[Structure]) -> dict[str, object]:
    """Some of its settings, small where there is a range, so that much happens."""
    chosen: dict[str, object] = {}
    for setting in structure.settings:
        if dice.random() < 0.5:
            continue
        if setting.choices and not setting.free:
            chosen[setting.name] = dice.choice(setting.choices)
        elif setting.low is not None and setting.high is not None:
            value = dice.uniform(setting.low, setting.low + 0.3 * (setting.high - setting.low))
            chosen[setting.name] = int(value) if type(setting.default) is int else value
    return chosen


def anything(dice: random.Random, circle: Circle, now: int) -> Event:
    """Something a facilitator, a pad or a machine may do."""
    who, on = dice.choice(NAMES), dice.random() < 0.6
    running = circle.session.view(now).structure
    keys = [Press(key) for key, _ in running.keys] if running is not None else []
    changes = [Change(settings(dice, named(running.name))) for _ in range(4)] if running is not None else []
    return dice.choice([
        *changes, UndoChange(), UndoChange(),
        Rest(who, on), Leave(who), Return(who), Assist(who, on), LiveOnly(who, on), Lead(who if on else None),
        Judge(who, subdivision=dice.choice([0.25, 1.0, 2.0, 3.0])), NextTurn(who if on else None),
        StopAll(), GoOn(), GoOn(), EndStructure(), Cancel(), Record(on), Divide(dice.choice(["halves", "thirds", "drawn", ""])),
        NudgeTempo(dice.choice([-20.0, 5.0, 20.0])), SetTempo(dice.uniform(30, 240)),
        RampTempo(dice.uniform(30, 240), dice.randint(1, 4)), SetMeter(dice.choice(["4/4", "3/4", "5/8"])),
        SetLatency("sound", dice.choice([None, 0.0, 120.0, 900.0])), SetSound(on, dice.uniform(-30, 0)),
        SetCeiling(dice.choice([0.0, -12.0]), dice.choice([0.0, 4.0])), Gap(now - dice.randint(0, NS), now, "suspended"),
        *keys * 4,
    ])  # fmt: skip


def happens(dice: random.Random, circle: Circle, now: int) -> Event:
    """Mostly hits, some of them late to arrive; now and then another structure."""
    chance = dice.random()
    if chance < 0.72:
        time = now - (dice.randint(0, 300 * MS) if dice.random() < 0.1 else 2 * MS)
        return Hit(time, f"link:{dice.choice(NAMES)}", 38, dice.randint(1, 127))
    if chance < 0.8:
        structure = dice.choice(STRUCTURES)
        return Arm(structure.name, settings(dice, structure), dice.randint(0, 2))
    return anything(dice, circle, now)


@pytest.mark.parametrize("seed", range(40))
def test_no_structure_fails_whatever_happens(seed: int) -> None:
    dice = random.Random(seed)
    meter = dice.choice(["4/4", "3/4", "6/8", "1/4"])
    circle = Circle(" ".join(NAMES), bpm=dice.choice([60.0, 120.0, 180.0, 235.0]), meter=meter)
    now = START - NS
    for number in range(dice.randint(50, 300)):
        now += round(dice.expovariate(4.0) * NS) if dice.random() < 0.9 else dice.randint(0, 6 * NS)
        with suppress(UsageError):
            circle.tell(happens(dice, circle, now), now)
        assert circle.session.faults() == [], f"event {number}"
        if number % 29 == 0:
            json.dumps(circle.session.summary(now), allow_nan=False)
