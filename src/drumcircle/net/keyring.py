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
    """A pad with a user of its own."""

    pad: str
    circle: str
    password_hash: str

    @property
    def user(self) -> str:
        """Its name at the broker."""
        return f"pad-{self.pad}"


class PadUsers(msgspec.Struct):
    """The file of them, ``pads.json`` beside the certificate."""

    pads: list[PadUser] = []
    version: int = VERSION


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
    """The pads of a trust folder, in the order in which they were added.

    Raises:
        FileProblem: the file is none of ours.
        NewerFormat: a newer drumcircle wrote it.
    """
    path = _file(trust)
    try:
        found = msgspec.json.decode(path.read_bytes(), type=PadUsers)
    except FileNotFoundError:
        return []
    except (OSError, msgspec.DecodeError) as problem:
        raise FileProblem(
            path,
            f"the pads' users cannot be read ({problem}); mend it, or move it away and add the pads again.",
        ) from None
    if found.version > VERSION:
        raise NewerFormat(f"{path} was written by a newer drumcircle; use that one.")
    return found.pads


def add_pad(trust: Path, pad: str, circle: str) -> PadSecrets:
    """Make a user for this pad of this circle.

    Raises:
        UsageError: the name is not allowed, or taken.
        FileProblem, NewerFormat: as :func:`pad_users`, or the folder refuses.
    """
    checked_id(pad, "The pad")
    known = pad_users(trust)
    if any(user.pad == pad for user in known):
        raise UsageError(
            f"There is a pad {pad!r} already; take another name, or 'drumcircle pads revoke {pad}' first "
            "and give the pad its new pad.toml."
        )
    given = PadSecrets(secrets.token_urlsafe(16), secrets.token_urlsafe(16))
    _write(trust, [*known, PadUser(pad, checked_id(circle, "The circle"), hashed(given.password))])
    return given


def revoke_pad(trust: Path, pad: str) -> None:
    """Forget this pad's user.

    Raises:
        UsageError: there is no such pad.
        FileProblem, NewerFormat: as :func:`pad_users`, or the folder refuses.
    """
    known = pad_users(trust)
    left = [user for user in known if user.pad != pad]
    if len(left) == len(known):
        names = ", ".join(user.pad for user in known) or "none yet"
        raise UsageError(f"No pad {pad!r} was added here; those that were: {names}.")
    _write(trust, left)


def hashed(password: str) -> str:
    """As the broker's configuration holds it."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS)).decode()


def _write(trust: Path, pads: list[PadUser]) -> None:
    write_owner_only(_file(trust), msgspec.json.format(msgspec.json.encode(PadUsers(pads))))
    trust.chmod(0o700)


def _file(trust: Path) -> Path:
    return trust / "pads.json"
