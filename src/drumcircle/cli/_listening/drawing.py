"""What ``pads learn`` and ``pads check`` show, as lines of text; nothing here knows a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from drumcircle.cli._listening.checking import STRENGTHS, Check, Round
from drumcircle.cli._listening.findings import Finding
from drumcircle.cli._listening.learning import Learning
from drumcircle.core.layout import GAP, Layout

BAR = 30
LEARN_KEYS = "Tab next row   Backspace take back   Enter done   q leave, nothing is kept"
CHECK_KEYS = "Space leave this pad out   Enter end here   q leave"
COLUMNS = ("pad", "heard", "twice", "neighbours", "velocity", "time", "jitter", "")
WIDE = 78


def trouble(words: str) -> list[str]:
    """What keeps pads from being heard, where something does."""
    return textwrap.wrap(words, WIDE)


def learnt(learning: Learning) -> list[str]:
    """The drawing as far as it has grown, and what was said last."""
    lines, number = [], 0
    for position, row in enumerate(learning.rows):
        cells = []
        for note in row:
            number += 1
            mark = ("!", "!") if note == learning.again else ("[", "]")
            cells.append(f"{mark[0]}{number:>2} · {note:>3}{mark[1]}")
        if position == len(learning.rows) - 1:
            cells.append("[    ?   ]")
        lines.append("  " + " ".join(cells))
    return ["", *lines, "", learning.said, LEARN_KEYS]


def learn_words(device: str, *, known: bool) -> list[str]:
    """What to do; ``known``: the device has a profile."""
    what = device or "the device"
    lines = [f"Hit each pad of {what} once: the top row first, from left to right."]
    return [*lines, "It has a profile already; what you learn now wins over it."] if known else lines


def layout_lines(layout: Layout) -> list[str]:
    """A device as it lies in front of one, its first bank, each pad with its name."""
    rows = layout.banks[0] if layout.banks else ()
    names = {note: name.removeprefix("pad ") for note, name in layout.names}
    wide = max((len(names[note]) for row in rows for note in row if note != GAP), default=0)
    return [
        " ".join(" " * (wide + 2) if note == GAP else f"[{names[note]:^{wide}}]" for note in row).rstrip()
        for row in rows
    ]


def checked(check: Check, now: int, name: Callable[[str], str], last: Finding | None) -> list[str]:
    """What to do now, how the last pad did, and how far it is."""
    done = f"{name(last.key)}: {verdict(last)}" if last is not None else ""
    return ["", *_ask(check, now, name), "", *textwrap.wrap(done, WIDE), progress(check), CHECK_KEYS]


def _ask(check: Check, now: int, name: Callable[[str], str]) -> list[str]:
    if check.current is not None:
        return _round(check.current, now, name)
    wanted = check.next_up()
    if wanted is None:
        return ["Hit a pad once to test it.", ""]
    return [f"Hit {name(wanted)} once (or any other) to test it.", ""]


def _round(tested: Round, now: int, name: Callable[[str], str]) -> list[str]:
    lit = tested.beat_at(now)
    dots = " ".join("●" if number < lit else "○" for number in range(len(STRENGTHS)))
    how = STRENGTHS[min(lit, len(STRENGTHS) - 1)]
    what = f"next one {how}" if lit < len(STRENGTHS) else "thank you, one moment"
    return [f"{name(tested.key)}: hit it each time a dot lights.", f"  {dots}   {what}"]


def progress(check: Check) -> str:
    """How many of the pads that are known are done."""
    total, done = check.total, len(check.rounds)
    filled = BAR * done // max(total, 1)
    return f"[{'#' * filled:<{BAR}}] {done} of {total} pads"


def verdict(finding: Finding) -> str:
    """'good', or what to do."""
    return "good" if finding.good else "; ".join(finding.advice)


def table(findings: Sequence[Finding]) -> list[str]:
    """Pad by pad, with what to do below each that needs it, and at the end why figures are missing."""
    rows = [COLUMNS, *(_row(finding) for finding in findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    told = [_cells(row, widths) for row in rows]
    lines = told[:1]
    for line, finding in zip(told[1:], findings, strict=True):
        lines.append(line)
        for advice in finding.advice:
            lines += textwrap.wrap(advice, WIDE, initial_indent="    → ", subsequent_indent="      ")
    reasons = dict.fromkeys(reason for finding in findings for reason in _shown_reasons(finding))
    told_why = [line for reason in reasons for line in textwrap.wrap(reason, WIDE, subsequent_indent="  ")]
    return [*lines, *(["", *told_why] if told_why else [])]


def _cells(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(f: Finding) -> tuple[str, ...]:
    twice = "0" if f.bounce_ms is None else f"{f.doubles} (≤ {f.bounce_ms:.0f} ms)"
    if not f.heard:
        return f.label, f"0 of {f.asked}", "–", "–", "–", "–", _ms(f.jitter_ms), "→"
    return (
        f.label, f"{f.heard} of {f.asked}", twice, str(len(f.along)), f"{f.softest}-{f.loudest}",
        f"±{f.uncertainty_ms:.1f} ms" if f.uncertainty_ms is not None else "–",
        _ms(f.jitter_ms), "good" if f.good else "→",
    )  # fmt: skip


def _ms(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.1f} ms"


def _shown_reasons(f: Finding) -> list[str]:
    titles = {"softest": "velocity", "uncertainty_ms": "time", "jitter_ms": "jitter"}
    return [f"– in {titles[figure]}: {why}." for figure, why in f.why_not.items() if figure in titles]
