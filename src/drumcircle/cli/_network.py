"""How a hub is open to the network: the link by TLS, its announcement, and where OSC is heard."""

from __future__ import annotations

import hashlib
import socket
import sys
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from drumcircle.config import Settings
from drumcircle.errors import PortTaken
from drumcircle.link.certificate import certificate_at, own_certificate
from drumcircle.link.door import Opening
from drumcircle.link.files import BrokerLogin, LinkOpen
from drumcircle.link.invitation import ANNOUNCED_BYTES, keys_in

if TYPE_CHECKING:
    from drumcircle.net.discovery import Announcement

LINK_PORT = 8885
"""The link's on the network, if it is free; the announcement tells where it is."""
EVERYWHERE, HERE = "0.0.0.0", "127.0.0.1"


def opening(settings: Settings, trust: Path) -> Opening | None:
    """How the link is open to the network; None: not at all, and never without TLS.

    Raises:
        FileProblem: certificate or keys cannot be made.
        PortTaken: there is no such network here.
    """
    if not settings.listen or settings.plain_wire:
        return None
    keys_in(trust)  # what fails is said now
    context = own_certificate(trust).server_context()
    return Opening(_door(settings.interface or EVERYWHERE), context, lambda: keys_in(trust))


def _door(interface: str) -> socket.socket:
    """The usual port, or another where that is taken: the announcement tells which."""
    for port in (LINK_PORT, 0):
        door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there the option would let two programs share the port
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((interface, port))
        except OSError:
            door.close()
        else:
            return door
    raise PortTaken(
        f"This machine has no address {interface}; mend 'interface' in config.toml, or leave it out."
    )


def link_open(there: Opening | None, trust: Path) -> LinkOpen | None:
    """For ``link.json``."""
    return None if there is None else LinkOpen(there.port, str(trust))


def announcement(
    settings: Settings, state: Path, trust: Path, pads: BrokerLogin, there: Opening | None
) -> Announcement | None:
    """What the network is told; None: nothing, for nothing of ours is open to it."""
    if not settings.listen or settings.broker:
        return None
    from drumcircle.net.address import parse_address
    from drumcircle.net.discovery import Announcement

    broker = parse_address(pads.url)
    said = Announcement(settings.circle, _id(state), broker.port, broker.tls)
    if there is None:
        return said
    mark = certificate_at(trust).fingerprint()[:ANNOUNCED_BYTES].hex()
    return replace(said, link=there.port, mark=mark)


def osc_place(settings: Settings) -> tuple[str, int] | None:
    """Address and port that OSC is heard at: this machine's own unless the circle listens to the network."""
    if settings.osc is None:
        return None
    return (settings.interface or EVERYWHERE) if settings.listen else HERE, settings.osc


def _id(state: Path) -> str:
    """Of this state folder on this machine."""
    return hashlib.sha256(f"{uuid.getnode()} {state.absolute()}".encode()).hexdigest()[:8]
