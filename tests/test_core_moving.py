"""Structures that let the pulse go, and how loud anything may be."""

from __future__ import annotations

from itertools import pairwise

import pytest

from core_circle import BEAT, START, Circle, at, beats_of
from drumcircle.core import structures
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Cue,
    GoOn,
    Join,
    PadFound,
    Press,
    PulseFollowed,
    PulseLit,
    PulseMovedByPlaying,
    SetCeiling,
    SetSound,
    StopAll,
    Withdraw,
)
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.core.structures.base import Stage, Structure, Wake
from drumcircle.errors import UsageError


class Wanderer(Structure):
    """At every half beat the beat after the next one comes 20 ms later; sounds on every beat."""

    name = "wanderer"
    title = "Wanderer"
    sentence = why = "For the test."
    method, domains = "improvisational", ("motor",)
    lets_pulse_go = True
    hears = True
    journalled = True

    def start(self, stage: Stage) -> None:
        self._next = 1
        for beat in range(1, 12):
            stage.cue(beat, "drum", 0.7, f"ground:{beat}")

    def wake(self) -> Wake | None:
        return Wake(self._next - 0.5) if self._next < 9 else None

    def act(self, stage: Stage) -> None:
        beat = stage.movable()
        stage.land(beat, stage.time(beat) + 20 * MS, 120.0, journalled=self.journalled)
        self._next += 1

    @property
    def adaptive(self) -> bool:
        return True


class Stuck(Wanderer):
    """The same without having said so."""

    name = "stuck"
    lets_pulse_go = False


class Fader(Structure):
    """The click fades to nothing after its second bar and is back in the fourth; the ground half as loud."""

    name = "fader"
    title = "Fader"
    sentence = why = "For the test."
    method, domains = "receptive", ("motor",)

    def start(self, stage: Stage) -> None:
        for beat in range(32):
            stage.cue(beat, "drum", 0.7, f"ground:{beat}")
        stage.level("ground", 0.5, 0)
        stage.level("click", 0.5, 4)
        stage.level("click", 0.0, 8)
        stage.level("click", 1.0, 12)

    def press(self, stage: Stage, key: str, beat: float) -> None:
        if key != "hush":
            super().press(stage, key, beat)
        stage.level("ground", 0.0, beat)


@pytest.fixture(autouse=True)
def more_structures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structures, "STRUCTURES", (*structures.STRUCTURES, Wanderer, Stuck, Fader))


def heard(circle: Circle) -> dict[str, Cue]:
    """What a sink would sound in the end: the last cue of each id, without what was withdrawn."""
    waiting: dict[str, Cue] = {}
    for now, effect in circle.log:
        if isinstance(effect, Cue):
            assert effect.due > now or effect.player, "a cue was handed out for the past"
            waiting[effect.id] = effect
        elif isinstance(effect, Withdraw):
            gone = [c for c in waiting.values() if c.id.startswith(effect.prefix) and c.due >= effect.since]
            for cue in gone:
                del waiting[cue.id]
    return waiting


def clicks(circle: Circle) -> dict[int, Cue]:
    return {int(c.id.split(":")[1]): c for c in heard(circle).values() if c.id.startswith("beat:")}


def test_cues_that_are_out_go_with_the_beat_that_moves() -> None:
    circle = Circle("Ana", "wanderer").beat(14)
    times = [clicks(circle)[beat].due for beat in range(13)]
    assert [b - a for a, b in pairwise(times)] == [BEAT + 20 * MS] * 8 + [BEAT] * 4
    grounds = heard(circle)
    assert [grounds[f"part:ground:{beat}"].due for beat in range(1, 12)] == times[1:12]


def test_what_follows_the_players_is_marked() -> None:
    assert Circle("Ana", "wanderer").results(4)["adaptive_pulse"] is True
    assert "adaptive_pulse" not in Circle("Ana", "groove").results(4)


def test_no_structure_moves_the_pulse_without_saying_that_it_does() -> None:
    circle = Circle("Ana", "stuck").beat(8)
    assert [c.due for c in clicks(circle).values()][:8] == [at(beat) for beat in range(8)]
    assert "does not say" in str(circle.session.faults()[0])


def test_moves_from_hits_that_are_not_journalled_are_kept_as_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wanderer, "journalled", False)
    lived = Circle("", "wanderer").beat(12)
    facts = lived.moments(PulseMovedByPlaying)
    assert len(facts) == 8
    monkeypatch.setattr(Wanderer, "act", lambda self, stage: setattr(self, "_next", self._next + 1))
    again = Session(SessionConfig(START, structure="wanderer", bpm=120.0))
    for now, moved in facts:
        again.handle(PulseFollowed(moved.at, moved.beat, moved.time, moved.bpm), now + MS)
    now = at(12)
    assert again.view(now).pulse == lived.session.view(now).pulse


