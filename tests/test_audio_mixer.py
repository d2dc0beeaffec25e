"""The mixer: every onset on its own frame, and nothing that should not be heard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.audio.mixer import CEILING, POLYPHONY, Mixer
from drumcircle.audio.recording import Backing
from drumcircle.audio.voices import RATE, voice
from drumcircle.core.events import MS, NS, Cue, OutputLatency, Silence, SoundSet, StopRecording, Withdraw

BLOCK = 480
BEGAN = 7_000_000_123
"""Hub time of frame 0."""


class Tape:
    """Renders block after block on a perfect device and keeps what was heard."""

    def __init__(self) -> None:
        self.mixer = Mixer()
        self.frame = 0
        self.heard: list[np.ndarray] = []

    def run(self, frames: int, block: int = BLOCK) -> np.ndarray:
        until = self.frame + frames
        while self.frame < until:
            size = min(block, until - self.frame)
            mix = self.mixer.render(self.frame, size, time_of, frame_at)
            self.heard.append(np.zeros(size, np.float32) if mix is None else mix.copy())
            self.frame += size
        return np.concatenate(self.heard)


def time_of(frame: int) -> int:
    return BEGAN + round(frame * NS / RATE)


def frame_at(time: int) -> int:
    return round((time - BEGAN) * RATE / NS)


def click(number: int, frame: int, voice_name: str = "click", **more: object) -> Cue:
    return Cue(f"beat:{number}", time_of(frame), voice_name, **more)  # type: ignore[arg-type]


def onsets(tape: np.ndarray, gap: int = 2_000) -> list[int]:
    """Frames at which something is heard after at least ``gap`` frames of silence."""
    loud = np.flatnonzero(tape)
    return [] if not loud.size else [int(f) - 1 for f in loud[np.r_[True, np.diff(loud) > gap]]]


def test_clicks_at_96_bpm_are_30000_frames_apart_every_one() -> None:
    tape = Tape()
    for number in range(16):
        tape.mixer.take(click(number, 1_000 + 30_000 * number, "accent" if number % 4 == 0 else "click"))
    assert onsets(tape.run(16 * 30_000)) == [1_000 + 30_000 * n for n in range(16)]


@given(
    gaps=st.lists(st.integers(5_000, 60_000), min_size=1, max_size=6),
    block=st.sampled_from([64, 441, 480, 1024, 4096]),
)
def test_an_onset_is_on_its_frame_whatever_the_block(gaps: list[int], block: int) -> None:
    tape = Tape()
    frames = [int(frame) for frame in np.cumsum(gaps)]
    for number, frame in enumerate(frames):
        tape.mixer.take(click(number, frame))
    assert onsets(tape.run(frames[-1] + 5_000, block)) == frames


def test_a_voice_is_whole_across_blocks() -> None:
    tape = Tape()
    tape.mixer.take(click(0, 470))
    samples = voice("click")
    assert np.array_equal(tape.run(9_600)[470 : 470 + samples.size], samples)


def test_a_change_of_tempo_replaces_the_clicks_that_have_not_sounded() -> None:
    tape = Tape()
    for number in range(4):
        tape.mixer.take(click(number, 30_000 * number))
    tape.run(31_000)
    for number in (2, 3):
        tape.mixer.take(click(number, 30_000 + 24_000 * (number - 1)))
    assert onsets(tape.run(80_000)) == [0, 30_000, 54_000, 78_000]


def test_cues_withdrawn_are_not_heard() -> None:
    tape = Tape()
    for number in range(3):
        tape.mixer.take(click(number, 10_000 * (number + 1)))
    tape.mixer.take(Withdraw("beat:", time_of(15_000)))
    assert onsets(tape.run(40_000)) == [10_000]


def test_a_latency_sends_everything_early_by_itself() -> None:
    tape = Tape()
    tape.mixer.take(OutputLatency("sound", 40.0))
    tape.mixer.take(OutputLatency("midi", 99.0))
    tape.mixer.take(click(0, 20_000))
    assert onsets(tape.run(40_000)) == [20_000 - 40 * RATE // 1000]


def test_a_beat_sent_early_does_not_sound_again_when_it_is_handed_out_again() -> None:
    tape = Tape()
    tape.mixer.take(OutputLatency("sound", 25.0))
    tape.mixer.take(click(0, 20_000))
    tape.run(19_200)
    tape.mixer.take(Withdraw("beat:", time_of(19_200)))
    tape.mixer.take(click(0, 20_000))
    assert onsets(tape.run(20_000), gap=400) == [20_000 - 25 * RATE // 1000]


def test_a_hit_on_a_pad_sounds_at_once_though_it_is_past() -> None:
    tape = Tape()
    tape.run(4_800)
    tape.mixer.take(Cue("hit:usb:a:36", time_of(3_900), "drum", 0.8, "ann"))
    assert np.flatnonzero(tape.run(9_600))[0] == 4_800


def test_a_beat_that_comes_too_late_is_left_out_and_counted() -> None:
    tape = Tape()
    tape.run(48_000)
    tape.mixer.take(click(0, 40_000))
    assert onsets(tape.run(9_600)) == []
    assert tape.mixer.dropped == 1


def test_silence_fades_within_30_ms_and_drops_what_waits() -> None:
    tape = Tape()
    tape.mixer.take(Cue("hit:usb:a:36", time_of(0), "drum", 1.0, "ann"))
    tape.mixer.take(click(1, 30_000))
    before = tape.run(2_400)
    tape.mixer.take(Silence())
    tape.mixer.take(click(2, 60_000))
    heard = tape.run(70_000)
    assert np.abs(before[1_900:]).max() > 0.05
    assert np.abs(heard[2_400:2_880]).max() > 0.01
    assert not heard[2_400 + 1_440 : 60_000].any()
    assert onsets(heard)[-1] == 60_000


def test_a_fade_does_not_break_off() -> None:
    tape = Tape()
    tape.mixer.take(Cue("hit:usb:a:36", time_of(0), "drum", 1.0, "ann"))
    tape.run(2_400)
    tape.mixer.take(Silence())
    heard = tape.run(4_800)
    assert np.abs(np.diff(heard[2_300:4_000])).max() < 0.06


def test_nothing_is_rendered_where_nothing_sounds() -> None:
    assert Mixer().render(0, BLOCK, time_of, frame_at) is None


@given(gains=st.lists(st.floats(0.1, 1.0), min_size=1, max_size=80))
def test_however_many_drums_sound_the_ceiling_holds(gains: list[float]) -> None:
    tape = Tape()
    for number, gain in enumerate(gains):
        tape.mixer.take(Cue(f"hit:mqtt:p{number}:36", time_of(100), "drum", gain, f"p{number}"))
    assert np.abs(tape.run(4_800)).max() <= CEILING


def test_voices_beyond_the_bound_make_room() -> None:
    tape = Tape()
    for number in range(3 * POLYPHONY):
        tape.mixer.take(Cue(f"hit:mqtt:p{number}:36", time_of(number), "drum", 0.5, f"p{number}"))
    tape.run(BLOCK)
    assert len(tape.mixer._sounding) <= 2 * POLYPHONY
    tape.run(2 * BLOCK)
    assert len(tape.mixer._sounding) <= POLYPHONY


@pytest.mark.parametrize(("gain_db", "share"), [(0.0, 1.0), (-6.0, 0.501), (-20.0, 0.1), (12.0, 1.0)])
def test_the_master_gain_is_in_db_below_the_ceiling(gain_db: float, share: float) -> None:
    tape = Tape()
    tape.mixer.take(SoundSet(gain_db))
    tape.mixer.take(click(0, 1_000))
    assert np.abs(tape.run(9_600)).max() == pytest.approx(share * np.abs(voice("click")).max(), rel=0.01)


def test_a_soft_hit_is_softer() -> None:
    loud, soft = Tape(), Tape()
    loud.mixer.take(Cue("hit:a:1", time_of(10), "drum", 1.0, "ann"))
    soft.mixer.take(Cue("hit:a:1", time_of(10), "drum", 0.2, "ann"))
    assert np.abs(soft.run(4_800)).max() == pytest.approx(0.2 * np.abs(loud.run(4_800)).max(), rel=0.05)


def test_a_cue_given_for_later_waits() -> None:
    tape = Tape()
    tape.mixer.take(Cue("beat:1", BEGAN + 500 * MS, "click"))
    assert onsets(tape.run(23_999)) == []
    assert onsets(tape.run(4_800)) == [24_000]


def backing(seconds: float, due_frame: int, offset: int = 0) -> Backing:
    return Backing(np.full(round(seconds * RATE), 16384, np.int16), time_of(due_frame), offset)


def test_a_recording_begins_on_its_frame_and_fades_in_over_two_seconds() -> None:
    tape = Tape()
    tape.mixer.take(backing(4, 1_000))
    heard = tape.run(5 * RATE)
    assert not heard[:1_001].any()
    assert heard[1_000 + RATE] == pytest.approx(0.25, abs=1e-4)
    assert heard[1_000 + 3 * RATE] == pytest.approx(0.5, abs=1e-6)
    assert not heard[1_000 + 4 * RATE :].any()


def test_it_goes_on_where_it_was_and_fades_out_when_it_is_over() -> None:
    tape = Tape()
    tape.mixer.take(backing(10, 0, offset=6 * RATE))
    tape.mixer.take(StopRecording(time_of(3 * RATE)))
    heard = tape.run(6 * RATE)
    assert heard[round(2.9 * RATE)] == pytest.approx(0.5, abs=1e-6)
    assert heard[round(3.5 * RATE)] == pytest.approx(0.25, abs=1e-4)
    assert not heard[4 * RATE :].any()


def test_stop_all_silences_a_recording_in_30_ms_and_cues_sound_over_it() -> None:
    tape = Tape()
    tape.mixer.take(backing(10, 0))
    tape.mixer.take(click(1, 3 * RATE))
    before = tape.run(4 * RATE)
    assert np.abs(before[3 * RATE : 3 * RATE + 200] - 0.5).max() > 0.01
    tape.mixer.take(Silence())
    after = tape.run(RATE)
    assert not after[4 * RATE + round(0.031 * RATE) :].any()
