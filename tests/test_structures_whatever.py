"""Whatever people and facilitators do, and with whatever settings: no structure fails, and time goes on."""

from __future__ import annotations

import json
import random
from contextlib import suppress

import pytest

from core_circle import Circle, at
from drumcircle.core import codec
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Cancel,
    Change,
    Divide,
    EndStructure,
    Event,
    Gap,
    GoOn,
    Hit,
    Lead,
    Leave,
    LiveOnly,
    NextTurn,
    Press,
    PutInSection,
    Record,
    Rest,
    Return,
    SetMeter,
    SetTempo,
    StopAll,
    UndoChange,
)
from drumcircle.core.piece import Piece, PiecePart
from drumcircle.core.structures import STRUCTURES
from drumcircle.core.structures.base import Setting, Structure, Value
from drumcircle.errors import UsageError

NAMES = ("Ana", "Ben", "Cy", "Zoe")
METRES = ("4/4", "4/4", "3/4", "2/4", "6/8", "7/8", "1/4", "5/4")
PIECE = Piece(
    "two", "Two of us", "4/4", 100.0, 8.0,
    (PiecePart("low", (0.0, 2.0), (110, 80)), PiecePart("high", (1.5, 5.5), (60, 60))),
)  # fmt: skip


def some_value(dice: random.Random, setting: Setting) -> Value:
    if setting.choices and dice.random() < 0.8:
        return dice.choice(setting.choices)
    if isinstance(setting.default, bool):
        return dice.random() < 0.5
    if isinstance(setting.default, (int, float)):
        low, high = setting.low or 0.0, 12.0 if setting.high is None else setting.high
        value = dice.uniform(low, min(high, low + 12) if dice.random() < 0.8 else high)
        return int(value) if isinstance(setting.default, int) else value
    named: dict[str, tuple[str, ...]] = {
        "order": ("Ana+Cy", "Zoe+Ana"),
        "players": ("Ana+Cy", "Zoe"),
        "sections": ("Ana/Ben+Cy", "low:Ana/high:Zoe+Ben"),
    }
    return dice.choice(named.get(setting.name, (str(setting.default),)))


def some_settings(dice: random.Random, structure: type[Structure], share: float) -> dict[str, object]:
    return {s.name: some_value(dice, s) for s in structure.settings if dice.random() < share}


def some_command(dice: random.Random, structure: type[Structure], again: Arm, beat: float) -> Event:
    who = dice.choice(NAMES)
    on = dice.random() < 0.5
    commands: tuple[Event, ...] = (
        Rest(who, on), Leave(who), Return(who), LiveOnly(who, on), Record(on), NextTurn(), NextTurn(who),
        StopAll(), GoOn(), GoOn(), EndStructure(), again, Lead(who if on else None), Divide("halves" if on else ""),
        Divide("drawn"), PutInSection(who), SetTempo(dice.uniform(60, 180)), SetMeter("3/4" if on else "4/4"),
        Change(some_settings(dice, structure, 0.3)), UndoChange(), Cancel(),
        Gap(at(beat) - NS // 2, at(beat), "suspended", NS), *(Press(key.name) for key in structure.keys),
    )  # fmt: skip
    return dice.choice(commands)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
def test_whatever_happens_no_structure_fails_and_time_goes_on(structure: type[Structure], seed: int) -> None:
    dice = random.Random(seed)
    people = " ".join(NAMES[: dice.randrange(4)])
    circle = Circle(people, pieces=(PIECE,), seed=seed, meter=dice.choice(METRES))
    chosen = some_settings(dice, structure, 0.6)
    again = Arm(structure.name, chosen, dice.choice((0, 1)))
    beat = 0.1
    with suppress(UsageError):
        circle.do(again, beat)
    for _ in range(90):
        beat += dice.choice((0.05, 0.25, 0.5, 0.5, 1, 1, 2.3, 7))
        who = dice.choice(NAMES)
        with suppress(UsageError):
            if dice.random() < 0.4:
                late = dice.choice((0, 0, 40, 600))
                hit = Hit(at(beat) - late * MS, f"link:{who}", 38, dice.randint(20, 127))
                circle.tell(hit, at(beat))
            elif dice.random() < 0.1 and who not in circle.session.players():
                circle.seat(who, at(beat))
            else:
                circle.tell(some_command(dice, structure, again, beat), at(beat))
    circle.beat(beat + 40)
    assert circle.session.faults() == []
    view = circle.session.view(at(beat + 40))
    assert codec.decode_view(codec.plain(view)) == view
    json.dumps(circle.session.summary(at(beat + 40)), allow_nan=False)
