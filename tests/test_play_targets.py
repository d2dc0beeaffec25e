"""Performing into a circle: begun on a bar line, true to the file, never early, ended cleanly."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.cli import main
from drumcircle.cli._perform import performer
from drumcircle.cli._perform.link_target import into_link
from drumcircle.cli._perform.performer import Outcome, perform
from drumcircle.cli._perform.progress import line
from drumcircle.cli._perform.punctual import NOTE_LENGTH, messages, play_punctually
from drumcircle.cli._perform.schedule import Due, Stretch
from drumcircle.cli._perform.tally import Tally
from drumcircle.cli._perform.target import stream
from drumcircle.cli._perform.targets import open_target
from drumcircle.cli._perform.virtual import accompany, company
from drumcircle.core.events import MS, NS, Command, Fact, Hit, PadFound, Perform, PulseShown, StructureBegan
from drumcircle.core.view import Happening, SessionView
from drumcircle.errors import CircleNotRunning, UsageError
from drumcircle.formats.performance import PAD_ID
from drumcircle.link.files import write_link
from drumcircle.link.host import Answer
from drumcircle.link.server import LinkServer
from drumcircle.sim.ensemble import Ensemble
from e2e_truth import write_hits

GUARD = 20.0
HITS = (Due(0, "a", 36, 100), Due(20 * MS, "b", 38, 90), Due(40 * MS, "a", 36, 80))

# ---------------------------------------------------------------- the performance


class FakeTarget:
    """A circle on paper: keeps what it is told."""

    words = "a circle on paper"

    def __init__(self, shown: PulseShown | None, now: int = 100 * NS) -> None:
        self.shown, self.time = shown, now
        self.announced: list[tuple[int, str]] = []
        self.played: list[tuple[int, Due]] = []
        self.settled = 0
        self.trouble = ""
        self.forever = False
        self.playing = asyncio.Event()

    def now(self) -> int:
        return self.time

    async def pulse(self) -> PulseShown | None:
        return self.shown

    async def announce(self, start: int, title: str) -> str:
        self.announced.append((start, title))
        return self.trouble

    async def play(self, dues: Sequence[Due], start: int, tally: Tally) -> None:
        for due in dues:
            self.played.append((start + due.offset, due))
            tally.count(due.pad, 0)
        self.playing.set()
        if self.forever:
            await asyncio.Event().wait()

    async def settle(self) -> str:
        self.settled += 1
        return ""


async def test_it_begins_on_the_next_bar_line_and_says_so_to_the_circle_and_the_person() -> None:
    target, said, outcome = FakeTarget(PulseShown(99 * NS, 7, 3, 120.0, "4/4")), [], Outcome()
    await perform(target, HITS, Stretch(), "song", said.append, outcome)
    # Beat 3 at 99 s, so bar lines at 98, 100 and 102 s; half a second of lead rules out 100.
    assert target.announced == [(102 * NS, "song")]
    assert [at for at, _ in target.played] == [102 * NS + due.offset for due in HITS]
    assert outcome.on_bar_line
    assert "on a bar line (120 BPM, 4/4), in 2.0 s" in said[0]
    assert target.settled == 1


@pytest.mark.parametrize("shown", [None, PulseShown(10 * NS, 1, 1, 120.0, "4/4")])
async def test_without_a_living_pulse_it_begins_at_once_and_says_so(shown: PulseShown | None) -> None:
    target, said, outcome = FakeTarget(shown), [], Outcome()
    await perform(target, HITS, Stretch(), "song", said.append, outcome)
    assert target.announced == [(100 * NS + performer.LEAD, "song")]
    assert not outcome.on_bar_line
    assert "on no bar line" in said[0]


async def test_from_puts_time_zero_into_the_past_on_a_bar_line() -> None:
    target = FakeTarget(PulseShown(99 * NS, 7, 3, 120.0, "4/4"))
    await perform(target, (Due(10 * NS, "a", 36, 1),), Stretch(from_s=10), "song", [].append, Outcome())
    assert target.announced == [(92 * NS, "song")]
    assert target.played[0][0] == 102 * NS


async def test_a_long_silence_at_the_start_is_told_of() -> None:
    said: list[str] = []
    late = (Due(700 * NS, "a", 36, 1),)
    await perform(FakeTarget(None), late, Stretch(speed=2), "song", said.append, Outcome())
    assert any("--from 1400" in words for words in said)


async def test_what_the_circle_objects_to_is_passed_on_and_the_playing_goes_on() -> None:
    target, outcome = FakeTarget(None), Outcome()
    target.trouble = "No."
    await perform(target, HITS, Stretch(), "song", [].append, outcome)
    assert outcome.problems == ["No."]
    assert outcome.tally.sent.total() == 3


async def test_being_interrupted_ends_it_cleanly_with_what_was_sent() -> None:
    target, outcome = FakeTarget(None), Outcome()
    target.forever = True
    playing = asyncio.create_task(perform(target, HITS, Stretch(), "song", [].append, outcome))
    await asyncio.wait_for(target.playing.wait(), GUARD)
    playing.cancel()
    await asyncio.wait_for(playing, GUARD)
    assert outcome.stopped
    assert target.settled == 1
    assert outcome.tally.words().startswith("3 hits sent (a 2, b 1)")


@pytest.mark.parametrize(
    ("played", "length", "words"),
    [
        (-1.25, 60.0, "begins in 1.2 s"),
        (12.34, 60.0, "   12.3 of 60.0 s   5 hits"),
        (12.34, math.inf, "   12.3 s   5 hits"),
    ],
)
def test_the_moving_line_says_where_it_is(played: float, length: float, words: str) -> None:
    assert line(played, length, 5) == words


# ---------------------------------------------------------------- stamped hits


class FakeSender:
    """Keeps the stamp of each hit and when it was handed over."""

    def __init__(self, away_for: str = "") -> None:
        self.sent: list[tuple[Due, int, int]] = []
        self._away_for = away_for

    def now(self) -> int:
        return time.perf_counter_ns()

    async def send(self, due: Due, at: int) -> bool:
        self.sent.append((due, at, self.now()))
        return due.pad != self._away_for


async def test_a_stamped_hit_carries_its_exact_time_and_never_leaves_before_it() -> None:
    sender, tally = FakeSender(), Tally()
    start = sender.now() + 10 * MS
    await asyncio.wait_for(stream(sender, HITS, start, tally), GUARD)
    assert [(due, at - start) for due, at, _ in sender.sent] == [(due, due.offset) for due in HITS]
    assert all(handed >= at for _, at, handed in sender.sent)
    assert tally.plain()["pads"] == {"a": {"sent": 2, "lost": 0}, "b": {"sent": 1, "lost": 0}}


async def test_hits_that_nobody_takes_are_counted_as_lost() -> None:
    tally = Tally()
    await stream(FakeSender(away_for="b"), HITS, 0, tally)
    assert (tally.sent.total(), tally.lost.total()) == (2, 1)
    assert "1 were not taken" in tally.words()


# ---------------------------------------------------------------- notes that must be punctual


class FakeOutput:
    """A MIDI output that keeps what is sent and when; ``stop`` is set after so many messages."""

    def __init__(self, stop: threading.Event | None = None, after: int = 0) -> None:
        self.sent: list[tuple[str, int, int]] = []
        self._stop, self._after = stop, after

    def send_note_on(self, note: int, velocity: int) -> None:
        self._keep("on", note)

    def send_note_off(self, note: int) -> None:
        self._keep("off", note)

    def _keep(self, kind: str, note: int) -> None:
        self.sent.append((kind, note, time.perf_counter_ns()))
        if self._stop is not None and len(self.sent) == self._after:
            self._stop.set()


dues = st.lists(
    st.builds(Due, st.integers(0, NS).map(lambda t: t * 4), st.just("a"), st.integers(36, 39), st.just(100)),
    max_size=40,
).map(lambda hits: sorted(hits, key=lambda due: due.offset))


@given(dues)
def test_every_note_on_is_at_its_time_and_its_note_ends_before_it_is_struck_again(dues: list[Due]) -> None:
    queue = messages(dues, 5 * NS)
    assert [message.at for message in queue] == sorted(message.at for message in queue)
    assert [m.at - 5 * NS for m in queue if m.on] == [due.offset for due in dues]
    for note in range(36, 40):
        own = [m for m in queue if m.hit.note == note]
        for earlier, later in pairwise(own):
            if not later.on:
                assert earlier.on
                assert 0 < later.at - earlier.at <= NOTE_LENGTH
            elif earlier.on:
                # Only two strikes on one moment have no room for an end between them.
                assert later.at - earlier.at <= 1
        assert not own or not own[-1].on


def test_notes_are_sent_in_order_and_never_early() -> None:
    output, tally = FakeOutput(), Tally()
    start = time.perf_counter_ns() + 5 * MS
    queue = messages(HITS, start)
    play_punctually(output, queue, threading.Event(), tally)
    assert [(kind, note) for kind, note, _ in output.sent] == [
        ("on", 36), ("on", 38), ("off", 36), ("on", 36), ("off", 38), ("off", 36)
    ]  # fmt: skip
    assert all(at >= message.at for (_, _, at), message in zip(output.sent, queue, strict=True))
    assert tally.sent == {"a": 2, "b": 1}
    worst = tally.lateness_ms(1)
    assert worst is not None
    assert worst >= 0


def test_a_stop_ends_the_notes_that_sound() -> None:
    stop = threading.Event()
    output = FakeOutput(stop, after=1)
    play_punctually(
        output, messages((*HITS, Due(60 * NS, "a", 40, 1)), time.perf_counter_ns()), stop, Tally()
    )
    assert [(kind, note) for kind, note, _ in output.sent] == [("on", 36), ("off", 36)]


# ---------------------------------------------------------------- through the link


class FakeHost:
    """A hub for a real link server; keeps what pads do."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.commands: list[Command] = []
        self.hit_heard = asyncio.Event()

    def now(self) -> int:
        return time.perf_counter_ns()

    def session(self) -> str:
        return "test"

    def view(self) -> SessionView:
        raise AssertionError("a pad is shown no view")

    def happenings(self) -> list[Happening]:
        return []

    def post(self, event: Fact) -> None:
        self.facts.append(event)
        if isinstance(event, Hit):
            self.hit_heard.set()

    async def command(self, command: Command) -> Answer:
        self.commands.append(command)
        return Answer(True)

    async def request(self, what: str, arguments: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError(f"a pad asks nothing, not {what}")

    def hits(self) -> list[Hit]:
        return [fact for fact in self.facts if isinstance(fact, Hit)]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[tuple[LinkServer, FakeHost]]:
    """A hub's link, with its ``link.json`` in ``tmp_path``."""
    server, host = LinkServer(), FakeHost()
    url = await server.start(host)
    write_link(
        tmp_path,
        url=url,
        token=server.token,
        circle_token=server.circle_token,
        circle="circle",
        data=tmp_path,
    )
    yield server, host
    await server.stop()


async def test_hits_reach_the_hub_through_the_link_with_the_very_time_of_the_file(
    tmp_path: Path, server: tuple[LinkServer, FakeHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performer, "LEAD", 30 * MS)
    link, host = server
    shown = PulseShown(time.perf_counter_ns(), 1, 1, 240.0, "1/4")
    link.pulse(shown)
    outcome = Outcome()
    async with into_link(tmp_path, ["a", "b"], "song") as target:
        await asyncio.wait_for(perform(target, HITS, Stretch(), "song", [].append, outcome), GUARD)
    assert outcome.on_bar_line
    assert outcome.start is not None
    assert (outcome.start - shown.t) % (NS // 4) == 0
    assert host.commands == [Perform(outcome.start, "song")]
    assert [fact.pad for fact in host.facts if isinstance(fact, PadFound)] == ["link:a", "link:b"]
    assert [(hit.pad, hit.note, hit.velocity, hit.time, hit.by_arrival) for hit in host.hits()] == [
        (f"link:{due.pad}", due.note, due.velocity, outcome.start + due.offset, False) for due in HITS
    ]
    assert outcome.problems == []


async def test_a_circle_that_ends_meanwhile_ends_the_playing_with_a_sentence(
    tmp_path: Path, server: tuple[LinkServer, FakeHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performer, "LEAD", 0)
    monkeypatch.setattr("drumcircle.cli._perform.link_target.PULSE_SECONDS", 0.01)
    link, _ = server
    async with into_link(tmp_path, ["a"], "song") as target:
        await link.stop("The circle has ended.")
        with pytest.raises(CircleNotRunning, match="The rest was not played: The circle has ended"):
            await asyncio.wait_for(perform(target, HITS, Stretch(), "song", [].append, Outcome()), GUARD)


# ---------------------------------------------------------------- virtual players


async def test_virtual_players_follow_the_pulse_the_hub_tells_each_in_their_own_way(
    tmp_path: Path, server: tuple[LinkServer, FakeHost]
) -> None:
    link, host = server
    shown = PulseShown(time.perf_counter_ns(), 1, 1, 240.0, "4/4")
    link.pulse(shown)
    outcome = Outcome()
    async with into_link(tmp_path, ["v-1", "v-2"], "virtual players") as target:
        playing = asyncio.create_task(accompany(target, company(2, 7, "v"), math.inf, [].append, outcome))
        while len({hit.pad for hit in host.hits()}) < 2 or len(host.hits()) < 6:
            host.hit_heard.clear()
            await asyncio.wait_for(host.hit_heard.wait(), GUARD)
        playing.cancel()
        await asyncio.wait_for(playing, GUARD)
    assert outcome.stopped
    assert outcome.tally.sent.total() == len(host.hits())
    assert not any(hit.by_arrival for hit in host.hits())
    assert {hit.pad for hit in host.hits()} == {"link:v-1", "link:v-2"}
    # The same people, from the same seed, hear the same pulse without any hub.
    alone = Ensemble(company(2, 7, "v"))
    alone.take(StructureBegan("groove", 0, {}), shown.t)
    alone.take(shown, shown.t)
    expected = {(hit.pad, hit.time) for hit in alone.play(max(hit.time for hit in host.hits()))}
    assert {(hit.pad.replace("link:", "sim:"), hit.time) for hit in host.hits()} <= expected


async def test_virtual_players_who_hear_no_pulse_are_silent_and_end_when_told(
    tmp_path: Path, server: tuple[LinkServer, FakeHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drumcircle.cli._perform.link_target.PULSE_SECONDS", 0.01)
    _, host = server
    outcome = Outcome()
    async with into_link(tmp_path, ["v-1"], "virtual players") as target:
        await asyncio.wait_for(accompany(target, company(1, 7, "v"), 0.05, [].append, outcome), GUARD)
    assert not outcome.stopped
    assert host.hits() == []


def test_virtual_players_have_the_circles_aliases_or_numbers_after_a_prefix() -> None:
    assert [player.name for player in company(2, 1, "left")] == ["left-1", "left-2"]
    assert len({player.name for player in company(40, 1, None)}) == 40
    assert all(PAD_ID.fullmatch(player.name) for player in company(40, 1, None))


# ---------------------------------------------------------------- as a command


@pytest.fixture
def song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRUMCIRCLE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("drumcircle.cli._perform.link_target.START_SECONDS", 0.0)
    write_hits(tmp_path / "song.mid", [(0.5, 36, 100)])
    return tmp_path / "song.mid"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "No circle runs here"),
        (["--into", "ftp://somewhere"], "--into cannot begin with 'ftp'"),
        (["--into", "midi:"], "--into cannot begin with 'midi'"),
        (["--from", "3", "--to", "2"], "--from must be 0 or more seconds, and before --to"),
        (["--from", "nan"], "--from must be 0 or more"),
        (["--speed", "0"], "--speed must be above 0"),
        (["--speed", "inf"], "--speed must be above 0"),
        (["--from", "0.6"], "nothing to play between --from and --to"),
        (["--player", "A=36"], "--player must be NAME=NOTE"),
        (["--virtual", "2"], "Give either a FILE to perform or --virtual N"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(
    song: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert main(["play", str(song), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Give either a FILE"),
        (["--virtual", "0"], "--virtual must be from 1"),
        (["--virtual", "1", "--to", "nan"], "--from must be 0 or more"),
        (["--virtual", "1", "--into", "midi:port"], "--into cannot begin with 'midi' here"),
        (["--virtual", "1"], "No circle runs here"),
    ],
)
def test_virtual_players_cannot_be_called_wrongly(
    song: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert main(["play", *options]) == 2
    assert words in capsys.readouterr().err


async def test_an_unknown_way_is_named_without_the_password_in_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_target("mqt://user:secret@host/circle", tmp_path, [], "song")
    assert "secret" not in str(caught.value)


async def command(state: Path, *argv: str) -> asyncio.subprocess.Process:
    """``drumcircle play`` as a process of its own."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "drumcircle", "play", *argv,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "DRUMCIRCLE_STATE": str(state)},
    )  # fmt: skip


async def test_the_command_plays_into_the_circle_that_runs_here_and_reports_in_json(
    tmp_path: Path, server: tuple[LinkServer, FakeHost]
) -> None:
    link, host = server
    link.pulse(PulseShown(time.perf_counter_ns(), 1, 1, 240.0, "1/4"))
    write_hits(tmp_path / "song.mid", [(0.0, 36, 100), (0.02, 38, 90), (0.03, 40, 90)])
    playing = await command(tmp_path, str(tmp_path / "song.mid"), "--player", "low=36,38", "--json")
    out, err = await asyncio.wait_for(playing.communicate(), GUARD)
    report = json.loads(out)
    assert playing.returncode == 0
    assert report["pads"] == {"low": {"sent": 2, "lost": 0}}
    assert report["remarks"] == ["Left out: notes that no --player has (40; hits: 1)."]
    assert report["on_bar_line"]
    assert b"on a bar line (240 BPM, 1/4)" in err
    assert [hit.time - report["start_ns"] for hit in host.hits()] == [0, 20 * MS]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_interrupted_command_says_how_far_it_came(
    tmp_path: Path, server: tuple[LinkServer, FakeHost], number: signal.Signals
) -> None:
    link, host = server
    link.pulse(PulseShown(time.perf_counter_ns(), 1, 1, 240.0, "1/4"))
    write_hits(tmp_path / "song.mid", [(0.0, 36, 100), (600.0, 38, 90)])
    playing = await command(tmp_path, str(tmp_path / "song.mid"), "--name", "ann")
    await asyncio.wait_for(host.hit_heard.wait(), GUARD)
    playing.send_signal(number)
    out, err = await asyncio.wait_for(playing.communicate(), GUARD)
    assert playing.returncode == 130
    assert out.startswith(b"Stopped. 1 hit sent (ann-36 1)")
    assert b"Traceback" not in err
