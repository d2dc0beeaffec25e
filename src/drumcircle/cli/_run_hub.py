"""Puts a hub together from options, runs it, and takes it apart again in order."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import logging.handlers
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumcircle import INTENDED_USE, config
from drumcircle.cli._broker import BrokerOfHub, broker_for
from drumcircle.cli._keeping import Keeping
from drumcircle.cli._network import announcement, link_open, opening, osc_place
from drumcircle.cli._run_plan import chosen, titled
from drumcircle.cli._seats import Seats
from drumcircle.cli._summary import write_summary
from drumcircle.core.events import ConnectionChanged, Event, Follow, Gap, Hit, Record, StillRunning
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.core.structures import parse
from drumcircle.errors import CircleAlreadyRunning, FileProblem, UsageError
from drumcircle.formats.profiles import load_profiles
from drumcircle.hub.hub import Hub
from drumcircle.link.certificate import trust_folder
from drumcircle.link.files import read_link, remove_link, write_link
from drumcircle.link.server import LinkServer
from drumcircle.registry import Setup, make_parts
from drumcircle.store.journal import Head
from drumcircle.store.recorder import SqliteRecorder
from drumcircle.store.recovery import Recovered, close, recover, unfinished
from drumcircle.store.replay import replay

STILL_RUNNING_S = 1.0
MOST_VIRTUAL = 64
FIRST_BAR_LINE_S = 0.3
"""From the making of a session to its first bar line: its first cues go out ahead."""


@dataclass(frozen=True, slots=True)
class Folders:
    config: Path
    data: Path
    state: Path


def run(options: argparse.Namespace) -> int:
    """Until ``--for`` is over, SIGTERM, Ctrl-C, or quit over the link."""
    folders = Folders(
        options.config or config.config_folder(), options.data or config.data_folder(), config.state_folder()
    )
    seats = Seats(folders.config, keep=options.ask)
    settings = config.settings(vars(options), folders.config, seats.kept())
    _check(options, folders.config)
    if not folders.state.exists():  # the first time ever
        print(INTENDED_USE, file=sys.stderr)
    with ExitStack() as stack:
        ending = stack.enter_context(_signals())
        stack.enter_context(_log(folders.state))
        stack.enter_context(_only_one(folders.state))
        broker = stack.enter_context(broker_for(settings, folders.state, trust_folder(folders.config)))
        runner = stack.enter_context(asyncio.Runner(loop_factory=asyncio.SelectorEventLoop))
        runner.run(_circle(options, settings, seats, folders, broker, ending))
    return 0


def _check(options: argparse.Namespace, folder: Path) -> None:
    """What would fail only once the circle runs, or after it, is said now."""
    if options.structure:
        parse(options.structure)
    if options.plan and options.structure:
        raise UsageError("Give the circle a plan or a structure to begin with, not both.")
    if options.plan:
        chosen(folder, options)
    if options.summary is not None and not options.summary.absolute().parent.is_dir():
        raise FileProblem(options.summary, "there is no such folder to write the summary in; make it first.")
    if options.simulate is not None and not 0 <= options.simulate <= MOST_VIRTUAL:
        raise UsageError(f"--simulate takes 0 to {MOST_VIRTUAL} virtual players, not {options.simulate}.")


async def _circle(
    options: argparse.Namespace,
    settings: config.Settings,
    seats: Seats,
    folders: Folders,
    broker: BrokerOfHub,
    ending: Ending,
) -> None:
    trust = trust_folder(folders.config)
    there = opening(settings, trust)
    session, journal, first, taken = _session(options, settings, seats, folders)
    loop = asyncio.get_running_loop()
    hub: Hub

    def on_safe(hits: list[Hit]) -> None:
        hub.hits_safe_from_thread(hits)

    def on_failed(words: str) -> None:
        print(words, file=sys.stderr)
        hub.post_from_thread(ConnectionChanged("recording", False, words))
        hub.post_from_thread(Record(False))

    recorder = SqliteRecorder(
        journal,
        folders.state,
        folders.data,
        on_safe=on_safe,
        on_failed=on_failed,
    )
    before = session.roster_plain(time.perf_counter_ns())
    seated = frozenset(pad for row in before for pad in row["pads"] if pad.startswith("sim:"))
    people = frozenset(row["alias"] for row in before if seated.isdisjoint(row["pads"]))
    profiles, unusable = load_profiles(folders.config)
    setup = Setup(
        broker=broker.address(),
        midi=settings.midi,
        profiles=tuple(profiles),
        midi_out=settings.midi_out or "",
        sound=settings.sound,
        osc=osc_place(settings),
        announce=announcement(settings, folders.state, trust, broker.pads_login(), there),
        interface=settings.interface,
        simulate=options.simulate or 0,
        seed=session.config.seed,
        aliases=people | seats.aliases(),
        seated=seated,
    )
    parts = [*make_parts(setup), Keeping(seats, session)]
    for part in parts:
        if taken and (prime := getattr(part, "prime", None)) is not None:
            prime(taken)
    del taken  # it may be a long evening
    link = LinkServer()
    hub = Hub(
        session, recorder, parts, link,
        ask_who=options.ask, on_state=lambda words: print(words, file=sys.stderr),
        profiles=lambda: load_profiles(folders.config)[0],
    )  # fmt: skip
    url = await link.start(hub, there)
    ending.tell(lambda: loop.call_soon_threadsafe(hub.ask_to_end))
    await hub.start(resumed=isinstance(journal, Path))
    for event in first:
        hub.post(event)
    if options.plan and session.plan_as_played(hub.now()) is None:
        hub.post(Follow(chosen(folders.config, options)))
    problems = (*settings.problems, *seats.problems, *unusable)
    if problems:
        print(*problems, sep="\n", file=sys.stderr)
        hub.post(ConnectionChanged("settings", False, " ".join(problems)))
    if options.record:
        await hub.request("record", {"on": True})
    write_link(
        folders.state, url=url, token=link.token, circle_token=link.circle_token,
        circle=settings.circle, data=folders.data, broker=broker.pads_login(), network=link_open(there, trust),
    )  # fmt: skip
    _settle()
    print(f"The circle runs at {session.config.bpm:g} BPM; pads: {broker.words()}.", file=sys.stderr)
    await _until_end(hub, broker, options.seconds)
    remove_link(folders.state)
    seats.save(session, hub.now())
    summary = await hub.stop()
    counts = hub.counts()
    await link.stop()
    ending.tell(lambda: None)
    if options.summary is not None:
        write_summary(options.summary, session, summary, counts)


def _session(
    options: argparse.Namespace, settings: config.Settings, seats: Seats, folders: Folders
) -> tuple[Session, Head | Path, list[Event], list[Hit]]:
    """A new session, or the one a crash left; its journal; what to post first; the hits it has taken already."""
    now = time.perf_counter_ns()
    lost = unfinished(folders.state)
    if lost is not None:
        found = recover(lost, folders.state, folders.data, now=now, unix_ns=time.time_ns())
        if isinstance(found, Recovered) and _another(options, found.journal.head.config):
            why = "another one was asked for"
            found = close(found.journal, folders.state, folders.data, why)
        if isinstance(found, Recovered):
            session = Session(found.journal.head.config)
            replay(found.rows, session)
            words = found.words(len(session.players()))
            print(words, file=sys.stderr)
            taken = [event for _, event in found.rows if isinstance(event, Hit)]
            return session, lost, [Gap(found.last, now, "restarted", recovered=words)], taken
        print(found.words, file=sys.stderr)
    made = _session_config(options, settings, seats, folders.config, now)
    return Session(made), Head.of(made), list(seats.joins(made)), []


def _another(options: argparse.Namespace, config: SessionConfig) -> bool:
    """Do the options ask for something else than this circle began with?"""
    asked = ("title", "circle", "bpm", "meter", "subdivision", "double_trigger_ms", "structure")
    return any(getattr(options, name) not in (None, getattr(config, name)) for name in asked)


def _session_config(
    options: argparse.Namespace, settings: config.Settings, seats: Seats, folder: Path, now: int
) -> SessionConfig:
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**31)
    return SessionConfig(
        start=now + round(FIRST_BAR_LINE_S * 1e9),
        title=titled(settings.title, folder, options),
        circle=settings.circle,
        bpm=settings.bpm,
        meter=settings.meter,
        seed=seed,
        subdivision=settings.subdivision,
        double_trigger_ms=settings.double_trigger_ms,
        structure=options.structure or ("" if options.ask or options.plan else "groove"),
        heard=settings.sound,
        sound_latency_ms=settings.latency_ms,
        patterns=tuple(seats.patterns),
        pieces=tuple(seats.pieces),
    )


async def _until_end(hub: Hub, broker: BrokerOfHub, seconds: float | None) -> None:
    async def still_running() -> None:
        while True:
            await asyncio.sleep(STILL_RUNNING_S)
            hub.post(StillRunning())
            broker.look_after()

    beats = asyncio.get_running_loop().create_task(still_running())
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(hub.ended.wait(), seconds)
    beats.cancel()


def _settle() -> None:
    """After start-up: no long collections, and quick turns for the threads that stamp hits."""
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(0.0005)


# ---------------------------------------------------------------- files, signals, log


@contextmanager
def _only_one(state: Path) -> Iterator[None]:
    """One circle a state folder.

    Raises:
        CircleAlreadyRunning: another hub lives in it.
    """
    known = read_link(state)
    if known is not None:
        raise CircleAlreadyRunning(
            f"A circle already runs here (process {known.pid}); join it with 'drumcircle dash', or end it first."
        )
    try:
        yield
    finally:
        remove_link(state)


class Ending:
    """Remembers that the end was asked for, and tells whoever can act on it, once there is somebody."""

    def __init__(self) -> None:
        self._asked = False
        self._act: Callable[[], object] = lambda: None

    def tell(self, act: Callable[[], object]) -> None:
        """From now on ``act`` hears of it; at once if it has been asked already."""
        self._act = act
        if self._asked:
            act()

    def ask(self, *_signal: object) -> None:
        """A signal handler."""
        self._asked = True
        self._act()


@contextmanager
def _signals() -> Iterator[Ending]:
    """SIGTERM and Ctrl-C end the circle well, however often they come; a lost terminal does not end it."""
    ending = Ending()
    handlers: dict[str, Any] = {"SIGINT": ending.ask, "SIGTERM": ending.ask, "SIGHUP": signal.SIG_IGN}
    before = {
        number: signal.signal(number, handler)
        for name, handler in handlers.items()
        if (number := getattr(signal, name, None)) is not None
    }
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _log(state: Path) -> Iterator[None]:
    """Warnings and worse, in a file that rotates; aliases only.

    Raises:
        FileProblem: the state folder refuses.
    """
    path = state / "hub.log"
    try:
        state.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=500_000, backupCount=3, encoding="utf-8"
        )
    except OSError as problem:
        raise FileProblem(
            path, f"cannot be written ({problem.strerror}); free or permit this folder."
        ) from None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
