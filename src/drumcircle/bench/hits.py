"""How true hits are: whole recordings performed into a hub over every way in, and the time stamps of USB hits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from math import inf
from pathlib import Path
from subprocess import Popen
from typing import Any

from drumcircle.bench import brokers, children, stamps
from drumcircle.bench.catalogue import Teller, Wanted
from drumcircle.bench.jackd import jack
from drumcircle.bench.recordings import PREFIX, Player, Recording, prepare, recordings_in, tempo
from drumcircle.bench.row import Aim, Row
from drumcircle.errors import FileProblem

SUBDIVISION = 4.0
MOST_OFF = Aim(1.0)
"""ms by which a player's figures may differ from the file's."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way into a hub: its options, and what ``play --into`` is told (empty: the link)."""

    name: str
    hub_options: tuple[str, ...]
    into: str = ""

    def target(self, hub: children.RunningHub) -> tuple[str, ...]:
        """Options of ``play``."""
        into = hub.pads_url() if self.into == BROKER else self.into
        return ("--into", into) if into else ()

    def alias(self, player: Player) -> str:
        """What the hub calls a player who came this way."""
        return str(player.note) if self.into.startswith("midi:") else player.pad


BROKER = "the hub's own broker"
OWN = ("--port", "0")
FILE = "the file itself"


def measure(wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """The recordings first, then the stamps."""
    files = tuple(recordings_in(wanted.files))
    if wanted.files and not files:
        raise FileProblem(wanted.files[0], "there is no MIDI or CSV file in this folder.")
    with ExitStack() as stack:
        folder = stack.enter_context(children.own_folder())
        with_jack = stack.enter_context(jack(tell))
        if files:
            ways = _ways(stack, folder, tell, with_jack=with_jack)
            for number, file in enumerate(files, 1):
                yield from _performed(file, ways, folder / str(number), wanted, tell)
        if with_jack:
            yield from stamps.measure(folder / "stamps", wanted.seconds or stamps.SECONDS, tell)


def _ways(stack: ExitStack, folder: Path, tell: Teller, *, with_jack: bool) -> list[Way]:
    ways = [Way("link", (*OWN, "--no-midi")), Way("embedded broker", (*OWN, "--no-midi"), BROKER)]
    program = brokers.mosquitto()
    if program is None:
        tell.remark("Nothing is measured over mosquitto: it is not installed.")
    else:
        url = stack.enter_context(brokers.running_mosquitto(program, folder))
        ways.append(Way("mosquitto", ("--broker", url, "--no-midi"), f"{url}/circle"))
    if with_jack:
        ways.append(Way("JACK", (*OWN, "--midi"), "midi:bench-player"))
    return ways


def _performed(file: Path, ways: Sequence[Way], folder: Path, wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """One recording, over all ways at the same time: each has a hub of its own."""
    folder.mkdir()
    bpm = wanted.bpm or tempo(file)
    if bpm is None:
        raise FileProblem(file, "it does not tell its tempo; give it with --bpm.")
    subdivision, until_s = wanted.subdivision or SUBDIVISION, wanted.seconds or inf
    recording = prepare(file, folder, bpm, subdivision, until_s)
    tell.doing(f"{recording.name} over {', '.join(way.name for way in ways)}, {recording.length_s:.0f} s")
    if recording.left_out:
        tell.remark(f"{file.name}: {recording.left_out} hits left out, too near a boundary to be compared.")
    judged = ("--bpm", f"{bpm:.6f}", "--subdivision", str(subdivision), "--structure", "groove", "--no-sound")
    with ExitStack() as stack:
        hubs = [
            stack.enter_context(children.running_hub(folder / way.name, *judged, *way.hub_options))
            for way in ways
        ]
        plays = [
            stack.enter_context(_play(recording, way, hub, until_s))
            for way, hub in zip(ways, hubs, strict=True)
        ]
        for play in plays:
            children.answer(play, f"Performing {file.name}")
        found = [hub.summary()["players"] for hub in hubs]
    for way, players in zip(ways, found, strict=True):
        yield from _compared(f"{recording.name} over {way.name}", recording, way, players)


def _play(
    recording: Recording, way: Way, hub: children.RunningHub, until_s: float
) -> AbstractContextManager[Popen[bytes]]:
    until = () if until_s == inf else ("--to", str(until_s))
    return children.running(
        children.drumcircle(
            "play", str(recording.copy), "--json", "--name", PREFIX, *until, *way.target(hub)
        ),
        children.environment(hub.folder),
        hub.folder / "play.log",
    )


def _compared(case: str, recording: Recording, way: Way, found: dict[str, Any]) -> Iterator[Row]:
    """How far the hub's figures are from the file's: the worst player's, then (for JSON) each one's."""
    means: dict[str, float] = {}
    spreads: dict[str, float] = {}
    arrived = 0
    for player in recording.players:
        alias, truth = way.alias(player), player.truth
        figures = found.get(alias)
        if figures is None or not figures["n"]:
            continue
        arrived += figures["n"] + figures["extra"]
        means[alias] = abs(figures["mean_asynchrony_ms"] - truth.mean_ms)
        if truth.sd_ms is not None and figures["sd_asynchrony_ms"] is not None:
            spreads[alias] = abs(figures["sd_asynchrony_ms"] - truth.sd_ms)
    played = sum(player.truth.hits for player in recording.players)
    yield Row(case, "hits played", played, "")
    yield Row(case, "hits lost", played - arrived, "", aim=Aim(0))
    for metric, off in (("mean off by, worst player", means), ("SD off by, worst player", spreads)):
        if off:
            yield Row(case, metric, max(off.values()), "ms", FILE, aim=MOST_OFF)
    for metric, off in (("mean off by", means), ("SD off by", spreads)):
        for alias, value in off.items():
            yield Row(case, f"{alias}: {metric}", value, "ms", FILE, detail=True)
