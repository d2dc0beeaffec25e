"""The whole core: the same events end in the same numbers, and everything goes through plain JSON and back."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_circle import ARRIVES, START, Circle, at
from drumcircle.core import codec
from drumcircle.core.events import (
    NS,
    Arm,
    Assist,
    Event,
    Hit,
    Join,
    NextTurn,
    PadGone,
    PadLink,
    Record,
    Rest,
    SetTempo,
    Swap,
)
from drumcircle.core.session import Session, config_from_plain
from drumcircle.core.view import community
from drumcircle.errors import UsageError

STRUCTURES = ("groove", "turn_taking:order=random,beats=3", "call_and_response:ladder=yes", "")


def evening(seed: int, structure: str) -> Circle:
    """An eventful minute with five people."""
    dice = random.Random(seed)
    circle = Circle("Ana Ben Cy Dee Eve", structure, seed=seed)
    names = ("Ana", "Ben", "Cy", "Dee", "Eve")
    for beat in range(100):
        for name in names:
            if dice.random() < 0.8:
                circle.play(name, beat + 0.1 * names.index(name) + dice.random() / 20)
        if beat % 10 == 7:
            command = dice.choice(
                (Arm(dice.choice(("groove", "turn_taking", "call_and_response")), {}), SetTempo(120.0),
                 Rest(dice.choice(names), dice.random() < 0.5), Swap("Ana", "Ben", at(beat - 3)),
                 Record(dice.random() < 0.7), Assist("Cy", dice.random() < 0.5),
                 Join(f"new{beat}", f"new{beat}"), PadGone("link:Ana", "unplugged"))
            )  # fmt: skip
            circle.do(command, beat + 0.97)
    circle.beat(110)
    return circle


@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_same_events_end_in_the_same_effects_and_numbers(structure: str) -> None:
    lived = evening(3, structure)
    config = config_from_plain(json.loads(json.dumps(codec.plain(lived.session.config))))
    assert config == lived.session.config
    again = Session(config)
    effects = again.effects()
    for now, event in lived.events:
        told = codec.decode_event(json.loads(json.dumps(codec.encode_event(event))))
        assert told == event
        effects += again.handle(told, now)
    effects += again.advance(at(110))
    assert effects == [effect for _, effect in lived.log]
    assert again.summary(at(110)) == lived.session.summary(at(110))
    assert json.dumps(again.summary(at(110))) == json.dumps(lived.session.summary(at(110)))
    assert again.view(at(110)) == lived.session.view(at(110))


@given(st.integers(0, 10_000), st.sampled_from(STRUCTURES))
@settings(max_examples=8, deadline=None)
def test_looking_changes_nothing(seed: int, structure: str) -> None:
    watched, alone = (Circle("Ana Ben", structure, seed=seed) for _ in range(2))
    for beat in range(40):
        for circle in (watched, alone):
            circle.play("Ana", beat)
        for part in range(5):
            watched.session.view(at(beat) + ARRIVES + part)
            watched.session.summary(at(beat) + ARRIVES + part)
    assert watched.log == alone.log
    assert watched.session.summary(at(40)) == alone.session.summary(at(40))


@pytest.mark.parametrize("structure", STRUCTURES)
def test_every_view_survives_json_and_the_community_sees_nothing_of_a_persons_playing(structure: str) -> None:
    circle = evening(5, structure)
    circle.tell(PadLink("link:Ben", uncertainty=400_000, lost=3), at(111))
    view = circle.session.view(at(111))
    assert codec.decode_view(json.loads(json.dumps(codec.plain(view)))) == view
    wall = community(view)
    for player in wall.players:
        assert (player.n, player.points, player.missed, player.extra) == (0, 0, 0, 0)
        assert (player.sd_ms, player.mean_ms, player.ppc, player.hits, player.asynchronies_ms) == (
            None, None, None, (), (),
        )  # fmt: skip
        assert player.last_hit is None
        assert (player.wants_back, player.assisted) == (False, False)
    assert wall.call is None or wall.call.echoes == ()
    assert wall.with_pulse is wall.participation_gini is None
    assert all(pad.lost == 0 for pad in wall.pads)
    assert all(happening.scope == "all" for happening in wall.happenings)
    assert codec.decode_view(json.loads(json.dumps(codec.plain(wall)))) == wall


def test_deadlines_run_in_order_at_their_own_time_before_what_is_handled() -> None:
    one_by_one, at_once = (Circle("Ana Ben", "turn_taking:beats=1,rounds=30") for _ in range(2))
    one_by_one.beat(70)
    effects = at_once.session.advance(at(70))
    assert effects == [effect for now, effect in one_by_one.log if now > START - NS]


def test_an_unknown_event_or_field_is_refused_in_words() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"type": "Dance"}, "no event"),
        ({}, "no event"),
        ({"type": "Hit", "time": 1}, "lacks"),
        ({"type": "Hit", "time": "soon", "pad": "a", "note": 1, "velocity": 1}, "must be int"),
        ({"type": "Hit", "time": True, "pad": "a", "note": 1, "velocity": 1}, "must be int"),
        ({"type": "SetTempo", "bpm": 90, "colour": "red"}, "no field"),
        ({"type": "SetLatency", "channel": "smell", "ms": 3}, "one of"),
        ({"type": "Join", "player": "a", "alias": "a", "pads": "b"}, "list"),
        ({"type": "Arm", "structure": "groove", "settings": []}, "table"),
    ]
    for raw, words in wrong:
        with pytest.raises(UsageError, match=words):
            codec.decode_event(raw)


events_to_send = st.one_of(
    st.builds(
        Hit, st.integers(), st.text(), st.integers(0, 127), st.integers(0, 127), st.none() | st.integers()
    ),
    st.builds(NextTurn, st.none() | st.text()),
    st.builds(
        Join, st.text(), st.text(), pads=st.lists(st.text()).map(tuple), since=st.none() | st.integers()
    ),
    st.builds(SetTempo, st.floats(allow_nan=False)),
    st.builds(PadLink, st.text(), st.none() | st.integers(), lost=st.integers(0)),
)


@given(events_to_send)
def test_every_event_survives_json(event: Event) -> None:
    assert codec.decode_event(json.loads(json.dumps(codec.encode_event(event)))) == event


def test_recording_chosen_late_begins_the_record_there_and_ended_early_leaves_it_partial() -> None:
    circle = Circle("Ana", "groove")
    circle.play("Ana", *range(8))
    circle.do(Record(True), 7.6)
    circle.play("Ana", *range(8, 12))
    circle.do(Record(False), 11.6)
    circle.play("Ana", 12, 13)
    summary = circle.beat(15).session.summary(at(15))
    assert summary["players"]["Ana"]["n"] == 4
    assert summary["warnings"] == ["Partial: not every hit of this session was kept."]
    assert circle.session.view(at(15)).players[0].n > 4


def test_the_core_runs_where_no_clock_no_file_and_no_loop_can_be_had() -> None:
    """Imported and run with ``time``, ``asyncio``, sockets, threads and numpy out of reach."""
    code = """
import sys
for name in ("time", "asyncio", "threading", "socket", "numpy", "sqlite3", "logging"):
    sys.modules.pop(name, None)
    sys.modules[name] = None
from drumcircle.core import events as ev
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
for name in ("groove", "turn_taking", "call_and_response"):
    session = Session(SessionConfig(0, structure=name))
    session.handle(ev.Join("a", "a", pads=("link:a",)), 0)
    for beat in range(40):
        session.handle(ev.Hit(beat * 600_000_000, "link:a", 38, 90), beat * 600_000_000)
    session.view(24_000_000_000)
    session.summary(24_000_000_000)
print("played")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout.strip(), done.returncode) == ("played", 0), done.stderr
