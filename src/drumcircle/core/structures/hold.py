"""Hold: a steady ground that leans toward the players, as musical holding does.

After each window ``[beat - T/2, beat + T/2)`` the next beat moves by alpha times the mean asynchrony of those who
played in it, at most a tenth of T; where its cues are out and cannot be replaced any more, the one after.  Nobody
played: no move.  With four players GEM (Fink et al. 2022, *Frontiers in Human Neuroscience* 16) found the SD of
asynchrony least near alpha .35 and larger than without leaning at 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt
from typing import Literal, NamedTuple

from drumcircle.core.events import MS
from drumcircle.core.pulse import MINUTE
from drumcircle.core.structures.base import BAR, Key, Played, Setting, Stage, Value, Wake, alias
from drumcircle.core.structures.ground import GROUND, OnGround

ARRIVES = 20 * MS
"""A hit at the end of the window may be so late to arrive."""
MOST = 0.1
"""Of T, a beat."""
ALL = "all"
RECENT = 64

Stretch = Literal["before", "during", "after"]


class _Recent(NamedTuple):
    time: int
    player: str
    journalled: bool
    kept: bool


@dataclass(slots=True)
class _Spread:
    """Sums of a row of whole ns, exact."""

    n: int = 0
    total: int = 0
    squares: int = 0

    def add(self, value: int) -> None:
        self.n += 1
        self.total += value
        self.squares += value * value

    def take_back(self, value: int) -> None:
        self.n -= 1
        self.total -= value
        self.squares -= value * value

    def sd_ms(self) -> float | None:
        if self.n < 2:
            return None
        return sqrt((self.n * self.squares - self.total**2) / (self.n * (self.n - 1))) / MS


@dataclass(slots=True)
class _Moves:
    """What the pulse itself did."""

    n: int = 0
    absolute: int = 0
    net: int = 0
    most: float = 0.0
    """Of T."""
    spread: _Spread = field(default_factory=_Spread)
    _most_before: float = 0.0

    def add(self, shift: int, period: float) -> None:
        self._most_before = self.most
        self.n += shift != 0
        self.absolute += abs(shift)
        self.net += shift
        self.most = max(self.most, abs(shift) / period)
        self.spread.add(shift)

    def take_back(self, shift: int) -> None:
        """The last move was another one."""
        self.most = self._most_before
        self.n -= shift != 0
        self.absolute -= abs(shift)
        self.net -= shift
        self.spread.take_back(shift)


class _Window(NamedTuple):
    """What the window that closed last may move, and by how much it did."""

    beat: int
    time: int
    """Of that beat, before."""
    period: float
    shift: int | None
    """ns; None: nobody played."""


class Hold(OnGround):
    """The pulse corrects itself toward the players a little every beat."""

    name = "hold"
    title = "Hold"
    sentence = "Play your beat; the ground listens and goes with you."
    why = "A ground that gives a little carries people who cannot keep a strict one: they are held, not corrected."
    method = "improvisational"
    domains = ("emotional", "motor", "social")
    measures = ("SD of asynchrony before, during and after", "the pulse's own movement")
    settings = (
        Setting("alpha", 0.3, "how far the next beat goes toward the players", low=0, high=1, live=BAR),
        Setting(
            "players",
            ALL,
            "whose hits count; or players joined by +, such as blue+amber",
            free=True,
            live=BAR,
        ),
        Setting("before", 4, "bars in which the pulse stays as it is, to compare with", low=0, high=32),
        GROUND,
    )
    keys = (Key("freeze", "the pulse stays as it is, or leans again"),)
    hears = True
    follows_performance = False
    lets_pulse_go = True
    pulse = "leans toward the players a little with every beat, by a tenth of one at most"

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._read(self.chosen)
        self._next = 0
        """The beat whose window closes next."""
        self._leans_from = 0
        self._frozen = False
        self._recent: list[_Recent] = []
        self._spread: dict[str, dict[Stretch, _Spread]] = {}
        self._moves = _Moves()
        self._window: _Window | None = None

    def _read(self, chosen: dict[str, Value]) -> None:
        self._alpha = float(chosen["alpha"])
        self._names = tuple(filter(None, (name.strip() for name in str(chosen["players"]).split("+"))))

    def named_players(self) -> tuple[str, ...]:
        return () if self._names == (ALL,) else self._names

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._leans_from = int(self.chosen["before"]) * stage.beats_in_bar
        self._go_on(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        self._recent.clear()
        self._go_on(stage, beat)

    def _go_on(self, stage: Stage, beat: int) -> None:
        self._next = beat
        self._ground.begin(stage, beat)
        for player in stage.players():
            stage.invite(player.id, beat)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._read(chosen)

    def wake(self) -> Wake | None:
        ground = self._ground.wake()
        return (
            ground
            if ground is not None and ground.beat <= self._next + 0.5
            else Wake(self._next + 0.5, ARRIVES)
        )

    def step(self, stage: Stage) -> None:
        """The window of a beat has closed."""
        beat, self._next = self._next, self._next + 1
        period = MINUTE / stage.tempo(beat)
        heard = list(self._in_window(stage, beat, period))
        stretch = self._stretch(beat)
        for hit, asynchrony in heard:
            if hit.kept:
                spreads = self._spread.setdefault(hit.player, {})
                spreads.setdefault(stretch, _Spread()).add(asynchrony)
        self._window = None
        if stretch == "during":
            self._lean(stage, beat, period, heard)

    def _stretch(self, beat: int) -> Stretch:
        if beat < self._leans_from:
            return "before"
        return "after" if self._frozen else "during"

    def _in_window(self, stage: Stage, beat: int, period: float) -> Iterator[tuple[_Recent, int]]:
        """Each player's hit nearest to the beat, if it means the beat, and its asynchrony."""
        at = stage.time(beat)
        ends = at + period / 2
        nearest: dict[str, tuple[_Recent, int]] = {}
        for hit in self._recent:
            asynchrony = hit.time - at
            known = nearest.get(hit.player)
            if hit.time < ends and (known is None or abs(asynchrony) < abs(known[1])):
                nearest[hit.player] = hit, asynchrony
        self._recent = [hit for hit in self._recent if hit.time >= ends]
        for hit, asynchrony in nearest.values():
            person = stage.player(hit.player)
            finer = max(1.0, person.subdivision) if person is not None else 1.0
            if -period / 2 <= asynchrony * finer < period / 2:
                yield hit, asynchrony

    def _lean(self, stage: Stage, beat: int, period: float, heard: list[tuple[_Recent, int]]) -> None:
        moved = max(beat + 1, stage.movable())
        due = stage.time(moved)
        self._window = _Window(moved, due, period, None)
        if not heard:
            return
        mean = sum(asynchrony for _, asynchrony in heard) / len(heard)
        shift = round(max(-MOST * period, min(MOST * period, self._alpha * mean)))
        self._moves.add(shift, period)
        self._window = _Window(moved, due, period, shift)
        journalled = all(hit.journalled for hit, _ in heard)
        if shift or not journalled:
            since = None if moved == beat + 1 else moved - 1
            stage.land(moved, due + shift, stage.tempo(moved), since=since, journalled=journalled)

    def moved_fact(self, stage: Stage, beat: int, bpm: float) -> None:
        window = self._window
        if window is None or window.beat != beat:
            return
        if window.shift is not None:
            self._moves.take_back(window.shift)
        self._moves.add(stage.time(beat) - window.time, window.period)

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        if self._counts(stage, played.player) and len(self._recent) < RECENT * (1 + len(stage.players())):
            self._recent.append(_Recent(played.time, played.player, played.journalled, played.kept))

    def _counts(self, stage: Stage, player: str) -> bool:
        if self._names == (ALL,):
            return True
        person = stage.player(player)
        return person is not None and (person.alias in self._names or person.id in self._names)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        stage.invite(player, beat)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        stage.uninvite(player, beat)

    def press(self, stage: Stage, key: str, beat: float) -> None:
        if key != "freeze":
            super().press(stage, key, beat)
        self._frozen = not self._frozen
        stage.say(
            "The pulse stays as it is." if self._frozen else "The pulse leans again.", scope="therapist"
        )

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._recent.clear()
        self._spread.clear()
        self._moves = _Moves()

    @property
    def adaptive(self) -> bool:
        return self._moves.n > 0

    def results(self, stage: Stage) -> dict[str, object]:
        moves = self._moves
        return {
            "players": {
                alias(stage, player): {
                    f"sd_asynchrony_{stretch}_ms": spread.sd_ms() for stretch, spread in spreads.items()
                }
                for player, spreads in self._spread.items()
            },
            "pulse": {
                "moves": moves.n,
                "mean_abs_move_ms": moves.absolute / moves.spread.n / MS if moves.spread.n else None,
                "sd_move_ms": moves.spread.sd_ms(),
                "net_move_ms": moves.net / MS,
                "largest_move_percent": 100 * moves.most,
            },
        }

    def words(self, beat: float) -> str:
        stretch = self._stretch(int(beat))
        if stretch == "before":
            return "steady, to compare with"
        return "steady again" if stretch == "after" else "leaning toward you"
