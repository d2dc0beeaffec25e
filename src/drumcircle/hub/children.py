"""Child processes that end with their parent, however it ends.

Linux: the kernel signals the child when the thread that spawned it ends, hence the main-thread rule.
Windows: a Job Object that the system closes, and with it everything in it.
macOS and other POSIX: a small watcher reads a pipe that closes when the parent is gone.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import IO, Any

Stream = int | IO[Any] | None

_PR_SET_PDEATHSIG = 1
_WATCHER = 'read -r word; [ "$word" = ended ] && exit; kill -"$2" "$1" 2>/dev/null; sleep 3; kill -9 "$1" 2>/dev/null'


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = None,
    stderr: Stream = None,
    own_session: bool = True,
    at_once: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a child that does not outlive this process.  Call it from the main thread.

    ``own_session``: Ctrl-C in the terminal does not reach it (leave it off for what needs the terminal).
    ``at_once``: when the parent is gone the child is killed; else it is asked to end (SIGTERM), except on
    Windows, where the system always kills.

    Raises:
        OSError: the program cannot be started.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children are spawned from the main thread: they end with the thread that did it")
    streams: dict[str, Any] = {"env": env, "stdin": stdin, "stdout": stdout, "stderr": stderr}
    if sys.platform == "win32":
        return _spawn_in_job(argv, streams, own_session)
    last_signal = signal.SIGKILL if at_once else signal.SIGTERM
    if sys.platform.startswith("linux"):
        die_with_parent = _death_signal(last_signal)
        return subprocess.Popen(
            argv,
            start_new_session=own_session,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - prctl must run in the child; it only makes two syscalls
            **streams,
        )
    return _spawn_watched(argv, streams, own_session, last_signal)


def _death_signal(last_signal: int) -> Callable[[], None]:
    """What the child does between fork and exec; everything it needs is looked up before the fork."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def die_with_parent() -> None:
        prctl(_PR_SET_PDEATHSIG, last_signal, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the kernel knew of our wish
            os._exit(1)

    return die_with_parent


def _spawn_watched(
    argv: Sequence[str], streams: dict[str, Any], own_session: bool, last_signal: int
) -> subprocess.Popen[bytes]:
    child: subprocess.Popen[bytes] = subprocess.Popen(argv, start_new_session=own_session, **streams)
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", _WATCHER, "watcher", str(child.pid), str(int(last_signal))],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    threading.Thread(target=_dismiss, args=(child, watcher), name="child-watcher", daemon=True).start()
    return child


def _dismiss(child: subprocess.Popen[bytes], watcher: subprocess.Popen[bytes]) -> None:
    """The child ended by itself: its pid may soon be another's, so the watcher must not signal it."""
    child.wait()
    watcher.communicate(b"ended\n")


# ---------------------------------------------------------------- Windows


def _spawn_in_job(argv: Sequence[str], streams: dict[str, Any], own_session: bool) -> subprocess.Popen[bytes]:
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) if own_session else 0
    child: subprocess.Popen[bytes] = subprocess.Popen(argv, creationflags=flags, **streams)
    kernel = _kernel32()
    kernel.AssignProcessToJobObject(_job(), ctypes.c_void_p(int(child._handle)))  # type: ignore[attr-defined]  # the only handle with the right to assign
    return child


def _kernel32() -> Any:
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]  # exists on Windows only
    kernel.CreateJobObjectW.restype = ctypes.c_void_p
    return kernel


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("per_process_user_time", ctypes.c_int64),
        ("per_job_user_time", ctypes.c_int64),
        ("limit_flags", ctypes.c_uint32),
        ("minimum_working_set", ctypes.c_size_t),
        ("maximum_working_set", ctypes.c_size_t),
        ("active_process_limit", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority_class", ctypes.c_uint32),
        ("scheduling_class", ctypes.c_uint32),
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("basic", _BasicLimits),
        ("io_counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


@cache
def _job() -> ctypes.c_void_p:
    """One job for all children; its handle is never closed by us, so it closes when this process ends."""
    extended_limit_information, kill_on_job_close = 9, 0x2000
    kernel = _kernel32()
    job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))
    limits = _ExtendedLimits(basic=_BasicLimits(limit_flags=kill_on_job_close))
    kernel.SetInformationJobObject(
        job, extended_limit_information, ctypes.byref(limits), ctypes.sizeof(limits)
    )
    return job
