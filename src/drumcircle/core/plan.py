"""A plan: what a session is to be, step by step, as it is journalled; and for whom, with what that presets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from drumcircle.errors import UsageError

WhenOver = Literal["next", "again", "stay"]
"""What follows a structure that is over before the minutes of its step are: the next step, the same
structure anew, or nothing until they are (people talk on, the silence lasts)."""
SHORTEST, LONGEST = 0.1, 90.0
"""Minutes of a step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One activity of a plan."""

    structure: str
    minutes: float
    settings: dict[str, object] = field(default_factory=dict)
    title: str = ""
    """What it is called here; empty: as the plan's labels, or else the structure, call it."""
    say: str = ""
    """What the facilitator says before it; empty: the structure's own sentence."""
    waits: bool = False
    """It begins when the facilitator says so, not when the step before is over."""
    when_over: WhenOver = "next"
    bpm: float | None = None
    """The pulse it begins with; None: whatever the pulse is then."""
    sections: str = ""
    """How the circle is divided as it begins (see ``sections.py``); ``none``: it is one; empty: as it is."""
    leader: str = ""
    """Alias of the player who leads from then on; ``facilitator``; empty: whoever does."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A title, whom it is for, and its steps."""

    name: str
    title: str
    steps: tuple[Step, ...]
    population: str = "community"
    labels: dict[str, str] = field(default_factory=dict)
    """What things are called here: ``session``, ``group``, or the name of a structure."""

    @property
    def minutes(self) -> float:
        """Of all steps."""
        return sum(step.minutes for step in self.steps)


@dataclass(frozen=True, slots=True)
class Population:
    """What a plan for these people starts from.  Starting points of ours, no findings: a person decides."""

    name: str
    words: str
    bpm: float
    slowest: float
    fastest: float
    """Beats a minute between which its steps begin."""
    longest: float
    """Minutes of a step."""
    count_in: int
    loudness_db: float
    """The ceiling of everything that sounds."""


POPULATIONS: tuple[Population, ...] = (
    Population("community", "a mixed group that plays for the joy of it", 96, 60, 140, 30, 1, 0.0),
    Population("older-adults", "older adults, seated", 80, 50, 100, 12, 2, -6.0),
    Population("children", "children, in short blocks", 110, 100, 120, 5, 1, -6.0),
    Population("one-to-one", "one person and a therapist", 90, 40, 160, 20, 2, -3.0),
    Population(
        "social-timing", "a small group that works on timing with each other", 96, 60, 120, 15, 1, -3.0
    ),
)


def population(name: str) -> Population:
    """The preset of this name.

    Raises:
        UsageError: there is none.
    """
    for known in POPULATIONS:
        if known.name == name:
            return known
    raise UsageError(
        f"population cannot be {name!r}; it is one of {', '.join(known.name for known in POPULATIONS)}."
    )
