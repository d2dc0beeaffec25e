"""The load of ``bench hub``: many pads in one process, each with its own clock, boot and sequence.

Pads share a few connections, which no hub can see, and keep what is the same in all their packets: what it costs
to make a hit must not be what is measured.  One write a hit, as a pad does it.  Run as a program, it plays for as many seconds as the line says that it
reads, prints what it did, and reads the next line.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import sys
import time
from dataclasses import dataclass

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from drumcircle.bench.row import percentile
from drumcircle.core.events import MS, NS
from drumcircle.net import topics, wire
from drumcircle.net.address import Address, parse_address

CONNECTIONS = 8
HITS_PER_SECOND = 10
BOOT = 7
EXCHANGES = 5
"""Clock exchanges of each pad before it plays; one more than the hub needs to trust its clock."""
EXCHANGE_PAUSE_S = 0.1
HITS_AN_EXCHANGE = 10
"""While it plays a pad goes on asking for the time, once a second, each at its own hit."""
NOTE = 38
PUBLISH, HIT_BYTES, SYNC_BYTES = 0x30, 14, 12
SLEEP_AT_LEAST = 200_000
"""ns; what is due sooner is waited for by sending what is due now."""


@dataclass(slots=True)
class Striker:
    """One pad: where it writes, what stands before each payload, and how much it has sent."""

    connection: socket.socket
    before_hit: bytes
    before_sync: bytes
    asks_at: int
    sent: int = 0
    asked: int = 0

    def strike(self) -> None:
        """A hit of this moment, and now and then a question for the time."""
        hit = wire.HitMessage(wire.VERSION, BOOT, self.sent & 0xFFFF, NOTE, 64, _us())
        self.connection.sendall(self.before_hit + wire.encode_hit(hit))
        self.sent += 1
        if self.sent % HITS_AN_EXCHANGE == self.asks_at:
            self.synchronise()

    def synchronise(self) -> None:
        """Ask for the time; the hub learns this pad's clock from the question alone."""
        self.asked += 1
        asked = wire.SyncRequest(wire.VERSION, BOOT, self.asked & 0xFFFF, _us())
        self.connection.sendall(self.before_sync + wire.encode_sync_request(asked))


def main() -> None:
    """Play as told on the command line and stdin."""
    options = _options()
    address = parse_address(options.broker)
    clients = [_connect(address, number) for number in range(min(CONNECTIONS, options.pads))]
    pads = [_pad(clients[i % len(clients)], address.circle, i) for i in range(options.pads)]
    for _ in range(EXCHANGES):
        for pad in pads:
            pad.synchronise()
        time.sleep(EXCHANGE_PAUSE_S)
    print(json.dumps({"ready": True}), flush=True)
    phases = _phases(len(pads))
    for line in sys.stdin:
        print(json.dumps(_play(pads, phases, float(line))), flush=True)
    for client in clients:
        client.disconnect()


def _play(pads: list[Striker], phases: list[tuple[int, int]], seconds: float) -> dict[str, float]:
    """Every pad ten times a second at its own phase; from when to when (ns), how many, how late (p99, ms)."""
    began = base = time.perf_counter_ns()
    lateness: list[int] = []
    while base < began + seconds * NS:
        for phase, index in phases:
            ahead = base + phase - time.perf_counter_ns()
            if ahead > SLEEP_AT_LEAST:
                time.sleep(ahead / NS)
            pads[index].strike()
            lateness.append(max(0, -ahead))
        base += NS // HITS_PER_SECOND
    return {
        "began": began,
        "ended": time.perf_counter_ns(),
        "sent": len(lateness),
        "late_p99_ms": percentile(lateness, 0.99) / MS,
    }


def _phases(pads: int) -> list[tuple[int, int]]:
    """(ns into each tenth of a second, pad), in order: people do not strike at even distances."""
    dice = random.Random(1)
    return sorted((dice.randrange(NS // HITS_PER_SECOND), index) for index in range(pads))


def _us() -> int:
    """The pads' clock is the machine's, so that the hub's journal tells how long a hit took."""
    return time.perf_counter_ns() // 1000


def _pad(client: Client, circle: str, number: int) -> Striker:
    connection, name = client.socket(), f"b{number}"
    assert isinstance(connection, socket.socket)
    return Striker(
        connection,
        _before(topics.pad_topic(circle, name, "hit"), HIT_BYTES),
        _before(topics.pad_topic(circle, name, "sync/req"), SYNC_BYTES),
        number % HITS_AN_EXCHANGE,
    )


def _before(topic: str, payload: int) -> bytes:
    """What an MQTT PUBLISH at QoS 0 has before a payload of so many bytes (3.3; one byte of length will do)."""
    named = len(topic).to_bytes(2, "big") + topic.encode()
    length = len(named) + payload
    assert length < 128
    return bytes((PUBLISH, length)) + named


def _connect(address: Address, number: int) -> Client:
    """Connected and accepted; without keep-alive, so the broker has nothing to say but yes."""
    client = Client(CallbackAPIVersion.VERSION2, f"bench{number}")
    client.username_pw_set(address.user, address.password)
    client.connect(address.host, address.port, keepalive=0)
    while not client.is_connected():
        if client.loop():
            raise SystemExit(f"The broker at {address.url} does not accept the pads.")
    connected = client.socket()
    assert isinstance(connected, socket.socket)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setblocking(True)
    return client


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("broker", help="mqtt://pads@host:port/circle; the password is in the environment")
    parser.add_argument("pads", type=int)
    return parser.parse_args()


if __name__ == "__main__":
    main()
