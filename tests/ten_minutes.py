"""Ten virtual minutes of twelve players and three structures, recorded; run as a program, it may kill itself.

``python ten_minutes.py FOLDER [MINUTE]`` records into FOLDER as a hub would; at that minute it is gone (SIGKILL).
Run again, it goes on with what it finds there.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from drumcircle.core.events import NS, Arm, Event, Gap, GoOn, Hit, RampTempo, Record, StopAll
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.formats.patterns import load_patterns
from drumcircle.sim.player import virtual_players
from drumcircle.sim.virtual import Timed, run_circle
from drumcircle.store.boot import boot_id
from drumcircle.store.journal import Anchor, Head, read_journal
from drumcircle.store.recorder import SqliteRecorder
from drumcircle.store.recovery import Recovered, recover, unfinished

START = 1_000 * NS
END = START + 600 * NS
AT_1640 = 1_795_452_000 * NS
PLAYERS, SEED = 12, 5
RESTART = 2 * NS
"""How long the hub is away after a kill."""

SCRIPT: list[Timed] = [
    (START, Record(True)),
    (START + 180 * NS, Arm("call_and_response", {"rounds": 0, "level": 2})),
    (START + 300 * NS, RampTempo(108.0, 8)),
    (START + 330 * NS, StopAll()),
    (START + 340 * NS, GoOn()),
    (START + 390 * NS, Arm("turn_taking", {"beats": 4, "rounds": 2}, 2)),
    (START + 520 * NS, Arm("groove", {"ground": "walk"}, 0)),
]


def config() -> SessionConfig:
    """What the ten minutes begin with."""
    patterns = tuple(load_patterns(None)[0])
    return SessionConfig(start=START, bpm=96.0, seed=SEED, structure="groove", patterns=patterns)


def perform(
    session: Session,
    record: Callable[[int, Event], None],
    script: list[Timed] = SCRIPT,
    journal: tuple[Timed, ...] = (),
    go_on_at: int | None = None,
) -> dict[str, object]:
    """The ten minutes, or what is left of them; returns the session in numbers."""
    players = virtual_players(PLAYERS, SEED)
    run_circle(session, players, END, script, record, journal=journal, go_on_at=go_on_at)
    return session.summary(END)


class Recording:
    """A recorder under a circle in virtual time; waits for it now and then, as real time would."""

    def __init__(self, begin: Head | Path, folder: Path, killed_at: int | None) -> None:
        self._safe = threading.Semaphore(0)
        self._waiting, self._killed_at = 0, killed_at
        self._recorder = SqliteRecorder(
            begin, folder / "state", folder / "data", on_safe=self._on_safe, on_failed=sys.exit
        )

    def _on_safe(self, hits: list[Hit]) -> None:
        self._safe.release(len(hits))

    def write(self, now: int, event: Event) -> None:
        if self._killed_at is not None and now >= self._killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self._recorder.write(now, event)
        if isinstance(event, Record):
            self._recorder.set_recording(event.on)
        if isinstance(event, Hit):
            self._waiting += 1
        # At most a few virtual seconds are ahead of the disk, though they pass in milliseconds.
        while self._waiting > 16:
            self._safe.acquire()
            self._waiting -= 1

    def finish(self, summary: dict[str, object]) -> None:
        self._recorder.finish({"now": END, "summary": summary})


def main(folder: Path, killed_at: int | None) -> None:
    """Begin, or go on with what a kill has left."""
    (folder / "state").mkdir(parents=True, exist_ok=True)
    left = unfinished(folder / "state")
    if left is None:
        recording = Recording(Head(config(), Anchor(START, AT_1640, boot_id())), folder, killed_at)
        recording.finish(perform(Session(config()), recording.write))
        return
    last = max(now for now, _ in read_journal(left).rows())
    back = last + RESTART
    found = recover(left, folder / "state", folder / "data", now=back, unix_ns=AT_1640 + back - START)
    assert isinstance(found, Recovered), found.words
    session = Session(found.journal.head.config)
    recording = Recording(left, folder, killed_at)
    gap: Timed = (back, Gap(last, back, "restarted"))
    recording.finish(perform(session, recording.write, [*SCRIPT, gap], found.rows, back))


if __name__ == "__main__":
    began = time.perf_counter()
    main(Path(sys.argv[1]), START + round(float(sys.argv[2]) * 60 * NS) if len(sys.argv) > 2 else None)
    print(f"{time.perf_counter() - began:.1f} s")
