"""One tree of errors, one leaf for each remedy the user has.

Every message is one sentence (or two) for a person: what is wrong, where, and what to do.
The command line prints it alone, without a traceback, and exits with :attr:`DrumcircleError.exit_code`.
"""

from __future__ import annotations

from pathlib import Path


class DrumcircleError(Exception):
    """Anything drumcircle tells a person in words; never a bug of its own."""

    exit_code = 2


class UsageError(DrumcircleError):
    """What was typed or pressed cannot be done; the message says what can."""


class FileProblem(DrumcircleError):
    """A file cannot be read or used; the message names the file, the place in it and the remedy."""

    def __init__(self, path: Path | str, what: str, *, line: int | None = None) -> None:
        where = f"{path}, line {line}" if line is not None else f"{path}"
        super().__init__(f"{where}: {what}")
        self.path, self.line, self.what = Path(path), line, what


class PortTaken(DrumcircleError):
    """A network port is used by another program."""


class BrokerUnreachable(DrumcircleError):
    """The MQTT broker does not answer, or is gone; trying again may help."""


class BrokerRefused(DrumcircleError):
    """The MQTT broker answers but refuses our user or password; only a person can help."""


class CircleNotRunning(DrumcircleError):
    """No hub runs where one was expected."""


class CircleAlreadyRunning(DrumcircleError):
    """A hub already runs here; join it or end it first."""


class MissingPart(DrumcircleError):
    """A library or a system service is absent; the message says how to add it."""


class DeviceLost(DrumcircleError):
    """A sound or MIDI device went away while in use."""


class StorageFailed(DrumcircleError):
    """The disk is full or refuses; recording stops, the circle goes on."""


class NewerFormat(DrumcircleError):
    """A file or peer was made by a newer drumcircle than this one."""


class RecordSealed(DrumcircleError):
    """A session whose hits were erased keeps its results but cannot be replayed."""