def test_the_click_is_silenced_while_beats_are_counted_and_no_bar_is_6_db_louder_than_the_last() -> None:
    circle = Circle("Ana", "fader").beat(31)
    gains = {beat: cue.gain for beat, cue in clicks(circle).items()}
    assert [gains.get(beat) for beat in (0, 1, 4, 5, 8, 11)] == [1.0, 0.8, 0.5, 0.4, None, None]
    assert [gains[beat] for beat in (12, 13, 16, 20)] == pytest.approx([0.6983, 0.6983, 1.0, 1.0], abs=1e-4)
    assert heard(circle)["part:ground:3"].gain == 0.35
    view = circle.session.view(at(10))
    assert (view.pulse.bar, view.pulse.beat) == (3, 3)


def test_levels_end_with_the_structure() -> None:
    circle = Circle("Ana", "fader")
    circle.do(Arm("groove", {"ground": "none"}, 0), 9)
    gains = {beat: cue.gain for beat, cue in clicks(circle.beat(30)).items()}
    assert [gains.get(beat) for beat in (8, 11)] == [None, None]
    assert gains[13] == pytest.approx(0.6983, abs=1e-4)


def test_a_level_set_late_takes_back_what_is_out() -> None:
    circle = Circle("Ana", "fader")
    circle.do(Press("hush"), 2.8)
    grounds = [cue.id for cue in heard(circle.beat(8)).values() if cue.id.startswith("part:ground:")]
    assert grounds == ["part:ground:0", "part:ground:1", "part:ground:2"]


def test_a_key_nobody_has_is_refused() -> None:
    circle = Circle("Ana", "fader")
    with pytest.raises(UsageError, match="no key 'freeze'; it has none"):
        circle.do(Press("freeze"), 2)
    with pytest.raises(UsageError, match="no keys"):
        Circle("Ana").do(Press("freeze"), 2)
    circle.do(StopAll(), 3)
    with pytest.raises(UsageError, match="stopped"):
        circle.do(Press("hush"), 4)


def test_going_on_after_a_stop_is_not_louder_than_before() -> None:
    circle = Circle("Ana", "groove:ground=none")
    circle.do(StopAll(), 6)
    circle.do(GoOn(), 9)
    gains = {beat: cue.gain for beat, cue in clicks(circle.beat(16)).items()}
    assert [gains.get(beat) for beat in (5, 8, 12, 13)] == [0.8, None, 1.0, 0.8]


def test_the_ceiling_of_loudness_holds_for_the_gain_and_for_every_cue() -> None:
    circle = Circle("Ana", "groove:ground=none", gain_db=-12.0)
    circle.do(SetCeiling(loudness_db=-18.0), 2)
    assert circle.session.view(at(2)).gain_db == -18.0
    circle.do(SetSound(True, -6.0), 3)
    assert circle.session.view(at(3)).gain_db == -18.0
    with pytest.raises(UsageError, match="from -60 to 0"):
        circle.do(SetCeiling(loudness_db=3.0), 4)


def test_no_more_hits_sound_than_the_ceiling_allows_and_all_of_them_are_judged() -> None:
    circle = Circle("", "groove")
    circle.do(SetCeiling(hits_a_second=4), 0.1)
    circle.do(PadFound("link:Ana", "Ana", "link"), 0.1)
    circle.do(Join("Ana", "Ana", pads=("link:Ana",), subdivision=4.0), 0.1)
    circle.play("Ana", *(1 + k / 4 for k in range(16)))
    sounded = [cue.due for cue in circle.all(Cue) if cue.player == "Ana"]
    assert len(sounded) == 8
    assert all(b - a >= NS for a, b in zip(sounded, sounded[4:], strict=False))
    assert circle.session.summary(at(6))["players"]["Ana"]["n"] == 16


def lights(structure: str, until: float = 40) -> list[tuple[bool, float]]:
    circle = Circle("Ana", structure)
    circle.do(Arm("groove", {}, 1), until - 10)
    return [(lit.on, beats_of(lit.time)) for lit in circle.beat(until).all(PulseLit)]


def test_a_pulse_that_is_let_go_is_not_seen_either_and_the_count_is() -> None:
    assert lights("groove") == []
    assert lights("free_play") == [(False, 0), (True, 32)]
    assert lights("continuation:with=1,without=4") == [(False, 4), (True, 20)]
    assert lights("tempo_match") == [(False, 0), (True, 32)]
    assert lights("talk:minutes=0.1", 60) == [(False, 0), (True, 52)]
    assert lights("wind_down:bars=4,slower=0", 60) == [(False, 16), (True, 52)]


def test_no_display_shows_the_beat_of_a_pulse_that_is_let_go() -> None:
    circle = Circle("Ana", "free_play").beat(3)
    assert circle.session.view(at(3)).pulse.hidden
    assert not Circle("Ana", "groove").beat(3).session.view(at(3)).pulse.hidden
    told = [effect for effect in circle.session.introduce() if isinstance(effect, PulseLit)]
    assert [lit.on for lit in told] == [False]
