"""Be a pad, or several: what ``drumcircle play`` and virtual pads use to reach a hub through a broker.

One connection a pad, as real pads have, so that each has a last will of its own.  Times given and returned are
ns of ``time.perf_counter_ns``; on the wire each pad has a clock of its own, as real pads do.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import NoReturn, Self

from drumcircle.core.events import MS
from drumcircle.errors import BrokerRefused, BrokerUnreachable, CircleNotRunning
from drumcircle.net import topics, wire
from drumcircle.net.address import Address
from drumcircle.net.clock_sync import FittedClock
from drumcircle.net.connection import Connection, Will, stay_connected
from drumcircle.net.offset import Exchange
from drumcircle.net.wire import HitMessage, PulseMessage, WireError
from drumcircle.net.wire_constants import (
    BURST,
    BURST_PAUSE_MS,
    HUB_AWAY_AFTER_MS,
    RESEND_AFTER_MS,
    SYNC_PAUSE_MS,
)

HUB_AWAY_AFTER = HUB_AWAY_AFTER_MS * MS
RESEND_AFTER = RESEND_AFTER_MS * MS
MOST_KEPT = 4096
"""Unacknowledged hits a pad keeps; the oldest fall out."""


class NetworkPad:
    """One pad and its connection; ``changed`` is called whenever something a waiter may wait for has changed."""

    def __init__(self, address: Address, name: str, boot: int, changed: Callable[[], None]) -> None:
        self.name = name
        self.pulse: PulseMessage | None = None
        self.problem: BrokerRefused | BrokerUnreachable | None = None
        self.unacknowledged: deque[HitMessage] = deque(maxlen=MOST_KEPT)
        self._address = address
        self._boot = boot
        self._changed = changed
        self._epoch = time.perf_counter_ns() - secrets.randbelow(
            2**48
        )  # as far from the hub's clock as any pad's
        self._hub_clock = FittedClock()
        self._connection: Connection | None = None
        self._sequence = 0
        self._resent_at = 0
        self._exchanges = 0
        self._answers = 0
        self._answered_at = 0
        self._asked_in_vain = 0

    @property
    def synchronised(self) -> bool:
        """Hub and pad know each other's clock."""
        return self._answers >= BURST

    def hub_offset_ns(self) -> int | None:
        """Hub's clock minus ours; None until synchronised."""
        mapped = self._mapped_now()
        return None if mapped is None else mapped[0] - mapped[1]

    def least_hub_offset_ns(self) -> int | None:
        """What hub's clock minus ours is at the least; None until synchronised."""
        mapped = self._mapped_now()
        return None if mapped is None else mapped[0] - mapped[1] - mapped[2]

    def _mapped_now(self) -> tuple[int, int, int] | None:
        """(hub, ours, uncertainty) of this moment, ns."""
        now = time.perf_counter_ns()
        mapped = self._hub_clock.map(self._us(now))
        return None if mapped is None else (mapped[0], self._us(now) * 1000 + self._epoch, mapped[1])

    def hit(self, note: int, velocity: int, t_ns: int) -> None:
        """Send a hit, and keep it until it is acknowledged."""
        hit = HitMessage(wire.VERSION, self._boot, self._sequence, note, velocity, self._us(t_ns))
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.unacknowledged.append(hit)
        self._publish("hit", wire.encode_hit(hit))

    async def run(self) -> NoReturn:
        """Connect, synchronise and send again what must be, until cancelled."""
        leaves = ("ack", "sync/res")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tend())
            await stay_connected(
                self._address,
                self._heard,
                topics=[
                    topics.pulse_topic(self._address.circle),
                    *(topics.pad_topic(self._address.circle, self.name, leaf) for leaf in leaves),
                ],
                up=self._up,
                down=self._down,
                will=Will(self._topic("info"), wire.encode_json(self._info(online=False))),
            )

    def announce(self, start_ns: int, title: str) -> None:
        """A performance has its time 0 at ``start_ns`` of the hub's clock."""
        self._publish(
            "state", wire.encode_json(wire.PadState(wire.VERSION, self._boot, None, start_ns, title))
        )

    def say_goodbye(self) -> None:
        """Leave no trace: the retained info is removed."""
        self._publish("info", b"", retain=True)

    # ------------------------------------------------------------ connection

    def _up(self, connection: Connection) -> None:
        self._connection, self.problem = connection, None
        self._publish("info", wire.encode_json(self._info(online=True)), retain=True)
        self._resend()
        self._changed()

    def _down(self, problem: BrokerRefused | BrokerUnreachable) -> None:
        self._connection, self.problem = None, problem
        self._changed()

    def _heard(self, topic: str, payload: bytes, arrival: int) -> None:
        try:
            if topic.endswith("/sync/res"):
                self._sync_response(wire.decode_sync_response(payload), arrival)
            elif topic.endswith("/ack"):
                self._ack(wire.decode_ack(payload))
            else:
                self.pulse = wire.decode_pulse(payload)
        except WireError:
            return  # a hub of another version: as if it had said nothing
        self._changed()

    def _publish(self, leaf: str, payload: bytes, *, retain: bool = False) -> None:
        if self._connection is not None:
            self._connection.publish(self._topic(leaf), payload, retain=retain)

    def _topic(self, leaf: str) -> str:
        return topics.pad_topic(self._address.circle, self.name, leaf)

    def _info(self, *, online: bool) -> wire.PadInfo:
        return wire.PadInfo(wire.VERSION, online, self.name)

    def _us(self, t_ns: int) -> int:
        return (t_ns - self._epoch) // 1000

    # ------------------------------------------------------------ hits

    def _ack(self, ack: wire.Ack) -> None:
        kept = self.unacknowledged
        while ack.boot == self._boot and kept and (ack.seq - kept[0].seq) & 0xFFFF < 0x8000:
            kept.popleft()

    def _resend(self) -> None:
        self._resent_at = time.perf_counter_ns()
        for hit in self.unacknowledged:
            self._publish("hit", wire.encode_hit(hit))

    # ------------------------------------------------------------ clocks

    async def _tend(self) -> NoReturn:
        while True:
            now = time.perf_counter_ns()
            if now - self._answered_at > HUB_AWAY_AFTER:
                self._answers = 0
            if self._connection is not None:
                self._ask(now)
                oldest = self.unacknowledged[0].t_us if self.unacknowledged else None
                if oldest is not None and self._us(now - RESEND_AFTER) > max(
                    oldest, self._us(self._resent_at)
                ):
                    self._resend()
            hurry = not self.synchronised and self._asked_in_vain < BURST
            await asyncio.sleep((BURST_PAUSE_MS if hurry else SYNC_PAUSE_MS) / 1000)

    def _ask(self, now: int) -> None:
        self._exchanges = (self._exchanges + 1) & 0xFFFF
        self._asked_in_vain += 1
        request = wire.SyncRequest(wire.VERSION, self._boot, self._exchanges, self._us(now))
        self._publish("sync/req", wire.encode_sync_request(request))

    def _sync_response(self, response: wire.SyncResponse, arrival: int) -> None:
        if response.boot != self._boot:
            return
        self._answers += 1
        self._asked_in_vain = 0
        self._answered_at = arrival
        received = self._us(arrival)
        self._hub_clock.exchange(Exchange(response.t_us, response.rx_ns))
        self._hub_clock.exchange(Exchange(response.t_us, response.rx_ns, response.tx_ns, received))
        report = wire.PadState(wire.VERSION, self._boot, wire.SyncReport(response.id, received))
        self._publish("state", wire.encode_json(report))


