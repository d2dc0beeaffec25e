"""The community view: the beat, what happens now and next, whose turn, are we together, who is here.

No lane, count, miss, score or suggestion of any one person: it is drawn from the picture as the hub would
send it to a wall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drumcircle.core.view import Happening, SessionView, community
from drumcircle.tui import calls, order, turns
from drumcircle.tui.ask import Situation
from drumcircle.tui.bar import bouncing
from drumcircle.tui.digits import columns_of, largest, numeral, rows_of
from drumcircle.tui.ink import EMPTY, Line, Span, clip, indent, width, wrap_words
from drumcircle.tui.people import circle
from drumcircle.tui.place import Place, place
from drumcircle.tui.together import hills
from drumcircle.tui.words import bpm, countdown, lasting, loudness, minutes, troubles

MARGIN = 3
LOG_ROWS = 8
AIRY, ROOMY = 24, 28
"""Rows from which on there are gaps between the parts, and from which on they are larger too."""


def community_view(s: Situation, columns: int, rows: int) -> list[Line]:
    """The picture between head and foot, exactly ``rows`` lines of at most ``columns``."""
    presence = {p.id: (p.wants_back, p.live_only) for p in s.view.players}
    view = community(s.view)
    players = tuple(replace(p, wants_back=presence[p.id][0]) for p in view.players)
    view = replace(view, players=players)
    wide = columns - 2 * MARGIN
    roomy = is_roomy(rows)
    gap, air = [EMPTY] if roomy else [], [EMPTY] if rows >= AIRY else []
    label = 17 if columns >= 100 else 11
    below = [
        *gap,
        _facts(view, s.now),
        *air,
        *_now_next(view, s.now, label, wide, talk=roomy and not s.room.watching),
        *order.line(s, label, wide),
        *air,
        *_act(view, wide, air, roomy=roomy),
        *_together(view, wide, label, 3 if rows >= 48 else 2 if roomy else 1),
        *air,
    ]
    trouble = _troubles(view, wide)
    people = _people(view, wide, label, max(rows - len(below) - len(trouble) - (12 if roomy else 7), 1))
    height = _stage_rows(rows, wide, len(below) + len(people) + len(trouble), view)
    lines = [*gap, *stage(view, s.now, wide, height), *below, *people, *air, *trouble]
    lines += _happenings(s, view, wide, rows - len(lines) - len(gap), gap)
    return [indent(row, MARGIN) for row in lines[:rows]] + [EMPTY] * (rows - len(lines))


def is_roomy(rows: int) -> bool:
    """What to say stands under NOW and NEXT, and turns and calls are blocks."""
    return rows >= ROOMY


def _stage_rows(rows: int, columns: int, taken: int, view: SessionView) -> int:
    """Rows of the numeral: what the rest leaves, but not more than makes a good picture."""
    figures = len(str(view.pulse.beats_in_bar))
    spare = rows - taken - (3 if is_roomy(rows) else 0)
    most = max(min(spare, rows * 11 // 20), 3)
    return rows_of(largest(most, columns * 2 // 5, figures))


def marker(view: SessionView, now: int) -> Place:
    """Where the marker is; a pulse that is let go must not lead through the eye, so there it rests."""
    here = place(view.pulse, now)
    return replace(here, beat=1, phase=0.0) if view.pulse.hidden else here


def stage(view: SessionView, now: int, columns: int, rows: int) -> list[Line]:
    """The giant beat beside the ball that strikes it."""
    hidden, here = view.pulse.hidden, marker(view, now)
    figures = max(len(str(here.beats)), 1)
    size = largest(rows, columns * 2 // 5, figures)
    text = "‖" if view.stopped else "~" if hidden else str(here.beat)
    glyph = numeral(text, size)
    wide = columns_of(size, figures)
    pad = " " * (wide - len(glyph[0]))
    ink = _beat_ink(view, here)
    right = bouncing(here, columns - wide - 6, rows, "faint" if view.stopped or hidden else "marker")
    return [(Span(pad + left, ink), Span(" " * 6), *line) for left, line in zip(glyph, right, strict=True)]


def _beat_ink(view: SessionView, here: Place) -> str:
    if view.stopped or view.pulse.hidden:
        return "faint"
    if view.next is not None and view.next.phase == "counting in":
        return "count"
    return "beat one" if here.beat == 1 else "beat"


def _facts(view: SessionView, now: int) -> Line:
    here = place(view.pulse, now).bar
    bar = f"bar {here}" if here > 0 else "before bar 1"
    return (
        Span(bpm(view), "strong"),
        Span(f"   {view.pulse.meter}   {bar}", "text"),
        Span(f"   ♪ {loudness(view)}", "label"),
    )


def _now_next(view: SessionView, now: int, label: int, columns: int, *, talk: bool) -> list[Line]:
    running = _now(view, now, label, columns)
    if not talk:
        return [*running, _next(view, now, label)]
    say_now = "" if view.structure is None or view.stopped or view.next else view.structure.say
    say_next = "" if view.next is None else view.next.say
    return [
        *running,
        *_say(say_now, "faint", label, columns),
        _next(view, now, label),
        *_say(say_next, "text", label, columns),
    ]


def _say(words: str, ink: str, label: int, columns: int) -> list[Line]:
    said = wrap_words(f"“{words}”", columns - label, ink) if words else [EMPTY]
    return [indent(row, label) for row in said]


def _now(view: SessionView, now: int, label: int, columns: int) -> list[Line]:
    """What runs, where it is and how long; where that is too long it goes on in the next row."""
    head, running = Span(f"{'NOW':<{label}}", "label"), view.structure
    if view.stopped:
        what = f"   {running.title}" if running is not None else ""
        return [(head, Span("Stopped", "loud"), Span(what, "text"), Span("   SPACE goes on", "text"))]
    if running is None:
        return [(head, Span("nothing now", "faint"))]
    words, lasts = running.words, Span(f"   {lasting(now - running.since)}", "faint")
    first = (head, Span(running.title, "now"), Span(f"   {words}" if words else "", "text"), lasts)
    if width(first) <= columns:
        return [first]
    rows = wrap_words(words, columns - label)
    return [(head, Span(running.title, "now"), lasts), *(indent(row, label) for row in rows)]


def _next(view: SessionView, now: int, label: int) -> Line:
    head = Span(f"{'NEXT':<{label}}", "label")
    if view.next is None:
        return head, Span("–", "faint")
    begins = f"   begins {countdown(view, now)}"
    return (
        head,
        Span(view.next.title, "next"),
        Span(begins, "strong"),
        Span("   Esc ", "key", "escape"),
        Span("not yet", "text", "escape"),
    )


def _act(view: SessionView, columns: int, air: list[Line], *, roomy: bool) -> list[Line]:
    """Turns or a call, where there are some."""
    lines: list[Line] = []
    if view.turn is not None:
        lines += turns.strip(view.turn, view.players, columns, tall=roomy)
    if view.call is not None:
        lines += calls.scene(view.call, view.players, columns, roomy=roomy)
    return [*lines, *air] if lines else []


def _together(view: SessionView, columns: int, label: int, rows: int) -> list[Line]:
    words = view.together_words
    wide = max(columns - label - max(len(words), 14) - 3, 8)
    drawn = hills(view.together, min(wide, 128), rows)
    lines: list[Line] = []
    for number, row in enumerate(drawn):
        last = number == len(drawn) - 1
        head = Span(f"{'TOGETHER' if last else '':<{label}}", "label")
        lines.append((head, *row, Span(f"   {words}", "strong")) if last else (head, *row))
    return lines


def _people(view: SessionView, columns: int, label: int, rows: int) -> list[Line]:
    title = f"IN THE {view.group.upper()}" if label > len(view.group) + 7 else view.group.upper()
    title = clip(title, label - 1)
    lines = circle(view.players, columns - label, rows, view.leader)
    return [
        (Span(f"{title if number == 0 else '':<{label}}", "label"), *row) for number, row in enumerate(lines)
    ]


def _troubles(view: SessionView, columns: int) -> list[Line]:
    """What is not well, in at most two rows."""
    said = [f"! {words}" for words in troubles(view)]
    rows = [row for words in said for row in wrap_words(words, columns, "warning")]
    if len(rows) <= 2:
        return rows
    if len(said) == 1:
        rest = " ".join(span.text for row in rows[1:] for span in row)
        return [rows[0], (Span(clip(rest, columns), "warning"),)]
    short: list[Line] = [(Span(clip(words, columns), "warning"),) for words in said[:2]]
    return short if len(said) == 2 else [short[0], (Span(f"! and {len(said) - 1} more", "warning"),)]


def _happenings(s: Situation, view: SessionView, columns: int, rows: int, gap: list[Line]) -> list[Line]:
    """The last things that happened, newest last."""
    if rows <= 0:
        return []
    entries = [entry for entry in s.room.log or view.happenings if entry.scope == "all"]
    return [*gap, *latest(entries, view.began, columns, min(rows, LOG_ROWS))]


def latest(entries: Sequence[Happening], began: int, columns: int, rows: int) -> list[Line]:
    """The newest entries that fit whole into ``rows``, newest last; at least (the beginning of) one."""
    lines: list[Line] = []
    for entry in reversed(entries):
        drawn = _happening(entry, began, columns)
        if lines and len(drawn) + len(lines) > rows:
            break
        lines = [*drawn, *lines]
    return lines[:rows]


def _happening(entry: Happening, began: int, columns: int) -> list[Line]:
    """A time and what happened, in as many rows as it takes."""
    ink = {"warning": "warning", "loud": "loud"}.get(entry.level, "text")
    time = f"{minutes(entry.time - began):>7}  "
    rows = wrap_words(entry.text, columns - len(time), ink)
    return [(Span(" " * len(time) if number else time, "faint"), *row) for number, row in enumerate(rows)]
