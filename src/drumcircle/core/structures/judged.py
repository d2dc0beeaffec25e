"""How a group was with the pulse on a stretch of a structure, from what is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from drumcircle.core.structures.base import Stage, alias


def judged(stage: Stage, players: Iterable[str], start: float, end: float) -> dict[str, object]:
    """``with_pulse`` of these players on ``[start, end)``, and each one's figures; who has none is left out."""
    kept = [player for player in players if stage.measured(player)]
    return {
        "with_pulse": stage.together(kept, start, end),
        "players": {alias(stage, player): asdict(stage.figures(player, start, end)) for player in kept},
    }
