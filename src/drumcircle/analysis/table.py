"""The document as a person reads it in a terminal of 80 columns or more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
LONGEST_NAME = 12
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table of players."""

    head: str
    text: Callable[[Row], str]
    roomy: bool = False
    """Only where there is room."""


def _of(key: str, form: str) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        return ABSENT if row[key] is None else format(row[key], form)

    return text


def _mean(row: Row) -> str:
    """A mean only where there is one: a random player's lies near 0 and would read as perfect."""
    p = row["rayleigh_p_grid"]
    return ABSENT if p is None or p >= SIGNIFICANT else f"{row['mean_asynchrony_ms']:+.1f}"


def _per_cent(key: str, form: str) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        return ABSENT if row[key] is None else format(100 * row[key], form)

    return text


COLUMNS = (
    Column("hits", _of("hits", "d")),
    Column("n", _of("n", "d")),
    Column("missed", _of("missed", "d")),
    Column("extra", _of("extra", "d")),
    Column("mean ms", _mean),
    Column("SD ms", _of("sd_asynchrony_ms", ".1f")),
    Column("|a| ms", _of("mean_abs_asynchrony_ms", ".1f"), roomy=True),
    Column("R grid", _of("vector_length_grid", ".2f"), roomy=True),
    Column("PPC", _of("ppc_grid", ".2f")),
    Column("ITI ms", _of("iti_mean_ms", ".0f")),
    Column("CV %", _per_cent("iti_cv", ".1f")),
    Column("BPM", _of("tempo_bpm", ".1f")),
    Column("drift %", _of("tempo_drift_percent_per_min", "+.1f"), roomy=True),
    Column("lock s", _of("time_to_lock_s", ".1f"), roomy=True),
    Column("held s", _of("held_s", ".1f"), roomy=True),
    Column("vel", _of("velocity_mean", ".0f"), roomy=True),
)


def report(title: str, analysis: Analysis, width: int) -> str:
    """One recording in full."""
    document = analysis.document
    parts = [
        f"{title}\n{_pulse(document['pulse'])}",
        _players(document["players"].items(), width),
        *_pictures(analysis, width),
        *_pairs(document, width),
        *_group(document["group"]),
        *_notes(document),
    ]
    return "\n\n".join(parts)


def overview(analyses: Mapping[str, Analysis], width: int) -> str:
    """Many recordings in one table, one line a player."""
    rows = [
        (f"{path}  {name}", row)
        for path, analysis in analyses.items()
        for name, row in analysis.document["players"].items()
    ]
    longest = max((len(label) for label, _ in rows), default=0)
    warned = sum(bool(analysis.document["warnings"]) for analysis in analyses.values())
    words = (
        f"\n\nWith warnings: {warned} of {len(analyses)} files; --json and --csv have every figure."
        if warned
        else ""
    )
    return _players(rows, max(width, 0), longest) + words


# ---------------------------------------------------------------- players


def _players(rows: Any, width: int, longest: int = LONGEST_NAME) -> str:
    rows = list(rows)
    columns = [column for column in COLUMNS if not column.roomy or width >= ROOMY]
    lines = [["player", *(column.head for column in columns)]]
    for name, row in rows:
        mark = "~" if row["provisional"] else " "
        label = name if len(name) <= longest else name[: longest - 1] + "…"
        lines.append([mark + label, *(column.text(row) for column in columns)])
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    table = "\n".join(
        "  ".join(
            [f"{line[0]:<{widths[0]}}", *(f"{c:>{w}}" for c, w in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    )
    return table + _legend([row for _, row in rows])


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
    label = min(max(map(len, judged)), LONGEST_NAME)
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
        return f"no pulse: {pulse['why_not']}"
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
    values = {tuple(key.split("|", 1)): row["sd_asynchrony_ms"] for key, row in pairs.items()}
    drawn = matrix(names, values, width)
    lines = ["Pairs: SD of the asynchrony in ms (dark: together)", *drawn] if drawn else ["Pairs"]
    lines += ["", *_pair_lines(pairs)]
    return ["\n".join(lines)]


def _pair_lines(pairs: Mapping[str, Row]) -> list[str]:
    heads = ("pair", "n", "mean ms", "SD ms", "|a| ms", "lag +1", "lag −1", "p", "α 1←2", "α 2←1")
    forms = ("d", "+.1f", ".1f", ".1f", "+.2f", "+.2f", ".3f", ".2f", ".2f")
    keys = (
        "n", "mean_asynchrony_ms", "sd_asynchrony_ms", "mean_abs_asynchrony_ms", "lag_plus1", "lag_minus1",
        "coupling_p", "alpha_1_from_2", "alpha_2_from_1",
    )  # fmt: skip
    lines: list[tuple[str, ...]] = [heads]
    for name, row in pairs.items():
        figures = (row.get(key) for key in keys)
        lines.append(
            (
                name,
                *(ABSENT if f is None else format(f, form) for f, form in zip(figures, forms, strict=True)),
            )
        )
    if all(line[-2:] == (ABSENT, ABSENT) for line in lines[1:]):
        lines = [line[:-2] for line in lines]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    return [
        "  ".join(
            [f"{line[0]:<{widths[0]}}", *(f"{c:>{w}}" for c, w in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    ]


def _group(group: Row) -> list[str]:
    if not group:
        return []
    words = {
        "with_pulse": "with the pulse (0 chance, 1 together)",
        "with_each_other": "with each other",
        "order_parameter": "order parameter (uncorrected)",
        "start_spread_ms": "first hits spread over ms",
        "stop_spread_ms": "last hits spread over ms",
        "participation_gini": "participation (Gini; 0 even)",
    }
    lines = ["Group"]
    for key, what in words.items():
        figure = group[key]
        told = (
            f"{ABSENT}  {group['why_not'][key]}"
            if figure is None
            else f"{figure:.0f}"
            if "ms" in key
            else f"{figure:.2f}"
        )
        lines.append(f"  {what:<38} {told}")
    phase = group["cluster_phase"]
    if phase is not None:
        each = "  ".join(f"{name} {row['phase_deg']:+.0f}°" for name, row in phase["players"].items())
        lines.append(f"  {'cluster phase ρ':<38} {phase['rho']:.2f}   {each}")
    return ["\n".join(lines)]


def _notes(document: Row) -> list[str]:
    return ["\n".join(f"! {warning}" for warning in document["warnings"])] if document["warnings"] else []
