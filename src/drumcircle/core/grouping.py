"""Commands about who plays with whom: sections of the circle, and who leads."""

from __future__ import annotations

from drumcircle.core import sections
from drumcircle.core.events import Divide, Lead, PutInSection
from drumcircle.core.plan import Step
from drumcircle.core.stage import RunningStage
from drumcircle.core.state import State
from drumcircle.errors import UsageError

DRAWN_INTO = 2
UNDIVIDED, FACILITATOR = "none", "facilitator"


def divide(state: State, event: Divide, now: int) -> None:
    """The circle in sections, or one again; a structure that goes by them follows."""
    if event.sections:
        players = state.roster.active()
        state.sections = sections.divide(event.sections, players, DRAWN_INTO, state.rng.shuffle)
        told = "; ".join(_words(state, section) for section in state.sections)
        state.notice(now, f"Sections: {told}.")
    else:
        state.sections = []
        state.notice(now, "The circle is one again.")
    _tell(state, now)


def put_in_section(state: State, event: PutInSection, now: int) -> None:
    """One player changes sections."""
    person = state.roster.player(event.player)
    if not state.sections:
        raise UsageError("The circle is not in sections; divide it first.")
    names = [section.name for section in state.sections]
    here = sections.home(state.sections, person.id)
    if event.section is None:
        to = 0 if here is None else (here + 1) % len(names)
    elif event.section in names:
        to = names.index(event.section)
    else:
        raise UsageError(f"There is no section called {event.section!r}; there are {', '.join(names)}.")
    if here is not None:
        state.sections[here].members.remove(person.id)
    state.sections[to].members.append(person.id)
    state.notice(now, f"{state.title(person.id)} is in section {names[to]}.")
    _tell(state, now)


def lead(state: State, event: Lead, now: int) -> None:
    """A player leads, or the facilitator again."""
    if event.player is not None:
        person = state.roster.player(event.player)
        if not person.active:
            raise UsageError(f"{person.alias} rests or has left; choose somebody who is in.")
    state.leader = event.player
    who = "The facilitator" if event.player is None else state.title(event.player)
    state.notice(now, f"{who} leads.")
    if state.running is not None and state.stop is None:
        stage = RunningStage(state, state.running, now)
        state.running.structure.led_by(stage, event.player, stage.beat)


def for_step(state: State, step: Step, now: int) -> None:
    """What a step of a plan says of sections and of who leads; somebody who is not here cannot."""
    if step.sections:
        divide(state, Divide("" if step.sections == UNDIVIDED else step.sections), now)
    if step.leader:
        people = (p for p in state.roster.active() if step.leader in (p.alias, p.id))
        person = next(people, None)
        if person is None and step.leader != FACILITATOR:
            state.notice(now, f"{step.leader} is not here to lead.", "warning", "therapist")
        lead(state, Lead(None if person is None else person.id), now)


def _words(state: State, section: sections.Section) -> str:
    known = state.roster.players
    return f"{section.name} {', '.join(known[p].alias if p in known else p for p in section.members) or 'nobody'}"


def _tell(state: State, now: int) -> None:
    if state.running is not None:
        stage = RunningStage(state, state.running, now)
        state.running.structure.regrouped(stage, stage.beat)
