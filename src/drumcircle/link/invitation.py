"""Join codes: what one machine shows and another is given once, to open the link over the network.

A code holds a role, the beginning of the fingerprint of the hub's certificate, and the role's key: whoever joins with
it trusts exactly this hub, and the hub nobody who has no code.  Keys lie beside the certificate, owner-only, and last
until new ones are made; they open nothing on loopback, and loopback's tokens nothing from the network.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from drumcircle.errors import UsageError
from drumcircle.link.files import write_owner_only
from drumcircle.link.protocol import Role

Invited = Literal["facilitator", "circle"]
ROLES: tuple[Invited, ...] = ("facilitator", "circle")

MARK_BYTES, KEY_BYTES = 16, 10
"""128 bits, that no other certificate may be made to match; 80 bits, each guess at which costs a connection."""
ANNOUNCED_BYTES = 8
"""How much of the mark the announcement tells: enough to see whose code one has."""
_LENGTH = 1 + MARK_BYTES + KEY_BYTES + 1
_GROUP = 5
_MISREAD = str.maketrans({"0": "O", "1": "I", "8": "B", "-": None, " ": None, "\n": None})


class Keys(msgspec.Struct, frozen=True):
    """What opens the link from the network, by role, hex."""

    facilitator: str
    circle: str

    def opens(self, role: Role, key: str) -> bool:
        """Whether ``key`` opens this role; the facilitator's opens every one.  In constant time."""
        own = hmac.compare_digest(key.encode(), self.facilitator.encode())
        display = hmac.compare_digest(key.encode(), self.circle.encode())
        return own or (display and role == "circle")


@dataclass(frozen=True, slots=True)
class Invitation:
    """A join code, read."""

    role: Invited
    mark: bytes
    """The first 16 bytes of the certificate's SHA-256."""
    key: str

    @property
    def announced(self) -> str:
        """As much of the mark as the hub announces."""
        return self.mark[:ANNOUNCED_BYTES].hex()

    def code(self) -> str:
        """45 letters and digits in nine groups."""
        content = bytes([ROLES.index(self.role)]) + self.mark + bytes.fromhex(self.key)
        letters = base64.b32encode(content + _check(content)).decode().rstrip("=")
        return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def read_code(code: str) -> Invitation:
    """The invitation in a join code, however it is written and grouped.

    Raises:
        UsageError: it is none, or mistyped.
    """
    letters = code.upper().translate(_MISREAD)
    try:
        content = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError):
        content = b""
    if len(content) != _LENGTH or _check(content[:-1]) != content[-1:] or content[0] >= len(ROLES):
        raise UsageError(
            "This is no join code, or there is a slip in it: it is nine groups of five letters and digits, as "
            "'drumcircle dash --invite' shows it on the circle's machine."
        )
    key = content[1 + MARK_BYTES : -1].hex()
    return Invitation(ROLES[content[0]], content[1 : 1 + MARK_BYTES], key)


def mark_of(fingerprint: bytes) -> bytes:
    """What a join code holds of a certificate's SHA-256."""
    return fingerprint[:MARK_BYTES]


def keys_in(trust: Path, *, renew: bool = False) -> Keys:
    """The keys of this trust folder, made at first use; ``renew``: new ones, and the old open nothing more.

    Raises:
        FileProblem: the folder refuses.
    """
    path = trust / "dashboards.json"
    if not renew:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Keys)
        except (OSError, msgspec.DecodeError):
            pass
    keys = Keys(secrets.token_hex(KEY_BYTES), secrets.token_hex(KEY_BYTES))
    write_owner_only(path, msgspec.json.encode(keys))
    return keys


def _check(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:1]
