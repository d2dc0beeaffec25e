"""The broker a hub talks to: the supervisor's, another one by URL, or one of its own that it keeps running."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from drumcircle.config import Settings
from drumcircle.link.files import BrokerGiven, BrokerLogin, read_broker

if TYPE_CHECKING:
    from drumcircle.cli._supervisor.broker import BrokerChild
    from drumcircle.net.address import Address

BROKER_FILE = "DRUMCIRCLE_BROKER_FILE"


@dataclass(frozen=True, slots=True)
class BrokerOfHub:
    """The logins of hub and pads; ``child`` where the broker is this process's own."""

    given: BrokerGiven
    child: BrokerChild | None = None

    def address(self) -> Address:
        """The hub's own way to the broker."""
        from drumcircle.net.address import parse_address

        given = self.given
        address = parse_address(given.url, circle=given.circle)
        login = replace(address, user=given.user or None, password=given.password or None)
        return replace(login, certificate=Path(given.certificate)) if given.certificate else login

    def pads_login(self) -> BrokerLogin:
        """What a pad needs."""
        given = self.given
        same = bool(given.user) and given.user == given.pads_user
        url = given.pads_url or given.url
        return BrokerLogin(url, given.circle, given.pads_user, given.pads_password, same, given.certificate)

    def words(self) -> str:
        """Where pads find it, for the person who started the hub."""
        return f"{self.given.pads_url or self.given.url}, circle {self.given.circle!r}"

    def look_after(self) -> None:
        """Start our own again where it crashed, on the same port; main thread only."""
        if self.child is not None and not self.child.alive():
            self.child.start_again()


@contextmanager
def broker_for(settings: Settings, state: Path, trust: Path | None = None) -> Iterator[BrokerOfHub]:
    """The broker of this hub, for as long as it runs; ``trust`` as for :class:`BrokerChild`.

    Raises:
        DrumcircleError: our own cannot be started, and what to do.
    """
    given = os.environ.get(BROKER_FILE)
    if given:
        with _wiping_after_a_lost_keeper(state):
            yield BrokerOfHub(read_broker(Path(given)))
    elif settings.broker:
        from drumcircle.net.address import parse_address
        from drumcircle.net.broker_control import wipe

        wipe(state)  # what one of our own left, whose machine stopped
        there = parse_address(settings.broker, circle=settings.circle)
        login = there.user or "", there.password or ""
        yield BrokerOfHub(BrokerGiven(there.url, there.circle, *login, *login))
    else:
        from drumcircle.cli._supervisor.broker import BrokerChild

        child = BrokerChild(state, settings, trust)
        try:
            child.start()
            yield BrokerOfHub(read_broker(child.login), child)
        finally:
            child.stop()


@contextmanager
def _wiping_after_a_lost_keeper(state: Path) -> Iterator[None]:
    """A keeper that was killed took its broker with it and could not clean up: its hub, which is the last, does."""
    keeper = os.getppid()
    try:
        yield
    finally:
        if os.getppid() != keeper:
            from drumcircle.net.broker_control import wipe

            wipe(state)
            Path(os.environ[BROKER_FILE]).unlink(missing_ok=True)
