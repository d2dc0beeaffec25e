"""``link.json`` and the broker's login: how processes of one machine find the hub, owner-only.

The file is believed only while the very process that wrote it lives (:mod:`drumcircle.link.alive`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec

from drumcircle.errors import CircleNotRunning, FileProblem, NewerFormat
from drumcircle.link.alive import lives, own_mark
from drumcircle.link.protocol import VERSION

LINK_NAME = "link.json"


@dataclass(frozen=True, slots=True)
class BrokerLogin:
    """What a pad needs to reach the broker: the pads' user, and the hub's only where a broker of yours has one login."""

    url: str
    circle: str
    user: str
    password: str
    hubs_own: bool = False
    """It is the hub's login too."""
    certificate: str = ""
    """With TLS of our own broker, the file of the only certificate to trust."""


@dataclass(frozen=True, slots=True)
class LinkOpen:
    """Where other machines find the link, and where the keys for them and the certificate are."""

    port: int
    trust: str


@dataclass(frozen=True, slots=True)
class LinkFile:
    """Where the running hub is and how to enter (see :mod:`drumcircle.link.protocol`)."""

    url: str
    """``ws://127.0.0.1:<port>/link``"""
    token: str
    """Opens the facilitator and pad roles."""
    circle_token: str
    """Opens the circle role only."""
    pid: int
    started: str
    """When the hub's process started (opaque; :func:`drumcircle.link.alive.start_mark`)."""
    circle: str
    data: str
    """The data folder the hub records into."""
    broker: BrokerLogin | None = None
    network: LinkOpen | None = None
    """How it is open to the network; None: it is not."""
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class BrokerGiven:
    """The broker a supervisor runs for its hub: both users (``DRUMCIRCLE_BROKER_FILE`` names the file)."""

    url: str
    circle: str
    user: str
    password: str
    pads_user: str
    pads_password: str
    pads_url: str = ""
    """Where pads find it, if that is not where the hub does (it is open to the local network)."""
    certificate: str = ""
    """With TLS, the file of the only certificate to trust."""


def write_link(
    state: Path,
    *,
    url: str,
    token: str,
    circle_token: str,
    circle: str,
    data: Path,
    broker: BrokerLogin | None = None,
    network: LinkOpen | None = None,
) -> LinkFile:
    """Say in ``state`` that this process is the hub."""
    link = LinkFile(url, token, circle_token, os.getpid(), own_mark(), circle, str(data), broker, network)
    write_owner_only(state / LINK_NAME, msgspec.json.encode(link))
    return link


def read_link(state: Path) -> LinkFile | None:
    """The hub that runs in ``state``; None where none does (no file, or one left by a dead hub).

    Raises:
        NewerFormat: the hub that runs is newer than this program.
    """
    path = state / LINK_NAME
    try:
        raw = path.read_bytes()
        version = msgspec.json.decode(raw, type=_Versioned).version
        if version > VERSION:
            raise NewerFormat(
                f"The circle that runs here speaks link version {version}, this drumcircle only {VERSION}; "
                "use the same drumcircle for both."
            )
        link = msgspec.json.decode(raw, type=LinkFile)
    except (OSError, msgspec.DecodeError):
        return None
    return link if lives(link.pid, link.started) else None


def require_link(state: Path) -> LinkFile:
    """As :func:`read_link`, for commands that cannot do without.

    Raises:
        CircleNotRunning: no hub runs in ``state``.
    """
    link = read_link(state)
    if link is None:
        raise CircleNotRunning("No circle runs here; start one with 'drumcircle' or 'drumcircle hub'.")
    return link


def remove_link(state: Path) -> None:
    """Take ``link.json`` away, if it is this process's own."""
    path = state / LINK_NAME
    with contextlib.suppress(OSError, msgspec.DecodeError):
        if msgspec.json.decode(path.read_bytes(), type=LinkFile).pid == os.getpid():
            path.unlink()


def write_broker(path: Path, given: BrokerGiven) -> None:
    """Leave the broker's logins for the hub."""
    write_owner_only(path, msgspec.json.encode(given))


def read_broker(path: Path) -> BrokerGiven:
    """The broker the supervisor runs.

    Raises:
        FileProblem: the file cannot be read or is not such a file.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=BrokerGiven)
    except OSError as problem:
        raise FileProblem(path, f"the broker's login cannot be read ({problem.strerror}).") from None
    except msgspec.DecodeError as problem:
        raise FileProblem(path, f"this is not a broker's login ({problem}).") from None


def new_token() -> str:
    """128 random bits as text."""
    return secrets.token_urlsafe(16)


def write_owner_only(path: Path, content: bytes) -> None:
    """Write whole or not at all; only the owner can read (on Windows: as private as the folder is).

    Raises:
        FileProblem: the folder refuses.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        beside.replace(path)
    except OSError as problem:
        raise FileProblem(
            path, f"cannot be written ({problem.strerror}); free or permit this folder."
        ) from None


class _Versioned(msgspec.Struct):
    version: int = 0
