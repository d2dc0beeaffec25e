"""What holds for every structure: an evening full of comings and goings breaks none, and none jumps at the next."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from itertools import pairwise

import pytest

from core_circle import ARRIVES, BEAT, START, Circle, at
from drumcircle.core.events import (
    Arm,
    Cue,
    Event,
    GoOn,
    Hit,
    Leave,
    LiveOnly,
    Press,
    PulseFollowed,
    PulseMovedByPlaying,
    PulseShown,
    Record,
    Rest,
    Return,
    Silence,
    StopAll,
    StructureBegan,
    TurnEndedByPlaying,
    TurnPassedByPlaying,
    Withdraw,
)
from drumcircle.core.structures import STRUCTURES
from drumcircle.core.structures.base import DOMAINS, METHODS, Structure
from drumcircle.core.view import community
from drumcircle.errors import UsageError

NAMES = "Ana Ben Cy Dee"
SOFT = 0.25
STEP = 10 ** (6 / 20)

every = pytest.mark.parametrize("structure", STRUCTURES, ids=lambda s: s.name)


def hits(until: float, seed: int = 3, since: float = 0) -> list[tuple[int, Event]]:
    """Four people around every beat, one of them on halves."""
    dice = random.Random(seed)
    played: list[tuple[int, Event]] = []
    for index, name in enumerate(NAMES.split()):
        for step in range(int(since), int(until) * (2 if index == 3 else 1)):
            beat = step / (2 if index == 3 else 1)
            if beat >= since and dice.random() < 0.9:
                time = at(beat) + round(dice.gauss(-10, 25) * 1e6)
                played.append((time + ARRIVES, Hit(time, f"link:{name}", 38, dice.randint(40, 120))))
    return played


def evening(structure: type[Structure]) -> list[tuple[int, Event]]:
    """Everything that may happen, at the worst moments there are for it."""
    said: list[tuple[float, Event]] = [
        (0.2, Record(True)),
        (0.3, Arm(structure.name, {}, 1)),
        (13.9, Rest("Ana", True)),
        (16.1, Leave("Ben")),
        (19.6, StopAll()),
        (22.4, GoOn()),
        (27.98, Rest("Ana", False)),
        (30.2, Return("Ben")),
        (33.1, LiveOnly("Cy", True)),
        *((36.0 + index, Press(key.name)) for index, key in enumerate(structure.keys) if key.name != "half"),
        (44.3, StopAll()),
        (44.8, GoOn()),
        (60.5, Leave("Dee")),
        (70.2, Arm("groove", {}, 1)),
    ]
    return sorted([*((at(beat), event) for beat, event in said), *hits(90)], key=lambda one: one[0])


def lived(structure: type[Structure]) -> Circle:
    circle = Circle(NAMES)
    for now, event in evening(structure):
        with suppress(UsageError):
            circle.tell(event, now)
    circle.until(at(96))
    return circle


def heard(circle: Circle) -> list[Cue]:
    """What a loudspeaker would have sounded, players' own hits left out."""
    waiting: dict[str, Cue] = {}
    for now, effect in circle.log:
        if isinstance(effect, Cue) and effect.player is None:
            known = waiting.get(effect.id)
            if known is None or known.due > now:
                waiting[effect.id] = effect
        elif isinstance(effect, Withdraw):
            gone = [
                k
                for k, c in waiting.items()
                if k.startswith(effect.prefix) and c.due >= max(effect.since, now)
            ]
            for key in gone:
                del waiting[key]
        elif isinstance(effect, Silence):
            waiting = {key: cue for key, cue in waiting.items() if cue.due <= now}
    return sorted(waiting.values(), key=lambda cue: cue.due)


@every
def test_it_says_what_it_is_and_what_for(structure: type[Structure]) -> None:
    assert structure.name.islower()
    for words in (structure.title, structure.sentence, structure.why):
        assert words[0].isupper() or words[0] == "("
    assert structure.sentence[-1] in ".!?)"
    assert structure.method in METHODS
    assert structure.domains
    assert set(structure.domains) <= set(DOMAINS)
    names = [setting.name for setting in structure.settings]
    assert len(set(names)) == len(names)
    made = structure({})
    assert made.chosen == {setting.name: setting.check(setting.default) for setting in structure.settings}
    assert structure.measures or structure.name == "talk"


