"""Where a broker is: ``mqtt[s]://user:password@host:port[/circle]``."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from drumcircle.errors import UsageError
from drumcircle.net.topics import is_id

DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}
DEFAULT_CIRCLE = "circle"
PASSWORD_VARIABLE = "DRUMCIRCLE_BROKER_PASSWORD"
CERTIFICATE_VARIABLE = "DRUMCIRCLE_BROKER_CERTIFICATE"
"""The certificate file (PEM or DER) of a drumcircle broker on another machine."""
_FORM = "mqtt[s]://user:password@host:port/circle"


@dataclass(frozen=True, slots=True)
class Address:
    """A broker, who we are there, and which circle is meant.  ``password`` never shows in a repr."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    circle: str = DEFAULT_CIRCLE
    certificate: Path | None = field(default=None, compare=False)
    """Trust exactly this one, under drumcircle's fixed name (:mod:`drumcircle.link.certificate`); None: if the address
    is our own broker's, ours; else what this system trusts."""

    @property
    def url(self) -> str:
        """Scheme, host and port: fit to be shown."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"

    def full_url(self) -> str:
        """With user, password and circle: what :func:`parse_address` reads back.  Not fit to be shown."""
        scheme, _, place = self.url.partition("://")
        login = "" if self.user is None else quote(self.user, safe="")
        if self.password is not None:
            login += ":" + quote(self.password, safe="")
        return f"{scheme}://{login}{'@' if login else ''}{place}/{self.circle}"


def parse_address(text: str, *, circle: str = DEFAULT_CIRCLE) -> Address:
    """The address in a URL; without a password in it, that of ``DRUMCIRCLE_BROKER_PASSWORD``.

    With TLS the certificate is that of ``DRUMCIRCLE_BROKER_CERTIFICATE``, if it says one.

    Raises:
        UsageError: not such a URL; the sentence repeats none of it, for it may hold a password.
    """
    if set("?#") & set(text) or "@" in "".join(text.split("/", 3)[3:]):
        raise UsageError(f"In a user or password write %2F for '/', %3F for '?', %23 for '#'. Form: {_FORM}.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise UsageError(f"The broker's port must be a number from 1 to 65535, as in {_FORM}.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise UsageError(f"A broker is written {_FORM}; this does not begin with mqtt:// or mqtts://.")
    if not parts.hostname:
        raise UsageError(f"The broker's address names no host; it is written {_FORM}.")
    if port == 0:
        raise UsageError("The broker's port cannot be 0: that is only for a broker started here.")
    user, password = _login(parts)
    tls = parts.scheme == "mqtts"
    certificate = os.environ.get(CERTIFICATE_VARIABLE) if tls else None
    return Address(
        host=parts.hostname,
        port=port or DEFAULT_PORTS[parts.scheme],
        tls=tls,
        user=user,
        password=password,
        circle=_circle(parts.path, circle),
        certificate=Path(certificate) if certificate else None,
    )


def _login(parts: SplitResult) -> tuple[str | None, str | None]:
    if not parts.username:
        return None, None
    password = unquote(parts.password) if parts.password is not None else os.environ.get(PASSWORD_VARIABLE)
    return unquote(parts.username), password


def _circle(path: str, default: str) -> str:
    name = path.strip("/")
    if not name:
        return default
    if not is_id(name):
        raise UsageError(
            f"The circle {name!r} after the broker's address must be 1 to 32 of the characters a-z, 0-9 and '-'."
        )
    return name