class PadClient:
    """Pads of one circle, as an async context: connected on the way in, gone without a trace on the way out."""

    def __init__(self, address: Address, pads: Iterable[str], *, boot: int | None = None) -> None:
        """``pads``: ids as in topics; ``boot``: 0-255, by chance unless given.

        Raises:
            UsageError: a pad's id is not allowed.
        """
        boot = secrets.randbelow(256) if boot is None else boot
        self._address = address
        self._changed = asyncio.Event()
        self._pads = {
            name: NetworkPad(address, topics.checked_id(name, "The pad"), boot, self._changed.set)
            for name in pads
        }
        self._tasks: list[asyncio.Task[NoReturn]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(pad.run(), name=f"pad {pad.name}") for pad in self._pads.values()]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pad in self._pads.values():
            pad.say_goodbye()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def ready(self, timeout: float = 15.0) -> None:
        """Wait until every pad is connected and synchronised with the hub.

        Raises:
            BrokerRefused, BrokerUnreachable: why a pad cannot connect.
            CircleNotRunning: the broker is there, and no hub answers within ``timeout`` s.
        """
        if not await self._until(self._ready_or_refused, timeout):
            raise CircleNotRunning(
                f"No circle called {self._address.circle!r} answers through the broker at {self._address.url}: "
                "check that its hub runs and uses this broker."
            )
        for pad in self._pads.values():
            if pad.problem is not None:
                raise pad.problem

    def send_hit(self, pad: str, note: int, velocity: int, t_ns: int) -> None:
        """A hit at ``t_ns``; sent now, and again until the hub has it safe."""
        self._pads[pad].hit(note, velocity, t_ns)

    def announce(self, start_ns: int, title: str) -> None:
        """Tell the hub when a performance begins, ns of its clock; before the first hit."""
        for pad in self._pads.values():
            pad.announce(start_ns, title)

    def hub_offset_ns(self) -> int | None:
        """Hub's clock minus ours, by the first pad that knows; None until synchronised."""
        offsets = (pad.hub_offset_ns() for pad in self._pads.values())
        return next((offset for offset in offsets if offset is not None), None)

    def least_hub_offset_ns(self) -> int | None:
        """What hub's clock minus ours is at the least, by all pads that know."""
        bounds = (pad.least_hub_offset_ns() for pad in self._pads.values())
        return max((bound for bound in bounds if bound is not None), default=None)

    def pulse(self) -> PulseMessage | None:
        """The beat last told by the hub; its ``t_ns`` is on the hub's clock."""
        return next((pad.pulse for pad in self._pads.values() if pad.pulse is not None), None)

    def unacknowledged(self) -> int:
        """Hits that are not safe at the hub yet."""
        return sum(len(pad.unacknowledged) for pad in self._pads.values())

    async def drained(self, timeout: float) -> bool:
        """Wait until every hit is safe at the hub; False if some are not after ``timeout`` s."""
        return await self._until(lambda: self.unacknowledged() == 0, timeout)

    def _ready_or_refused(self) -> bool:
        pads = self._pads.values()
        return any(pad.problem for pad in pads) or all(pad.synchronised for pad in pads)

    async def _until(self, happened: Callable[[], bool], timeout: float) -> bool:
        try:
            async with asyncio.timeout(timeout):
                while not happened():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True