@every
def test_an_evening_full_of_comings_and_goings_breaks_nothing(structure: type[Structure]) -> None:
    circle = lived(structure)
    assert circle.session.faults() == []
    summary = circle.session.summary(at(96))
    assert json.loads(json.dumps(summary, allow_nan=False))["structures"][0]["name"] == structure.name
    for beat in (96.0, 99.5):
        view = circle.session.view(at(beat))
        assert community(view).role == "circle"


@every
def test_replayed_without_live_only_hits_it_is_the_same_evening(structure: type[Structure]) -> None:
    events = [(now, event) for now, event in evening(structure) if not isinstance(event, LiveOnly)]
    first, again = Circle(NAMES), Circle(NAMES)
    for circle in (first, again):
        for now, event in events:
            with suppress(UsageError):
                circle.tell(event, now)
        circle.until(at(96))
    assert again.session.summary(at(96)) == first.session.summary(at(96))
    assert again.session.view(at(96)) == first.session.view(at(96))
    assert [effect for _, effect in again.log] == [effect for _, effect in first.log]


@every
def test_the_pulse_stays_where_it_is_unless_the_structure_says_it_lets_it_go(
    structure: type[Structure],
) -> None:
    circle = lived(structure)
    shown = [effect.t for effect in circle.all(PulseShown)]
    off = [t for t in shown if (t - START) % BEAT]
    assert structure.lets_pulse_go or off == []
    for earlier, later in pairwise(circle.session.view(at(96)).pulse.beat_times):
        assert later > earlier


@every
def test_no_bar_is_more_than_6_db_louder_than_the_last_that_sounded(structure: type[Structure]) -> None:
    circle = lived(structure)
    beat_times = bar_lines(circle)
    loudest: list[float] = []
    for line, following in pairwise(beat_times):
        gains = [cue.gain for cue in heard(circle) if line <= cue.due < following]
        if gains:
            loudest.append(max(gains))
    assert loudest
    assert all(b <= max(STEP * a, SOFT) + 1e-9 for a, b in pairwise(loudest))


def bar_lines(circle: Circle) -> list[int]:
    """The times of bar lines as they came in the end."""
    times: dict[int, int] = {}
    for effect in circle.all(PulseShown):
        if effect.beat == 1:
            times[effect.bar] = effect.t
    return [times[bar] for bar in sorted(times)]


@every
def test_switching_to_any_other_half_way_keeps_the_pulse_and_begins_on_the_bar_line(
    structure: type[Structure],
) -> None:
    for other in STRUCTURES:
        circle = Circle(NAMES)
        circle.do(Arm(structure.name, {}, 0), 0.1)
        switched = [(at(14.2), Arm(other.name, {}, 1)), *hits(34)]
        for now, event in sorted(switched, key=lambda one: one[0]):
            circle.tell(event, now)
        assert circle.session.faults() == [], other.name
        first, second = circle.all(StructureBegan)[:2]
        assert (first.name, second.name) == (structure.name, other.name)
        lines = bar_lines(circle)
        assert min(abs(second.time - line) for line in lines) <= 1, other.name
        if not structure.lets_pulse_go and not other.lets_pulse_go:
            assert second.time == at(20)
            assert all((line - START) % (4 * BEAT) == 0 for line in lines)
        if not other.lets_pulse_go:
            after = [line for line in lines if line >= second.time]
            assert (
                len({b - a for a, b in pairwise(after)}) <= 1
                or max(abs((b - a) - (after[1] - after[0])) for a, b in pairwise(after)) <= 2
            ), other.name


