"""What to remember of free playing: curves, and three moments.  No score.

Worked out hit by hit at constant cost, in the order hits are heard:

* the *longest steady run*: one player's intervals, each within 10 % of the one before;
* the *first change begun*: the first stretch of 5 s in which the group plays half as often again as in the one
  before (or the other way round), or 15 louder or softer in velocity, and who changed most;
* the *longest exchange*: two players alternating, phrase by phrase, with nobody between.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from drumcircle.core.events import NS
from drumcircle.core.structures.base import Played, Stage, alias

CURVE = 10 * NS
STRETCH = 5 * NS
STEADY, FEWEST_STEADY = 0.1, 4
DENSER, LOUDER = 1.5, 15.0
FEWEST_HITS = 8
FEWEST_TURNS = 4
KEPT_WINDOWS = 720


@dataclass(slots=True)
class _Run:
    """Somebody's intervals so far, each near the one before."""

    since: int
    last: int
    interval: int = 0
    count: int = 0


@dataclass(slots=True)
class _Steady:
    player: str
    start: int
    end: int
    intervals: int


@dataclass(slots=True)
class _Exchange:
    first: str
    second: str
    start: int
    end: int
    turns: int


@dataclass(slots=True)
class _Stretch:
    """Hits and summed velocity of each player in 5 s."""

    number: int
    hits: dict[str, int] = field(default_factory=dict)
    velocity: dict[str, int] = field(default_factory=dict)

    def add(self, played: Played) -> None:
        self.hits[played.player] = self.hits.get(played.player, 0) + 1
        self.velocity[played.player] = self.velocity.get(played.player, 0) + played.velocity

    def n(self) -> int:
        return sum(self.hits.values())

    def mean_velocity(self) -> float:
        return sum(self.velocity.values()) / max(1, self.n())

    def changed(self, before: _Stretch) -> bool:
        """Is it so different from the one before that somebody began something?"""
        ours, theirs = self.n(), before.n()
        if self.number != before.number + 1 or min(ours, theirs) < FEWEST_HITS:
            return False
        denser = max(ours, theirs) >= DENSER * min(ours, theirs)
        return denser or abs(self.mean_velocity() - before.mean_velocity()) >= LOUDER

    def most_changed(self, before: _Stretch) -> str:
        """Whose hits, weighed by their force, changed most."""
        players = list(dict.fromkeys([*before.hits, *self.hits]))
        return max(players, key=lambda p: abs(self.velocity.get(p, 0) - before.velocity.get(p, 0)))


class Moments:
    """Guards the curves and the three moments."""

    def __init__(self) -> None:
        self._since: int | None = None
        self._windows: list[list[float]] = []
        """Hits, summed velocity, and tempo where there was one, of each 10 s."""
        self._runs: dict[str, _Run] = {}
        self._steady: _Steady | None = None
        self._stretch = self._before = _Stretch(-1)
        self._change: tuple[int, str] | None = None
        self._exchange: _Exchange | None = None
        self._best: _Exchange | None = None

    def begin(self, time: int) -> None:
        """Free playing begins at this time; again after a stop, when nothing goes on across it."""
        if self._since is None:
            self._since = time
        self._runs.clear()
        self._exchange = None
        self._stretch = self._before = _Stretch(-1)

    def anew(self) -> Moments:
        """Of the same stretch, with nothing played in it yet."""
        fresh = Moments()
        fresh._since = self._since
        return fresh

    def hear(self, played: Played) -> None:
        """One kept hit."""
        if self._since is None:
            return
        window = self._window(played.time)
        window[0] += 1
        window[1] += played.velocity
        self._run(played)
        self._alternate(played)
        self._compare(played)

    def tempo(self, time: int, bpm: float) -> None:
        """The group has a common tempo at this time."""
        self._window(time)[2] = bpm

    def _window(self, time: int) -> list[float]:
        number = min(KEPT_WINDOWS, max(0, (time - (self._since or 0)) // CURVE))
        while len(self._windows) <= number:
            self._windows.append([0, 0, 0.0])
        return self._windows[number]

    def _run(self, played: Played) -> None:
        run = self._runs.get(played.player)
        if run is None or played.time <= run.last:
            self._runs[played.player] = _Run(played.time, played.time)
            return
        interval = played.time - run.last
        if run.count and abs(interval - run.interval) > STEADY * run.interval:
            run.since, run.count = run.last, 0
        run.last, run.interval, run.count = played.time, interval, run.count + 1
        best = self._steady
        if run.count >= FEWEST_STEADY and (best is None or run.last - run.since > best.end - best.start):
            self._steady = _Steady(played.player, run.since, run.last, run.count)

    def _alternate(self, played: Played) -> None:
        now = self._exchange
        if now is None:
            self._exchange = _Exchange(played.player, "", played.time, played.time, 1)
        elif played.player == self._speaking(now):
            now.end = played.time
        elif now.second in ("", played.player) or played.player == now.first:
            now.second = now.second or played.player
            now.turns += 1
            now.end = played.time
        else:
            self._exchange = _Exchange(self._speaking(now), played.player, now.end, played.time, 2)
        now = self._exchange
        if (
            now is not None
            and now.turns >= FEWEST_TURNS
            and (self._best is None or now.turns > self._best.turns)
        ):
            self._best = _Exchange(now.first, now.second, now.start, now.end, now.turns)

    def _speaking(self, now: _Exchange) -> str:
        return now.first if now.turns % 2 else now.second

    def _compare(self, played: Played) -> None:
        number = (played.time - (self._since or 0)) // STRETCH
        if number > self._stretch.number:
            if self._change is None and self._stretch.changed(self._before):
                who = self._stretch.most_changed(self._before)
                self._change = (self._since or 0) + self._stretch.number * STRETCH, who
            self._before, self._stretch = self._stretch, _Stretch(number)
        if number == self._stretch.number:
            self._stretch.add(played)

    # ---- figures

    def results(self, stage: Stage) -> dict[str, object]:
        """Curves every 10 s, and the moments; times in seconds from the beginning."""
        lasted = stage.time(stage.beat) - (self._since or 0)
        seconds = [min(CURVE, lasted - at * CURVE) / NS for at in range(len(self._windows))]
        return {
            "every_s": CURVE / NS,
            "hits_a_second": [
                row[0] / s if s > 1 else None for row, s in zip(self._windows, seconds, strict=True)
            ],
            "velocity_mean": [row[1] / row[0] if row[0] else None for row in self._windows],
            "tempo_bpm": [row[2] or None for row in self._windows],
            "moments": {
                "longest_steady_run": self._steady_row(stage),
                "first_change_begun": self._change_row(stage),
                "longest_exchange": self._exchange_row(stage),
            },
        }

    def _seconds(self, time: int) -> float:
        return (time - (self._since or 0)) / NS

    def _steady_row(self, stage: Stage) -> dict[str, object] | None:
        run = self._steady
        if run is None:
            return None
        return {
            "player": alias(stage, run.player),
            "start_s": self._seconds(run.start),
            "seconds": (run.end - run.start) / NS,
            "bpm": 60 * NS * run.intervals / (run.end - run.start),
        }

    def _change_row(self, stage: Stage) -> dict[str, object] | None:
        if self._change is None:
            return None
        time, player = self._change
        return {"player": alias(stage, player), "start_s": self._seconds(time)}

    def _exchange_row(self, stage: Stage) -> dict[str, object] | None:
        found = self._best
        if found is None:
            return None
        return {
            "players": [alias(stage, found.first), alias(stage, found.second)],
            "turns": found.turns,
            "start_s": self._seconds(found.start),
            "seconds": (found.end - found.start) / NS,
        }
