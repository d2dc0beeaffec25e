"""When a pad's hits are placed: at once, after its clock is known, or never, whatever its clock does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from drumcircle.core.events import MS, NS
from drumcircle.net.clock_sync import FittedClock
from drumcircle.net.offset import KEPT, NEEDED, Exchange
from drumcircle.net.placing import (
    AGREES_WITHIN,
    ASKS_WITHIN,
    FITS_WITHIN,
    LEAST_ORDINARY,
    MOST_HELD,
    PAST,
    Placed,
    Placing,
    Stamped,
)
from drumcircle.net.wire import HitMessage

OFFSET = 7_000 * NS
"""hub - pad"""
WAY = 2 * MS


@dataclass
class Player:
    """One pad that plays and asks, and the hub that hears it; all times are the hub's, ns."""

    offset: int = OFFSET
    clock: FittedClock = field(default_factory=FittedClock)
    placed: list[tuple[int, Placed]] = field(default_factory=list)
    """(when it was hit, where it was placed)"""

    def __post_init__(self) -> None:
        self.placing = Placing(self.clock)
        self.seq = 0
        self.truth: dict[int, int] = {}

    def us(self, now: int) -> int:
        return (now - self.offset) // 1000

    def asks(self, now: int) -> None:
        """One whole exchange, begun at ``now``; the hub has heard of it ``3 * WAY`` later."""
        self.placing.asked()
        whole = Exchange(self.us(now), now + WAY, now + WAY, self.us(now + 2 * WAY))
        self.clock.exchange(replace(whole, hub_sent=None, pad_received_us=None))
        self.clock.exchange(whole)
        self._heed(self.placing.learned())

    def joins(self, now: int) -> None:
        for number in range(KEPT):
            self.asks(now + number * 50 * MS)

    def hits(self, now: int, way: int = WAY, stamp: int | None = None) -> None:
        us = self.us(now) if stamp is None else stamp
        hit = Stamped(HitMessage(1, 1, self.seq, 38, 100, us), now + way)
        self.truth[self.seq] = now
        self.seq += 1
        placed = self.placing.place(hit)
        if placed is not None:
            self.placed.append((now, placed))

    def settle(self, now: int) -> None:
        self._heed(self.placing.expired(now))

    def _heed(self, told: Iterable[tuple[Stamped, Placed]]) -> None:
        self.placed += [(self.truth[hit.said.seq], placed) for hit, placed in told]

    def last(self) -> Placed:
        return self.placed[-1][1]


def test_a_hit_is_placed_at_once_where_the_clock_is_known() -> None:
    player = Player()
    player.joins(8_000 * NS)
    player.hits(8_002 * NS, way=LEAST_ORDINARY)
    assert abs(player.last().time - 8_002 * NS) <= 2000
    assert player.last().uncertainty is not None
    assert player.last().uncertainty >= WAY


