"""Beside a leader: the plain figures are those of the array ones."""

from __future__ import annotations

import random

import pytest

from drumcircle import measures
from drumcircle.measures.leading import beside, lags, mutual_nearest, numbered

NS_PER_MS = 1_000_000


def pair(seed: int, n: int = 60) -> tuple[list[int], list[int]]:
    """A leader who varies and a player who corrects most of the way towards the leader; some hits missing."""
    dice = random.Random(seed)
    leader, player, leads, plays = [], [], 0.0, 0.0
    for _ in range(n):
        plays += 500 - 0.8 * (plays - leads) + dice.gauss(0, 8)
        leads += 500 + dice.gauss(0, 25)
        if dice.random() > 0.03:
            leader.append(round(leads * NS_PER_MS))
        if dice.random() > 0.03:
            player.append(round(plays * NS_PER_MS))
    return leader, player


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_the_measures_of_recordings(seed: int) -> None:
    leader, player = pair(seed)
    ours = beside(leader, player)
    lead_ms, play_ms = ([t / NS_PER_MS for t in row] for row in (leader, player))
    first, second = measures.mutual_nearest(lead_ms, play_ms)
    assert mutual_nearest(leader, player) == list(zip(first, second, strict=True))
    theirs = measures.pair_asynchrony([play_ms[j] for j in second], [lead_ms[i] for i in first])
    points = numbered([leader[i] for i in first])
    coupled = measures.coupling(
        [lead_ms[i] for i in first], [play_ms[j] for j in second], points, surrogates=1
    )
    assert ours.n == theirs.n
    assert ours.mean_asynchrony_ms == pytest.approx(theirs.mean_asynchrony_ms, abs=1e-9)
    assert ours.sd_asynchrony_ms == pytest.approx(theirs.sd_asynchrony_ms, rel=1e-9)
    assert ours.lag_plus1 == pytest.approx(coupled.lag_plus1, rel=1e-7)
    assert ours.lag_minus1 == pytest.approx(coupled.lag_minus1, rel=1e-7)


def test_who_follows_has_a_lag_of_plus_one() -> None:
    found = beside(*pair(1, 400))
    assert found.lag_plus1 is not None
    assert found.lag_minus1 is not None
    assert found.lag_plus1 > 0.3 > abs(found.lag_minus1)


def test_too_few_or_unvarying_intervals_have_no_correlation() -> None:
    steady = [k * 500 for k in range(40)]
    assert lags(steady, steady, list(range(40))) == (None, None)
    assert lags(steady[:20], steady[:20], list(range(20))) == (None, None)
    assert beside([5], [6]).mean_asynchrony_ms is None
