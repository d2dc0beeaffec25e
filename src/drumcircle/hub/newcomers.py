"""Who an unknown pad is, where nobody is there to be asked: a player at its first hit.

Over MQTT and the link a player is called as the pad; over USB as the note, or ``PORT/NOTE`` once two ports
sound; virtual players take the circle's aliases.
"""

from __future__ import annotations

from drumcircle.core.aliases import ALIASES
from drumcircle.core.events import Assign, Event, Hit, Join, Rename
from drumcircle.core.session import Session

ALWAYS_JOIN = ("sim", "link")


class Newcomers:
    """Says which commands must come before a hit so that it is somebody's."""

    def __init__(self, session: Session, *, ask: bool) -> None:
        self._session, self._ask = session, ask
        self._ports: list[str] = []
        self._by_note: dict[str, tuple[str, int]] = {}
        """Player id -> (port, note) of those we named by note."""

    def before(self, hit: Hit) -> list[Event]:
        """Commands to handle first; none where the pad is somebody's or a person is to be asked."""
        kind, _, name = hit.pad.partition(":")
        if (self._ask and kind not in ALWAYS_JOIN) or self._session.owner(hit) is not None:
            return []
        if self._session.left_their_pad(hit):
            return []
        if kind == "sim":
            return [self._seat(hit, *self._virtual(name))]
        if kind != "usb":
            return [self._seat(hit, name)]
        return self._usb(hit, name)

    def _usb(self, hit: Hit, port: str) -> list[Event]:
        commands: list[Event] = []
        if port not in self._ports:
            self._ports.append(port)
            if len(self._ports) == 2:
                commands = [Rename(p, f"{at}/{note}") for p, (at, note) in self._by_note.items()]
        alone = len(self._ports) == 1
        seat = self._seat(hit, str(hit.note) if alone else f"{port}/{hit.note}")
        if alone:
            player = seat.player
            if player is not None:
                self._by_note[player] = (port, hit.note)
        return [*commands, seat]

    def _seat(self, hit: Hit, alias: str, shape: str = "●", colour: str = "grey") -> Join | Assign:
        """The player of this name, if one waits without a pad; else a new one."""
        session, key = self._session, self._session.key(hit)
        known = session.players().get(alias)
        if known is not None and not session.has_pad(known, hit.time):
            return Assign(key, known, hit.time)
        config = session.config
        free = _free(alias, session.players())
        return Join(
            free, free, shape, colour, (key,), hit.time,
            subdivision=config.subdivision, double_trigger_ms=config.double_trigger_ms,
        )  # fmt: skip

    def _virtual(self, name: str) -> tuple[str, str, str]:
        taken = self._session.players()
        if name not in taken:
            return name, "●", "grey"
        for alias in ALIASES:
            if alias.alias not in taken:
                return alias.alias, alias.shape, alias.colour
        return name, "●", "grey"


def _free(alias: str, taken: dict[str, str]) -> str:
    """The alias itself, or the first of alias-2, alias-3 ... that nobody has (as alias or id)."""
    used = {**taken, **{player: player for player in taken.values()}}
    number, free = 1, alias
    while free in used:
        number += 1
        free = f"{alias}-{number}"
    return free
