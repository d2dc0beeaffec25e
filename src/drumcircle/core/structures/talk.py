"""Talk: welcome, reflection, verbal processing.  Nothing sounds and nobody is judged.

Faces are counted for the group, never kept by person; what they mean is for people to say.
"""

from __future__ import annotations

from drumcircle.core.structures.base import BAR, Key, Setting, Stage, Value
from drumcircle.core.structures.minutes import Timed, minutes

NEXT = "next"
FACES = tuple(f"face {number}" for number in range(1, 6))
BETWEEN = "|"


class Talk(Timed):
    """So many minutes, prompts to read out, and faces to count if they are asked for."""

    name = "talk"
    title = "Talk"
    sentence = "Let us put the sticks down for a moment and hear how it is."
    why = "Words before and after give playing a place in the day."
    method = "receptive"
    domains = ("emotional", "social", "communication")
    measures = ("minutes", "markers")
    settings = (
        minutes(5.0),
        Setting("prompts", "", "what to read out, one after the other, with | between", free=True, live=BAR),
        Setting(
            "faces",
            "off",
            "faces 1 (low) to 5 (good), counted before or after",
            choices=("off", "before", "after"),
        ),
    )
    keys = (
        Key(NEXT, "the next prompt"),
        *(Key(face, f"one more {face.replace(' ', ' number ')}") for face in FACES),
    )

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._prompts = _read(str(self.chosen["prompts"]))
        self._at = 0
        self._faces = dict.fromkeys(FACES, 0)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._prompts = _read(str(chosen["prompts"]))
        self._at = min(self._at, max(0, len(self._prompts) - 1))

    def keys_now(self) -> tuple[Key, ...]:
        counted = FACES if self.chosen["faces"] != "off" else ()
        offered = ((NEXT,) if len(self._prompts) > 1 else ()) + counted
        return tuple(key for key in self.keys if key.name in offered)

    def press(self, stage: Stage, key: str, beat: float) -> None:
        if key not in (known.name for known in self.keys_now()):
            super().press(stage, key, beat)
        elif key == NEXT:
            self._at = min(self._at + 1, len(self._prompts) - 1)
        else:
            self._faces[key] += 1

    def results(self, stage: Stage) -> dict[str, object]:
        found = super().results(stage)
        found["markers"] = stage.markers()
        if self._prompts:
            found["prompts"] = list(self._prompts[: self._at + 1])
        if self.chosen["faces"] != "off":
            found[f"faces_{self.chosen['faces']}"] = list(self._faces.values())
        return found

    def words(self, beat: float) -> str:
        if not self._prompts:
            return self.left()
        return f"{self._at + 1} of {len(self._prompts)}: {self._prompts[self._at]} ({self.left()})"


def _read(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(BETWEEN))))
