"""A small circle that records itself, for the tests of the store."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drumcircle.core.events import MS, NS, Event, Hit, Join, PadFound, Record, SetMeter, SetTempo
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.errors import UsageError
from drumcircle.store.boot import boot_id
from drumcircle.store.journal import Anchor, Head
from drumcircle.store.recorder import SqliteRecorder

GUARD = 30.0
START = 1_000 * NS
AT_1640 = 1_795_452_000 * NS  # 23 November 2026, 16:40 UTC; tests say what that is where they run


def head(title: str = "Drum circle", *, boot: str | None = None, **config: Any) -> Head:
    """A session that begins at ``START``."""
    settings = SessionConfig(start=START, title=title, **config)
    anchor = Anchor(START, AT_1640, boot_id() if boot is None else boot)
    return Head(settings, anchor)


@dataclass
class Heard:
    """What a recorder says, to wait on."""

    hits: list[Hit] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def safe(self, hits: list[Hit]) -> None:
        with self._changed:
            self.hits += hits
            self._changed.notify_all()

    def failed(self, sentence: str) -> None:
        with self._changed:
            self.failures.append(sentence)
            self._changed.notify_all()

    def wait_for_hits(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.hits) >= count, GUARD), (
                f"{len(self.hits)} hits only"
            )

    def wait_for_failure(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: bool(self.failures), GUARD), "no failure was told"


def recorder(begin: Head | Path, root: Path, heard: Heard) -> SqliteRecorder:
    """A recorder in ``root/state`` and ``root/data``."""
    return SqliteRecorder(begin, root / "state", root / "data", on_safe=heard.safe, on_failed=heard.failed)


def hit(n: int, pad: str = "sim:1", note: int = 36, velocity: int = 90) -> Hit:
    """The n-th hit of a player on the beats of 120 BPM, a little late each time."""
    time = START + n * NS // 2 + (n * 7 % 13) * MS
    return Hit(time, pad, note, velocity, raw_time=time - 5, uncertainty=40_000, seq=n)


def evening(hits: int = 40) -> list[tuple[int, Event]]:
    """Two players, a change of tempo and of metre, a command that is refused, a double trigger."""
    events: list[Event] = [
        PadFound("sim:1", "Pad one", "sim"),
        PadFound("sim:2", "Pad two", "sim"),
        Join("ana", "Ana", pads=("sim:1",)),
        Join("ben", "Ben", pads=("sim:2",), subdivision=2.0),
    ]
    rows = [(START + i, event) for i, event in enumerate(events)]
    for n in range(1, hits + 1):
        played = hit(n, f"sim:{1 + n % 2}")
        rows.append((played.time + 2 * MS, played))
        if n == hits // 2:
            rows.append((played.time + 3 * MS, SetTempo(121.0)))
            rows.append((played.time + 4 * MS, SetTempo(5.0)))
            rows.append((played.time + 5 * MS, SetMeter("6/8")))
            again = Hit(played.time + 20 * MS, played.pad, played.note, 30)
            rows.append((played.time + 22 * MS, again))
    return rows


def recorded_evening(root: Path, rows: list[tuple[int, Event]], title: str = "Drum circle") -> Path:
    """Record a session as a hub does, to its good end; the path of its journal."""
    begin = head(title, bpm=120.0, structure="groove")
    session = Session(begin.config)
    heard = Heard()
    keeper = recorder(begin, root, heard)
    keeper.set_recording(True)
    now = START
    for now, event in [(START, Record(True)), *rows]:
        keeper.write(now, event)
        try:
            session.handle(event, now)
        except UsageError:
            session.effects()
    now += NS
    keeper.finish({"now": now, "summary": session.summary(now)})
    assert heard.failures == []
    (path,) = (root / "data" / "sessions").glob("*.db")
    return path
