"""What a group can be doing: one file a structure, one line here."""

from __future__ import annotations

from drumcircle.core.structures.accents import Accents
from drumcircle.core.structures.base import Structure
from drumcircle.core.structures.call_and_response import CallAndResponse
from drumcircle.core.structures.compose import Compose
from drumcircle.core.structures.continuation import Continuation
from drumcircle.core.structures.conversation import Conversation
from drumcircle.core.structures.dynamics import Dynamics
from drumcircle.core.structures.free_play import FreePlay
from drumcircle.core.structures.groove import Groove
from drumcircle.core.structures.hold import Hold
from drumcircle.core.structures.interlock import Interlock
from drumcircle.core.structures.layering import Layering
from drumcircle.core.structures.leader_rotation import LeaderRotation
from drumcircle.core.structures.listen import Listen
from drumcircle.core.structures.mirror import Mirror
from drumcircle.core.structures.name_rhythm import NameRhythm
from drumcircle.core.structures.paced_steps import PacedSteps
from drumcircle.core.structures.parts import Parts
from drumcircle.core.structures.pass_the_beat import PassTheBeat
from drumcircle.core.structures.question_and_answer import QuestionAndAnswer
from drumcircle.core.structures.rumble import Rumble
from drumcircle.core.structures.showcase import Showcase
from drumcircle.core.structures.stop_cut import StopCut
from drumcircle.core.structures.talk import Talk
from drumcircle.core.structures.tempo_match import TempoMatch
from drumcircle.core.structures.tempo_ramp import TempoRamp
from drumcircle.core.structures.turn_taking import TurnTaking
from drumcircle.core.structures.wind_down import WindDown
from drumcircle.errors import UsageError

STRUCTURES: tuple[type[Structure], ...] = (
    Groove,
    Interlock,
    CallAndResponse,
    QuestionAndAnswer,
    TurnTaking,
    PassTheBeat,
    Conversation,
    NameRhythm,
    LeaderRotation,
    Layering,
    Showcase,
    Parts,
    Rumble,
    StopCut,
    Accents,
    Dynamics,
    TempoRamp,
    TempoMatch,
    PacedSteps,
    Continuation,
    Mirror,
    Hold,
    FreePlay,
    Compose,
    Listen,
    Talk,
    WindDown,
)


def named(name: str) -> type[Structure]:
    """The structure with this name.

    Raises:
        UsageError: there is none.
    """
    for structure in STRUCTURES:
        if structure.name == name:
            return structure
    known = ", ".join(structure.name for structure in STRUCTURES)
    raise UsageError(f"There is no structure called {name!r}; there are {known}.")


def parse(text: str) -> tuple[str, dict[str, object]]:
    """``NAME[:key=value,...]`` as typed on the command line.

    Raises:
        UsageError: no such structure or setting, or a value that cannot be.
    """
    name, _, rest = text.partition(":")
    settings: dict[str, object] = {}
    for pair in filter(None, rest.split(",")):
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"{pair!r} is not key=value in the settings of {name}.")
        settings[key.strip()] = value.strip()
    named(name)(settings)
    return name, settings
