"""Listen: receptive; nobody is judged.  The group's own piece, a recording, or a breathing pacer.

A breath is drawn in for two fifths of its time and let out for three.
"""

from __future__ import annotations

from drumcircle.core.piece import Piece
from drumcircle.core.structures.base import Setting, Stage
from drumcircle.core.structures.minutes import MINUTE_NS, Timed, minutes

BREATHING, PIECE, RECORDING = "breathing", "piece", "recording"
IN = 0.4
"""Of a breath."""
IN_GAIN, OUT_GAIN = 0.3, 0.18
AHEAD = 2
"""Beats by which sounds are handed out ahead."""


class Listen(Timed):
    """So many minutes of listening; at the end it is silent."""

    name = "listen"
    title = "Listen"
    sentence = "Sit back and listen; nothing is asked of you. (Breathing: stop if you feel light-headed.)"
    why = "Rest, being given something, and hearing what one made together."
    method = "receptive"
    domains = ("emotional",)
    measures = ("minutes",)
    settings = (
        Setting("what", BREATHING, "what is heard", choices=(BREATHING, PIECE, RECORDING)),
        Setting("piece", "", "which piece; none: the newest", free=True),
        Setting("file", "", "a WAV file on the hub's machine", free=True),
        Setting("breaths", 6.0, "breaths a minute of the pacer", low=4.5, high=7),
        minutes(3.0),
    )

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._what = str(self.chosen["what"])
        self._breath = round(MINUTE_NS / float(self.chosen["breaths"]))
        self._breaths = 0
        """Handed out so far."""
        self._piece: Piece | None = None
        self._loops = 0

    def start(self, stage: Stage) -> None:
        if self._what == PIECE:
            self._piece = self._chosen_piece(stage)
            if self._piece is None:
                stage.say("There is no such piece; it is quiet instead.")
        super().start(stage)

    def _chosen_piece(self, stage: Stage) -> Piece | None:
        wanted = str(self.chosen["piece"])
        fitting = [piece for piece in stage.pieces if wanted in ("", piece.name)]
        return fitting[-1] if fitting else None

    def _go_on(self, stage: Stage, beat: int) -> None:
        super()._go_on(stage, beat)
        # What was handed out before a stop is gone: breath and loop begin anew at this bar line.
        self._breaths = -(-self.elapsed // self._breath)
        self._loops = beat
        if self._what == RECORDING and not self.chosen["file"]:
            stage.say("No sound file was named; it is quiet instead.")
        elif self._what == RECORDING:
            stage.play_recording(str(self.chosen["file"]), beat, self.elapsed)
        self.beat(stage, beat)

    def beat(self, stage: Stage, beat: int) -> None:
        if self._what == BREATHING:
            self._pace(stage, beat)
        elif self._piece is not None:
            self._play(stage, self._piece, beat)

    def _pace(self, stage: Stage, beat: int) -> None:
        """Breaths that begin within the next beats."""
        period = stage.time(beat + 1) - stage.time(beat)
        while (start := self._breaths * self._breath - self.elapsed) < AHEAD * period:
            at = beat + max(0, start) / period
            stage.cue(at, "call", IN_GAIN, f"breath:{self._breaths}:in")
            stage.cue(at + IN * self._breath / period, "drum", OUT_GAIN, f"breath:{self._breaths}:out")
            self._breaths += 1

    def _play(self, stage: Stage, piece: Piece, beat: int) -> None:
        """The piece again where it begins within the next beats."""
        while self._loops < beat + AHEAD:
            for number, part in enumerate(piece.parts):
                for index, (onset, velocity) in enumerate(zip(part.onsets, part.velocities, strict=True)):
                    name = f"piece:{self._loops}:{number}:{index}"
                    stage.cue(self._loops + onset, "call", velocity / 127, name)
            self._loops += max(1, round(piece.beats))

    def close(self, stage: Stage, beat: float) -> None:
        if self._what == RECORDING:
            stage.stop_recording(beat)

    def results(self, stage: Stage) -> dict[str, object]:
        found = super().results(stage)
        if self._piece is not None:
            found["piece"] = self._piece.name
        return found

    def words(self, beat: float) -> str:
        if self._what != BREATHING:
            return self.left()
        inward = self.elapsed % self._breath < IN * self._breath
        told = "breathe in" if inward else "breathe out"
        return f"{told} ({self.left()}; stop if light-headed)"
