"""A real hub that is killed while pads play, and started again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from broker_fixtures import PATIENCE, nats
from drumcircle.core.events import Hit
from drumcircle.net import topics, wire
from drumcircle.net.broker import Broker
from drumcircle.net.connection import connect
from drumcircle.store.journal import read_journal
from e2e_rig import running_hub

__all__ = ["nats"]  # a fixture, found by name

BEFORE, AFTER = 40, 10


async def test_hits_that_were_committed_and_not_acknowledged_are_counted_once(
    nats: Broker, tmp_path: Path
) -> None:
    acked: asyncio.Queue[int] = asyncio.Queue()
    pad = await connect(
        nats.pads_login,
        lambda _topic, payload, _arrival: acked.put_nowait(wire.decode_ack(payload).seq),
        topics=[topics.pad_topic("circle", "anna", "ack")],
    )

    def hit(seq: int) -> None:
        message = wire.HitMessage(wire.VERSION, 1, seq, 38, 100, 1_000_000 + 100_000 * seq)
        assert pad.publish(topics.pad_topic("circle", "anna", "hit"), wire.encode_hit(message))

    async def all_safe_to(seq: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while await acked.get() != seq:
                pass

    options = ("--broker", nats.hub_login.full_url(), "--no-midi", "--record")
    async with running_hub(tmp_path, *options) as rig:
        for seq in range(BEFORE):
            hit(seq)
        await all_safe_to(BEFORE - 1)
        rig.process.kill()
        await rig.process.wait()
    async with running_hub(tmp_path, *options) as rig:
        # As if no ack had come: a pad sends all of it again, and plays on.
        for seq in range(BEFORE + AFTER):
            hit(seq)
        await all_safe_to(BEFORE + AFTER - 1)
        summary = await rig.summary()
    await pad.close()
    anna = {"received": BEFORE + AFTER, "lost": 0, "duplicate": BEFORE, "rejected": 0}
    assert summary["counts"]["pads"]["anna"] == anna
    (record,) = (tmp_path / "data" / "sessions").glob("*.db")
    recorded = [event.seq for _, event in read_journal(record).rows() if isinstance(event, Hit)]
    assert recorded == list(range(BEFORE + AFTER))
