"""The document as a person reads it in a terminal of 80 columns or more."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from drumcircle import measures
from drumcircle.analysis.document import Analysis
from drumcircle.analysis.judging import Judged
from drumcircle.analysis.pictures import ABSENT, around_the_beat, histogram, matrix, ruler
from drumcircle.analysis.recording import Floats

SIGNIFICANT = 0.05
ROOMY = 112
PICTURE = 25
LONGEST_PICTURED = 12
LONGEST_NAME, SHORTEST_NAME = 28, 8
GAP = 2
PLAYER = " player"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table of players."""

    head: str
    text: Callable[[Row], str]
    rank: int = 0
    """Where there is no room the columns of the highest rank go first; those of rank 0 stay."""


def _of(key: str, form: str) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        return ABSENT if row[key] is None else format(row[key], form)

    return text


def _mean(row: Row) -> str:
    """A mean only where there is one: a random player's lies near 0 and would read as perfect."""
    p = row["rayleigh_p_grid"]
    return ABSENT if p is None or p >= SIGNIFICANT else f"{round(row['mean_asynchrony_ms'], 1) + 0.0:+.1f}"


def _per_cent(key: str, form: str) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        return ABSENT if row[key] is None else format(100 * row[key], form)

    return text


COLUMNS = (
    Column("hits", _of("hits", "d")),
    Column("n", _of("n", "d")),
    Column("missed", _of("missed", "d")),
    Column("extra", _of("extra", "d"), rank=1),
    Column("mean ms", _mean),
    Column("SD ms", _of("sd_asynchrony_ms", ".1f")),
    Column("|a| ms", _of("mean_abs_asynchrony_ms", ".1f"), rank=4),
    Column("R grid", _of("vector_length_grid", ".2f"), rank=3),
    Column("PPC", _of("ppc_grid", ".2f")),
    Column("ITI ms", _of("iti_mean_ms", ".0f")),
    Column("CV %", _per_cent("iti_cv", ".1f"), rank=2),
    Column("BPM", _of("tempo_bpm", ".1f")),
    Column("drift %", _of("tempo_drift_percent_per_min", "+.1f"), rank=5),
    Column("lock s", _of("time_to_lock_s", ".1f"), rank=6),
    Column("held s", _of("held_s", ".1f"), rank=7),
    Column("vel", _of("velocity_mean", ".0f"), rank=8),
)


def report(title: str, analysis: Analysis, width: int) -> str:
    """One recording in full."""
    document = analysis.document
    parts = [
        f"{title}\n{_pulse(document['pulse'])}",
        _players(document["players"].items(), width),
        *_pictures(analysis, width),
        *_pairs(document, width),
        *_group(document["group"], width),
        *_notes(document, width),
    ]
    return "\n\n".join(parts)


def overview(analyses: Mapping[str, Analysis], width: int) -> str:
    """Many recordings in one table, one line a player."""
    rows = [
        (f"{path}  {name}", row)
        for path, analysis in analyses.items()
        for name, row in analysis.document["players"].items()
    ]
    warned = sum(bool(analysis.document["warnings"]) for analysis in analyses.values())
    words = (
        f"\n\nWith warnings: {warned} of {len(analyses)} files; --json and --csv have every figure."
        if warned
        else ""
    )
    return _players(rows, width) + words


# ---------------------------------------------------------------- players


def _players(rows: Iterable[tuple[str, Row]], width: int) -> str:
    rows = list(rows)
    label = min(max(len(PLAYER), *(1 + len(name) for name, _ in rows)), LONGEST_NAME)
    columns = list(COLUMNS)
    figures, widths = _cells(columns, rows)
    while label + sum(widths) + GAP * len(widths) > width and (rank := max(c.rank for c in columns)):
        columns = [column for column in columns if column.rank != rank]
        figures, widths = _cells(columns, rows)
    room = max(width - sum(widths) - GAP * len(widths) - 1, SHORTEST_NAME)
    names = [
        " player",
        *(("~" if row["provisional"] else " ") + _shortened(name, room) for name, row in rows),
    ]
    return aligned(names, figures, widths) + _legend([row for _, row in rows])


def _cells(
    columns: Sequence[Column], rows: Sequence[tuple[str, Row]]
) -> tuple[list[tuple[str, ...]], list[int]]:
    """Heads and figures, and how wide each column is."""
    figures = [tuple(column.head for column in columns)]
    figures += [tuple(column.text(row) for column in columns) for _, row in rows]
    return figures, [max(map(len, cells)) for cells in zip(*figures, strict=True)]


def aligned(names: Sequence[str], figures: Sequence[Sequence[str]], widths: Sequence[int]) -> str:
    """Names to the left, figures to the right."""
    label = max(map(len, names))
    gap = " " * GAP
    return "\n".join(
        gap.join([f"{name:<{label}}", *(f"{cell:>{wide}}" for cell, wide in zip(line, widths, strict=True))])
        for name, line in zip(names, figures, strict=True)
    )


def _shortened(name: str, room: int) -> str:
    """The end of a long name: files of one folder begin alike."""
    return name if len(name) <= room else "…" + name[len(name) - room + 1 :]


def _legend(rows: Sequence[Row]) -> str:
    words = []
    if any(row["provisional"] for row in rows):
        words.append("~ provisional: under 30 hits")
    if any(row["mean_asynchrony_ms"] is not None and _mean(row) == ABSENT for row in rows):
        words.append("no mean where hits fall at random (Rayleigh p ≥ .05 on the grid)")
    return "\n" + "\n".join(words) if words else ""


