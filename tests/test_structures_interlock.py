"""Interlock: who is judged on which part, and how evenly the sections share the beat."""

from __future__ import annotations

import pytest

from core_circle import Circle, at, judged, standing, words_at
from drumcircle.core.events import Arm, Divide, GoOn, Join, Leave, PutInSection, StopAll
from drumcircle.errors import UsageError


def sections(circle: Circle, beat: float) -> list[dict[str, object]]:
    found: list[dict[str, object]] = circle.results(beat)["sections"]
    return found


def n(circle: Circle, beat: float, section: int, player: str) -> tuple[int, int]:
    row = sections(circle, beat)[section]["players"][player]  # type: ignore[index]
    return row["n"], row["missed"]


def test_two_halves_are_judged_each_on_its_own_part() -> None:
    circle = Circle("Ana Ben", "interlock:ground=none")
    circle.play_together(*((b, "Ana") for b in range(8)), *((b + 0.55, "Ben") for b in range(7)))
    left, right = sections(circle, 8.4)
    assert (left["section"], left["part"], right["section"], right["part"]) == ("left", "on", "right", "off")
    assert n(circle, 8.4, 0, "Ana") == (8, 0)
    assert n(circle, 8.4, 1, "Ben") == (7, 1)
    assert right["players"]["Ben"]["mean_asynchrony_ms"] == pytest.approx(25.0)  # type: ignore[index]
    assert circle.results(8.4)["evenness"] == pytest.approx(0.45 / 0.55)
    assert standing(circle) == []
    assert words_at(circle, 8.4) == "left on, right off"


def test_what_is_played_on_the_beat_of_others_is_in_no_figure() -> None:
    circle = Circle("Ana Ben", "interlock:ground=none")
    circle.play("Ben", 0, 1, 2)
    assert n(circle, 3.9, 1, "Ben") == (0, 4)
    assert circle.results(3.9)["evenness"] is None


def test_three_sections_share_the_beat_in_quarters() -> None:
    circle = Circle("Ana Ben Cy", "interlock:patterns=on/off/between,sections=thirds,ground=none")
    circle.play_together(
        *((float(b), "Ana") for b in range(4)),
        *((b + 0.5, "Ben") for b in range(4)),
        *((b + q, "Cy") for b in range(4) for q in (0.25, 0.75)),
    )
    assert [n(circle, 4.6, k, p) for k, p in enumerate(("Ana", "Ben", "Cy"))] == [(4, 1), (4, 0), (8, 1)]
    assert circle.results(4.2)["evenness"] == pytest.approx(1.0)
    assert judged(circle, 5)["Cy"][0] == 8


def test_afterwards_everybody_is_judged_on_their_own_grid_again() -> None:
    circle = Circle("Ana Ben", "interlock:ground=none")
    circle.do(Arm("groove", {}, 0), 5)
    circle.play("Ben", *range(8, 14))
    assert circle.session.view(at(14)).players[1].subdivision == 1.0
    assert judged(circle, 14)["Ben"] == (6, 0)


def test_the_circle_divided_anew_changes_parts_on_the_bar_line() -> None:
    circle = Circle("Ana Ben Cy", "interlock:ground=none")
    circle.do(Divide("Ben/Ana+Cy"), 5)
    circle.play("Ana", 5.9, 7)
    circle.play("Ana", 8.5, 9.5)
    assert [p.section for p in circle.session.view(at(9.6)).players] == [
        "section 2",
        "section 1",
        "section 2",
    ]
    assert judged(circle, 10)["Ana"][0] == 4
    circle.do(PutInSection("Ana", "section 1"), 10)
    circle.play("Ana", 12, 13)
    assert judged(circle, 13.2)["Ana"][0] == 6


def test_who_vanishes_misses_nothing_more_and_who_comes_fills_the_smaller_section() -> None:
    circle = Circle("Ana Ben", "interlock:ground=none")
    circle.play("Ben", 0.5, 1.5)
    circle.do(Leave("Ben"), 1.8)
    circle.seat("Cy", at(2))
    circle.seat("Dee", at(2))
    assert [p.section for p in circle.beat(3).session.view(at(3)).players] == [
        "left",
        "right",
        "left",
        "right",
    ]
    assert n(circle, 20, 1, "Ben") == (2, 0)


def test_after_a_stop_everybody_has_their_part_again() -> None:
    circle = Circle("Ana Ben", "interlock:ground=none")
    circle.do(StopAll(), 5)
    circle.do(GoOn(), 9)
    circle.play("Ben", 12.5, 13.5)
    assert n(circle, 14, 1, "Ben")[0] == 2


@pytest.mark.parametrize("patterns", ["on", "on/upside", ""])
def test_parts_that_are_none_are_refused(patterns: str) -> None:
    with pytest.raises(UsageError, match="are no parts"):
        Circle("", f"interlock:patterns={patterns}")


def test_somebody_without_a_pad_is_in_a_section_and_in_no_figure() -> None:
    circle = Circle("Ana")
    circle.tell(Join("Voice", "Voice"), at(-1))
    circle.do(Arm("interlock", {"ground": "none"}, 0), 1)
    assert [list(row["players"]) for row in sections(circle, 9)] == [["Ana"], []]  # type: ignore[call-overload]
    assert circle.session.view(at(9)).players[1].section == "right"


def test_two_sections_with_one_part_are_evened_together() -> None:
    circle = Circle("Ana Ben Cy", "interlock:sections=Ana/Ben/Cy,patterns=on/off,ground=none")
    for beat in range(8):
        circle.play("Ana", beat, off_ms=20)
        circle.play("Cy", beat, off_ms=60)
        circle.play("Ben", beat + 0.5)
    assert circle.results(9)["evenness"] == pytest.approx(210 / 290, abs=1e-3)


def test_what_is_played_in_the_next_structure_is_not_in_its_figures() -> None:
    circle = Circle("Ana Ben", "interlock:sections=Ana/Ben,ground=none")
    circle.do(Arm("groove", {}, 0), 3.2)
    for beat in range(8):
        circle.play("Ana", beat, off_ms=0 if beat < 4 else 40)
    [ana, _] = circle.results(10)["sections"]
    assert (ana["players"]["Ana"]["n"], ana["players"]["Ana"]["mean_asynchrony_ms"]) == (4, 0)
