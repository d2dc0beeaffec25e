"""Is the process behind a number still the one that was meant?

A process number alone proves nothing: after a crash or a restart of the machine it may belong to a
stranger.  The number together with the moment that process started is unique.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def start_mark(pid: int) -> str | None:
    """When process ``pid`` started, as an opaque word to compare; None: no such process lives.

    A zombie (ended, not yet collected by its parent) does not live.
    """
    if pid <= 0:
        return None
    if sys.platform == "win32":
        return _windows_mark(pid)
    if sys.platform.startswith("linux"):
        return _linux_mark(pid)
    return _ps_mark(pid)


def lives(pid: int, mark: str) -> bool:
    """Whether ``pid`` is alive and is the process that ``mark`` was taken of."""
    return start_mark(pid) == mark


def own_mark() -> str:
    """The mark of this process."""
    mark = start_mark(os.getpid())
    if mark is None:  # pragma: no cover - a process without /proc or ps
        return "unknown"
    return mark


def _linux_mark(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The command name is in brackets and may hold spaces and brackets itself: count from the last one.
    after_name = stat.rpartition(")")[2].split()
    state, started = after_name[0], after_name[19]
    return None if state in "ZX" else f"{boot}:{started}"


def _ps_mark(pid: int) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/bin:/usr/bin"},
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else " ".join(started.split())


def _windows_mark(pid: int) -> str | None:
    if sys.platform != "win32":  # narrows the platform for the type checker
        return None
    import ctypes
    from ctypes import wintypes

    query_limited, still_active = 0x1000, 259
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = wintypes.HANDLE
    handle = kernel.OpenProcess(query_limited, False, pid)
    if not handle:
        return None
    try:
        code = wintypes.DWORD()
        created, ended, kernel_time, user_time = (wintypes.FILETIME() for _ in range(4))
        times = (created, ended, kernel_time, user_time)
        asked = kernel.GetExitCodeProcess(wintypes.HANDLE(handle), ctypes.byref(code))
        told = kernel.GetProcessTimes(wintypes.HANDLE(handle), *map(ctypes.byref, times))
        if not asked or not told or code.value != still_active:
            return None
        return f"{created.dwHighDateTime:08x}{created.dwLowDateTime:08x}"
    finally:
        kernel.CloseHandle(wintypes.HANDLE(handle))
