"""The link's door to the network: TLS, and no crowd at it costs those inside their time.

A TLS handshake takes this loop a millisecond, so handshakes are spaced; who has come in and says nothing is sent away, so
that there is always room.  A flood can keep newcomers waiting, and nobody who is in.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from drumcircle.link.invitation import Keys

BETWEEN_S = 0.05
"""Between two handshakes: 20 a second, about 2 % of a core."""
HANDSHAKE_S = 5.0
STRANGERS_AT_ONCE = 16
"""Whose hello has not been accepted."""
STRANGER_S = 12.0
"""How long one may stay so: longer than the link waits for a hello."""
WAITING = 16
"""Connections the system keeps for us."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How the link is open to the network: always by TLS, and by keys of its own."""

    door: socket.socket
    """Bound to its port; closed with the link."""
    context: ssl.SSLContext
    keys: Callable[[], Keys]
    """Asked at every hello, so that new ones count at once."""

    @property
    def port(self) -> int:
        """Where it is open."""
        return int(self.door.getsockname()[1])


class Door:
    """Accepts on an opening for ``server`` until it is closed."""

    def __init__(self, opening: Opening, server: Callable[[], asyncio.BaseProtocol]) -> None:
        self._opening, self._server = opening, server
        self._strangers: dict[asyncio.BaseTransport, asyncio.TimerHandle] = {}
        self._shaking: set[asyncio.Task[None]] = set()
        opening.door.setblocking(False)
        opening.door.listen(WAITING)
        self._accepting = asyncio.create_task(self._accept_all(), name="link door")

    def admit(self, transport: asyncio.BaseTransport | None) -> None:
        """Its hello was accepted: it may stay."""
        if transport in self._strangers:
            self._strangers.pop(transport).cancel()

    async def close(self) -> None:
        """Let go of the port and of all that were not let in."""
        for task in (self._accepting, *self._shaking):
            task.cancel()
        await asyncio.gather(self._accepting, *self._shaking, return_exceptions=True)
        self._opening.door.close()
        for stranger in list(self._strangers):
            self._send_away(stranger)

    async def _accept_all(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(OSError):  # gone before we came, or no descriptor left for it
                accepted, _ = await loop.sock_accept(self._opening.door)
                if self._crowded():
                    accepted.close()
                else:
                    shaking = asyncio.create_task(self._shake_hands(accepted), name="link handshake")
                    self._shaking.add(shaking)
                    shaking.add_done_callback(self._shaking.discard)
            await asyncio.sleep(BETWEEN_S)

    def _crowded(self) -> bool:
        for gone in [stranger for stranger in self._strangers if stranger.is_closing()]:
            self._strangers.pop(gone).cancel()
        return len(self._strangers) + len(self._shaking) >= STRANGERS_AT_ONCE

    async def _shake_hands(self, accepted: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.connect_accepted_socket(
                self._server, accepted, ssl=self._opening.context, ssl_handshake_timeout=HANDSHAKE_S
            )
        except OSError:  # no TLS, or gone; ssl.SSLError is one
            accepted.close()
        else:
            self._strangers[transport] = loop.call_later(STRANGER_S, self._send_away, transport)

    def _send_away(self, stranger: asyncio.BaseTransport) -> None:
        self._strangers.pop(stranger).cancel()
        if isinstance(stranger, asyncio.WriteTransport):
            stranger.abort()
