"""Commands about the plan, settings while something runs, marks and suggestions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drumcircle.core.plan import Plan


@dataclass(frozen=True, slots=True)
class Follow:
    """Follow this plan, from its first step on; another one that is followed is left."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class MoveInPlan:
    """``next``: the step after the one that runs or is armed.  ``again``: this step from its beginning, or
    the one before while it has only just begun."""

    to: Literal["next", "again"]


@dataclass(frozen=True, slots=True)
class PausePlan:
    """The clock of the step stands (``on``), or goes on; what is played is played on."""

    on: bool


@dataclass(frozen=True, slots=True)
class StretchStep:
    """The step lasts so many minutes longer (or, below 0, shorter)."""

    minutes: float = 1.0


@dataclass(frozen=True, slots=True)
class LeavePlan:
    """Follow the plan no further; what runs goes on."""


@dataclass(frozen=True, slots=True)
class Change:
    """Other settings for what runs, from the next bar line on."""

    settings: dict[str, object]


@dataclass(frozen=True, slots=True)
class UndoChange:
    """Take the last change of settings back."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What the mark ``number`` (from 1; 0: the last) was about; None leaves it as it is."""

    number: int
    kind: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Suggest:
    """Suggestions for the facilitator, or none."""

    on: bool


@dataclass(frozen=True, slots=True)
class AnswerSuggestion:
    """A suggestion, as it was shown, is taken or dismissed; what it offers is a command of its own."""

    number: int
    taken: bool
    reason: str
    words: str


PlanCommand = (
    Follow
    | MoveInPlan
    | PausePlan
    | StretchStep
    | LeavePlan
    | Change
    | UndoChange
    | Remark
    | Suggest
    | AnswerSuggestion
)
