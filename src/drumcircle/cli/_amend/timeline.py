"""Who had which pad when, in a terminal: one row a pad, one sign a stretch of time."""

from __future__ import annotations

from collections.abc import Iterator

from drumcircle.cli._amend.evening import Evening, Span

LONGEST_NAME = 24
SHORTEST = 20
BETWEEN_TIMES = 12
"""Columns between two times of the axis."""


def timeline(evening: Evening, columns: int) -> str:
    """The picture, whose pad it was in words, and what was amended."""
    return "\n".join([*_picture(evening, columns), "", *_words(evening), *amendments(evening)])


def _picture(evening: Evening, columns: int) -> Iterator[str]:
    name = min(max((len(pad.words) for pad in evening.pads), default=0), LONGEST_NAME)
    left = name + 5
    wide = max(columns - left - 1, SHORTEST)
    yield f"{evening.journal.head.config.title}, {evening.journal.id}"
    yield " " * left + _axis(evening, wide)
    for number, pad in enumerate(evening.pads, 1):
        yield f"{number:>3} {pad.words[:name]:<{name}} {_row(evening, evening.spans(pad), wide)}"
    people = (f"{number} {words}" for number, words in enumerate(evening.people().values(), 1))
    yield f"    {'   '.join(people)}   · nobody"


def _axis(evening: Evening, wide: int) -> str:
    begin, long = evening.begin, evening.ended.end - evening.begin
    at = range(0, wide - BETWEEN_TIMES + 4, BETWEEN_TIMES)
    return "".join(f"{evening.clock(begin + long * column // wide):<{BETWEEN_TIMES}}" for column in at)


def _row(evening: Evening, spans: list[Span], wide: int) -> str:
    begin, long = evening.begin, max(evening.ended.end - evening.begin, 1)
    shapes = [evening.shape(span.player) for span in spans]
    row, at = [], 0
    for column in range(wide):
        middle = begin + long * (2 * column + 1) // (2 * wide)
        while at + 1 < len(spans) and spans[at].until <= middle:
            at += 1
        row.append(shapes[at])
    return "".join(row)


def _words(evening: Evening) -> Iterator[str]:
    for number, pad in enumerate(evening.pads, 1):
        held = (
            f"{evening.clock(span.since)} {evening.name(span.player)} ({_hits(span.hits)})"
            for span in evening.spans(pad)
            if span.player is not None or span.hits or span.since > evening.begin
        )
        yield f"{number:>3} {pad.words}: {', '.join(held)}"


def _hits(count: int) -> str:
    return "1 hit" if count == 1 else f"{count} hits"


def amendments(evening: Evening) -> Iterator[str]:
    """What was amended, and what of it was taken back."""
    for each in evening.journal.amendments:
        taken_back = " (taken back)" if each.undone is not None else ""
        yield f"Amendment {each.n}: {each.words}{taken_back}"
