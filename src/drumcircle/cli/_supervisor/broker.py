"""Our own broker as a child of the supervisor, or of a hub alone: a crash of it is mended."""

from __future__ import annotations

import contextlib
from pathlib import Path

from drumcircle.config import Settings
from drumcircle.errors import BrokerUnreachable, PortTaken
from drumcircle.link.files import BrokerGiven, write_broker
from drumcircle.net.broker import Broker

LOGIN = "broker-login.json"


class BrokerChild:
    """Our ``nats-server``; what the hub needs to log in lies in :attr:`login` (owner-only)."""

    def __init__(self, state: Path, settings: Settings, trust: Path | None = None) -> None:
        """``trust``: folder of the certificate and the pads' users (default: in ``state``)."""
        self._state, self._settings, self._trust = state, settings, trust
        self._port = settings.port
        self.login = state / LOGIN
        self._broker: Broker | None = None

    def start(self) -> None:
        """Start it.

        Raises:
            DrumcircleError: it cannot be started, and what to do (see :meth:`drumcircle.net.broker.Broker.start`).
        """
        asked = self._settings
        broker = Broker.start(
            self._state,
            listen=asked.listen,
            plain=asked.plain_wire,
            port=self._port,
            circle=asked.circle,
            trust=self._trust,
        )
        self._broker, self._port = broker, broker.port
        hub, pads = broker.hub_login, broker.pads_login
        logins = hub.user or "", hub.password or "", pads.user or "", pads.password or ""
        certificate = str(hub.certificate or "")
        write_broker(
            self.login,
            BrokerGiven(hub.url, asked.circle, *logins, pads_url=pads.url, certificate=certificate),
        )

    def alive(self) -> bool:
        """Whether it runs as it should."""
        return self._broker is not None and self._broker.alive()

    def start_again(self) -> None:
        """After a crash, on the same port; where that does not work now it is tried at the next look."""
        with contextlib.suppress(PortTaken, BrokerUnreachable):
            self.stop()
            self.start()

    def stop(self) -> None:
        """End it, and take the login away."""
        if self._broker is not None:
            self._broker.stop()
            self._broker = None
        self.login.unlink(missing_ok=True)
