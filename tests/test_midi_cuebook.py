"""Cues that wait for their time: replaced, withdrawn, silenced and handed out in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drumcircle.core.events import Cue, Effect, Notice, Silence, Withdraw
from drumcircle.hub.cuebook import CueBook

ids = st.sampled_from(["click:1", "click:2", "click:33", "call:1", "call:2", "drum"])
dues = st.integers(min_value=0, max_value=50)
cues = st.builds(Cue, id=ids, due=dues, voice=st.just("click"))
withdrawals = st.builds(Withdraw, prefix=st.sampled_from(["", "c", "click:", "call:2", "drum"]), since=dues)
steps = st.lists(st.one_of(cues, withdrawals, st.just(Silence()), dues), max_size=60)


def cue(cue_id: str, due: int) -> Cue:
    return Cue(cue_id, due, "click")


@given(steps)
def test_it_does_what_a_plain_list_of_cues_would_do(steps: list[Effect | int]) -> None:
    book, plain = CueBook(), list[Cue]()
    for step in steps:
        if isinstance(step, int):
            due = sorted((c for c in plain if c.due <= step), key=lambda c: c.due)
            plain = [c for c in plain if c.due > step]
            assert book.pop_due(step) == due
        else:
            book.take(step)
            if isinstance(step, Cue):
                plain = [c for c in plain if c.id != step.id] + [step]
            elif isinstance(step, Withdraw):
                plain = [c for c in plain if not (c.id.startswith(step.prefix) and c.due >= step.since)]
            else:
                plain = []
        assert book.next_due() == min((c.due for c in plain), default=None)
        assert len(book) == len(plain)


def test_cues_due_at_one_time_come_out_in_the_order_they_were_taken() -> None:
    book = CueBook()
    for name in ("second", "first", "third"):
        book.take(cue(name, 7))
    assert [c.id for c in book.pop_due(7)] == ["second", "first", "third"]


def test_a_full_book_lets_go_of_the_cue_due_last() -> None:
    book = CueBook(capacity=2)
    for due in (30, 10, 20):
        book.take(cue(f"at {due}", due))
    assert [c.id for c in book.pop_due(100)] == ["at 10", "at 20"]


def test_what_is_no_cue_leaves_the_book_as_it_is() -> None:
    book = CueBook()
    book.take(cue("click", 5))
    book.take(Notice(1, "hello"))
    assert book.next_due() == 5
