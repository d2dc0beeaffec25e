"""Which MIDI system is used, and what is said where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from drumcircle.errors import MissingPart, UsageError
from drumcircle.midi import ports
from drumcircle.midi.out import MidiOutPart
from drumcircle.midi.source import MidiIn
from midi_fixtures import RememberingCircle

linux = pytest.mark.skipif(sys.platform != "linux", reason="the choice between ALSA and JACK is Linux's")


@pytest.fixture
def nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Linux machine without ALSA's sequencer and without a JACK server."""
    pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")
    monkeypatch.setattr(ports, "ALSA_SEQUENCER", tmp_path / "seq")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "drumcircle-tests-nobody")
    monkeypatch.delenv("DRUMCIRCLE_MIDI_API", raising=False)


@linux
@pytest.mark.usefixtures("nothing_here")
def test_without_any_midi_system_it_says_how_to_add_one_and_nothing_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(MissingPart, match="snd-seq"):
        ports.find_api()
    assert capfd.readouterr() == ("", "")


@linux
@pytest.mark.usefixtures("nothing_here")
def test_the_sequencer_is_preferred_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "seq").touch()
    assert ports.find_api() == "alsa"


@linux
@pytest.mark.usefixtures("nothing_here")
def test_a_system_that_was_chosen_is_used_or_missed_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMCIRCLE_MIDI_API", "jack")
    assert ports.find_api() == "jack"
    with pytest.raises(MissingPart, match="No JACK server"):
        ports.input_names()
    monkeypatch.setenv("DRUMCIRCLE_MIDI_API", "coremidi")
    with pytest.raises(MissingPart, match="without coremidi"):
        ports.find_api()


@pytest.mark.usefixtures("nothing_here")
def test_a_choice_there_is_not_is_refused_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMCIRCLE_MIDI_API", "oss")
    with pytest.raises(UsageError, match="'oss'; it can be alsa, jack, coremidi, winmm"):
        ports.find_api()


async def test_without_rtmidi_the_parts_say_so_and_leave_the_circle_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    circle = RememberingCircle()
    for part in (MidiIn(), MidiOutPart("synth")):
        await part.run(circle)
        part.close()
    assert [(service, ok) for service, ok, _ in circle.reports] == [("midi", False), ("midi-out", False)]
    assert all("python-rtmidi" in words for _, _, words in circle.reports)
