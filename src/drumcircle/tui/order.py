"""The running order as it is drawn: one line beside now and next, and a page of its own."""

from __future__ import annotations

from drumcircle.core.events import NS
from drumcircle.core.view import PlanView, StepView
from drumcircle.tui.ask import Situation
from drumcircle.tui.ink import EMPTY, Line, Span, clip, fit, wrap_words
from drumcircle.tui.player_keys import digits
from drumcircle.tui.player_keys import label as key_label

MARKS = {"done": "✓", "now": "▶", "next": "·", "later": " "}
INKS = {"done": "faint", "now": "now", "next": "next", "later": "text"}
KEYS = ((".", "next"), (",", "again"), ("P", "pause"), (";", "+1 min"), (":", "−1 min"))


def left(plan: PlanView, s: Situation) -> int | None:
    """Of the step that runs, ns at this moment; below 0 it is over its time."""
    if plan.left is None or not plan.running:
        return plan.left
    return plan.left - max(s.now - s.view.now, 0)


def clock(ns: int) -> str:
    """``4:12``."""
    seconds = abs(ns) // NS
    return f"{seconds // 60}:{seconds % 60:02}"


def standing(plan: PlanView, s: Situation) -> str:
    """How long the step has left, in words."""
    ns = left(plan, s)
    if ns is None:
        return "not begun"
    words = f"{clock(ns)} left" if ns >= 0 else f"{clock(ns)} over its time"
    return f"{words}, paused" if plan.paused else words


def line(s: Situation, label: int, columns: int) -> list[Line]:
    """Where the plan is, in one row; none where none is followed."""
    plan = s.view.plan
    if plan is None or plan.over:
        return []
    now = next((n for n, step in enumerate(plan.steps, 1) if step.state == "now"), None)
    coming = next((step for step in plan.steps if step.state == "next"), None)
    at = "before the first step" if now is None else f"{now} of {len(plan.steps)}"
    then = "" if coming is None else f"   then {coming.title}"
    head = (Span(f"{'PLAN':<{label}}", "label"), Span(f"{at}   ", "text"), Span(standing(plan, s), "strong"))
    wait: Line = (
        (Span("   . ", "key", "."), Span("goes on", "ask", "."))
        if plan.waiting and not s.room.watching
        else ()
    )
    room = columns - sum(len(span.text) for span in (*head, *wait))
    return [(*head, Span(clip(then, room), "text"), *wait)]


def page(s: Situation, columns: int, rows: int) -> list[Line]:
    """Every step, what to say, and the keys; or the plans there are."""
    plan = s.view.plan
    if plan is None or plan.over:
        return _plans(s, columns, rows)
    now = next((n for n, step in enumerate(plan.steps) if step.state == "now"), 0)
    say = next((step.say for step in plan.steps if step.state == "next"), "")
    spoken = plan.steps[now]
    below = [
        EMPTY,
        *_said("say now", spoken.say if spoken.state == "now" else "", columns),
        *_said("say next", say, columns),
        _keys(plan),
    ]
    shown = max(rows - len(below) - 2, 1)
    first = min(max(now - shown // 2, 0), max(len(plan.steps) - shown, 0))
    table = [_step(n, step, s, columns) for n, step in enumerate(plan.steps, 1)]
    return [_head(plan, s), EMPTY, *table[first : first + shown], *below]


def _head(plan: PlanView, s: Situation) -> Line:
    ahead = sum(step.minutes for step in plan.steps if step.state in ("next", "later"))
    rest = max(left(plan, s) or 0, 0) / 60e9
    waits = "   waits for the key" if plan.waiting else ""
    return (
        Span(plan.title, "strong"),
        Span(f"   about {ahead + rest:.0f} min to its end", "label"),
        Span(waits, "ask"),
    )


def _step(number: int, step: StepView, s: Situation, columns: int) -> Line:
    assert s.view.plan is not None
    time = standing(s.view.plan, s) if step.state == "now" else ""
    waits = "waits for the key" if step.waits and step.state in ("next", "later") else ""
    wide = min(34, columns - 40)
    return (
        Span(f"{MARKS[step.state]} {number:>2}  ", "label"),
        Span(f"{clip(step.title, wide):<{wide}}", INKS[step.state]),
        Span(f"{step.minutes:>5g} min  ", "text"),
        Span(time, "strong"),
        Span(waits, "faint"),
    )


def _said(label: str, words: str, columns: int) -> list[Line]:
    if not words:
        return []
    rows = wrap_words(f"“{words}”", columns - 10)[:2]
    return [(Span(f"{label if n == 0 else '':<10}", "label"), *row) for n, row in enumerate(rows)]


def _keys(plan: PlanView) -> Line:
    spans: list[Span] = []
    for key, words in KEYS:
        word = "go on" if key == "P" and plan.paused else words
        spans += [Span(f"{key} ", "key", key), Span(f"{word}   ", "text", key)]
    return tuple(spans)


def _plans(s: Situation, columns: int, rows: int) -> list[Line]:
    heading: Line = (Span("Plans", "strong"), Span("   docs/plans.md tells how to write your own", "faint"))
    lines: list[Line] = [heading, EMPTY]
    for number, plan in enumerate(s.room.plans, 1):
        key = Span(f"{key_label(number):>4}  ", "key", digits(number))
        lines.append(
            fit(
                (
                    key,
                    Span(clip(plan.title, columns - 20), "text"),
                    Span(f"   {plan.minutes:g} min", "label"),
                ),
                columns,
            )
        )
    return lines[:rows]
