"""The timesync bench: its networks do to messages what they say, and its figures come out."""

from __future__ import annotations

import json
from random import Random

import pytest

from drumcircle import cli
from drumcircle.bench.delays import BEACON, PROFILES, Path, Profile
from drumcircle.bench.other_clocks import LEAST_ANSWERS, PROBES, WAVE_TAKES, FirstPing, LslClock
from drumcircle.bench.sync_traffic import BURST, Crystal, Heard, Traffic, asking_times, play
from drumcircle.bench.timesync import FIGURES, RIVALS
from drumcircle.core.events import MS, NS
from drumcircle.net.offset import Exchange

JOINED, UNTIL = 100 * NS, 160 * NS
PARETO, POWER_SAVE, OUTAGE = (
    next(profile for profile in PROFILES if word in profile.name)
    for word in ("Pareto", "power save", "outage")
)


def steady(name: str, **changes: object) -> Profile:
    return Profile(name, lambda dice: 1.0, lambda dice: 1.0, **changes)  # type: ignore[arg-type]  # fields by name


def path(profile: Profile, *, in_order: bool = True) -> Path:
    return Path(profile, Random(1), JOINED, UNTIL, in_order=in_order)


def test_within_a_connection_nothing_overtakes_and_datagrams_do() -> None:
    sent = range(JOINED, JOINED + 5 * NS, 10 * MS)
    for in_order in (True, False):
        way = path(PARETO, in_order=in_order)
        arrivals = [way.up(time) or 0 for time in sent]
        assert (arrivals == sorted(arrivals)) is in_order
        assert all(arrival > time for arrival, time in zip(arrivals, sent, strict=True))


def test_pareto_delays_have_the_mean_and_the_deviation_they_are_named_for() -> None:
    dice = Random(3)
    drawn = [PARETO.up(dice) for _ in range(50_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(10, abs=0.7)
    assert min(drawn) > 1
    assert max(drawn) == 70


def test_what_is_sent_to_a_sleeping_radio_waits_for_a_beacon() -> None:
    way = path(steady("asleep", power_save=True))
    heard = way.down(JOINED + 5 * NS)
    again = way.down(JOINED + 9 * NS)
    assert heard is not None
    assert again is not None
    assert (again - heard) % BEACON == 0
    assert way.down(again + 10 * MS) == again + 11 * MS, "it stays awake a while"


def test_hits_of_an_outage_come_when_it_is_over_with_their_own_times() -> None:
    traffic = Traffic(path(steady("outage", outage=10 * NS)), Crystal(0, 0.0))
    during, heard = JOINED + 35 * NS, []
    play(traffic, [during], heard.append, lambda _: None)
    traffic.run()
    assert heard == [Heard(during, during // 1000, JOINED + 40 * NS + MS)]


def test_a_pad_asks_in_a_burst_when_it_joins_and_when_it_is_back() -> None:
    times = list(asking_times(path(OUTAGE), JOINED, UNTIL))
    assert [sum(start <= time < start + NS for time in times) for start in (JOINED, JOINED + 60 * NS)] == [
        BURST,
        BURST,
    ]


def test_the_first_ping_is_for_ever() -> None:
    clock = FirstPing()
    clock.exchange(Exchange(0, 7 * MS))
    assert clock.map(0) is None
    clock.exchange(Exchange(0, 7 * MS, 7 * MS, 2000))
    clock.exchange(Exchange(5, 70 * NS, 70 * NS, 2000))
    assert clock.map(1) == (6 * MS + 1000, MS)


@pytest.mark.parametrize("answered", [LEAST_ANSWERS - 1, PROBES])
def test_a_wave_counts_if_enough_of_it_comes_back(answered: int) -> None:
    late = iter([1.0] * answered + [500.0] * PROBES)
    traffic = Traffic(
        path(Profile("wave", lambda _: 1.0, lambda _: next(late)), in_order=False), Crystal(0, 0.0)
    )
    clock = LslClock()
    clock.wave(traffic, JOINED)
    traffic.run(JOINED + WAVE_TAKES)
    assert clock.map(0) is None, "not before the wave is over"
    traffic.run(JOINED + WAVE_TAKES + 1)
    assert clock.map(5) == (None if answered < LEAST_ANSWERS else (5000, MS))


def test_the_bench_tells_of_every_network_and_every_way_to_place_a_hit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["bench", "timesync", "--seconds", "6", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    for profile in PROFILES:
        told = {row["metric"]: row["value"] for row in rows if row["case"] == profile.name}
        for figure, _ in FIGURES:
            assert f"error, {figure}" in told
            assert all(f"error, {figure}, {rival}" in told for rival in RIVALS)
        assert told["error, mean"] <= told["error, p95"] <= told["error, max"]
        assert told["hits outside the stated uncertainty"] <= 5
