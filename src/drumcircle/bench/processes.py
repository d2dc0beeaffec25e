"""Which processes a program consists of, and what memory each holds; read-only.

Linux tells it in ``/proc``, with the proportional share of what processes have in common (PSS); other POSIX
systems tell resident memory by ``ps``; Windows is not asked.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MB = 1e6


@dataclass(frozen=True, slots=True)
class Process:
    """``rss`` and ``pss`` in bytes; None where the system does not tell."""

    pid: int
    parent: int
    command: str
    rss: int
    pss: int | None = None


def family(root: int) -> list[Process]:
    """A process and all its descendants; empty where this system does not tell."""
    everyone = _from_proc() if (PROC / "self" / "stat").exists() else _from_ps()
    pids, found = {root}, [process for process in everyone if process.pid == root]
    grown = True
    while grown:
        more = [process for process in everyone if process.parent in pids and process.pid not in pids]
        pids.update(process.pid for process in more)
        found += more
        grown = bool(more)
    return found


def role(process: Process) -> str:
    """What it is to a circle."""
    words = process.command.split()
    if any("nats-server" in word for word in words[:1]):
        return "broker"
    for command, name in (("hub", "hub"), ("dash", "dashboard")):
        if command in words:
            return name
    return "supervisor"


def _from_proc() -> list[Process]:
    return [
        process for entry in PROC.iterdir() if entry.name.isdigit() and (process := _read(entry)) is not None
    ]


def _read(entry: Path) -> Process | None:
    """None for one that is gone meanwhile, is a kernel's, or is not ours to look at."""
    try:
        parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        memory = dict(
            line.split(":", 1) for line in (entry / "smaps_rollup").read_text().splitlines() if ":" in line
        )
        rss, pss = (1024 * int(memory[name].split()[0]) for name in ("Rss", "Pss"))
    except (OSError, KeyError, IndexError, ValueError):
        return None
    return Process(int(entry.name), parent, command, rss, pss)


def _from_ps() -> list[Process]:
    if shutil.which("ps") is None:
        return []
    listed = subprocess.run(
        ["ps", "-axo", "pid=,ppid=,rss=,command="], capture_output=True, text=True, check=False
    )
    rows = [line.split(None, 3) for line in listed.stdout.splitlines()]
    return [Process(int(r[0]), int(r[1]), r[3], 1024 * int(r[2])) for r in rows if len(r) == 4]
