"""What plans became: minutes planned and real, of each step, method and domain, and answered suggestions."""

from __future__ import annotations

from typing import Any

from drumcircle.core import stretch as stretches
from drumcircle.core.events import NS
from drumcircle.core.plan_check import by_domain, by_method, title_of
from drumcircle.core.running_order import MINUTE, RunningOrder, StepRun
from drumcircle.core.state import State
from drumcircle.core.structures import named

FIGURES = ("n", "missed", "extra", "mean_asynchrony_ms", "sd_asynchrony_ms", "ppc_grid")
HALF = 0.5
"""A point belongs to the step whose bar line is nearest before it, to half a beat."""


def plans(state: State, now: int) -> dict[str, Any]:
    """Nothing where no plan was followed and nothing was suggested."""
    record: dict[str, Any] = {}
    if state.orders:
        record["plans"] = [_plan(state, order, now) for order in state.orders]
    if state.suggested:
        record["suggestions"] = [
            {"time_s": _seconds(state, time), "reason": reason, "words": words, "answer": answer}
            for time, reason, words, answer in state.suggested
        ]
    return record


def _plan(state: State, order: RunningOrder, now: int) -> dict[str, Any]:
    real = [(run.step.structure, run.gone(now) / MINUTE) for run in order.runs]
    return {
        "name": order.plan.name,
        "title": order.plan.title,
        "population": order.plan.population,
        "planned_minutes": order.plan.minutes,
        "real_minutes": sum(minutes for _, minutes in real),
        "methods": by_method(real),
        "domains": by_domain(real),
        "steps": [_step(state, order, run, now) for run in order.runs],
        "not_played": [
            title_of(order.plan, step)
            for number, step in enumerate(order.plan.steps)
            if all(run.number != number for run in order.runs)
        ],
    }


def _step(state: State, order: RunningOrder, run: StepRun, now: int) -> dict[str, Any]:
    began = now if run.began is None else run.began
    ended = now if run.ended is None else run.ended
    return {
        "step": run.number + 1,
        "title": title_of(order.plan, run.step),
        "structure": run.step.structure,
        "planned_minutes": run.step.minutes,
        "real_minutes": run.gone(now) / MINUTE,
        "start_s": _seconds(state, began),
        "end_s": _seconds(state, ended),
        "measures": list(named(run.step.structure).measures),
        **_figures(state, began, ended, now),
    }


def _figures(state: State, began: int, ended: int, now: int) -> dict[str, Any]:
    """Everybody against the pulse in this step, where they were judged in it; and the group."""
    stretch = [(state.beat(began) - HALF, state.beat(ended) - HALF)]
    players: dict[str, Any] = {}
    for player in state.roster.players.values():
        found = stretches.figures(state, player.id, stretch, state.beat(now))
        if found.n:
            players[player.alias] = {name: getattr(found, name) for name in FIGURES}
    return {"players": players, "with_pulse": stretches.together(state, list(state.roster.players), stretch)}


def _seconds(state: State, time: int) -> float:
    return (time - state.config.start) / NS
