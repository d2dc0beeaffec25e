"""Sequence and boot counters: what is lost, what is a duplicate, and what may be acknowledged."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from drumcircle.core.events import NS
from drumcircle.net.sequence import MOST_OPEN, PATIENCE, SETTLING, Sequence


def heard(*numbers: int, boot: int = 1) -> Sequence:
    """A sequence that has received these, all safe at once."""
    sequence = Sequence()
    for number in numbers:
        sequence.receive(boot, number & 0xFFFF, 0)
        sequence.safe(boot, number & 0xFFFF)
    return sequence


def test_all_in_order_is_acknowledged_when_safe_and_not_before() -> None:
    sequence = Sequence()
    assert [sequence.receive(1, n, 0) for n in range(3)] == [True] * 3
    assert sequence.ack(0) is None
    sequence.safe(1, 1)
    assert sequence.ack(0) is None, "hit 0 is not safe yet"
    sequence.safe(1, 0)
    assert sequence.ack(0) == (1, 1)
    assert (sequence.received, sequence.lost, sequence.duplicate) == (3, 0, 0)


def test_a_gap_is_lost_until_it_is_filled_and_holds_back_the_ack() -> None:
    sequence = heard(0, 1, 4)
    assert sequence.lost == 2
    assert sequence.ack(0) == (1, 1)
    assert sequence.receive(1, 2, 0)
    sequence.safe(1, 2)
    assert (sequence.lost, sequence.ack(0)) == (1, (1, 2))


def test_a_gap_never_filled_is_given_up_so_that_acks_go_on_and_may_still_be_filled() -> None:
    sequence = heard(0, 2)
    assert sequence.ack(PATIENCE - 1) == (1, 0)
    assert sequence.waits
    assert sequence.ack(PATIENCE) == (1, 2)
    assert not sequence.waits
    assert sequence.lost == 1
    assert sequence.receive(1, 1, PATIENCE)
    assert (sequence.lost, sequence.received) == (0, 3)


def test_the_same_hit_again_is_a_duplicate() -> None:
    sequence = heard(0, 1, 2)
    assert [sequence.receive(1, n, 0) for n in (0, 2, 1)] == [False] * 3
    assert (sequence.received, sequence.duplicate) == (3, 3)


def test_a_reboot_is_not_a_duplicate_and_keeps_the_losses_of_before() -> None:
    sequence = heard(0, 2)
    assert [sequence.receive(2, n, 0) for n in (0, 1, 2)] == [True] * 3
    assert (sequence.received, sequence.lost, sequence.duplicate) == (5, 1, 0)
    sequence.safe(1, 2)  # of the boot before: nobody waits for it
    assert sequence.ack(0) is None
    sequence.safe(2, 0)
    assert sequence.ack(0) == (2, 0)


def test_a_reboot_into_the_same_boot_counter_is_told_by_the_time_of_its_first_hit() -> None:
    sequence = Sequence()
    assert [sequence.receive(9, n, 0, stamp=1000 + n) for n in (0, 1)] == [True] * 2
    assert not sequence.receive(9, 0, 0, stamp=1000), "sent again"
    assert [sequence.receive(9, n, 0, stamp=5000 + n) for n in (0, 1)] == [True] * 2
    assert (sequence.received, sequence.duplicate) == (4, 1)


def test_counters_wrap() -> None:
    sequence = heard(*range(65530, 65546))
    assert (sequence.received, sequence.lost) == (16, 0)
    assert sequence.ack(SETTLING) == (1, 9)


def test_a_pad_heard_in_the_middle_may_first_send_again_what_came_before() -> None:
    sequence = heard(100)
    assert sequence.ack(SETTLING - 1) is None
    assert sequence.receive(1, 98, SETTLING - 1)
    assert sequence.lost == 1
    assert sequence.receive(1, 99, SETTLING - 1)
    for number in (98, 99):
        sequence.safe(1, number)
    assert sequence.ack(SETTLING) == (1, 100)
    assert not sequence.receive(1, 97, SETTLING), "the ack has told the pad to forget it"


def test_a_jump_beyond_memory_is_a_loss_for_good_and_blocks_nothing() -> None:
    sequence = heard(0, 1, 20_000)
    assert sequence.lost == 19_998
    assert sequence.ack(0) == (1, 20_000)


def test_one_hit_that_is_never_made_safe_does_not_block_for_ever() -> None:
    sequence = Sequence()
    for number in range(MOST_OPEN + 3):
        sequence.receive(1, number, 0)
        if number:
            sequence.safe(1, number)
    assert sequence.ack(0) == (1, MOST_OPEN + 2)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 65535), st.integers(0, 20 * NS)), max_size=80))
def test_memory_is_bounded_whatever_is_sent(messages: list[tuple[int, int, int]]) -> None:
    sequence = Sequence()
    for boot, seq, now in messages:
        sequence.receive(boot, seq, now)
        sequence.safe(boot, seq)
        sequence.ack(now)
        assert len(sequence._missing) <= MOST_OPEN
        assert len(sequence._safe_beyond) <= MOST_OPEN + 1
    assert sequence.received + sequence.duplicate == len(messages)


class PadAndHub(RuleBasedStateMachine):
    """A pad sends over a link that loses, doubles and delays; the hub makes hits safe in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.sequence = Sequence()
        self.start = 65_500  # wraps soon
        self.sent = 0
        self.now = 0
        self.arrived: set[int] = set()
        self.duplicates = 0
        self.safe: set[int] = set()
        self._arrive(0)
        self.sent = 1

    def _arrive(self, number: int) -> None:
        new = self.sequence.receive(3, (self.start + number) & 0xFFFF, self.now)
        assert new is (number not in self.arrived)
        self.duplicates += number in self.arrived
        self.arrived.add(number)

    @rule(skipped=st.integers(0, 5))
    def send(self, skipped: int) -> None:
        self.sent += skipped + 1
        self._arrive(self.sent - 1)

    @rule(back=st.integers(1, 60))
    def send_again(self, back: int) -> None:
        self._arrive(max(0, self.sent - back))

    @rule(back=st.integers(1, 60))
    def make_safe(self, back: int) -> None:
        number = max(0, self.sent - back)
        if number in self.arrived:
            self.safe.add(number)
            self.sequence.safe(3, (self.start + number) & 0xFFFF)

    @invariant()
    def counts_are_true(self) -> None:
        assert self.sequence.received == len(self.arrived)
        assert self.sequence.lost == self.sent - len(self.arrived)
        assert self.sequence.duplicate == self.duplicates

    @invariant()
    def an_ack_covers_only_what_is_safe_and_all_of_it(self) -> None:
        self.now = SETTLING  # settled, and no gap is old enough to be given up
        ack = self.sequence.ack(self.now)
        whole = next(n for n in range(self.sent + 1) if n not in self.safe)
        assert ack == ((3, (self.start + whole - 1) & 0xFFFF) if whole else None)


PadAndHub.TestCase.settings = settings(deadline=None, max_examples=60)
TestPadAndHub = PadAndHub.TestCase
