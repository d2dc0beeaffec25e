"""One supervisor a state folder: a lock the system takes back when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from drumcircle.errors import FileProblem
from drumcircle.link.alive import lives, own_mark

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NAME = "supervisor.lock"
_LOCKED_BYTE = 1 << 20
"""Windows lets nobody read what is locked: the lock lies beyond the text."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that keeps the circle."""

    pid: int
    started: str


class Claim:
    """The right to keep the circle of a state folder."""

    def __init__(self, file: int) -> None:
        self._file = file

    @classmethod
    def take(cls, state: Path) -> Claim | None:
        """The claim, or None where another supervisor has it.

        Raises:
            FileProblem: the state folder refuses.
        """
        path = state / NAME
        try:
            state.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise FileProblem(
                path, f"cannot be written ({problem.strerror}); free or permit this folder."
            ) from None
        if _lock(file):
            return cls(file)
        os.close(file)
        return None

    def sign(self) -> None:
        """Write which process this is, for :func:`holder`."""
        os.lseek(self._file, 0, os.SEEK_SET)
        os.ftruncate(self._file, 0)
        os.write(self._file, msgspec.json.encode(Holder(os.getpid(), own_mark())))

    def release(self) -> None:
        """Leave the claim to another; a fork that holds it as well keeps it."""
        os.close(self._file)


def holder(state: Path) -> Holder | None:
    """Who keeps the circle of this folder now."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        found = msgspec.json.decode((state / NAME).read_bytes(), type=Holder)
        return found if lives(found.pid, found.started) else None
    return None


def _lock(file: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
