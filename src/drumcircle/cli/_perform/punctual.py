"""MIDI has no time stamps: each note must leave at its very moment, so a thread of its own waits for it.

It runs before all others where the system permits, waits for absolute times (nothing adds up), coarsely
by sleeping and for the last half millisecond by looking at the clock.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from drumcircle.cli._perform.schedule import Due
from drumcircle.cli._perform.tally import Tally
from drumcircle.core.events import MS, NS

SPIN = MS // 2
LONGEST_SLEEP_S = 0.05
"""How long a stop may stay unnoticed."""
NOTE_LENGTH = 50 * MS
PRIORITY = 20
SWITCH_INTERVAL_S = 0.0005


class NoteOutput(Protocol):
    """A MIDI output."""

    def send_note_on(self, note: int, velocity: int) -> None: ...

    def send_note_off(self, note: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Message:
    """A note-on of ``hit``, or (``on`` false) the note-off that ends it."""

    at: int
    on: bool
    hit: Due


def messages(dues: Sequence[Due], start: int) -> list[Message]:
    """Note-ons at their times, each ended after 50 ms or half-way to the next hit of its note.

    Where a note-off and a note-on fall on one moment, the note-on goes first: it is the one that counts.
    """
    following: dict[int, int] = {}
    out = []
    for due in reversed(dues):
        length = min(NOTE_LENGTH, (following.get(due.note, due.offset + NS) - due.offset) // 2)
        following[due.note] = due.offset
        out.append(Message(start + due.offset, True, due))
        if length:
            out.append(Message(start + due.offset + length, False, due))
    return sorted(out, key=lambda message: (message.at, not message.on))


def play_punctually(
    output: NoteOutput, queue: Sequence[Message], stop: threading.Event, tally: Tally
) -> None:
    """Send each message at its time until all are sent or ``stop``; sounding notes are ended in any case."""
    _run_first(PRIORITY)
    sounding: set[int] = set()
    try:
        for message in queue:
            if not wait_until(message.at, stop):
                return
            if message.on:
                output.send_note_on(message.hit.note, message.hit.velocity)
                tally.count(message.hit.pad, time.perf_counter_ns() - message.at)
                sounding.add(message.hit.note)
            else:
                output.send_note_off(message.hit.note)
                sounding.discard(message.hit.note)
    finally:
        for note in sorted(sounding):
            output.send_note_off(note)


def wait_until(at: int, stop: threading.Event) -> bool:
    """Return at ``at`` (``perf_counter_ns``), never before; False as soon as ``stop`` is seen."""
    while (left := at - time.perf_counter_ns()) > SPIN:
        if stop.is_set():
            return False
        time.sleep(min((left - SPIN) / NS, LONGEST_SLEEP_S))
    while time.perf_counter_ns() < at:
        pass
    return not stop.is_set()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """While it lasts: threads take turns quickly, no garbage is looked for among what is there already, and
    the thread that calls this is not kept from its work while it holds the interpreter the notes wait for.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()
    back = _run_first(PRIORITY - 1)
    try:
        yield
    finally:
        back()
        gc.unfreeze()
        sys.setswitchinterval(usual)


def _run_first(priority: int) -> Callable[[], None]:
    """Ask that this thread runs before all ordinary ones; returns what puts it back.

    Without permission it runs like any other.
    """
    if not hasattr(os, "sched_setscheduler"):
        return lambda: None
    before = os.sched_getscheduler(0), os.sched_getparam(0)

    def back() -> None:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, *before)

    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    return back
