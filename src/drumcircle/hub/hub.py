"""The hub: one inbox, one timer, one consumer around :class:`drumcircle.core.session.Session`.

Lends itself to its parts as :class:`drumcircle.hub.part.Circle` and to the link as
:class:`drumcircle.link.host.Host`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from drumcircle.core.events import (
    NS,
    Command,
    ConnectionChanged,
    Effect,
    Event,
    Gap,
    Hit,
    Notice,
    PatternAdded,
    PieceAdded,
    PieceMade,
    PulseFollowed,
    PulseMovedByPlaying,
    PulseShown,
    Record,
    RhythmGiven,
    TurnEndedByPlaying,
    TurnPassedByPlaying,
)
from drumcircle.core.session import Session
from drumcircle.core.view import Happening, SessionView
from drumcircle.errors import DrumcircleError, UsageError
from drumcircle.formats.profiles import Profile
from drumcircle.hub.newcomers import Newcomers
from drumcircle.hub.part import Part, Recorder
from drumcircle.hub.requests import Requests
from drumcircle.hub.sleep import SleepWatch
from drumcircle.link.host import FAILED, Answer
from drumcircle.link.server import LinkServer

logger = logging.getLogger(__name__)

AT_ONCE = 64
"""Events taken, or hits told of as safe, before the loop gets a turn for its sockets."""
STALLED = 5 * NS
"""A deadline missed by this much: the machine slept or the program was stopped, however busy it is."""
PART_PAUSE_S, PART_PAUSE_MAX_S = 1.0, 30.0

Waiting = tuple[Event, asyncio.Future[Answer] | None]


class Hub:
    """Runs one circle until it is asked to end."""

    def __init__(
        self,
        session: Session,
        recorder: Recorder,
        parts: Sequence[Part],
        link: LinkServer,
        *,
        ask_who: bool = False,
        on_state: Callable[[str], None] = lambda _words: None,
        profiles: Callable[[], Sequence[Profile]] = tuple,
        clock: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._session, self._recorder, self.parts, self._link = session, recorder, parts, link
        self._requests = Requests(self, session, profiles)
        self._newcomers = Newcomers(session, ask=ask_who)
        self._on_state, self._clock = on_state, clock
        self._on_hit: Callable[[Hit, int], None] = self._handle_hit
        self._inbox: deque[Waiting] = deque()
        self._scheduled = False
        self._logged = 0
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for: int | None = None
        self._services: dict[str, tuple[bool, str]] = {}
        self._sleep = SleepWatch()
        self._tasks: list[asyncio.Task[None]] = []
        self.ended = asyncio.Event()

    # ---------------------------------------------------------------- life

    async def start(self, *, resumed: bool = False) -> None:
        """Begin: everything runs after this.  ``resumed``: the session has been under way before."""
        self._loop = asyncio.get_running_loop()
        self._spread(self._session.introduce() if resumed else self._session.effects())
        self._rearm()
        self._tasks = [self._loop.create_task(self._keep_running(part)) for part in self.parts]

    async def stop(self) -> dict[str, Any]:
        """End all parts; returns the session's summary, and leaves it with the recorder."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._drain_all()
        if self._timer is not None:
            self._timer.cancel()
        for part in self.parts:
            part.close()
        now = self._clock()
        self._spread(self._session.advance(now))
        summary = self._session.summary(now)
        self._recorder.finish({"now": now, "summary": summary})
        return summary

    def ask_to_end(self) -> None:
        """Somebody wants the circle to be over."""
        self.ended.set()

    async def _keep_running(self, part: Part) -> None:
        pause = PART_PAUSE_S
        while True:
            try:
                return await part.run(self)
            except DrumcircleError as problem:
                words = str(problem)
            except Exception:
                logger.exception("%s failed", part.name)
                words = f"The part {part.name!r} failed and is started again; the log has the reason."
            self.report(part.name, False, words)
            await asyncio.sleep(pause)
            pause = min(pause * 2, PART_PAUSE_MAX_S)

    # ---------------------------------------------------------------- Circle: what parts use

    def now(self) -> int:
        """ns on the hub's clock."""
        return self._clock()

    def post(self, event: Event) -> None:
        """Into the inbox; loop thread."""
        self._inbox.append((event, None))
        self._schedule()

    def post_from_thread(self, event: Event) -> None:
        """Into the inbox; any thread."""
        self._call_from_thread(self.post, event)

    def report(self, service: str, ok: bool, words: str) -> None:
        """A service's state; the same again is dropped."""
        if self._services.get(service, (True, "")) != (ok, words):
            self._services[service] = (ok, words)
            if words:
                self._on_state(words)
            self.post(ConnectionChanged(service, ok, words))

    def report_from_thread(self, service: str, ok: bool, words: str) -> None:
        """The same from any thread."""
        self._call_from_thread(self.report, service, ok, words)

    def hits_safe_from_thread(self, hits: list[Hit]) -> None:
        """The recorder has committed these."""
        self._call_from_thread(self._tell_safe, hits)

    def _call_from_thread(self, function: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            logger.debug("heard after the end: %r", arguments)

    # ---------------------------------------------------------------- Host: what the link uses

    def session(self) -> str:
        return self._session.config.title

    def view(self) -> SessionView:
        return self._session.view(self._clock())

    def happenings(self) -> list[Happening]:
        return self._session.happenings_after(0)

    def tell_hits(self, told: Callable[[Hit], object] | None) -> None:
        """The path of a hit is longer only while somebody listens."""

        def handle_and_tell(hit: Hit, now: int) -> None:
            self._handle_hit(hit, now)
            if told is not None:
                told(hit)

        self._on_hit = self._handle_hit if told is None else handle_and_tell

    async def command(self, command: Command) -> Answer:
        """Through the inbox, like everything that happens."""
        future: asyncio.Future[Answer] = self._loop.create_future()
        self._inbox.append((command, future))
        self._schedule()
        return await future

    async def request(self, what: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return await self._requests.answer(what, arguments)

    def counts(self) -> dict[str, Any]:
        """Hits received, lost, duplicate and rejected, in all and by pad, from every part that counts."""
        total: dict[str, Any] = {"received": 0, "lost": 0, "duplicate": 0, "rejected": 0, "pads": {}}
        for part in (*self.parts, self._link):
            counted = getattr(part, "counts", None)
            if counted is None:
                continue
            for name, value in counted().items():
                if name == "pads":
                    total["pads"].update(value)
                else:
                    total[name] = total.get(name, 0) + value
        return total

    # ---------------------------------------------------------------- the one consumer

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._drain)

    def _drain(self) -> None:
        self._scheduled = False
        self._notice_sleep()
        for _ in range(min(len(self._inbox), AT_ONCE)):
            self._take(*self._inbox.popleft())
        if self._inbox:
            self._schedule()
        self._rearm()

    def _drain_all(self) -> None:
        while self._inbox:
            self._take(*self._inbox.popleft())

    def _take(self, event: Event, waiting: asyncio.Future[Answer] | None) -> None:
        now = self._clock()
        try:
            if type(event) is Hit:
                for first in self._newcomers.before(event):
                    self._handle(first, now)
            self._handle(event, now)
            answer = Answer(True)
        except UsageError as refused:
            answer = Answer(False, str(refused))
            self._spread(self._session.effects())
        except Exception:  # whatever it is, the next event is taken
            logger.exception("a %s could not be taken", type(event).__name__)
            answer = Answer(False, FAILED)
        if self._log_faults():
            answer = Answer(False, FAILED)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _log_faults(self) -> bool:
        """Faults the core has outlived: were there any?"""
        faults = self._session.faults()
        for fault in faults:
            logger.error("a fault in the circle's core", exc_info=fault)
        return bool(faults)

    def _handle(self, event: Event, now: int) -> None:
        """Journal first, then the core, then its effects."""
        if type(event) is Hit:
            self._on_hit(event, now)
            return
        self._recorder.write(now, event)
        if type(event) is Record:
            self._recorder.set_recording(event.on)
        self._spread(self._session.handle(event, now))

    def _handle_hit(self, hit: Hit, now: int) -> None:
        session = self._session
        kept = session.recording
        if kept:
            owner = session.owner(hit)
            kept = owner is None or not session.is_live_only(owner)
        if kept:
            self._recorder.write(now, hit)
        effects = session.handle(hit, now)
        if not kept:
            for effect in effects:
                if type(effect) is TurnPassedByPlaying:
                    self._recorder.write(now, TurnEndedByPlaying(effect.player, effect.time))
            self._tell_safe([hit])
        self._spread(effects)

    def _spread(self, effects: list[Effect]) -> None:
        for effect in effects:
            for part in self.parts:
                try:
                    part.take(effect)
                except Exception:
                    self._failed(part)
            kind = type(effect)
            if kind is PulseShown:
                self._link.pulse(effect)  # type: ignore[arg-type]  # told apart by type() for speed
            elif kind is PulseMovedByPlaying:
                self._keep_move(effect)  # type: ignore[arg-type]
            elif kind is Notice:
                self._pass_on_log()
            elif kind is RhythmGiven:  # a fact that a replay finds: from now on it is in the library
                self.post(PatternAdded(effect.pattern))  # type: ignore[union-attr]
            elif kind is PieceMade:
                self.post(PieceAdded(effect.piece))  # type: ignore[union-attr]

    def _keep_move(self, moved: PulseMovedByPlaying) -> None:
        fact = PulseFollowed(moved.at, moved.beat, moved.time, moved.bpm)
        self._recorder.write(self._clock(), fact)

    def _failed(self, part: Part) -> None:
        """One sink that fails leaves the others and the circle alone; it is logged once."""
        words = f"The part {part.name!r} fails at what the circle asks of it; the log has the reason."
        if self._services.get(part.name) != (False, words):
            logger.exception("%s failed at an effect", part.name)
            self.report(part.name, False, words)

    def _pass_on_log(self) -> None:
        entries = self._session.happenings_after(self._logged)
        if entries:
            self._logged = entries[-1].number
            self._link.log(entries)

    def _tell_safe(self, hits: list[Hit]) -> None:
        """A commit may hold thousands; what has just been played does not wait for them."""
        for part in self.parts:
            part.safe(hits[:AT_ONCE])
        if len(hits) > AT_ONCE:
            self._loop.call_soon(self._tell_safe, hits[AT_ONCE:])

    # ---------------------------------------------------------------- the one timer

    def _rearm(self) -> None:
        due = self._session.next_deadline()
        if due == self._armed_for and self._timer is not None and not self._timer.cancelled():
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._armed_for = due
        if due is not None:
            self._timer = self._loop.call_later(max(0, due - self._clock()) / NS, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        # Where the clock of the hub runs on in sleep (Windows, a program that was stopped) only this shows it.
        late = self._clock() - self._session.next_deadline()
        if not self._notice_sleep(late if late > STALLED else 0):
            self._spread(self._session.advance(self._clock()))
            self._log_faults()
        self._rearm()

    def _notice_sleep(self, stalled: int = 0) -> bool:
        """After a suspend the gap is told to the core before anything due in it is run."""
        missing = max(self._sleep.slept(), stalled)
        if missing:
            now = self._clock()
            self._handle(Gap(min(now, self._session.next_deadline()), now, "suspended", missing), now)
            self._log_faults()
        return bool(missing)
