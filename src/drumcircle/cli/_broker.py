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
        return replace(address, user=given.user or None, password=given.password or None)

    def pads_login(self) -> BrokerLogin:
        """What a pad needs."""
        given = self.given
        same = bool(given.user) and given.user == given.pads_user
        url = given.pads_url or given.url
        return BrokerLogin(url, given.circle, given.pads_user, given.pads_password, same)

    def words(self) -> str:
        """Where pads find it, for the person who started the hub."""
        return f"{self.given.pads_url or self.given.url}, circle {self.given.circle!r}"

    def look_after(self) -> None:
        """Start our own again where it crashed, on the same port; main thread only."""
        if self.child is not None and not self.child.alive():
            self.child.start_again()


@contextmanager
def broker_for(settings: Settings, state: Path) -> Iterator[BrokerOfHub]:
    """The broker of this hub, for as long as it runs.

    Raises:
        DrumcircleError: our own cannot be started, and what to do.
    """
    given = os.environ.get(BROKER_FILE)
    if given:
        yield BrokerOfHub(read_broker(Path(given)))
    elif settings.broker:
        from drumcircle.net.address import parse_address

        there = parse_address(settings.broker, circle=settings.circle)
        login = there.user or "", there.password or ""
        yield BrokerOfHub(BrokerGiven(there.url, there.circle, *login, *login))
    else:
        from drumcircle.cli._supervisor.broker import BrokerChild

        child = BrokerChild(state, listen=settings.listen, port=settings.port, circle=settings.circle)
        try:
            child.start()
            yield BrokerOfHub(read_broker(child.login), child)
        finally:
            child.stop()