def _pictures(analysis: Analysis, width: int) -> list[str]:
    judged = {
        name: player.matched
        for name, player in analysis.played.players.items()
        if player.matched is not None and len(player.matched.hits) > 1
    }
    if not judged:
        return []
    picture = PICTURE if width < ROOMY else PICTURE + 16
    every = np.concatenate([np.abs(matched.asynchronies_ms) for matched in judged.values()])
    reach = max(float(np.ceil(np.quantile(every, 0.99) / 10) * 10), 10.0)
    label = min(max(map(len, judged)), LONGEST_PICTURED)
    heads = ruler(picture, f"−{reach:.0f} ms", "0", f"+{reach:.0f}"), ruler(picture, "−½ beat", "0", "+½")
    lines = [
        f"{'':{label}}  early{'':{picture - 9}}late    in the beat",
        f"{'':{label}}  {heads[0]}   {heads[1]}",
    ]
    for name, matched in judged.items():
        left = histogram(matched.asynchronies_ms, reach, picture)
        right = around_the_beat(_places(analysis.played.players[name], matched), picture)
        lines.append(f"{name[:label]:<{label}} ▕{left}▏ ▕{right}▏")
    return ["\n".join(line.rstrip() for line in lines)]


def _places(judged: Judged, matched: measures.Matched) -> Floats:
    """Where in its beat each hit lies, in beats."""
    beats = np.zeros(len(matched.hits)) if judged.beats is None else judged.beats
    places: Floats = beats + matched.asynchronies_ms / matched.periods_ms
    return places


# ---------------------------------------------------------------- the rest


def _pulse(pulse: Row) -> str:
    if pulse["source"] is None:
        return f"without a pulse: {pulse['why_not']}"
    meter = f", {pulse['meter']}" if pulse.get("meter") else ""
    words = {
        "beats": f"pulse: {pulse.get('beats')} beats of {pulse.get('file')}, {pulse['bpm']:.1f} BPM in the middle",
        "steady": f"pulse: {pulse['bpm']:g} BPM from {pulse['start_s']:g} s",
        "midi": f"pulse: the file's own, {pulse['bpm']:.2f} BPM{meter}",
        "session": f"pulse: the session's, from {pulse['bpm']:g} BPM{meter}",
    }[pulse["source"]]
    per_beat = pulse["subdivision"]
    if isinstance(per_beat, dict):
        return f"{words}; each judged on a grid of their own"
    return words if per_beat == 1 else f"{words}; {per_beat:g} judged points a beat"


def _pairs(document: Row, width: int) -> list[str]:
    pairs, names = document["pairs"], list(document["players"])
    if not pairs:
        return []
    values = {pair: pairs["|".join(pair)]["sd_asynchrony_ms"] for pair in combinations(names, 2)}
    drawn = matrix(names, values, width)
    lines = ["Pairs: SD of the asynchrony in ms (dark: together)", *drawn] if drawn else ["Pairs"]
    return ["\n".join(lines), _pair_lines(pairs)]


def _pair_lines(pairs: Mapping[str, Row]) -> str:
    heads = ("pair", "n", "mean ms", "SD ms", "|a| ms", "lag +1", "lag −1", "p", "α 1←2", "α 2←1")
    forms = ("d", "+.1f", ".1f", ".1f", "+.2f", "+.2f", ".3f", ".2f", ".2f")
    keys = (
        "n", "mean_asynchrony_ms", "sd_asynchrony_ms", "mean_abs_asynchrony_ms", "lag_plus1", "lag_minus1",
        "coupling_p", "alpha_1_from_2", "alpha_2_from_1",
    )  # fmt: skip
    lines: list[tuple[str, ...]] = [heads[1:]]
    met = {name: row for name, row in pairs.items() if row["n"]}
    for row in met.values():
        figures = zip((row.get(key) for key in keys), forms, strict=True)
        lines.append(tuple(ABSENT if figure is None else format(figure, form) for figure, form in figures))
    if all(line[-2:] == (ABSENT, ABSENT) for line in lines[1:]):  # not asked for, or to be had of nobody
        lines = [line[:-2] for line in lines]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    apart = len(pairs) - len(met)
    return aligned([heads[0], *met], lines, widths) + (
        f"\npairs that share no event: {apart}" if apart else ""
    )


def _group(group: Row, width: int) -> list[str]:
    if not group:
        return []
    lines = ["Group"]
    for key, what in GROUP.items():
        lines += _told(what, group[key], group["why_not"].get(key, ""), width)
    phase = group["cluster_phase"]
    if phase is not None:
        each = ", ".join(f"{name} {row['phase_deg']:+.0f}°" for name, row in phase["players"].items())
        lines += _told("cluster phase ρ", phase["rho"], f"({each})", width)
    return ["\n".join(lines)]


def _told(what: str, figure: float | None, words: str, width: int) -> list[str]:
    shown = ABSENT if figure is None else f"{figure:.0f}" if what.endswith("ms") else f"{figure:.2f}"
    return _wrapped(f"  {what:<38} {shown}  {words}".rstrip(), width, indent=43)


GROUP = {
    "with_pulse": "with the pulse (0 chance, 1 together)",
    "with_each_other": "with each other",
    "order_parameter": "order parameter (uncorrected)",
    "start_spread_ms": "first hits lie apart by ms",
    "stop_spread_ms": "last hits lie apart by ms",
    "participation_gini": "participation (Gini; 0 even)",
}


def _notes(document: Row, width: int) -> list[str]:
    lines = [line for warning in document["warnings"] for line in _wrapped(f"! {warning}", width, indent=2)]
    return ["\n".join(lines)] if lines else []


def _wrapped(words: str, width: int, indent: int) -> list[str]:
    # The first line is wrapped without touching the columns it holds.
    wrapper = textwrap.TextWrapper(
        max(width, 60), subsequent_indent=" " * indent, drop_whitespace=True, break_long_words=False
    )
    return wrapper.wrap(words)
