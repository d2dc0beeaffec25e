"""The ladder of calls is off unless asked for, says each step with its reason, and leaves who rests alone."""

from __future__ import annotations

from core_circle import PUSH, TWO_AND_THREE, Circle
from drumcircle.core.events import Notice, Rest
from drumcircle.core.structures import named

PATTERNS = {pattern.title: pattern.onsets for pattern in (TWO_AND_THREE, PUSH)}
BADLY = (2.2, 3.2)


def echoed(circle: Circle, badly: str, rounds: int) -> list[str]:
    """Ana echoes all there; ``badly`` (if anybody) plays something else; what was said of the ladder."""
    for start in range(0, 12 * rounds, 12):
        called = circle.beat(start + 0.5).session.view(
            circle.session.config.start + (2 * start + 1) * 250_000_000
        )
        assert called.call is not None
        well = [(start + 4 + onset, "Ana") for onset in called.call.onsets]
        circle.play_together(*well, *((start + 4 + onset, badly) for onset in BADLY if badly))
    circle.beat(12 * rounds)
    return [notice.text for notice in circle.all(Notice) if notice.text.startswith("Calls get")]


def test_it_is_off_unless_asked_for() -> None:
    (ladder,) = (s for s in named("call_and_response").settings if s.name == "ladder")
    assert ladder.default is False
    assert echoed(Circle("Ana Ben", "call_and_response:level=1,retries=0"), "", 6) == []


def test_the_bad_echoes_of_one_who_rests_move_no_ladder() -> None:
    begun = "call_and_response:level=1,ladder=yes,retries=0"
    awake = Circle("Ana Ben", begun)
    resting = Circle("Ana Ben", begun)
    resting.do(Rest("Ben", True), 0.1)
    assert echoed(awake, "Ben", 3) == []
    (harder,) = echoed(resting, "Ben", 3)
    assert harder == "Calls get harder, level 2: three echoes over 0.7 above chance."
