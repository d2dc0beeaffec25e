"""Question and answer: the shape of call and response, in one's own words.

An exchange is a question and an answer of the same length; who asks next is decided half a beat ahead.  Nobody
is judged on the beat.  A stroke from a fifth of a beat before a bar line on belongs to the bar that comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

from drumcircle.core.events import MS
from drumcircle.core.structures.base import Played, Setting, Stage, Structure, Value, Wake, alias
from drumcircle.core.structures.calls import LIVE_MARGIN
from drumcircle.core.structures.heard import Heard, Stroke
from drumcircle.core.structures.turn_order import ORDERS, TurnOrder
from drumcircle.core.view import TurnView
from drumcircle.errors import UsageError
from drumcircle.measures.turn_taking import response_latency_ms

AHEAD = 0.5
QUESTION = "the next question"


@dataclass(slots=True)
class Exchange:
    """A question from ``start`` to ``answer`` and its answer up to ``end``, in local beats."""

    asker: str
    round: int
    start: int = 0
    answer: int = 0
    end: int = 0
    answered: bool = False
    """The answer has begun, or will not come."""
    answerers: list[str] = field(default_factory=list)
    """Until it has begun: who would answer."""


class QuestionAndAnswer(Structure):
    """Each in turn asks; the next one, or everybody, answers with something of their own."""

    name = "question_and_answer"
    title = "Question and answer"
    sentence = "Ask something with your drum; you there, answer it in your own words."
    why = "A conversation without words: to be asked, to be heard, to have an answer of one's own."
    method = "improvisational"
    domains = ("communication", "social", "cognitive")
    measures = ("response latency", "floor-transfer offset", "length ratio", "density")
    settings = (
        Setting("bars", 1, "length of a question, and of an answer", choices=(1, 2, 4), live=QUESTION),
        Setting(
            "order", "circle", "who asks when; or players joined by +, such as blue+amber",
            choices=ORDERS, free=True,
        ),
        Setting("answers", "next", "who answers: the next in the circle, or all", choices=("next", "all"), live=QUESTION),
        Setting("rounds", 2, "how often everybody asks", low=1, high=100, live=QUESTION),
    )  # fmt: skip
    next_key = "next turn"
    hears = hears_late = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._bars, self._rounds = int(self.chosen["bars"]), int(self.chosen["rounds"])
        self._order = TurnOrder(str(self.chosen["order"]), self._rounds)
        self._exchanges: list[Exchange] = []
        self._now: Exchange | None = None
        """The exchange that goes on, or begins in less than half a beat."""
        self._starts: int | None = None
        """When the next question begins, while none goes on."""
        self._heard = Heard()

    def named_players(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._order.names))

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._ask(stage, 0)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._bars, self._rounds = int(chosen["bars"]), int(chosen["rounds"])
        self._order.change(str(chosen["order"]), self._rounds)

    def wake(self) -> Wake | None:
        if self._now is not None:
            return Wake((self._now.end if self._now.answered else self._now.answer) - AHEAD)
        return None if self._starts is None else Wake(self._starts - AHEAD)

    def act(self, stage: Stage) -> None:
        if self._now is None:
            self._ask(stage, self._starts or 0)
        elif self._now.answered:
            self._ask(stage, self._now.end)
        else:
            self._answer(stage, self._now)

    def _ask(self, stage: Stage, start: int) -> None:
        """The next in order asks from ``start`` on; where nobody is there, it waits; after all, it is over."""
        self._now = self._starts = None
        asker = self._order.take(stage, len(self._exchanges))
        if asker is None:
            stage.turn(None, start)
            if self._order.over:
                stage.finish(start)
            return
        self._now = Exchange(asker, self._order.place(asker).round)
        self._exchanges.append(self._now)
        self._begin(stage, self._now, start)

    def _begin(self, stage: Stage, exchange: Exchange, start: int) -> None:
        length = self._bars * stage.beats_in_bar
        exchange.start, exchange.answer, exchange.end = start, start + length, start + 2 * length
        exchange.answered, exchange.answerers = False, self._who_answers(stage, exchange.asker)
        stage.turn(exchange.asker, start, exchange.answer)

    def _answer(self, stage: Stage, exchange: Exchange) -> None:
        exchange.answered = True
        exchange.answerers = self._who_answers(stage, exchange.asker)
        one = exchange.answerers[0] if len(exchange.answerers) == 1 else None
        stage.turn(one, exchange.answer, exchange.end)

    def _who_answers(self, stage: Stage, asker: str) -> list[str]:
        everybody = [person.id for person in stage.players()]
        at = everybody.index(asker) if asker in everybody else 0
        others = [player for player in everybody[at:] + everybody[:at] if player != asker]
        return others if self.chosen["answers"] == "all" else others[:1]

    def resume(self, stage: Stage, beat: int) -> None:
        """An exchange that was interrupted begins again with its question."""
        self._heard.go_back(beat)
        if self._now is not None:
            self._begin(stage, self._now, max(beat, self._now.start))
        elif self._starts is not None:
            self._starts = max(self._starts, beat)

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        self._heard.hear(played)

    def next_turn(self, stage: Stage, player: str | None, beat: float) -> None:
        """Question or answer are over on the next bar line; a nominated player asks next."""
        if player is not None:
            self._order.nominate(stage, player)
        elif self._now is None:
            raise UsageError("Nobody asks now; choose a player who begins.")
        line = stage.bar_line(ceil(beat + AHEAD))
        if self._now is None:
            self._starts = max(line, self._free())
        elif player is None:
            self._shorten(stage, self._now, line)

    def _free(self) -> int:
        return self._exchanges[-1].end if self._exchanges else 0

    def _shorten(self, stage: Stage, exchange: Exchange, line: int) -> None:
        """What goes on, the question or the answer, is over on ``line`` at the latest."""
        if exchange.answered:
            exchange.end = max(exchange.answer + 1, min(exchange.end, line))
        elif line < exchange.answer and line > exchange.start:
            exchange.answer, exchange.end = line, line + exchange.end - exchange.answer
            stage.turn(exchange.asker, max(exchange.start, ceil(stage.beat)), exchange.answer)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self._order.joined(stage, player)
        if self._now is not None and not self._now.answered:
            self._now.answerers = self._who_answers(stage, self._now.asker)
        if self._now is None and self._starts is None and not (self._order.over or self._order.waits):
            self._starts = stage.bar_line(max(ceil(beat), ceil(stage.beat + AHEAD), self._free()))

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        """A question whose asker is gone, or an answer nobody is there for, passes on after one bar."""
        self._order.gone(player)
        exchange = self._now
        if exchange is None:
            return
        here = {person.id: None for person in stage.players()}
        asked = not exchange.answered and exchange.asker == player
        unanswered = exchange.answered and not any(answerer in here for answerer in exchange.answerers)
        if asked or unanswered:
            line = stage.bar_line(ceil(max(beat, exchange.start, stage.beat)) + stage.beats_in_bar)
            self._shorten(stage, exchange, line)
        if asked:
            exchange.answered, exchange.end, exchange.answerers = True, exchange.answer, []
        elif not exchange.answered:
            exchange.answerers = self._who_answers(stage, exchange.asker)

    def close(self, stage: Stage, beat: float) -> None:
        """Nothing goes beyond the end: a question or an answer that was cut short is as long as it was."""
        self._exchanges = [exchange for exchange in self._exchanges if exchange.start < beat]
        for exchange in self._exchanges[-1:]:
            exchange.answered = exchange.answered and exchange.answer < beat
            exchange.answer, exchange.end = min(exchange.answer, ceil(beat)), min(exchange.end, ceil(beat))

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._heard.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        begun = [exchange for exchange in self._exchanges if exchange.start <= stage.beat]
        return {"exchanges": [self._row(stage, exchange) for exchange in begun]}

    def _row(self, stage: Stage, exchange: Exchange) -> dict[str, object]:
        asked = self._strokes(exchange.asker, exchange.start, exchange.answer)
        answered = exchange.answerers if exchange.answered else ()
        kept = [player for player in answered if stage.measured(player)]
        asker_kept = stage.measured(exchange.asker)
        return {
            "round": exchange.round,
            "asker": alias(stage, exchange.asker),
            "start_beat": exchange.start,
            "question_hits": len(asked) if asker_kept else None,
            "question_density": _density(asked, exchange.answer - exchange.start) if asker_kept else None,
            "answers": {alias(stage, player): self._reply(exchange, asked, player) for player in kept},
        }

    def _reply(self, exchange: Exchange, asked: list[Stroke], player: str) -> dict[str, object]:
        """One answer beside its question; hits a beat, and lengths from first to last stroke in beats."""
        own = self._strokes(player, exchange.answer, exchange.end)
        transfer = None
        if asked and own and asked[-1].epoch == own[0].epoch:
            transfer = (own[0].time - asked[-1].time) / MS
        question, answer = _length(asked), _length(own)
        return {
            "hits": len(own),
            "floor_transfer_offset_ms": transfer,
            "response_latency_ms": response_latency_ms(transfer, exchange.asker, player),
            "length_ratio": answer / question if question and answer is not None else None,
            "density": _density(own, exchange.end - exchange.answer),
        }

    def _strokes(self, player: str, start: int, end: int) -> list[Stroke]:
        return self._heard.of(player, start - LIVE_MARGIN, end - LIVE_MARGIN)

    def words(self, beat: float) -> str:
        exchange = self._shown(beat)
        if exchange is None:
            return "who asks?" if self._order.waits else "waiting for players"
        return f"{self._order.words()}: {'answer' if beat >= exchange.answer else 'question'}"

    def _shown(self, beat: float) -> Exchange | None:
        """The exchange of this moment."""
        last = next((exchange for exchange in reversed(self._exchanges) if exchange.start <= beat), None)
        return last if last is not None and beat < last.end else None

    def turn_view(self, beat: float) -> TurnView | None:
        order, exchange = tuple(self._order.players), self._shown(beat)
        if exchange is None:
            return None if self._order.over else TurnView(order, None, self._order.peek(), None)
        one = exchange.answerers[0] if len(exchange.answerers) == 1 else None
        if beat < exchange.answer:
            return TurnView(order, exchange.asker, one, ceil(exchange.answer - beat))
        return TurnView(order, one, self._order.peek(), ceil(exchange.end - beat))


def _length(strokes: list[Stroke]) -> float | None:
    return strokes[-1].beat - strokes[0].beat if strokes else None


def _density(strokes: list[Stroke], beats: int) -> float | None:
    return len(strokes) / beats if beats else None
