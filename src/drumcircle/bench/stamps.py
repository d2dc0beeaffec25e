"""How true the time of a USB hit is while a dashboard draws 32 lanes.

One process strikes notes on a JACK port and keeps the moment before each.  Three hear the same notes: a real
hub (its journal holds the times it gave them), a bare python-rtmidi callback and mido's callback, each with
the time at which it is called.  The hub's 32 players are the 32 notes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen

from drumcircle.bench import children
from drumcircle.bench.catalogue import BenchFailed, Teller
from drumcircle.bench.row import Aim, Row, compared, median, percentile
from drumcircle.bench.terminal import Terminal, has_terminals, in_terminal
from drumcircle.core.events import MS, Hit
from drumcircle.store.journal import read_journal

LANES = 32
SECONDS = 30.0
STROKES_A_SECOND = 100
PORT = "bench-striker"
HUB_FINDS_S = 2.0
"""The hub looks for new ports four times a second."""
THERAPIST = (("v", "show personal figures"), ("v", "missed"))
"""The keys to the view with a lane a player, and what is read on the screen after each."""
DRAWN_S = 10.0
SIZE = (160, 60)
"""Columns and lines: room for every lane."""
BARE, MIDO = "bare rtmidi callback", "mido callback"
P99 = Aim(1.2, "ratio")

Times = Mapping[tuple[int, int], int]
"""(note, velocity), which no two strokes share -> ns."""


def measure(folder: Path, seconds: float, tell: Teller) -> Iterator[Row]:
    """Errors of the three, ours beside each of the others."""
    tell.doing(f"Hits over JACK under a dashboard of {LANES} lanes, {seconds:g} s")
    strokes = round(min(seconds * STROKES_A_SECOND, 126 * LANES))
    struck, heard, drawn = _heard(folder, strokes, tell)
    errors = {
        who: [times[key] - at for key, at in struck.items() if key in times] for who, times in heard.items()
    }
    case = f"hits over JACK, {LANES} lanes drawn" if drawn else "hits over JACK, no dashboard"
    for who, own in errors.items():
        yield Row(
            f"{case}: {who}", "hits lost", len(struck) - len(own), "", aim=Aim(0) if who == "hub" else None
        )
        for metric, value in _figures(own).items():
            row = Row(f"{case}: {who}", metric, value, "ms")
            yield row if who != "hub" else compared(_aimed(row), BARE, _figures(errors[BARE])[metric])
        if who == "hub":
            for metric, value in _figures(own).items():
                yield compared(
                    Row(f"{case}: {who}", metric, value, "ms"), MIDO, _figures(errors[MIDO])[metric]
                )
    if drawn:
        yield Row(case, "drawn by the dashboard", drawn / 1e6 / seconds, "MB/s")


def _aimed(row: Row) -> Row:
    return Row(row.case, row.metric, row.value, row.unit, aim=P99 if row.metric.endswith("p99") else None)


def _figures(errors: list[int]) -> dict[str, float]:
    """ms: how far stamps are from the stroke, and how far from their own middle (a constant can be taken off)."""
    middle = median(errors)
    far, spread = [abs(e) for e in errors], [abs(e - middle) for e in errors]
    return {
        "error p50": percentile(far, 0.5) / MS,
        "error p99": percentile(far, 0.99) / MS,
        "spread p50": percentile(spread, 0.5) / MS,
        "spread p99": percentile(spread, 0.99) / MS,
    }


def _heard(folder: Path, strokes: int, tell: Teller) -> tuple[Times, dict[str, Times], int]:
    """When each note was struck; when each of the three says it was; bytes the dashboard drew meanwhile."""
    with ExitStack() as stack:
        striker = _start(stack, "midi_striker", PORT, str(LANES))
        ears = {
            BARE: _start(stack, "midi_ear", "rtmidi", PORT),
            MIDO: _start(stack, "midi_ear", "mido", PORT),
        }
        hub = stack.enter_context(
            children.running_hub(folder, "--port", "0", "--midi", "--record", "--structure", "groove")
        )
        time.sleep(HUB_FINDS_S)
        _strike(striker, LANES)  # everybody is there now
        terminal = _dashboard(stack, folder, tell)
        before = terminal.total if terminal else 0
        struck = _strike(striker, strokes)
        drawn = terminal.total - before if terminal else 0
        heard = {who: _told(ear) for who, ear in ears.items()}
        hub.summary()
    return struck, {"hub": _journalled(hub.journal()), **heard}, drawn


def _start(stack: ExitStack, name: str, *words: str) -> Popen[bytes]:
    program = stack.enter_context(children.running(children.module(name, *words)))
    children.answer(program, f"{name.replace('_', ' ').capitalize()} {words[0]}")
    return program


def _dashboard(stack: ExitStack, folder: Path, tell: Teller) -> Terminal | None:
    if not has_terminals():
        tell.remark("This system has no terminals that nobody sees, so no dashboard draws meanwhile.")
        return None
    dash = children.drumcircle("dash")
    terminal, _ = stack.enter_context(in_terminal(dash, children.environment(folder), *SIZE))
    shown = terminal.shows("BPM", children.START_S)
    for key, words in THERAPIST:
        terminal.press(key)
        shown = shown and terminal.shows(words, DRAWN_S)
    if not shown:
        raise BenchFailed("The dashboard does not show the therapist view.")
    return terminal


def _strike(striker: Popen[bytes], strokes: int) -> Times:
    children.tell(striker, str(strokes))
    told = children.answer(striker, "The striker")["strokes"]
    time.sleep(0.3)  # until the last has been heard
    return {(note, velocity): at for note, velocity, at in told}


def _told(ear: Popen[bytes]) -> Times:
    children.tell(ear, "enough")
    return {(note, velocity): at for note, velocity, at in children.answer(ear, "A callback")["heard"]}


def _journalled(journal: Path) -> Times:
    return {
        (event.note, event.velocity): event.time
        for _, event in read_journal(journal).rows()
        if isinstance(event, Hit)
    }
