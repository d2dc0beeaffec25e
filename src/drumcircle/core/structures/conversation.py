"""Conversation: whoever has something to say has the floor, until they are silent.

Nobody is judged on the beat.  Who had the floor is worked out at the end from all hits in order of time
(:mod:`drumcircle.measures.conversation`), so that it does not depend on the order in which they arrived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from drumcircle.core.events import MS
from drumcircle.core.structures.base import BAR, Played, Setting, Stage, Structure, Value, Wake, alias
from drumcircle.core.structures.heard import Heard
from drumcircle.core.structures.unheard_pulse import LEAD, UnheardPulse
from drumcircle.core.view import TurnView
from drumcircle.measures.conversation import Floor, FloorTurn, Said, floor, transfers
from drumcircle.measures.live import mean, participation_gini

LEVELS = {"heard": 1.0, "soft": 0.3, "silent": 0.0}
"""How loud the click is."""
AHEAD = 0.5


class Conversation(Structure):
    """No order and no length: the floor is taken by playing and given up by silence."""

    name = "conversation"
    title = "Conversation"
    sentence = "Whoever has something to say, says it; listen, and answer when you like."
    why = "Taking the floor, leaving room, being answered: the group finds its own turns."
    method = "improvisational"
    domains = ("communication", "social", "emotional")
    measures = (
        "who follows whom",
        "gaps and overlaps (floor-transfer offset)",
        "interjections",
        "participation",
    )
    settings = (
        Setting("silence", 2.0, "beats of silence that give up the floor; half where somebody has begun", low=0.25, high=32, live=BAR),
        Setting("pulse", "soft", "whether the pulse is heard; silent, it goes with the group", choices=tuple(LEVELS), live=BAR),
    )  # fmt: skip
    hears = hears_late = True
    lets_pulse_go = True
    pulse = "stays as it is; where it is silent, it goes with the group and comes back as they play"

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._silence, self._pulse = float(self.chosen["silence"]), str(self.chosen["pulse"])
        self._first_silence = self._silence
        self._silences: list[tuple[int, float]] = []
        """(from local beat, beats) of those after it."""
        self._heard = Heard()
        self._floor = Floor(self._silence)
        """As it stands in the order of arrival: what people see while it goes on."""
        self._shown: str | None = None
        self._unheard = UnheardPulse()
        self._line = 0
        """The bar line by which a silent pulse next goes with the group."""
        self._players: tuple[str, ...] = ()

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._go(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        self._heard.go_back(beat)
        self._floor, self._shown = Floor(self._silence), None
        self._unheard.forget()
        self._go(stage, beat)

    def _go(self, stage: Stage, beat: int) -> None:
        self._players = tuple(person.id for person in stage.players())
        stage.level("click", LEVELS[self._pulse], beat)
        self._line = stage.bar_line(beat + 1)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._silence, pulse = float(chosen["silence"]), str(chosen["pulse"])
        self._silences.append((beat, self._silence))
        self._floor.ends_after(self._silence)
        if pulse != self._pulse:
            self._pulse, self._line = pulse, stage.bar_line(beat + 1)
            self._unheard.forget()
            stage.level("click", LEVELS[pulse], beat)

    def wake(self) -> Wake | None:
        due = self._floor.due()
        moments = [] if due is None else [due]
        if self._pulse == "silent":
            moments.append(self._line - LEAD)
        return Wake(min(moments)) if moments else None

    def act(self, stage: Stage) -> None:
        due = self._floor.due()
        if self._pulse == "silent" and (due is None or self._line - LEAD <= due):
            self._unheard.follow(stage, self._players)
            self._line = stage.bar_line(self._line + 1)
        elif due is not None:
            self._floor.advance(due)
            self._tell(stage, due)

    def _tell(self, stage: Stage, beat: float) -> None:
        """Who has the floor now, if it is somebody else."""
        holder = self._floor.holder
        player = holder.player if holder is not None else None
        if player != self._shown:
            self._shown = player
            stage.turn(player, beat)

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        self._heard.hear(played)
        if played.late:
            return
        if self._pulse == "silent":
            self._unheard.hear(played)
        self._floor.hear(Said(played.time, played.beat, played.player))
        self._tell(stage, played.beat)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self._players = tuple(person.id for person in stage.players())

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        """Who goes gives up the floor by their silence."""
        self._players = tuple(person.id for person in stage.players())

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._heard.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        strokes = self._heard.all(-AHEAD, stage.beat + AHEAD)
        said = [Said(stroke.time, stroke.beat, player, stroke.epoch) for stroke, player in strokes]
        found = floor(said, self._first_silence, [each for each in self._silences if each[0] <= stage.beat])
        found.advance(stage.beat)
        passed, hits = transfers(found.turns), Counter(one.player for one in said)
        matrix: dict[str, dict[str, int]] = {}
        for one in passed:
            row = matrix.setdefault(alias(stage, one.before), {})
            after = alias(stage, one.after)
            row[after] = row.get(after, 0) + 1
        between = [one.offset / MS for one in passed if one.before != one.after]
        return {
            "turns": _rows(stage, found.turns),
            "follows": matrix,
            "gaps_ms": [offset for offset in between if offset > 0],
            "overlaps_ms": [-offset for offset in between if offset < 0],
            "floor_transfer_offset_mean_ms": mean(between),
            "interjections": found.interjections,
            "participation": self._participation(stage, hits, found.turns),
            "participation_gini": participation_gini(
                [hits[player] for player in self._players if stage.measured(player)]
            ),
        }

    def _participation(
        self, stage: Stage, hits: Mapping[str, int], turns: Sequence[FloorTurn]
    ) -> dict[str, dict[str, object]]:
        """Everybody's hits, turns, and share of all hits; who is in and silent is counted, but not who has no pad."""
        whole = sum(hits.values())
        held = Counter(turn.player for turn in turns)
        return {
            alias(stage, player): {
                "hits": hits.get(player, 0),
                "share": hits.get(player, 0) / whole if whole else None,
                "turns": held[player],
            }
            for player in dict.fromkeys((*self._players, *hits))
            if stage.measured(player) or hits[player]
        }

    def words(self, beat: float) -> str:
        return "" if self._floor.holder is not None else "the floor is free"

    def turn_view(self, beat: float) -> TurnView | None:
        holder = self._floor.holder
        return TurnView(self._players, holder.player if holder is not None else None, None, None)


def _rows(stage: Stage, turns: Sequence[FloorTurn]) -> list[dict[str, object]]:
    """One row a turn; the entry is the first hit, from the beat it is nearest to."""
    rows: list[dict[str, object]] = []
    before: FloorTurn | None = None
    for turn in turns:
        near = round(turn.first.beat)
        transfer = None
        if before is not None and before.last.stretch == turn.first.stretch:
            transfer = (turn.first.time - before.last.time) / MS
        rows.append(
            {
                "player": alias(stage, turn.player),
                "start_beat": turn.first.beat,
                "turn_duration_beats": turn.last.beat - turn.first.beat,
                "entry_offset_ms": (turn.first.time - stage.time(near)) / MS,
                "floor_transfer_offset_ms": transfer,
                "in_turn_hits": turn.hits,
            }
        )
        before = turn
    return rows
