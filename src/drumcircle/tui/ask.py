"""What a key leads to: orders to the hub, and questions at the foot of the screen.

Everything here is a value.  A question never locks the screen: a key it does not know closes it and does
what that key always does, and SPACE is never asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from drumcircle.core.events import NS, Command
from drumcircle.core.plan import Plan
from drumcircle.core.view import Happening, SessionView

SAID_FOR = 8 * NS
"""How long a sentence at the foot stays."""

# ---------------------------------------------------------------- what leaves the screen


@dataclass(frozen=True, slots=True)
class Send:
    """A command for the circle."""

    event: Command


@dataclass(frozen=True, slots=True)
class Request:
    """Something that is not the circle's: recording, quitting."""

    what: str
    arguments: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Close:
    """Close this screen with an exit code."""

    code: int


Order = Send | Request | Close

# ---------------------------------------------------------------- what the screen knows


@dataclass(frozen=True, slots=True)
class Pattern:
    """A call of the library, as far as one chooses by it."""

    name: str
    title: str
    level: int
    meter: str = ""
    """Such as ``4/4``; empty: any."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece that can be played in parts, as far as one chooses by it."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Room:
    """All that the link has told."""

    view: SessionView | None = None
    log: tuple[Happening, ...] = ()
    connected: bool = False
    words: str = ""
    """Why not connected."""
    watching: bool = False
    """A circle view: it shows and never asks for anything."""
    patterns: tuple[Pattern, ...] = ()
    plans: tuple[Plan, ...] = ()
    """The plans there are to follow."""
    pieces: tuple[Piece, ...] = ()
    explained: bool = False
    """What recording keeps has been explained on this computer."""


@dataclass(frozen=True, slots=True)
class Ui:
    """What the facilitator is looking at and being asked."""

    therapist: bool = False
    page: str = ""
    """'', 'keys', 'pads', 'plan', 'marks', 'recording' or 'welcome': a page in place of the picture."""
    prompt: Prompt | None = None
    scroll: int = 0
    """The first player drawn."""
    panel: int = 0
    """Which of the lower panels is drawn where not all fit."""
    said: str = ""
    said_at: int = 0
    settings: tuple[tuple[str, tuple[tuple[str, object], ...]], ...] = ()
    """(structure, its settings) as they were last armed from here."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The moment a key is pressed."""

    ui: Ui
    room: Room
    now: int

    @property
    def view(self) -> SessionView:
        """The last picture; actions that need one are not valid without (see ``actions.py``)."""
        assert self.room.view is not None
        return self.room.view


Step = tuple[Ui, tuple[Order, ...]]
Does = Callable[[Situation], Step]

# ---------------------------------------------------------------- questions


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer; ``key`` may be several digits, typed one after the other."""

    key: str
    words: str
    does: Does
    label: str = ""
    """How the key is written, where not as it is."""
    ink: str = "text"


@dataclass(frozen=True, slots=True)
class Menu:
    """A question with a few answers, a key each."""

    title: str
    choices: tuple[Choice, ...]
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Typing:
    """A question answered by typing; Enter gives what stands there."""

    title: str
    done: Callable[[str, Situation], Step]
    typed: str = ""
    hint: str = ""
    longest: int = 24
    """Characters that are taken."""


@dataclass(frozen=True, slots=True)
class Panel:
    """The settings of a structure before it is armed: arrows or figures change them, Enter arms."""

    structure: str
    key: str
    """The structure's own key, which arms as Enter does."""
    values: tuple[tuple[str, object], ...]
    row: int = 0
    typed: str = ""
    """Figures typed so far, of a number or of a player from 10 on."""
    live: bool = False
    """Of what runs: Enter changes it from the next bar line on."""


@dataclass(frozen=True, slots=True)
class Picker:
    """Choosing among all structures: letters filter, arrows choose."""

    typed: str = ""
    row: int = 0


Prompt = Menu | Typing | Panel | Picker

# ---------------------------------------------------------------- steps


def send(s: Situation, *events: Command, said: str = "") -> Step:
    """Close the question, send, and perhaps say so; what was said before may not be so any more."""
    ui = replace(s.ui, prompt=None, said="")
    return (say(ui, said, s.now) if said else ui), tuple(Send(event) for event in events)


def show(s: Situation, prompt: Prompt) -> Step:
    """Ask."""
    return replace(s.ui, prompt=prompt), ()


def refuse(s: Situation, words: str) -> Step:
    """Say why not."""
    return say(replace(s.ui, prompt=None), words, s.now), ()


def say(ui: Ui, words: str, now: int) -> Ui:
    """A sentence at the foot, for a while."""
    return replace(ui, said=words, said_at=now)


def said(ui: Ui, now: int) -> str:
    """The sentence still to be shown."""
    return ui.said if now - ui.said_at < SAID_FOR else ""


# ---------------------------------------------------------------- keys of a question


def press_menu(menu: Menu, key: str, s: Situation) -> Step | None:
    """Choose by key; None: this key is not an answer."""
    typed = menu.typed + key
    for choice in menu.choices:
        if choice.key == typed:
            return choice.does(s)
    if any(choice.key.startswith(typed) for choice in menu.choices):
        return show(s, replace(menu, typed=typed))
    return None


def press_typing(typing: Typing, key: str, s: Situation) -> Step | None:
    """Letters are typed; ``_`` stands for a gap, since SPACE stops the circle even here."""
    if key == "enter":
        return typing.done(typing.typed.replace("_", " ").strip(), s)
    if key == "backspace":
        return show(s, replace(typing, typed=typing.typed[:-1]))
    if len(key) == 1 and key.isprintable() and len(typing.typed) < typing.longest:
        return show(s, replace(typing, typed=typing.typed + key))
    return s.ui, ()
