"""Who may speak to our broker: the hub, the login that pads share for trying out, and each pad with a user of its own.

Of a pad's user only a hash is kept; its password is in the ``pad.toml`` that was made with it and nowhere else.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import bcrypt
import msgspec

from drumcircle.errors import FileProblem, NewerFormat, UsageError
from drumcircle.link.files import write_owner_only
from drumcircle.net.topics import checked_id

VERSION = 1
_ROUNDS = 4
"""bcrypt's least.  It defends words that people choose against guessing; 128 random bits need none of it, and the
broker pays for each pad that comes: 30 that reconnect at once wait .03 s at cost 4 and 2.3 s at cost 11."""


class Users(msgspec.Struct):
    """Passwords of hub and pads, 128 random bits each; kept for as long as the state folder, owner-only."""

    hub: str
    pads: str


class PadUser(msgspec.Struct, frozen=True):
    """A pad with a user of its own, in a file of its own: pads that are added at the same time are all there."""

    pad: str
    circle: str
    password_hash: str
    version: int = VERSION

    @property
    def user(self) -> str:
        """Its name at the broker."""
        return f"pad-{self.pad}"


@dataclass(frozen=True, slots=True)
class PadSecrets:
    """What a pad is given once and nobody else keeps."""

    password: str
    client_id: str


def shared_users(path: Path) -> Users:
    """The users of a state folder, made at first start.

    Raises:
        FileProblem: the folder refuses.
    """
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(path.read_bytes(), type=Users)
    users = Users(secrets.token_hex(16), secrets.token_hex(16))
    write_owner_only(path, msgspec.json.encode(users))
    return users


def pad_users(trust: Path) -> list[PadUser]:
    """The pads of a trust folder, by name.

    Raises:
        FileProblem: a file there is none of ours.
        NewerFormat: a newer drumcircle wrote it.
    """
    return [_read(path) for path in sorted(_folder(trust).glob("*.json"))]


def add_pad(trust: Path, pad: str, circle: str) -> PadSecrets:
    """Make a user for this pad of this circle.

    Raises:
        UsageError: a name is not allowed, or the pad's is taken.
        FileProblem: the folder refuses.
    """
    path = _file(trust, pad)
    if path.exists():
        raise UsageError(
            f"There is a pad {pad!r} already; take another name, or 'drumcircle pads revoke {pad}' first "
            "and give the pad its new pad.toml."
        )
    given = PadSecrets(secrets.token_urlsafe(16), secrets.token_urlsafe(16))
    user = PadUser(pad, checked_id(circle, "The circle"), hashed(given.password))
    write_owner_only(path, msgspec.json.encode(user))
    for folder in (trust, path.parent):
        folder.chmod(0o700)
    return given


def revoke_pad(trust: Path, pad: str) -> None:
    """Forget this pad's user.

    Raises:
        UsageError: there is no such pad.
        FileProblem: the folder refuses.
    """
    path = _file(trust, pad)
    try:
        path.unlink()
    except FileNotFoundError:
        names = ", ".join(known.stem for known in sorted(path.parent.glob("*.json"))) or "none yet"
        raise UsageError(f"No pad {pad!r} was added here; those that were: {names}.") from None
    except OSError as problem:
        raise FileProblem(path, f"cannot be removed ({problem.strerror}); permit this folder.") from None


def hashed(password: str) -> str:
    """As the broker's configuration holds it."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS)).decode()


def _read(path: Path) -> PadUser:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=PadUser)
        checked_id(found.pad, "The pad")
        checked_id(found.circle, "The circle")
    except (OSError, msgspec.DecodeError, UsageError) as problem:
        raise FileProblem(
            path, f"this pad's user cannot be read ({problem}); remove the file and add the pad again."
        ) from None
    if found.version > VERSION:
        raise NewerFormat(f"{path} was written by a newer drumcircle; use that one.")
    return found


def _folder(trust: Path) -> Path:
    return trust / "pads"


def _file(trust: Path, pad: str) -> Path:
    return _folder(trust) / f"{checked_id(pad, 'The pad')}.json"
