"""Pads' lights: told ahead, in each pad's own time, only what concerns them."""

from __future__ import annotations

import pytest

from drumcircle.core.events import (
    MS,
    NS,
    Cue,
    OutputLatency,
    PulseLit,
    PulseShown,
    Stopped,
    TurnBegan,
    Withdraw,
)
from drumcircle.net import topics, wire
from drumcircle.net.intake import Intake
from drumcircle.net.offset import NEEDED
from drumcircle.net.wire import PadCue

OFFSET = 40 * NS
"""hub - pad"""
BAR = 1010 * NS


class Lit:
    """An intake with two pads that have lights and one that has none."""

    def __init__(self) -> None:
        self.time = 1000 * NS
        self.told: list[tuple[str, PadCue]] = []
        self.intake = Intake("circle", lambda _: None, self._send, lambda: self.time)
        for pad, cues in (("anna", True), ("ben", True), ("cleo", False)):
            self.hear(pad, "info", wire.encode_json(wire.PadInfo(1, cues=cues)))

    def _send(self, topic: str, payload: bytes) -> bool:
        if topic.endswith("/cue"):
            self.told.append((topic.split("/")[3], wire.decode_cue(payload)))
        return True

    def hear(self, pad: str, leaf: str, payload: bytes) -> None:
        self.intake.hear(topics.pad_topic("circle", pad, leaf), payload, self.time)

    def synchronise(self, *pads: str) -> None:
        for number in range(NEEDED):
            for pad in pads:
                asked = (self.time - MS - OFFSET) // 1000
                self.hear(pad, "sync/req", wire.encode_sync_request(wire.SyncRequest(1, 1, number, asked)))
                report = wire.PadState(1, 1, wire.SyncReport(number, (self.time + MS - OFFSET) // 1000))
                self.hear(pad, "state", wire.encode_json(report))
            self.time += 50 * MS

    def cues(self) -> list[tuple[str, PadCue]]:
        """Since the last look."""
        told, self.told = self.told, []
        return told

    def take(self, *effects: PulseShown | Cue | Withdraw | TurnBegan | Stopped | OutputLatency) -> None:
        for effect in effects:
            self.intake.lights.take(effect)


@pytest.fixture
def lit() -> Lit:
    room = Lit()
    room.synchronise("anna", "ben", "cleo")
    return room


def pad_us(hub_ns: int) -> int:
    return (hub_ns - OFFSET) // 1000


def near(told: int, wanted: int) -> bool:
    """Within what µs and the fit leave open."""
    return abs(told - wanted) <= 3


def test_a_bar_is_told_once_to_every_light_in_its_own_time(lit: Lit) -> None:
    lit.take(PulseShown(BAR, 4, 1, 96.0, "6/8"))
    told = lit.cues()
    assert [pad for pad, _ in told] == ["anna", "ben"]
    cue = told[0][1]
    assert (cue.cue, cue.id, cue.bar, cue.beat, cue.beats) == ("pulse", "pulse", 4, 1, 6)
    assert near(cue.at_us, pad_us(BAR))
    assert cue.period_us == 625_000.0


def test_a_light_that_is_slow_is_told_earlier(lit: Lit) -> None:
    lit.take(OutputLatency("light", 12.0), OutputLatency("sound", 80.0), PulseShown(BAR, 1, 1, 60.0, "4/4"))
    assert near(lit.cues()[0][1].at_us, pad_us(BAR) - 12_000)


def test_beats_follow_from_the_pulse_and_count_ins_are_told(lit: Lit) -> None:
    lit.take(Cue("beat:8", BAR, "click"), Cue("beat:9", BAR + NS, "count"), Cue("part:call:1", BAR, "call"))
    told = [(cue.id, cue.cue) for pad, cue in lit.cues() if pad == "anna"]
    assert told == [("beat:9", "count"), ("part:call:1", "call")]


def test_what_is_withdrawn_is_withdrawn_from_lights(lit: Lit) -> None:
    lit.take(Withdraw("beat:", BAR))
    (pad, cue), _ = lit.cues()
    assert (pad, cue.cue, cue.id) == ("anna", "withdraw", "beat:")
    assert near(cue.at_us, pad_us(BAR))


def test_your_turn_is_shown_by_your_own_pad_and_goes_dark_when_it_passes(lit: Lit) -> None:
    lit.take(TurnBegan("p1", BAR, BAR + 4 * NS, ("mqtt:anna", "usb:kit")))
    ((pad, cue),) = lit.cues()
    assert (pad, cue.cue) == ("anna", "turn")
    assert cue.until_us is not None
    assert near(cue.until_us, pad_us(BAR + 4 * NS))
    lit.take(TurnBegan("p2", BAR + 2 * NS, None, ("mqtt:ben",)))
    told = dict(lit.cues())
    assert told["ben"].until_us is None
    assert told["anna"].until_us is not None
    assert near(told["anna"].until_us, pad_us(BAR + 2 * NS))
    lit.take(TurnBegan(None, BAR + 3 * NS))
    assert [pad for pad, _ in lit.cues()] == ["ben"]


def test_stop_all_is_dark_at_once_until_the_bar_on_which_all_go_on(lit: Lit) -> None:
    lit.take(PulseShown(BAR, 1, 1, 60.0, "4/4"), Stopped(True, BAR))
    assert [cue.cue for pad, cue in lit.cues() if pad == "anna"] == ["pulse", "stop"]
    lit.take(PulseShown(BAR + 4 * NS, 2, 1, 60.0, "4/4"))
    assert not lit.cues(), "still stopped"
    lit.take(Stopped(False, BAR + 8 * NS))
    assert not lit.cues(), "not yet"
    lit.take(PulseShown(BAR + 8 * NS, 3, 1, 60.0, "4/4"))
    assert [cue.bar for pad, cue in lit.cues() if pad == "anna"] == [3]


def test_a_pulse_that_is_let_go_leads_no_light_until_it_is_back(lit: Lit) -> None:
    lit.take(PulseShown(BAR, 1, 1, 60.0, "4/4"), PulseLit(False, BAR + NS))
    assert [cue.cue for pad, cue in lit.cues() if pad == "anna"] == ["pulse", "stop"]
    lit.take(
        PulseShown(BAR + 4 * NS, 2, 1, 60.0, "4/4"), Stopped(True, BAR + 5 * NS), Stopped(False, BAR + 8 * NS)
    )
    assert [cue.cue for pad, cue in lit.cues() if pad == "anna"] == ["stop"]
    lit.take(PulseLit(True, BAR + 12 * NS), PulseShown(BAR + 12 * NS, 4, 1, 60.0, "4/4"))
    assert [cue.bar for pad, cue in lit.cues() if pad == "anna"] == [4]


def test_a_pad_that_comes_later_is_told_once_its_clock_is_known() -> None:
    room = Lit()
    room.take(PulseShown(BAR, 4, 1, 60.0, "4/4"), TurnBegan("p1", BAR, None, ("mqtt:anna",)))
    assert not room.cues()
    room.synchronise("anna", "ben")
    assert [(pad, cue.cue) for pad, cue in room.cues()] == [
        ("anna", "pulse"), ("anna", "turn"), ("ben", "pulse"),
    ]  # fmt: skip


def test_a_pad_that_was_away_is_told_anew_what_holds_now(lit: Lit) -> None:
    lit.take(PulseShown(BAR, 4, 1, 60.0, "4/4"), TurnBegan("p1", BAR, None, ("mqtt:anna",)))
    lit.cues()
    for online in (False, True):
        lit.hear("anna", "info", wire.encode_json(wire.PadInfo(1, online, cues=True)))
    assert [(pad, cue.cue) for pad, cue in lit.cues()] == [
        ("anna", "stop"), ("anna", "pulse"), ("anna", "turn"),
    ]  # fmt: skip
    lit.take(TurnBegan("p2", BAR, None, ("mqtt:ben",)), Stopped(True, BAR + NS))
    lit.cues()
    lit.hear("anna", "info", wire.encode_json(wire.PadInfo(1, cues=True)))
    assert [(pad, cue.cue) for pad, cue in lit.cues()] == [("anna", "stop")], "it may show neither any more"


def test_a_pad_that_goes_on_with_a_pulse_it_knew_hears_that_a_restarted_circle_is_stopped() -> None:
    room = Lit()
    room.take(Stopped(True, BAR))
    room.cues()
    room.synchronise("anna")
    assert [(pad, cue.cue) for pad, cue in room.cues()] == [("anna", "stop")]


def test_a_pad_that_introduces_itself_all_the_time_is_told_no_more_than_others(lit: Lit) -> None:
    for _ in range(400):
        lit.hear("anna", "info", wire.encode_json(wire.PadInfo(1, cues=True)))
    assert len(lit.cues()) <= 12
