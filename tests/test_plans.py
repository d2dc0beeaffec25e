"""Session plans: the shipped ones, the user's own, and what is said of a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from drumcircle.core.plan import Plan, Step
from drumcircle.errors import FileProblem, UsageError
from drumcircle.formats.plans import check_plan, examine_plan, find_plan, keep_plan, load_plans, written

SHIPPED = {
    "community-50": 50, "seated-30": 30, "children-20": 20, "timing-30": 30, "social-timing-45": 45,
}  # fmt: skip


def problems(words: str) -> list[str]:
    plan, wrong = examine_plan(words.encode(), "mine.toml", "mine")
    assert (plan is None) == bool(wrong)
    return wrong


def test_the_shipped_plans_are_whole_and_last_as_long_as_they_say() -> None:
    plans, wrong = load_plans(None)
    assert wrong == []
    assert {plan.name: plan.minutes for plan in plans} == SHIPPED


def test_the_community_circle_has_the_steps_it_is_known_by() -> None:
    steps = find_plan(None, "community-50").steps
    assert [step.minutes for step in steps] == [5, 7, 8, 10, 10, 5, 3, 2]


def test_every_block_for_children_is_short_and_between_100_and_120() -> None:
    steps = find_plan(None, "children-20").steps
    assert max(step.minutes for step in steps) <= 4
    assert all(100 <= step.bpm <= 120 for step in steps if step.bpm is not None)


def test_in_a_clinic_it_is_not_called_a_drum_circle() -> None:
    for name in ("timing-30", "social-timing-45"):
        plan = find_plan(None, name)
        assert "circle" not in plan.labels["session"].lower()
        assert "circle" not in plan.labels["group"]


def test_what_is_written_reads_as_it_was() -> None:
    for plan in load_plans(None)[0]:
        assert examine_plan(written(plan).encode(), "again.toml", plan.name) == (plan, [])


STEP = '[[step]]\nstructure = "groove"\nminutes = 5\n'
HEAD = 'title = "Mine"\n'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (HEAD + STEP + 'settings = { grond = "walk" }\n', "line 5: groove has no setting like this: 'grond' is not known here (did you mean 'ground'?)."),
        (HEAD + STEP + '[step.settings]\nground = "wlak"\n', "line 6: ground cannot be 'wlak'; it is one of click, heartbeat, walk, none."),
        (HEAD + '[[step]]\nstructure = "groov"\nminutes = 5\n', "line 3: 'groov' is not known here (did you mean 'groove'?)."),
        (HEAD + '[[step]]\nstructure = "groove"\n', "line 2: a step needs 'minutes'."),
        (HEAD + '[[step]]\nstructure = "groove"\nminutes = "five"\n', "line 4: minutes must be a number from 0.1 to 90, not 'five'."),
        (HEAD + STEP + "minuts = 5\n", "line 5: 'minuts' is not known here (did you mean 'minutes'?)."),
        (HEAD + 'population = "adults"\n' + STEP, "line 2: population cannot be 'adults'; it is one of community, older-adults, children, one-to-one, social-timing."),
        (HEAD + 'population = "children"\n' + STEP + "bpm = 90\n", "line 6: a step for children, in short blocks begins at 100 to 120 beats a minute, not 90; change it, or the population."),
        (HEAD + 'population = "children"\n' + STEP.replace("5", "8"), "line 5: a step for children, in short blocks lasts at most 5 minutes, not 8; shorten it or divide it."),
        (HEAD + '[labels]\ngrove = "Together"\n' + STEP, "line 3: 'grove' is not known here (did you mean 'groove'?)."),
        (HEAD + STEP + 'when_over = "stop"\n', "line 5: when_over must be one of next, again, stay, not 'stop'."),
        (HEAD + STEP + 'sections = "quarters"\n', "line 5: "),
        (STEP, 'a plan needs a title; write title = "…" at its head.'),
        (HEAD, "a plan needs steps, each under [[step]]."),
        (HEAD + "step = 5\n", "line 2: a plan needs steps, each under [[step]]."),
        (HEAD + "[[step]\n", "line 2: this is not TOML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_to_do(words: str, said: str) -> None:
    assert any(said in sentence for sentence in problems(words)), problems(words)


def test_every_mistake_is_told_not_only_the_first() -> None:
    assert len(problems(HEAD + STEP + "bpm = 900\n" + STEP + "waits = 3\n")) == 2


def test_a_plan_of_ones_own_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "seated-30.toml").write_text(HEAD + STEP)
    plans, wrong = load_plans(tmp_path)
    assert wrong == []
    assert {plan.name: plan.minutes for plan in plans}["seated-30"] == 5
    assert find_plan(tmp_path, "seated-30").title == "Mine"


def test_one_broken_file_leaves_the_other_plans_alone(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "broken.toml").write_text(HEAD + STEP + "bpm = 0\n")
    (tmp_path / "plans" / "mine.toml").write_text(HEAD + STEP)
    plans, (wrong,) = load_plans(tmp_path)
    assert {"mine", *SHIPPED} == {plan.name for plan in plans}
    assert "broken.toml, line 5" in wrong
    assert check_plan(tmp_path, "broken") == (None, [wrong])


def test_a_broken_plan_of_ones_own_is_not_replaced_by_the_shipped_one_behind_ones_back(
    tmp_path: Path,
) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "seated-30.toml").write_text(HEAD)
    assert "seated-30" not in {plan.name for plan in load_plans(tmp_path)[0]}


def test_a_plan_is_found_by_name_or_file_and_else_the_names_are_told(tmp_path: Path) -> None:
    file = tmp_path / "evening.toml"
    file.write_text(HEAD + STEP)
    assert find_plan(tmp_path, str(file)).name == "evening"
    with pytest.raises(UsageError, match="no plan called 'evening'; there are children-20, community-50"):
        find_plan(tmp_path, "evening")
    with pytest.raises(FileProblem, match="cannot be read"):
        find_plan(tmp_path, str(tmp_path / "none.toml"))


def test_keeping_a_plan_never_takes_the_place_of_another(tmp_path: Path) -> None:
    plan = Plan("tuesday", "Tuesday", (Step("groove", 4.5, {"ground": "walk"}),))
    keep_plan(tmp_path, plan)
    assert find_plan(tmp_path, "tuesday") == plan
    with pytest.raises(UsageError, match="already"):
        keep_plan(tmp_path, plan)
    with pytest.raises(UsageError, match="already"):
        keep_plan(tmp_path, Plan("seated-30", "Seated", plan.steps))
    with pytest.raises(UsageError, match="small letters"):
        keep_plan(tmp_path, Plan("Our Tuesday", "Tuesday", plan.steps))
