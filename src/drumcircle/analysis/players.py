"""One player's row of the document: every key of the contract, absent figures with their reason."""

from __future__ import annotations

from typing import Any

import numpy as np

from drumcircle import measures
from drumcircle.analysis.judging import Judged
from drumcircle.analysis.recording import Floats, Hits
from drumcircle.analysis.series import steady_run

ASYNCHRONY = (
    "n", "missed", "extra", "share_played", "mean_asynchrony_ms", "sd_asynchrony_ms", "mean_abs_asynchrony_ms",
    "median_asynchrony_ms", "mean_asynchrony_ci95_ms", "vector_length", "vector_length_grid",
    "circular_mean_ms", "ppc", "ppc_grid", "rayleigh_z", "rayleigh_p", "rayleigh_z_grid", "rayleigh_p_grid",
)  # fmt: skip
NOISE = ("lag1_autocorrelation", "motor_variance_ms2", "clock_variance_ms2")
CORRECTION = (
    "phase_correction_alpha", "timekeeper_sd_ms", "motor_sd_ms", "period_correction_beta",
    "prediction_tracking_ratio",
)  # fmt: skip
LOCK = ("time_to_lock_s", "held_s")
ISOCHRONOUS = 0.4
"""Intervals within this share of their median belong to one isochronous stretch; a missed or a doubled hit
does not."""

Row = dict[str, Any]
Reasons = dict[str, str]


def player_row(judged: Judged, no_pulse: str, *, correction: bool, adaptive: bool) -> Row:
    """Every figure of one player, ``hits`` first, ``why_not`` last."""
    row: Row = {"hits": len(judged.hits)}
    reasons: Reasons = {}
    _asynchrony(row, reasons, judged, no_pulse)
    _take(row, reasons, measures.intervals(judged.hits.time_s * 1000))
    _noise(row, reasons, judged)
    _correction(row, reasons, judged, no_pulse, correction)
    _lock(row, reasons, judged, no_pulse)
    _devices(row, reasons, judged.hits)
    shown = row["n"] if judged.matched is not None else row["hits"]
    row["provisional"] = shown < measures.ENOUGH_HITS
    if adaptive:
        row["adaptive_pulse"] = True
    row["why_not"] = {key: reasons.get(key, "too few hits") for key in row if row[key] is None}
    return row


def _take(row: Row, reasons: Reasons, result: Any, keys: tuple[str, ...] = ()) -> None:
    found = measures.row(result)
    row.update({key: found[key] for key in keys or found})
    reasons.update(result.why_not)


def _absent(row: Row, reasons: Reasons, keys: tuple[str, ...], why: str) -> None:
    row.update(dict.fromkeys(keys))
    reasons.update(dict.fromkeys(keys, why))


def _asynchrony(row: Row, reasons: Reasons, judged: Judged, no_pulse: str) -> None:
    if judged.matched is not None:
        _take(row, reasons, measures.matched_asynchrony(judged.matched), ASYNCHRONY)
        return
    _absent(row, reasons, ASYNCHRONY, no_pulse)
    if judged.numbers is not None:
        n = len(judged.numbers)
        share = n / (n + judged.missed) if n else None
        row.update(n=n, missed=judged.missed, extra=judged.extra, share_played=share)


def _noise(row: Row, reasons: Reasons, judged: Judged) -> None:
    if judged.matched is not None:
        _absent(row, reasons, NOISE, "only of playing without a pulse: leave it out, and choose the stretch")
        return
    intervals = isochronous(np.diff(judged.hits.time_s) * 1000)
    if len(intervals) < measures.ENOUGH_INTERVALS:
        _absent(row, reasons, NOISE, _needs(len(intervals), "even intervals in a row"))
        return
    _take(row, reasons, measures.wing_kristofferson(intervals), NOISE)


def isochronous(intervals_ms: Floats) -> Floats:
    """The longest run of intervals that are all near the median one."""
    if not len(intervals_ms):
        return intervals_ms
    middle = np.median(intervals_ms)
    even = np.flatnonzero(np.abs(intervals_ms - middle) <= ISOCHRONOUS * middle)
    return intervals_ms[even[measures.consecutive(even)]]


def _correction(row: Row, reasons: Reasons, judged: Judged, no_pulse: str, wanted: bool) -> None:
    if not wanted:
        _absent(row, reasons, CORRECTION, "not asked for; --phase-correction gives it")
        return
    if judged.matched is None or judged.numbers is None:
        _absent(row, reasons, CORRECTION, no_pulse)
        return
    run = steady_run(judged.numbers)
    if len(run) <= measures.ENOUGH_INTERVALS:
        _absent(row, reasons, CORRECTION, _needs(len(run) - 1, "intervals in a row without a missed point"))
        return
    own = judged.times_ms[run]
    pulse = own - judged.matched.asynchronies_ms[run]
    found = measures.phase_correction(own, pulse)
    row["phase_correction_alpha"] = None if found.alpha is None else float(found.alpha[0])
    row["timekeeper_sd_ms"], row["motor_sd_ms"] = found.timekeeper_sd_ms, found.motor_sd_ms
    reasons.update({CORRECTION[0] if key == "alpha" else key: why for key, why in found.why_not.items()})
    _take(row, reasons, measures.period_correction(own, pulse), ("period_correction_beta",))
    _take(row, reasons, measures.prediction_tracking(own, pulse), ("prediction_tracking_ratio",))


def _lock(row: Row, reasons: Reasons, judged: Judged, no_pulse: str) -> None:
    if judged.matched is None:
        _absent(row, reasons, LOCK, no_pulse)
    else:
        _take(row, reasons, measures.matched_lock(judged.matched), LOCK)


def _devices(row: Row, reasons: Reasons, hits: Hits) -> None:
    known = np.empty(0) if hits.velocity is None else hits.velocity[hits.velocity > 0]
    _take(row, reasons, measures.velocity(known))
    row["timing_uncertainty_ms"], row["link_jitter_ms"] = hits.uncertainty_ms, hits.jitter_ms
    if not len(known):
        reasons.update(dict.fromkeys(("velocity_mean", "velocity_sd"), "the file has no velocities"))
    for key in ("timing_uncertainty_ms", "link_jitter_ms"):
        reasons[key] = "nothing in this recording tells it"


def _needs(found: int, what: str) -> str:
    return f"needs {measures.ENOUGH_INTERVALS} {what}; there are {max(found, 0)}"
