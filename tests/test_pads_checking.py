"""What ``pads check`` asks for, and what it concludes from hits whose faults are known."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from drumcircle.cli._listening import drawing
from drumcircle.cli._listening.checking import ENDS, LEAD, PACE, REST, STRENGTHS, Check, Round, key_of
from drumcircle.cli._listening.findings import CABLE, Finding, Link, conclude
from drumcircle.cli._pads.check import document
from drumcircle.core.events import MS, NS
from drumcircle.link.messages import HeardHit

GOOD = (20, 24, 64, 70, 110, 120)
PADS = ["usb:kit#36", "usb:kit#38", "mqtt:snare"]


def hit(time: int, key: str = "usb:kit#36", velocity: int = 90, **more: object) -> HeardHit:
    device, _, note = key.partition("#")
    return HeardHit(time, device, int(note or 1), velocity, **more)  # type: ignore[arg-type]  # as given


def round_of(
    velocities: Iterable[int] = GOOD,
    *,
    key: str = "usb:kit#36",
    bounce_ms: float | None = None,
    along: str | None = None,
    times: int = 6,
    off_ms: float = 30.0,
    **more: object,
) -> Round:
    """A round as played: a velocity of 0 is a hit that is not heard; faults come with the last ``times`` hits."""
    round_ = Round(key, hit(0, key))
    for number, velocity in enumerate(velocities):
        at = LEAD + number * PACE + round(off_ms * MS)
        if velocity:
            round_.hits.append(hit(at, key, velocity, **more))
        if number >= len(STRENGTHS) - times:
            if bounce_ms is not None:
                round_.hits.append(hit(at + round(bounce_ms * MS), key, 15, **more))
            if along is not None:
                round_.hits.append(hit(at + 4 * MS, along, 12))
    return round_


def found(link: Link | None = None, **round_: object) -> Finding:
    return conclude(round_of(**round_), lambda key: f"<{key}>", link or Link("usb"))  # type: ignore[arg-type]  # as given


def words(link: Link | None = None, **round_: object) -> str:
    return "; ".join(found(link, **round_).advice)


# ---------------------------------------------------------------- what it concludes


def test_a_good_pad_is_good_and_told_in_figures():
    finding = found(uncertainty=600_000)
    assert finding.good
    assert (finding.heard, finding.asked, finding.doubles, finding.along) == (6, 6, 0, ())
    assert (finding.softest, finding.loudest, finding.uncertainty_ms) == (20, 120, 0.6)


@pytest.mark.parametrize("off_ms", [-350, 0, 350])
def test_a_person_who_is_early_or_late_has_hit_all_the_same(off_ms: float):
    assert found(off_ms=off_ms).heard == 6


def test_hits_that_are_not_heard_are_missed_and_soft_ones_are_told_apart():
    assert "soft hits are not heard (2 of 2): lower its threshold" in words(
        velocities=(0, 0, 64, 70, 110, 120)
    )
    assert "2 of 6 hits not heard" in words(velocities=(20, 0, 64, 70, 0, 120))


def test_a_double_trigger_that_the_usual_time_takes_out_is_told_and_good():
    finding = found(bounce_ms=32, times=3)
    assert (finding.doubles, finding.bounce_ms) == (3, 32.0)
    assert finding.good


@pytest.mark.parametrize(("bounce_ms", "advised"), [(50, 70), (58, 70), (64, 80), (130, 150)])
def test_a_longer_one_is_answered_with_a_double_trigger_time_that_covers_it(bounce_ms: float, advised: int):
    assert f"double-trigger time to {advised} ms" in words(bounce_ms=bounce_ms, times=2)
    assert advised >= bounce_ms + 10


def test_a_time_that_would_take_out_real_hits_is_never_advised():
    assert "double-trigger time" not in words(bounce_ms=180)
    assert "180 ms after the hit: raise its threshold" in words(bounce_ms=180)


def test_neighbours_that_sound_along_are_named_but_not_for_one_chance_meeting():
    assert "<usb:kit#38> sounds along (6 of 6): raise the threshold of <usb:kit#38>" in words(
        along="usb:kit#38"
    )
    assert found(along="usb:kit#38", times=1).good


@pytest.mark.parametrize(
    ("velocities", "says"),
    [
        ((10, 14, 20, 24, 36, 40), "too soft: velocity range 10-40"),
        ((110, 112, 118, 120, 127, 127), "soft and hard are both loud: velocity range 110-127"),
        ((127,) * 6, "switch off 'full level'"),
        ((70, 72, 74, 76, 78, 80), "soft and hard hardly differ: velocity range 70-80"),
    ],
)
def test_force_that_is_badly_set_is_told_with_its_range(velocities: tuple[int, ...], says: str):
    assert says in words(velocities=velocities)


def test_nothing_heard_is_one_advice_and_no_figure():
    finding = found(velocities=(0,) * 6)
    assert finding.advice == ("nothing was heard: test it again, hitting as each dot lights",)
    assert (finding.softest, finding.uncertainty_ms) == (None, None)
    assert finding.why_not["softest"] == "nothing was heard"


def test_a_wireless_pad_is_told_from_its_clock_exchange():
    good = found(Link("mqtt", 0.8), key="mqtt:snare", uncertainty=900_000)
    assert (good.jitter_ms, good.uncertainty_ms, good.good) == (0.8, 0.9, True)
    assert "weak Wi-Fi" in words(Link("mqtt", 12.0), key="mqtt:snare", uncertainty=900_000)
    assert "weak Wi-Fi" in words(Link("mqtt", 1.0), key="mqtt:snare", uncertainty=9_000_000)
    unknown = found(Link("mqtt", 1.0), key="mqtt:snare", uncertainty=900_000, by_arrival=True)
    assert unknown.uncertainty_ms is None
    assert unknown.by_arrival == 6
    assert "wait a few seconds" in unknown.advice[0]


def test_what_cannot_be_had_of_a_cable_is_a_dash_with_its_reason():
    finding = found(uncertainty=600_000)
    assert finding.jitter_ms is None
    lines = drawing.table([finding])
    assert lines[1].split() == ["<usb:kit#36>", "6", "of", "6", "0", "0", "20-120", "±0.6", "ms", "–", "good"]
    assert f"– in jitter: {CABLE}." in " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= 80


def test_the_table_says_below_a_pad_what_to_do():
    lines = drawing.table([found(), found(bounce_ms=58)])
    assert lines[2].endswith("→")
    assert lines[3].startswith("    → 6 of 6 hits sound twice")


def test_the_document_is_json_and_has_a_reason_for_each_null():
    told = json.loads(json.dumps(document([found(uncertainty=600_000), found(velocities=(0,) * 6)])))
    assert told["good"] is False
    assert [pad["good"] for pad in told["pads"]] == [True, False]
    for pad in told["pads"]:
        assert {figure for figure, value in pad.items() if value is None} <= set(pad["why_not"])
    assert document([])["good"] is False


# ---------------------------------------------------------------- how it guides


@pytest.fixture
def check() -> Check:
    check = Check()
    check.expect(PADS)
    return check


def play(check: Check, begin: int, key: str) -> int:
    """Test one pad well; returns the time after it."""
    check.hear(hit(begin, key))
    for number, velocity in enumerate(GOOD):
        check.hear(hit(begin + LEAD + number * PACE, key, velocity))
    check.advance(begin + ENDS)
    return begin + ENDS + REST


def test_pads_are_asked_for_in_turn_until_all_are_done(check: Check):
    now = NS
    for key in PADS:
        assert check.next_up() == key
        assert not check.over
        now = play(check, now, key)
    assert check.over
    assert list(check.rounds) == PADS
    assert drawing.progress(check) == f"[{'#' * 30}] 3 of 3 pads"


def test_whatever_pad_is_hit_is_tested(check: Check):
    play(check, NS, "mqtt:snare")
    assert list(check.rounds) == ["mqtt:snare"]
    assert check.next_up() == "usb:kit#36"


def test_a_device_nobody_described_is_tested_pad_by_pad_until_enter():
    check = Check()
    assert not check.over
    now = play(check, NS, "usb:new#1")
    assert not check.over
    play(check, now, "usb:new#2")
    check.finish()
    assert check.over
    assert list(check.rounds) == ["usb:new#1", "usb:new#2"]


def test_a_pad_hit_again_right_after_its_test_begins_no_other(check: Check):
    after = play(check, NS, "usb:kit#36")
    check.hear(hit(after - REST + 1, "usb:kit#36"))
    assert check.current is None
    check.hear(hit(after, "usb:kit#36"))
    assert check.current is not None


def test_a_pad_tested_again_counts_as_it_was_last(check: Check):
    first = check.rounds
    now = play(check, NS, "usb:kit#36")
    before = first["usb:kit#36"]
    play(check, now, "usb:kit#36")
    assert list(check.rounds) == ["usb:kit#36"]
    assert check.rounds["usb:kit#36"] is not before


def test_of_pads_that_sound_together_at_first_the_loudest_is_tested(check: Check):
    check.hear(hit(NS, "usb:kit#38", 20))
    check.hear(hit(NS + 3 * MS, "usb:kit#36", 100))
    check.hear(hit(NS + 6 * MS, "mqtt:snare", 10))
    assert check.current is not None
    assert check.current.key == "usb:kit#36"


def test_a_pad_can_be_left_out_before_and_within_its_test(check: Check):
    check.skip()
    check.hear(hit(NS, "usb:kit#38"))
    check.skip()
    assert check.current is None
    assert check.next_up() == "mqtt:snare"


def test_only_the_device_asked_for_begins_a_test_and_virtual_players_never():
    check = Check("usb:kit")
    check.hear(hit(NS, "mqtt:snare"))
    check.hear(hit(NS, "sim:blue"))
    assert check.current is None
    check.hear(hit(NS, "usb:kit#36"))
    assert check.current is not None


def test_a_round_that_is_ended_halfway_does_not_count(check: Check):
    check.hear(hit(NS))
    check.finish()
    assert check.rounds == {}


def test_the_guide_says_what_to_do_and_lights_a_dot_a_beat(check: Check):
    assert "Hit <usb:kit#36> once" in guide(check, 0)
    check.hear(hit(NS))
    assert "○ ○ ○ ○ ○ ○   next one softly" in guide(check, NS)
    assert "● ● ○ ○ ○ ○   next one as usual" in guide(check, NS + LEAD + PACE)
    assert "● ● ● ● ● ●   thank you" in guide(check, NS + LEAD + 5 * PACE)


def guide(check: Check, now: int) -> str:
    return "\n".join(drawing.checked(check, now, lambda key: f"<{key}>", None))


def test_sixteen_pads_take_two_minutes():
    assert 16 * (ENDS + REST) <= 126 * NS


def test_only_usb_pads_are_told_apart_by_note():
    assert key_of(hit(0, "usb:kit#36")) == "usb:kit#36"
    assert key_of(hit(0, "mqtt:snare")) == "mqtt:snare"
