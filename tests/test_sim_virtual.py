"""A circle in virtual time: the same every time, right in its numbers, and going on after a break."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from statistics import fmean, stdev

import pytest

from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    EndStructure,
    Event,
    GoOn,
    Hit,
    RampTempo,
    SetTempo,
    StopAll,
)
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.sim.player import virtual_players
from drumcircle.sim.virtual import Timed, run_circle

START = 1_000 * NS
BEAT = 625 * MS
TEN_MINUTES = START + 600 * NS

SCRIPT: list[Timed] = [
    (START + 120 * NS, Arm("groove", {"ground": "walk"}, 1)),
    (START + 200 * NS, RampTempo(112.0, 8)),
    (START + 280 * NS, StopAll()),
    (START + 290 * NS, GoOn()),
    (START + 360 * NS, Arm("groove", {"ground": "none"}, 2)),
    (START + 420 * NS, SetTempo(90.0)),
    (START + 480 * NS, Arm("groove", {"ground": "heartbeat"}, 0)),
    (START + 590 * NS, EndStructure()),
]


def new_session() -> Session:
    return Session(SessionConfig(start=START, bpm=96.0, structure="groove", seed=3))


def perform(
    until: int, script: list[Timed], count: int = 12, seed: int = 3, **more: object
) -> tuple[Session, list[Timed]]:
    session, journal = new_session(), []

    def record(now: int, event: Event) -> None:
        journal.append((now, event))

    run_circle(session, virtual_players(count, seed), until, script, record, **more)  # type: ignore[arg-type]
    return session, journal


@pytest.fixture(scope="module")
def ten_minutes() -> tuple[Session, list[Timed]]:
    return perform(TEN_MINUTES, SCRIPT)


def test_ten_minutes_of_twelve_players_and_three_changes_are_the_same_every_time(
    ten_minutes: tuple[Session, list[Timed]],
) -> None:
    session, journal = ten_minutes
    again, journal_again = perform(TEN_MINUTES, SCRIPT)
    assert journal_again == journal
    assert again.summary(TEN_MINUTES) == session.summary(TEN_MINUTES)
    assert again.view(TEN_MINUTES) == session.view(TEN_MINUTES)
    assert len([e for _, e in journal if isinstance(e, Hit)]) > 9_000
    assert [s["settings"]["ground"] for s in session.summary(TEN_MINUTES)["structures"]] == [
        "heartbeat", "walk", "none", "heartbeat",
    ]  # fmt: skip


def test_another_seed_is_another_circle(ten_minutes: tuple[Session, list[Timed]]) -> None:
    _, other = perform(START + 60 * NS, SCRIPT, seed=4)
    assert other != [item for item in ten_minutes[1] if item[0] <= START + 60 * NS]


def test_events_come_in_order_and_no_hit_before_its_time(ten_minutes: tuple[Session, list[Timed]]) -> None:
    _, journal = ten_minutes
    assert all(a[0] <= b[0] for a, b in pairwise(journal))
    assert all(event.time <= now for now, event in journal if isinstance(event, Hit))


def test_nobody_plays_while_the_circle_is_stopped(ten_minutes: tuple[Session, list[Timed]]) -> None:
    _, journal = ten_minutes
    stopped = [e for now, e in journal if isinstance(e, Hit) and START + 280 * NS < e.time < START + 290 * NS]
    assert stopped == []


def test_the_figures_of_the_session_are_those_of_the_hits_that_were_played() -> None:
    session, journal = perform(START + 180 * NS, [])
    played: dict[str, dict[int, float]] = defaultdict(dict)
    for _, event in journal:
        if isinstance(event, Hit):
            beat = round((event.time - START) / BEAT)
            off = (event.time - START - beat * BEAT) / MS
            played[event.pad].setdefault(beat, off)
    summary = session.summary(START + 180 * NS)["players"]
    for player in virtual_players(12, 3):
        asynchronies = list(played[player.pad].values())
        row = summary[player.name]
        assert row["n"] == len(asynchronies)
        assert row["mean_asynchrony_ms"] == pytest.approx(fmean(asynchronies), abs=0.2)
        assert row["sd_asynchrony_ms"] == pytest.approx(stdev(asynchronies), abs=0.2)
        assert row["mean_asynchrony_ms"] == pytest.approx(player.traits.mean_asynchrony_ms, abs=9.0)


@pytest.mark.parametrize("second", [0, 45, 203, 285, 481])
def test_a_circle_broken_off_goes_on_as_if_nothing_had_happened(
    ten_minutes: tuple[Session, list[Timed]], second: int
) -> None:
    session, journal = ten_minutes
    kept = [item for item in journal if item[0] <= START + second * NS]
    resumed, rest = perform(TEN_MINUTES, SCRIPT, journal=kept)
    assert kept + rest == journal
    assert resumed.summary(TEN_MINUTES) == session.summary(TEN_MINUTES)


def test_what_was_played_between_the_journal_s_end_and_the_restart_is_lost_and_nothing_else(
    ten_minutes: tuple[Session, list[Timed]],
) -> None:
    _, journal = ten_minutes
    ends, restarts = START + 60 * NS, START + 62 * NS
    kept = [item for item in journal if item[0] <= ends]
    _, rest = perform(START + 100 * NS, SCRIPT, journal=kept, go_on_at=restarts)
    assert rest == [item for item in journal if restarts < item[0] <= START + 100 * NS]
