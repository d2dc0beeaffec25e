"""``drumcircle structures``: the list, one of them explained, and what every structure declares."""

from __future__ import annotations

import json

import pytest

from drumcircle import cli
from drumcircle.core.structures import STRUCTURES
from drumcircle.core.structures.base import DOMAINS, METHODS, Structure
from drumcircle.core.structures.declared import allowed, declared

IN_THE_TABLE = (
    "groove", "interlock", "call_and_response", "question_and_answer", "turn_taking", "pass_the_beat",
    "conversation", "name_rhythm", "leader_rotation", "layering", "showcase", "parts", "rumble", "stop_cut",
    "accents", "dynamics", "tempo_ramp", "tempo_match", "paced_steps", "continuation", "mirror", "hold",
    "free_play", "compose", "listen", "talk", "wind_down",
)  # fmt: skip


def test_all_there_are_are_there() -> None:
    assert tuple(structure.name for structure in STRUCTURES) == IN_THE_TABLE


@pytest.mark.parametrize("structure", STRUCTURES)
def test_every_structure_says_what_it_is(structure: type[Structure]) -> None:
    assert structure.title
    assert structure.sentence[-1] in ".!?)"
    assert structure.why
    assert structure.method in METHODS
    assert structure.domains
    assert set(structure.domains) <= set(DOMAINS)
    assert bool(structure.pulse) == structure.lets_pulse_go
    assert bool(structure.next_key) == (structure.next_turn is not Structure.next_turn)
    names = [setting.name for setting in structure.settings]
    assert len(set(names)) == len(names)
    for setting in structure.settings:
        assert setting.check(setting.default) == setting.default
        assert setting.words
        if isinstance(setting.default, (int, float)) and not isinstance(setting.default, bool):
            assert setting.choices or (setting.low is not None and setting.high is not None), setting.name
        assert allowed(setting)
    assert json.loads(json.dumps(declared(structure))) == declared(structure)


def test_the_list_has_one_row_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["structures"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[: len(STRUCTURES)]] == list(IN_THE_TABLE)
    assert cli.main(["structures", "--method", "receptive"]) == 0
    assert "listen" in capsys.readouterr().out


def test_one_is_explained_with_its_settings_ranges_and_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["structures", "turn_taking"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Turn-taking (turn_taking)\n")
    assert "“Now you: play what you like, and the next one follows.”" in out
    for words in (
        "1 to 64",
        "circle, random, nominated or your own",
        "floor-transfer offset",
        "improvisational",
    ):
        assert words in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 96


def test_what_becomes_of_the_pulse_is_said_of_each_in_its_own_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = {}
    for name in ("groove", "tempo_ramp", "leader_rotation"):
        assert cli.main(["structures", name]) == 0
        out = capsys.readouterr().out
        said[name] = next((line for line in out.splitlines() if line.startswith("pulse")), "")
    assert not said["groove"]
    assert "another tempo" in said["tempo_ramp"]
    assert "group's own tempo" not in said["tempo_ramp"]
    assert "whoever leads" in said["leader_rotation"]


def test_json_holds_all_that_is_declared(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["structures", "accents", "--json"]) == 0
    [found] = json.loads(capsys.readouterr().out)["structures"]
    assert found["settings"][0] == {
        "name": "beats", "words": "which beats of the bar, joined by +", "kind": "text", "default": "1",
        "choices": ["1", "1+3", "2+4"], "free": True, "low": None, "high": None, "live": "the next bar",
    }  # fmt: skip


def test_one_there_is_not_is_refused_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["structures", "polka"]) == 2
    assert "There is no structure called 'polka'" in capsys.readouterr().err
