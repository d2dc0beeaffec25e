"""The best of sixteen exchanges: a rival must be as good as it can be, or beating it says nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from drumcircle.bench.best_of_sixteen import BestOfSixteen
from drumcircle.core.events import MS, NS
from drumcircle.net.offset import KEPT, NEEDED, Exchange

OFFSET = 7_000 * NS + 123_456_789
"""hub - pad"""
WAY = st.integers(MS // 100, 80 * MS)


def exchange(pad_us: int, there: int, back: int | None, offset: int = OFFSET) -> Exchange:
    """An exchange begun at ``pad_us`` that took ``there`` and ``back`` ns; the hub itself took 0.1 ms."""
    received = pad_us * 1000 + offset + there
    if back is None:
        return Exchange(pad_us, received)
    sent = received + MS // 10
    return Exchange(pad_us, received, sent, (sent + back - offset) // 1000)


def tell(clock: BestOfSixteen, whole: Exchange) -> None:
    """As the hub learns it: two stamps at once, all four when the pad reports."""
    clock.exchange(replace(whole, hub_sent=None, pad_received_us=None))
    if whole.round_trip is not None:
        clock.exchange(whole)


def synchronised(delays: list[tuple[int, int | None]], offset: int = OFFSET) -> BestOfSixteen:
    clock = BestOfSixteen()
    for number, (there, back) in enumerate(delays):
        tell(clock, exchange(1_000_000 + number * 50_000, there, back, offset))
    return clock


def test_nothing_is_mapped_before_enough_exchanges() -> None:
    assert synchronised([(MS, MS)] * (NEEDED - 1)).map(5) is None
    assert synchronised([(MS, MS)] * NEEDED).map(5) is not None


@settings(deadline=None)
@given(st.lists(st.tuples(WAY, WAY), min_size=NEEDED, max_size=40))
def test_with_four_stamps_the_truth_lies_within_the_uncertainty(delays: list[tuple[int, int]]) -> None:
    clock = synchronised(list(delays))
    mapped = clock.map(2_000_000)
    assert mapped is not None
    time, uncertainty = mapped
    assert abs(time - (2_000_000_000 + OFFSET)) <= uncertainty + 2000  # pads count in µs
    shortest = min(there + back for there, back in delays[-KEPT:])
    assert uncertainty <= shortest // 2 + 2000
    assert clock.jumps == 0


@settings(deadline=None)
@given(st.lists(st.integers(0, 40 * MS), min_size=NEEDED, max_size=40))
def test_one_way_only_the_earliest_arrival_counts(delays: list[int]) -> None:
    clock = synchronised([(there, None) for there in delays])
    mapped = clock.map(2_000_000)
    assert mapped is not None
    assert mapped[0] == 2_000_000_000 + OFFSET + min(delays[-KEPT:])
    assert mapped[1] >= MS


def test_the_exchange_with_the_shortest_round_trip_wins() -> None:
    clock = synchronised([(30 * MS, 5 * MS), (MS, MS), (5 * MS, 30 * MS), (20 * MS, 20 * MS)])
    assert clock.map(0) == (OFFSET, MS)


def test_a_report_that_cannot_be_is_ignored() -> None:
    clock = synchronised([(MS, MS)] * NEEDED)
    before = clock.map(0)
    clock.exchange(Exchange(1_000_000, OFFSET + NS + MS, OFFSET + NS + 2 * MS, 900_000))
    clock.exchange(Exchange(5, 6, 7, 8))
    assert clock.map(0) == before


@settings(deadline=None)
@given(st.integers(-3600, 3600).filter(lambda s: abs(s) >= 1), st.booleans())
def test_a_jump_of_the_pad_s_clock_is_seen_and_the_new_time_learnt(seconds: int, reports: bool) -> None:
    back = MS if reports else None
    clock = synchronised([(MS, back)] * KEPT)
    for number in range(2 * NEEDED):
        pad_us = 1_000_000 + (KEPT + number) * 50_000 + seconds * 1_000_000
        tell(clock, exchange(pad_us, MS, back, OFFSET - seconds * NS))
    mapped = clock.map(0)
    assert clock.jumps >= 1
    assert mapped is not None
    assert abs(mapped[0] - (OFFSET - seconds * NS)) <= MS


def test_one_late_exchange_is_the_network_and_not_the_clock() -> None:
    clock = synchronised([(MS, None)] * KEPT)
    tell(clock, exchange(3_000_000, 400 * MS, None))
    assert clock.jumps == 0
    assert clock.map(0) == (OFFSET + MS, MS)


def test_after_a_reboot_the_clock_begins_anew() -> None:
    clock = synchronised([(MS, MS)] * KEPT)
    clock.reset()
    assert clock.map(0) is None
    assert clock.jitter is None
