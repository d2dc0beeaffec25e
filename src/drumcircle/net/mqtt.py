"""The hub's ear and voice on MQTT: hits in; acks, answers to sync and the retained pulse out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from drumcircle.core.events import Effect, Hit, PulseShown
from drumcircle.errors import BrokerRefused, BrokerUnreachable
from drumcircle.hub.part import Circle, PartBase
from drumcircle.net import topics, wire
from drumcircle.net.address import Address
from drumcircle.net.connection import Connection, stay_connected
from drumcircle.net.intake import Intake
from drumcircle.net.pad import PREFIX
from drumcircle.net.wire_constants import HEARD_BY_HUB

TICK = 0.05
"""s between looks at what is due."""
ACKS_A_TICK = 40
"""800 acks a second at most: acks are cumulative, so at more pads each simply covers more hits."""
PADS_A_TICK = 100


class MqttPart(PartBase):
    """Networked pads of one circle, through one broker."""

    name = "mqtt"

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection: Connection | None = None
        self._intake: Intake | None = None
        self._pulse: bytes | None = None
        self._known: list[Hit] = []

    def prime(self, hits: Iterable[Hit]) -> None:
        """Before :meth:`run`: what this circle took from its pads before the hub was restarted."""
        self._known = [hit for hit in hits if hit.pad.startswith(PREFIX)]

    async def run(self, circle: Circle) -> None:
        self._intake = intake = self._intake or self._new_intake(circle)
        heard = [topics.pad_topic(self._address.circle, "+", leaf) for leaf in HEARD_BY_HUB]

        def up(connection: Connection) -> None:
            self._connection = connection
            intake.broker_back(circle.now())
            self._publish_pulse()
            circle.report("broker", True, f"connected to {self._address.url}")

        def down(problem: BrokerRefused | BrokerUnreachable) -> None:
            self._connection = None
            circle.report("broker", False, str(problem))

        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(
                    stay_connected(
                        self._address, intake.hear, topics=heard, up=up, down=down, clock=circle.now
                    )
                )
                tasks.create_task(self._tend(circle, intake))
        except asyncio.CancelledError:
            intake.end()
            raise

    def take(self, effect: Effect) -> None:
        if isinstance(effect, PulseShown):
            self._pulse = wire.encode_json(
                wire.PulseMessage(wire.VERSION, effect.t, effect.bar, effect.beat, effect.bpm, effect.meter)
            )
            self._publish_pulse()
        if self._intake is not None:
            self._intake.lights.take(effect)

    def safe(self, hits: list[Hit]) -> None:
        if self._intake is not None:
            self._intake.safe(hits)

    def counts(self) -> dict[str, object]:
        """Hits ``{received, lost, duplicate, rejected, pads: {id: the same}}``, recorded ones of before a restart too."""
        if self._intake is None:
            return {"received": 0, "lost": 0, "duplicate": 0, "rejected": 0, "pads": {}}
        return self._intake.counts()

    def _new_intake(self, circle: Circle) -> Intake:
        intake = Intake(self._address.circle, circle.post, self._publish, circle.now)
        intake.prime(self._known)
        self._known = []
        return intake

    async def _tend(self, circle: Circle, intake: Intake) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = circle.now()
            intake.acknowledge(now, ACKS_A_TICK)
            intake.look_after(now, PADS_A_TICK)

    def _publish(self, topic: str, payload: bytes) -> bool:
        return self._connection is not None and self._connection.publish(topic, payload)

    def _publish_pulse(self) -> None:
        if self._connection is not None and self._pulse is not None:
            self._connection.publish(topics.pulse_topic(self._address.circle), self._pulse, retain=True)
