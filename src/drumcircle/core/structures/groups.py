"""Who is in which section while a structure runs."""

from __future__ import annotations

from drumcircle.core.roster import Player
from drumcircle.core.sections import CIRCLE, WAYS, Section, checked, home, seat
from drumcircle.core.structures.base import Setting, Stage

SECTIONS = Setting(
    "sections",
    CIRCLE,
    "who plays together: as the circle is divided, or groups such as blue+amber/green",
    choices=WAYS,
    free=True,
)


class Groups:
    """The sections a structure plays in: as they are at its start, and as people come and change."""

    def __init__(self, text: str, count: int) -> None:
        self._text, self._count = checked(text), count
        self.sections: list[Section] = []

    def begin(self, stage: Stage) -> None:
        """Divide whoever is here."""
        self.sections = stage.sections(self._text, self._count)

    def regroup(self, stage: Stage) -> bool:
        """The facilitator divided the circle anew: is it for us?"""
        if self._text == CIRCLE:
            self.begin(stage)
        return self._text == CIRCLE

    def joined(self, stage: Stage, player: str) -> None:
        """Somebody came (back) in."""
        person = stage.player(player)
        if person is not None:
            seat(self.sections, person)

    def of(self, player: str) -> int:
        """The section of somebody who has been divided in; of others the first."""
        return home(self.sections, player) or 0

    def name_of(self, player: str) -> str:
        at = home(self.sections, player)
        return "" if at is None else self.sections[at].name

    def here(self, stage: Stage, section: int) -> list[Player]:
        """Who plays in a section and takes part now, in circle order."""
        return [person for person in stage.players() if home(self.sections, person.id) == section]
