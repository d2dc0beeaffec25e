"""The user's own files beside a running circle: who people are, rhythms and pieces of their own, what was explained."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from drumcircle.cli._seats import Seats
from drumcircle.core import codec
from drumcircle.core.events import Effect, PieceMade, RhythmGiven, RosterChanged
from drumcircle.core.session import Session
from drumcircle.errors import UsageError
from drumcircle.hub.part import PartBase, Request


class Keeping(PartBase):
    """Writes down what is worth keeping of a circle; a part, because the circle need not know."""

    name = "files"

    def __init__(self, seats: Seats, session: Session) -> None:
        self._seats, self._session = seats, session

    def take(self, effect: Effect) -> None:
        kind = type(effect)
        if kind is RosterChanged:
            self._seats.changed(self._session, time.perf_counter_ns())
        elif kind is RhythmGiven:
            self._seats.rhythm_given(effect.pattern)  # type: ignore[union-attr]  # told apart by type() for speed
        elif kind is PieceMade:
            self._seats.piece_made(effect.piece)  # type: ignore[union-attr]  # as above

    def requests(self) -> dict[str, Request]:
        return {
            "preferences": self._preferences,
            "welcomed": self._welcomed,
            "plans": self._plans,
            "keep_plan": self._keep_plan,
        }

    def recording_chosen(self) -> None:
        """After it has been explained; one key is enough from now on."""
        self._seats.explained()

    def _preferences(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        return self._seats.preferences()

    def _plans(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        return {"plans": codec.plain(self._seats.plans())}

    def _keep_plan(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The plan as it was really run becomes one of the user's own."""
        name = str(arguments.get("name", ""))
        plan = self._session.plan_as_played(time.perf_counter_ns())
        if plan is None or not plan.steps:
            raise UsageError("No plan has been followed yet, so there is none to keep.")
        kept = self._seats.keep_plan(replace(plan, name=name, title=f"{plan.title} ({name})"))
        return {"file": str(kept)}

    def _welcomed(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        self._seats.welcomed()
        return {}
