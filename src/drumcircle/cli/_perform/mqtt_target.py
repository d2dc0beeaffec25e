"""Into a circle anywhere, through its broker, as networked pads with clocks of their own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence

from drumcircle.cli._perform.schedule import Due
from drumcircle.cli._perform.tally import Tally
from drumcircle.cli._perform.target import stream
from drumcircle.core.events import PulseShown
from drumcircle.net.address import Address, parse_address
from drumcircle.net.padclient import PadClient

DRAIN_SECONDS = 8.0


class MqttTarget:
    """Pads of one circle behind a broker, each connected and synchronised."""

    def __init__(self, pads: Mapping[str, PadClient], address: Address) -> None:
        self._pads = pads
        self.words = f"the circle {address.circle!r} at {address.url}"

    def now(self) -> int:
        """What the hub's clock has surely reached, by all pads.

        A hub counts a hit that comes before its time at its arrival, so none may leave before; what is known of
        the hub's clock is vague at first, where many pads begin at once on a busy machine.
        """
        bounds = (pad.least_hub_offset_ns() for pad in self._pads.values())
        return time.perf_counter_ns() + max((bound for bound in bounds if bound is not None), default=0)

    async def pulse(self) -> PulseShown | None:
        told = next((beat for pad in self._pads.values() if (beat := pad.pulse()) is not None), None)
        return None if told is None else PulseShown(told.t_ns, told.bar, told.beat, told.bpm, told.meter)

    async def announce(self, start: int, title: str) -> str:
        for pad in self._pads.values():
            pad.announce(start, title)
        return ""

    async def send(self, due: Due, at: int) -> bool:
        # The stamp is on this pad's own clock: what the hub, knowing that clock as the pad does, maps to ``at``.
        pad = self._pads[due.pad]
        pad.send_hit(due.pad, due.note, due.velocity, at - _hub_ahead(pad))
        return True

    async def play(self, dues: Sequence[Due], start: int, tally: Tally) -> None:
        await stream(self, dues, start, tally)

    async def settle(self) -> str:
        await asyncio.gather(*(pad.drained(DRAIN_SECONDS) for pad in self._pads.values()))
        left = sum(pad.unacknowledged() for pad in self._pads.values())
        return f"The hub has not confirmed {left} hits." if left else ""


def _hub_ahead(pad: PadClient) -> int:
    """The hub's clock minus ours as this pad knows it, ns (it is synchronised)."""
    return pad.hub_offset_ns() or 0


@contextlib.asynccontextmanager
async def into_mqtt(url: str, pads: Sequence[str]) -> AsyncIterator[MqttTarget]:
    """Pads of these ids at the broker of ``url``, each a client of its own.

    Raises:
        UsageError: not such a URL.
        BrokerUnreachable, BrokerRefused: no way to the broker.
        CircleNotRunning: no hub answers there.
    """
    address = parse_address(url)
    async with contextlib.AsyncExitStack() as stack:
        clients = {pad: await stack.enter_async_context(PadClient(address, [pad])) for pad in pads}
        await asyncio.gather(*(client.ready() for client in clients.values()))
        yield MqttTarget(clients, address)
