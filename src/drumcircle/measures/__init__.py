"""What can be said about when people played; a library without I/O (definitions: ``docs/measures.md``).

Times are ms, results are frozen dataclasses named by the keys of ``drumcircle analyse --json``, and a figure that
cannot be had is ``None`` with its reason in ``why_not``.

>>> import drumcircle.measures as measures
>>> pulse = measures.steady_grid(bpm=120, start_ms=0, last_ms=2000)
>>> played = measures.match([12, 495, 1020, 1490, 2003], pulse)
>>> measures.matched_asynchrony(played).mean_asynchrony_ms
4.0

Each name is loaded when it is first used: the circle itself runs on the parts in plain Python, without numpy.
Echoes have a module of their own, :mod:`drumcircle.measures.echo`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what mypy and editors read; `as` says a name is meant for others
    from drumcircle.measures.asynchronies import (  # noqa: I001  # isort would have one import a name
        Asynchrony as Asynchrony,
        Velocity as Velocity,
        asynchrony as asynchrony,
        matched_asynchrony as matched_asynchrony,
        mean_interval as mean_interval,
        mean_vector as mean_vector,
        phases as phases,
        sd_interval as sd_interval,
        velocity as velocity,
    )
    from drumcircle.measures.correction import (
        PeriodCorrection as PeriodCorrection,
        PhaseCorrection as PhaseCorrection,
        PredictionTracking as PredictionTracking,
        consecutive as consecutive,
        period_correction as period_correction,
        phase_correction as phase_correction,
        prediction_tracking as prediction_tracking,
    )
    from drumcircle.measures.grids import (
        Grid as Grid,
        grid as grid,
        steady_grid as steady_grid,
    )
    from drumcircle.measures.group import (
        GroupPhase as GroupPhase,
        group_phase as group_phase,
        matched_with_pulse as matched_with_pulse,
        start_spread_ms as start_spread_ms,
        stop_spread_ms as stop_spread_ms,
        with_each_other as with_each_other,
        with_pulse as with_pulse,
    )
    from drumcircle.measures.incremental import (
        SlidingFigures as SlidingFigures,
        Sums as Sums,
        judged_hit as judged_hit,
    )
    from drumcircle.measures.interval import (
        Intervals as Intervals,
        WingKristofferson as WingKristofferson,
        intervals as intervals,
        theil_sen as theil_sen,
        wing_kristofferson as wing_kristofferson,
    )
    from drumcircle.measures.live import (
        participation_gini as participation_gini,
    )
    from drumcircle.measures.locking import (
        Lock as Lock,
        lock as lock,
        matched_lock as matched_lock,
    )
    from drumcircle.measures.matching import (
        Matched as Matched,
        in_stretch as in_stretch,
        match as match,
    )
    from drumcircle.measures.pairwise import (
        Coupling as Coupling,
        PairAsynchrony as PairAsynchrony,
        PairCorrection as PairCorrection,
        coupling as coupling,
        ensemble_correction as ensemble_correction,
        mutual_nearest as mutual_nearest,
        pair_asynchrony as pair_asynchrony,
        pair_correction as pair_correction,
        shared as shared,
    )
    from drumcircle.measures.rows import (
        ENOUGH_HITS as ENOUGH_HITS,
        ENOUGH_INTERVALS as ENOUGH_INTERVALS,
        row as row,
    )
    from drumcircle.measures.student import (
        t_quantile as t_quantile,
    )
    from drumcircle.measures.turn_taking import (
        Turn as Turn,
        TurnFigures as TurnFigures,
        turns as turns,
    )

_NAMES = {
    "asynchronies": "Asynchrony Velocity asynchrony matched_asynchrony mean_interval mean_vector phases sd_interval velocity",
    "correction": "PeriodCorrection PhaseCorrection PredictionTracking consecutive period_correction phase_correction prediction_tracking",
    "grids": "Grid grid steady_grid",
    "group": "GroupPhase group_phase matched_with_pulse start_spread_ms stop_spread_ms with_each_other with_pulse",
    "incremental": "SlidingFigures Sums judged_hit",
    "interval": "Intervals WingKristofferson intervals theil_sen wing_kristofferson",
    "live": "participation_gini",
    "locking": "Lock lock matched_lock",
    "matching": "Matched in_stretch match",
    "pairwise": "Coupling PairAsynchrony PairCorrection coupling ensemble_correction mutual_nearest pair_asynchrony pair_correction shared",
    "rows": "ENOUGH_HITS ENOUGH_INTERVALS row",
    "student": "t_quantile",
    "turn_taking": "Turn TurnFigures turns",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"drumcircle.measures has no {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(_HOMES)