@every
def test_a_recording_that_begins_in_the_middle_holds_only_what_its_replay_will_find(
    structure: type[Structure],
) -> None:
    if structure.name == "mirror":
        pytest.skip("whom it mirrors, and from which bar on, follows from hits that were not recorded")
    lived = Circle("Ana Ben", structure.name)
    lived.play_together(*((b, p) for b in range(4) for p in ("Ana", "Ben")))
    lived.do(Record(True), 3.6)
    lived.play_together(*((b, p) for b in range(4, 30) for p in ("Ana", "Ben")))
    replayed = Circle("", structure.name).session
    recorded = False
    for now, event in lived.events:
        recorded = recorded or isinstance(event, Record)
        if recorded or not isinstance(event, Hit):
            replayed.handle(event, now)
    replayed.advance(at(40))
    assert replayed.summary(at(40)) == lived.beat(40).session.summary(at(40))


ACTS_ON_HITS = ("mirror", "tempo_match", "hold", "free_play")
"""What is played changes at once what sounds, or is measured as it comes."""
LATE = {"continuation": {"with": 1, "without": 4}, "paced_steps": {"bars": 2}, "compose": {"bars": 4}}


@pytest.mark.parametrize(
    "structure", [s for s in STRUCTURES if s.name not in ACTS_ON_HITS], ids=lambda s: s.name
)
def test_what_a_pad_sends_late_is_in_the_results_as_if_it_had_come_in_time(
    structure: type[Structure],
) -> None:
    found = []
    for late in (False, True):
        circle = Circle("Ana Ben")
        circle.do(Record(True), -2)
        circle.do(Arm(structure.name, LATE.get(structure.name, {}), 0), -1)
        held: list[Hit] = []
        for beat in range(36):
            if beat == 2 and structure.name == "compose":
                circle.do(Press("layer"), 2.4)
            for player in ("Ana", "Ben"):
                time = at(beat) + beat % 3 * 1_000_000
                told = Hit(time, f"link:{player}", 38, 60 + 2 * beat)
                if late and player == "Ana" and 12 <= beat < 15:
                    held.append(told)
                else:
                    circle.tell(told, time + ARRIVES)
            if beat == 15:
                for hit in held:
                    circle.tell(hit, at(15.4))
        found.append(circle.results(60))
    assert found[0] == found[1]


MOVED = {
    "conversation": {"pulse": "silent"},
    "free_play": {"pulse": "following"},
    "hold": {"before": 1},
    "turn_taking": {"ends_by": "silence"},
    "continuation": {"with": 1, "without": 6},
    "paced_steps": {"bars": 3},
    "pass_the_beat": {"may_reverse": True},
}
"""Settings under which what is played has a say in what happens."""


@every
def test_what_a_live_only_player_did_comes_back_from_facts_in_every_figure(
    structure: type[Structure],
) -> None:
    lived, dice = Circle("Ana Ben Cy"), random.Random(4)
    lived.do(Record(True), -1.9)
    lived.do(LiveOnly("Ana", True), -1.8)
    lived.do(Arm(structure.name, MOVED.get(structure.name, {}), 0), -1)
    slower = round(BEAT * 1.06)
    played = [
        (START + beat * slower + round(dice.gauss(0, 18e6)), player)
        for beat in range(120)
        for player in ("Ana", "Ben", "Cy")
    ]
    for time, player in sorted(played):
        lived.tell(Hit(time, f"link:{player}", 38, dice.randint(30, 120)), time + ARRIVES)
    end = START + 140 * slower
    lived.tell(Arm("groove", {}, 0), START + 121 * slower)
    lived.until(end)
    facts: list[tuple[int, Event]] = [
        (told, PulseFollowed(m.at, m.beat, m.time, m.bpm)) for told, m in lived.moments(PulseMovedByPlaying)
    ]
    facts += [(told, TurnEndedByPlaying(m.player, m.time)) for told, m in lived.moments(TurnPassedByPlaying)]
    journal = [(now, e) for now, e in lived.events if not (isinstance(e, Hit) and e.pad == "link:Ana")]
    again = Circle("").session
    for now, event in sorted([*journal, *facts], key=lambda entry: entry[0]):
        again.handle(event, now)
    again.advance(end)
    assert again.summary(end)["structures"] == lived.session.summary(end)["structures"]
