"""What plans became: minutes planned and real, of each step, method and domain, and answered suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drumcircle.core import stretch as stretches
from drumcircle.core.events import NS
from drumcircle.core.plan_check import by_domain, by_method, title_of
from drumcircle.core.running_order import MINUTE, RunningOrder, StepRun
from drumcircle.core.state import Finished, State
from drumcircle.core.structures import named
from drumcircle.measures.live import mean

FIGURES = ("n", "missed", "extra", "mean_asynchrony_ms", "sd_asynchrony_ms", "ppc_grid")
ECHO_FIGURES = ("f1", "f1_above_chance", "timing_error_ms")
ECHOED = ("rounds", "rhythms")
"""Under what structures keep calls with everybody's echoes."""
HALF = 0.5
"""A point belongs to the step whose bar line is nearest before it, to half a beat."""


def plans(state: State, structures: Sequence[Finished], now: int) -> dict[str, Any]:
    """Nothing where no plan was followed and nothing was suggested; ``structures``: all of the session, in order."""
    record: dict[str, Any] = {}
    if state.orders:
        record["plans"] = [_plan(state, order, structures, now) for order in state.orders]
    if state.suggested:
        record["suggestions"] = [
            {"time_s": _seconds(state, time), "reason": reason, "words": words, "answer": answer}
            for time, reason, words, answer in state.suggested
        ]
    return record


def _plan(state: State, order: RunningOrder, structures: Sequence[Finished], now: int) -> dict[str, Any]:
    real = [(run.step.structure, run.gone(now) / MINUTE) for run in order.runs]
    return {
        "name": order.plan.name,
        "title": order.plan.title,
        "population": order.plan.population,
        "planned_minutes": order.plan.minutes,
        "real_minutes": sum(minutes for _, minutes in real),
        "methods": by_method(real),
        "domains": by_domain(real),
        "steps": [_step(state, order, run, structures, now) for run in order.runs],
        "not_played": [
            title_of(order.plan, step)
            for number, step in enumerate(order.plan.steps)
            if all(run.number != number for run in order.runs)
        ],
    }


def _step(
    state: State, order: RunningOrder, run: StepRun, structures: Sequence[Finished], now: int
) -> dict[str, Any]:
    began = now if run.began is None else run.began
    ended = now if run.ended is None else run.ended
    played = [number for number, done in enumerate(structures) if done.step is run]
    return {
        "step": run.number + 1,
        "title": title_of(order.plan, run.step),
        "structure": run.step.structure,
        "planned_minutes": run.step.minutes,
        "real_minutes": run.gone(now) / MINUTE,
        "start_s": _seconds(state, began),
        "end_s": _seconds(state, ended),
        "measures": list(named(run.step.structure).measures),
        "structures": played,
        **_figures(state, began, ended, now),
        **_echoes([structures[number].results for number in played]),
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


def _echoes(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Everybody's echoes in this step: how many, and the mean of each figure of them; nothing where nobody echoes."""
    rows = [row for each in results for name in ECHOED for row in each.get(name, ()) if "echoes" in row]
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        for player, echo in row["echoes"].items():
            found.setdefault(player, []).append(echo)
    means = {
        player: {"n": len(echoes), **{name: _mean([echo[name] for echo in echoes]) for name in ECHO_FIGURES}}
        for player, echoes in found.items()
    }
    return {"echoes": means} if rows else {}


def _mean(values: Sequence[float | None]) -> float | None:
    return mean([value for value in values if value is not None])


def _seconds(state: State, time: int) -> float:
    return (time - state.config.start) / NS
