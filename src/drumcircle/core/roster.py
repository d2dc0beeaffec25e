"""Players, pads, and the dated assignments that join them.

A *device* is what sends hits; a *pad key* is the device or ``device#note`` where each note is a pad of its
own (the default for USB).  Each hit keeps its pad; whose it was is looked up by date, so that hand-overs
"two minutes ago" only add an assignment and every figure can be made again.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

from drumcircle.core.events import MS, Join, PadFound, PadLink
from drumcircle.core.layout import Layout, key_words
from drumcircle.errors import UsageError

ALWAYS = -(2**62)


@dataclass(slots=True)
class Player:
    """One person in the circle, by alias, and how they are judged."""

    id: str
    alias: str
    shape: str
    colour: str
    subdivision: float = 1.0
    double_trigger: int = 50 * MS
    velocity_floor: int = 1
    live_only: bool = False
    resting: bool = False
    assisted: bool = False
    muted: bool = False
    left: bool = False
    wants_back: bool = False

    @property
    def active(self) -> bool:
        """Takes part now: neither resting nor gone."""
        return not (self.resting or self.left)


@dataclass(slots=True)
class Pad:
    """One device and what is known of its link."""

    id: str
    label: str
    kind: str
    voiced: bool = False
    connected: bool = True
    split: bool = False
    words: str = ""
    link: PadLink | None = None
    layout: Layout | None = None
    double_trigger: int = 0
    """Its hits are known to bounce for this long, ns."""


@dataclass(slots=True)
class _Assignments:
    since: list[int] = field(default_factory=list)
    player: list[str | None] = field(default_factory=list)

    def at(self, time: int) -> str | None:
        for index in range(len(self.since) - 1, -1, -1):
            if self.since[index] <= time:
                return self.player[index]
        return None

    def set(self, since: int, player: str | None) -> list[str | None]:
        """Returns whose it was from ``since`` on, until now."""
        before = [self.at(since)]
        while self.since and self.since[-1] >= since:
            self.since.pop()
            before.append(self.player.pop())
        self.since.append(since)
        self.player.append(player)
        return before


@dataclass(frozen=True, slots=True)
class PadHistory:
    """Whose one pad key was: (since, player id or ``None``), in order of time."""

    key: str
    words: str
    """The pad as people read it."""
    spans: tuple[tuple[int, str | None], ...]


class Roster:
    """Who is in the circle, with what."""

    def __init__(self) -> None:
        self.players: dict[str, Player] = {}
        self.pads: dict[str, Pad] = {}
        self._assigned: dict[str, _Assignments] = {}
        self._freed: dict[str, tuple[str, ...]] = {}

    # ---- people

    def join(self, join: Join) -> Player:
        """Add a player (or bring one back under the same id).

        Raises:
            UsageError: the alias is taken by somebody else.
        """
        self._free_alias(join.alias, join.player)
        player = Player(
            join.player, join.alias, join.shape, join.colour, join.subdivision,
            round(join.double_trigger_ms * MS), join.velocity_floor, join.live_only,
        )  # fmt: skip
        self.players[join.player] = player
        return player

    def player(self, player: str) -> Player:
        """The player with this id.

        Raises:
            UsageError: nobody has it.
        """
        try:
            return self.players[player]
        except KeyError:
            raise UsageError(f"Nobody in this circle is called {player!r}.") from None

    def rename(self, player: str, alias: str, shape: str | None, colour: str | None) -> None:
        """Another alias; the id stays."""
        self._free_alias(alias, player)
        person = self.player(player)
        person.alias = alias
        person.shape = shape or person.shape
        person.colour = colour or person.colour

    def active(self) -> list[Player]:
        """Players who take part now, in circle order."""
        return [p for p in self.players.values() if p.active]

    def _free_alias(self, alias: str, player: str) -> None:
        if not alias.strip():
            raise UsageError("An alias needs at least one letter.")
        if any(p.alias == alias and p.id != player for p in self.players.values()):
            raise UsageError(f"There is already somebody called {alias} in this circle.")

    # ---- pads

    def found(self, found: PadFound) -> Pad:
        """A device is there (again)."""
        pad = self.pads.get(found.pad)
        if pad is None:
            pad = self.pads[found.pad] = Pad(found.pad, found.label, found.kind, split=found.kind == "usb")
        pad.label, pad.voiced, pad.connected, pad.words = found.label, found.voiced, True, ""
        pad.layout, pad.double_trigger = found.layout, round((found.double_trigger_ms or 0) * MS)
        return pad

    def words(self, key: str) -> str:
        """A pad key as people read it: ``MPD218 pad 5``."""
        return key_words(key, self.pads.get(key.partition("#")[0]))

    def key(self, device: str, note: int) -> str:
        """The pad key of a note on a device."""
        pad = self.pads.get(device)
        split = pad.split if pad is not None else device.startswith("usb:")
        return f"{device}#{note}" if split else device

    def owner(self, key: str, time: int) -> str | None:
        """Id of the player whose pad key this was at ``time``."""
        assigned = self._assigned.get(key)
        return assigned.at(time) if assigned is not None else None

    def assign(self, key: str, player: str | None, since: int) -> list[str]:
        """From ``since`` on this pad key is that player's; later assignments of it are dropped.

        Returns the players whose hits from ``since`` on it may change.
        """
        if player is not None:
            self.player(player)
        before = self._assigned.setdefault(key, _Assignments()).set(since, player)
        return [p for p in (*before, player) if p is not None]

    def keys_of(self, player: str, time: int) -> list[str]:
        """The pad keys a player has at ``time``."""
        return [key for key, assigned in self._assigned.items() if assigned.at(time) == player]

    def keys_ever(self, players: Container[str]) -> list[str]:
        """The pad keys that any of these players has or had."""
        return [
            key
            for key, assigned in self._assigned.items()
            if any(player is not None and player in players for player in assigned.player)
        ]

    def devices_of(self, player: str, time: int) -> tuple[str, ...]:
        """The devices a player has a pad of at ``time``."""
        return tuple(dict.fromkeys(key.partition("#")[0] for key in self.keys_of(player, time)))

    def assigned(self, time: int) -> Iterator[tuple[str, str]]:
        """(pad key, player id) of everything that is somebody's at ``time``."""
        for key, assigned in self._assigned.items():
            player = assigned.at(time)
            if player is not None:
                yield key, player

    def history(self) -> Iterator[tuple[str, tuple[tuple[int, str | None], ...]]]:
        """(pad key, [(since, player id or ``None``)]) of every key that was ever somebody's."""
        for key, assigned in self._assigned.items():
            yield key, tuple(zip(assigned.since, assigned.player, strict=True))

    def last_owner(self, key: str) -> str | None:
        """Who had this pad key last, even if it is nobody's now."""
        assigned = self._assigned.get(key)
        named = [p for p in assigned.player if p is not None] if assigned else []
        return named[-1] if named else None

    def devices_ever(self, player: str) -> list[str]:
        """Every device on which anything was ever this player's."""
        keys = (key for key, assigned in self._assigned.items() if player in assigned.player)
        return list(dict.fromkeys(key.partition("#")[0] for key in keys))

    def swap(self, first: str, second: str, since: int) -> None:
        """Two players trade all their pad keys."""
        ours, theirs = self.keys_of(first, since), self.keys_of(second, since)
        for key in ours:
            self.assign(key, second, since)
        for key in theirs:
            self.assign(key, first, since)

    def leave(self, player: str, since: int) -> tuple[str, ...]:
        """The player goes; their pads, which are returned, are nobody's."""
        person = self.player(player)
        self._freed[player] = tuple(self.keys_of(player, since))
        for key in self._freed[player]:
            self.assign(key, None, since)
        person.left, person.wants_back = True, False
        return self._freed[player]

    def come_back(self, player: str, since: int) -> list[str]:
        """The player is back, with the pads of before, which are returned, as far as these are still nobody's."""
        person = self.player(player)
        person.left = person.resting = person.wants_back = False
        keys = [key for key in self._freed.pop(player, ()) if self.owner(key, since) is None]
        for key in keys:
            self.assign(key, player, since)
        return keys

    def keys_by_player(self, time: int) -> dict[str, list[str]]:
        """The pad keys of everybody who has any at ``time``: one look at all of them."""
        keys: dict[str, list[str]] = {}
        for key, player in self.assigned(time):
            keys.setdefault(player, []).append(key)
        return keys

    def devices(self, keys: Iterable[str]) -> list[Pad]:
        """The devices behind these pad keys."""
        ids = {key.partition("#")[0]: None for key in keys}
        return [self.pads[device] for device in ids if device in self.pads]
