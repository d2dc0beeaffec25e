"""Turn-taking: each in turn, the ground keeps going.

All that concerns a boundary between two turns is decided half a beat ahead of it, so that a hit a little
early already belongs to the turn that comes.
"""

from __future__ import annotations

from math import ceil

from drumcircle.core.structures.base import BAR, Played, Setting, Stage, Structure, Value, Wake
from drumcircle.core.structures.turn_order import ORDERS, TurnOrder
from drumcircle.core.structures.turn_record import Turn, TurnRecord
from drumcircle.core.view import TurnView
from drumcircle.errors import UsageError

AHEAD = 0.5
"""Beats before a boundary at which it is decided who comes next."""
TURN = "the next turn"


class TurnTaking(Structure):
    """One player at a time is invited, for so many beats, until they are silent, or until the key."""

    name = "turn_taking"
    title = "Turn-taking"
    sentence = "Now you: play what you like, and the next one follows."
    why = "Waiting, being heard and handing over are the roots of conversation."
    method = "improvisational"
    domains = ("communication", "social")
    measures = ("entry offset", "floor-transfer offset", "in-, before- and after-turn hits")
    settings = (
        Setting(
            "order", "circle", "who comes when; or players joined by +, such as blue+amber",
            choices=ORDERS, free=True, live="the next round",
        ),
        Setting("ends_by", "beats", "what ends a turn", choices=("beats", "silence", "key"), live=TURN),
        Setting("beats", 8, "length of a turn that ends by beats", low=1, high=64, live=TURN),
        Setting("silence", 2, "beats without a hit of one's own that end a turn", low=1, high=16, live=BAR),
        Setting("rounds", 2, "how often everybody has a turn", low=1, high=500, live=BAR),
        Setting("rest", 0, "beats between two turns", low=0, high=32, live=BAR),
    )  # fmt: skip
    next_key = "next turn"
    hears = hears_late = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._by, self._beats = str(self.chosen["ends_by"]), int(self.chosen["beats"])
        """Of the turn of now."""
        self._silence, self._rest = int(self.chosen["silence"]), int(self.chosen["rest"])
        self._order = TurnOrder(str(self.chosen["order"]), int(self.chosen["rounds"]))
        self._record = TurnRecord()
        self._turn: Turn | None = None
        """Whose turn it is, or will be in less than half a beat."""
        self._starts: int | None = None
        """When the next turn begins, while nobody has the turn."""
        self._grace = 0

    def named_players(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._order.names))

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._grace = stage.grace
        self._await(stage)
        self._give(stage, 0)

    def _await(self, stage: Stage) -> None:
        for name in self.named_players():
            if stage.player(name) is None:
                stage.say(f"Nobody here is called {name}; they have their turns once they join.")

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        """The turn and the round of now go on; where nobody had the turn, somebody may have it."""
        before = self.chosen
        super().adopt(stage, chosen, beat)
        self._silence, self._rest = int(chosen["silence"]), int(chosen["rest"])
        self._order.change(str(chosen["order"]), int(chosen["rounds"]))
        if chosen["order"] != before["order"]:
            self._await(stage)
        if self._turn is None and self._starts is None and not (self._order.over or self._order.waits):
            self._give_from(stage, max(self._free(), beat))

    def wake(self) -> Wake | None:
        if self._order.over:
            return Wake(self._free(), self._grace)
        if self._turn is not None:
            return None if self._turn.end is None else Wake(self._turn.end - AHEAD)
        return None if self._starts is None else Wake(self._starts - AHEAD)

    def act(self, stage: Stage) -> None:
        if self._order.over:
            stage.finish(self._free())
        elif self._turn is not None:
            self._pass_on(stage, self._turn)
        elif self._starts is not None:
            self._give(stage, self._starts)

    def resume(self, stage: Stage, beat: int) -> None:
        """The interrupted turn goes on with the beats it had left; turns begun in this bar begin again."""
        again = self._record.go_back(beat)
        last = self._record.turns[-1] if self._record.turns else None
        if last is not None and (last.end is None or last.end > beat):
            if again is not None:
                self._order.go_back(again.place)
            self._turn, self._starts, self._order.over = last, None, False
            self._announce(stage, last, beat)
        elif again is not None:
            self._order.go_back(again.place)
            self._turn = None
            self._give_from(stage, again.start)

    def close(self, stage: Stage, beat: float) -> None:
        self._record.end_at(ceil(beat))

    def _free(self) -> int:
        """The end of the last turn: the next one begins there at the earliest."""
        end = self._record.turns[-1].end if self._record.turns else 0
        return end or 0

    # ---- turns

    def _give_from(self, stage: Stage, start: int) -> None:
        """Give the next turn at ``start``: now, if that is less than half a beat away."""
        self._starts = start
        if start - AHEAD <= stage.beat:
            self._give(stage, start)

    def _give(self, stage: Stage, start: int) -> None:
        """The next in order has the turn from ``start`` on; where nobody is there, it waits."""
        self._turn = self._starts = None
        self._by, self._beats = str(self.chosen["ends_by"]), int(self.chosen["beats"])
        player = self._order.take(stage, len(self._record.turns))
        if player is None:
            return
        end = None if self._by == "key" else start + self._length(stage)
        self._turn = Turn(player, start, end, self._order.place(player))
        self._record.turns.append(self._turn)
        self._announce(stage, self._turn, start)

    def _length(self, stage: Stage) -> int:
        """Beats of a turn nobody has played in; one that ends by silence and is never begun lasts a bar."""
        return self._beats if self._by == "beats" else stage.beats_in_bar

    def _announce(self, stage: Stage, turn: Turn, start: int) -> None:
        end = turn.end if self._is_certain(turn) else None
        stage.invite(turn.player, start, end)
        stage.turn(turn.player, start, end)

    def _is_certain(self, turn: Turn) -> bool:
        """Is the end of the turn known, whatever is played?"""
        return self._by == "beats" or turn.passed

    def _pass_on(self, stage: Stage, turn: Turn) -> None:
        """The turn ends in a moment."""
        end = turn.end if turn.end is not None else ceil(stage.beat)
        person = stage.player(turn.player)
        turn.live_only = person is not None and person.live_only
        stage.uninvite(turn.player, end)
        if self._rest:
            self._turn = None
            stage.turn(None, end)
            self._give_from(stage, end + self._rest)
            return
        self._give(stage, end)
        if self._turn is None:
            stage.turn(None, end)

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        if played.kept and not (played.late and self._record.closed(stage, played.near)):
            self._record.hear(stage, played)
        turn = self._turn
        if self._by == "silence" and turn is not None and turn.player == played.player:
            self._prolong(stage, turn, played)

    def _prolong(self, stage: Stage, turn: Turn, played: Played) -> None:
        """The silence that ends the turn begins after this hit."""
        if turn.passed or not turn.holds(played.near):
            return
        end = max(played.near + 1 + self._silence, ceil(stage.beat + AHEAD))
        if turn.begun and turn.end is not None:
            end = max(end, turn.end)
        changed = end != turn.end
        turn.begun, turn.end = True, end
        if changed and not played.journalled:
            stage.turn_ends_by_playing(turn.player, end)

    def turn_fact(self, stage: Stage, player: str, end: float) -> None:
        turn = self._turn
        if turn is not None and turn.player == player and not turn.passed:
            turn.begun, turn.end = True, round(end)

    def next_turn(self, stage: Stage, player: str | None, beat: float) -> None:
        if self._order.over:
            raise UsageError("All turns have been taken; there is no next one.")
        if player is not None:
            self._order.nominate(stage, player)
        elif self._turn is None:
            raise UsageError("Nobody has the turn now; choose a player who begins.")
        line = stage.bar_line(ceil(beat + AHEAD))
        if self._turn is None:
            if self._starts is None:
                self._give_from(stage, max(self._free(), line))
        elif player is None or self._by == "key":
            self._end_early(stage, self._turn, line)

    def _end_early(self, stage: Stage, turn: Turn, beat: int) -> None:
        """The turn ends at ``beat`` at the latest, whatever is played."""
        beat = max(beat, turn.start + 1)
        if turn.end is None or beat < turn.end or not self._is_certain(turn):
            turn.passed, turn.planned = True, turn.end
            turn.end = beat if turn.end is None else min(beat, turn.end)
            self._announce(stage, turn, max(turn.start, ceil(stage.beat)))

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        away = self._order.joined(stage, player)
        turn = self._turn
        if turn is not None and turn.player == player and turn.passed and away:
            turn.passed, turn.end = False, turn.planned
            self._announce(stage, turn, max(turn.start, ceil(stage.beat)))
        elif turn is None and self._starts is None and not self._order.over:
            # The beat nearest to the hit that brought them in, unless they are said to have come long ago.
            come = ceil(beat) if stage.beat - ceil(beat) < 1 else ceil(stage.beat)
            self._give_from(stage, max(self._free(), stage.bar_line(come)))

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        self._order.gone(player)
        turn = self._turn
        if turn is not None and turn.player == player:
            bar = stage.beats_in_bar
            since = max(turn.start, ceil(beat), ceil(stage.beat + AHEAD) - bar)
            self._end_early(stage, turn, since + bar)

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._record.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        return {"turns": self._record.rows(stage)}

    def words(self, beat: float) -> str:
        if self._turn is None and self._starts is None and self._record.at(beat) is None:
            if self._order.over:
                return "all turns taken"
            return "who is next?" if self._order.waits else "waiting for players"
        return self._order.words()

    def turn_view(self, beat: float) -> TurnView | None:
        now = self._record.at(beat)
        if now is None and self._order.over:
            return None
        coming = self._turn.player if self._turn is not None and self._turn is not now else self._order.peek()
        left = None
        if now is not None and now.end is not None and self._is_certain(now):
            left = ceil(now.end - beat)
        return TurnView(tuple(self._order.players), now.player if now is not None else None, coming, left)
