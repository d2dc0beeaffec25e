"""The other machine's side of a join code: the hub's certificate is fetched once, checked, and kept with the key."""

from __future__ import annotations

import hashlib
import hmac
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from drumcircle.errors import CircleNotRunning, UsageError
from drumcircle.link.certificate import client_context
from drumcircle.link.client import Address
from drumcircle.link.files import write_owner_only
from drumcircle.link.invitation import Invitation, Invited, mark_of, read_code
from drumcircle.link.protocol import Role

FETCH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Joined:
    """A hub on the network that this machine was given a code of."""

    invitation: Invitation
    certificate: Path
    """Of the hub, DER."""

    def may(self, role: Role) -> bool:
        """Whether the code opens this role."""
        return self.invitation.role in ("facilitator", role)

    def address(self, url: str) -> Address:
        """Where and how the link is opened.

        Raises:
            FileProblem: the certificate was damaged.
        """
        return Address(url, self.invitation.key, client_context(self.certificate))


def join(folder: Path, code: str, url: str) -> Joined:
    """Fetch the certificate of the hub at ``url``, see that the code is its, and keep both in ``folder``.

    Raises:
        UsageError: this is no code, or another hub's.
        CircleNotRunning: nobody answers there.
        FileProblem: the folder refuses.
    """
    invitation = read_code(code)
    der = _certificate(url)
    if not hmac.compare_digest(mark_of(hashlib.sha256(der).digest()), invitation.mark):
        raise UsageError(
            f"The code is another hub's than the one at {url}: use the code that the circle's machine shows now."
        )
    joined = _at(folder, invitation)
    write_owner_only(joined.certificate, der)
    write_owner_only(joined.certificate.with_suffix(f".{invitation.role}"), invitation.code().encode())
    return joined


def joined_at(folder: Path, url: str, role: Role) -> Joined | None:
    """What is kept of the hub at ``url``; None where no code of it for this role was given here.

    Raises:
        CircleNotRunning: nobody answers there.
    """
    mark = mark_of(hashlib.sha256(_certificate(url)).digest())
    return next((joined for joined in joined_before(folder, role) if joined.invitation.mark == mark), None)


def joined_before(folder: Path, role: Role) -> list[Joined]:
    """Hubs whose code for this role was given on this machine."""
    roles: tuple[Invited, ...] = ("circle", "facilitator") if role == "circle" else ("facilitator",)
    found: dict[str, Joined] = {}
    for its_role in roles:
        for path in sorted(folder.glob(f"*.{its_role}")):
            joined = _kept(folder, path)
            if joined is not None:
                found.setdefault(joined.invitation.announced, joined)
    return list(found.values())


def _kept(folder: Path, path: Path) -> Joined | None:
    try:
        joined = _at(folder, read_code(path.read_text("ascii")))
    except (OSError, ValueError, UsageError):
        return None
    return joined if joined.certificate.exists() else None


def _at(folder: Path, invitation: Invitation) -> Joined:
    return Joined(invitation, folder / f"{invitation.announced}.der")


def _certificate(url: str) -> bytes:
    """What the server at ``url`` shows; believed by nobody before it is compared."""
    try:
        place = urlsplit(url)
        if place.scheme != "wss" or place.hostname is None or place.port is None:
            raise UsageError(f"Over the network a circle is wss://HOST:PORT/link, not {url!r}.")
        where = place.hostname, place.port
        return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(where, timeout=FETCH_SECONDS))
    except (OSError, ValueError):
        raise CircleNotRunning(f"No hub answers at {url}.") from None
