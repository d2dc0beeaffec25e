"""The certificate by which pads know this machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from drumcircle import config
from drumcircle.cli._doctor import Check
from drumcircle.errors import FileProblem
from drumcircle.link.certificate import certificate_at, own_certificate, trust_folder

SOON = timedelta(days=90)


def certificate(now: datetime | None = None) -> Check:
    """Is it there, whole, and valid for a while?"""
    trust = trust_folder(config.config_folder())
    found = certificate_at(trust)
    if not found.private.exists():
        return Check("certificate", "ok", "none yet; the first --listen or 'pads add' makes it")
    try:
        expires = own_certificate(trust).expires()
    except FileProblem as problem:
        return Check("certificate", "warning", "cannot be used: no --listen", str(problem))
    words = f"{found.public}, valid until {expires:%Y-%m-%d}"
    if expires - (now or datetime.now(UTC)) < SOON:
        remedy = f"Move {found.private} away: a new one is made. Then copy that one to every pad."
        return Check("certificate", "warning", words, remedy)
    return Check("certificate", "ok", words)