def test_no_hit_is_placed_after_its_arrival() -> None:
    player = Player()
    player.joins(8_000 * NS)
    player.hits(8_002 * NS, way=-WAY // 2)
    assert player.last().time == 8_002 * NS - WAY // 2


def test_hits_before_the_first_fit_are_held_and_mapped_afterwards() -> None:
    player = Player()
    player.asks(8_000 * NS)
    player.hits(8_000 * NS + 10 * MS)
    player.hits(8_000 * NS + 20 * MS)
    assert not player.placed
    player.joins(8_000 * NS + 50 * MS)
    assert [abs(placed.time - happened) <= 2000 for happened, placed in player.placed] == [True, True]


def test_a_pad_that_never_asks_is_judged_by_arrival_at_once_from_its_second_hit_on() -> None:
    player = Player()
    player.hits(8_000 * NS)
    player.settle(8_000 * NS + ASKS_WITHIN)
    assert not player.placed, "it has not arrived for so long"
    player.settle(8_000 * NS + WAY + ASKS_WITHIN)
    assert player.last() == Placed(8_000 * NS + WAY, by_arrival=True)
    player.hits(8_003 * NS)
    assert player.last() == Placed(8_003 * NS + WAY, by_arrival=True)


def test_a_pad_whose_answers_never_come_is_judged_by_arrival() -> None:
    player = Player()
    player.placing.asked()
    player.hits(8_000 * NS)
    player.settle(8_000 * NS + WAY + FITS_WITHIN)
    assert player.last().by_arrival


def test_what_is_sent_again_to_a_hub_that_was_restarted_waits_for_a_pad_that_asks_once_a_second() -> None:
    player, restarted = Player(), 8_000 * NS
    player.hits(restarted - 2 * NS, way=2 * NS)
    for asked in range(NEEDED):
        now = restarted + 900 * MS + asked * NS
        player.settle(now - MS)
        player.asks(now)
    ((happened, placed),) = player.placed
    assert not placed.by_arrival
    assert abs(placed.time - happened) <= (placed.uncertainty or 0) + 2000


def test_a_hit_without_a_time_is_judged_by_its_arrival() -> None:
    player = Player()
    player.joins(8_000 * NS)
    hit = Stamped(HitMessage(1, 1, 0, 38, 100, None), 8_002 * NS)
    assert player.placing.place(hit) == Placed(8_002 * NS, by_arrival=True)


def test_a_late_hit_waits_for_an_exchange_that_shows_the_clock_sound() -> None:
    player = Player()
    player.joins(8_000 * NS)
    player.hits(8_002 * NS, way=30 * NS)
    player.hits(8_032 * NS)
    assert len(player.placed) == 1, "what comes in time does not wait for what is late"
    player.asks(8_032 * NS + 20 * MS)
    happened, placed = player.placed[-1]
    assert (happened, placed.by_arrival, placed.doubtful) == (8_002 * NS, False, False)
    assert abs(placed.time - happened) <= 2000


def test_hits_that_a_pad_kept_through_half_an_hour_without_a_hub_keep_their_times() -> None:
    player = Player()
    player.joins(8_000 * NS)
    player.hits(8_100 * NS, way=1800 * NS)
    for second in range(9):
        player.asks((9_900 + second) * NS)
    ((happened, placed),) = player.placed
    assert (placed.by_arrival, placed.doubtful) == (False, False)
    assert abs(placed.time - happened) <= (placed.uncertainty or 0)


def test_a_sound_clock_makes_absurd_stamps_the_pad_s_own_doing() -> None:
    player = Player()
    player.joins(8_000 * NS)
    for stamp in (player.us(8_001 * NS + 3600 * NS), player.us(8_001 * NS - PAST)):
        player.hits(8_001 * NS, stamp=stamp)
        player.asks(8_002 * NS + stamp % 7)
        player.settle(8_001 * NS + WAY + AGREES_WITHIN)
        assert not player.last().time > 8_001 * NS + WAY
        assert player.last().by_arrival or player.last().doubtful


@settings(deadline=None, max_examples=150)
@given(
    jump=st.one_of(st.integers(35 * MS, 4000 * NS), st.integers(-4000 * NS, -35 * MS)),
    playing=st.lists(st.integers(0, 12_000), min_size=1, max_size=30, unique=True),
    silent=st.integers(0, 900),
)
def test_whatever_a_clock_jumps_by_no_hit_is_scored_at_a_wrong_time(
    jump: int, playing: list[int], silent: int
) -> None:
    """A pad plays through a jump of its clock (a wrap, a set clock, or a hub that slept)."""
    player, start = Player(), 8_000 * NS
    player.joins(start)
    jumps_at = start + 6 * NS + silent * MS
    asks = [(start + second * NS, False) for second in range(1, 30)]
    hits = [(start + NS + ms * MS, True) for ms in playing]
    for now, hit in sorted(asks + hits):
        if now >= jumps_at and player.offset == OFFSET:
            player.offset -= jump
        (player.hits if hit else player.asks)(now)
    player.settle(start + 60 * NS)
    assert not player.placing.holds
    assert len(player.placed) == len(playing), "every one is kept"
    for happened, placed in player.placed:
        if not placed.doubtful:
            slack = WAY if placed.by_arrival else (placed.uncertainty or 0) + 2000
            assert abs(placed.time - happened) <= slack
    jumped_within = (jumps_at - NS, jumps_at + 2 * NS)
    certain = [p for at, p in player.placed if not jumped_within[0] <= at <= jumped_within[1]]
    assert not any(placed.doubtful for placed in certain)


def test_what_one_pad_holds_is_bounded() -> None:
    player = Player()
    player.placing.asked()
    for number in range(2 * MOST_HELD):
        player.hits(8_000 * NS + number)
    assert len(player.placed) == MOST_HELD


def test_what_was_held_when_the_pad_is_booted_is_never_scored() -> None:
    player = Player()
    player.asks(8_000 * NS)
    player.hits(8_000 * NS + 10 * MS)
    assert [placed.doubtful for _, placed in player.placing.rebooted()] == [True]
    assert not player.placing.holds
