"""The part of MQTT 3.1.1 that pads and hub use: QoS 0, one will, user and password.  No I/O here.

Our own because it is on the path of every hit: a whole read is taken apart in one go, so that a message costs
a few µs and carries the time of its read (see ``docs/wire.md`` for the measurement).
Section numbers are those of the OASIS standard, mqtt-v3.1.1-os.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST = 64 * 1024
"""Of a longer packet only this much is kept: enough to see whose it is and that it is too long."""

_CONNECT, _CONNACK, _PUBLISH, _SUBSCRIBE, _SUBACK = 0x10, 0x20, 0x30, 0x82, 0x90
PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
_PINGRESP = 0xD0

REFUSALS = {
    1: "it does not speak MQTT 3.1.1",
    2: "it refuses our client id",
    3: "its MQTT service is not available",
    4: "it refuses the user or the password",
    5: "it refuses the user or the password",
}
"""CONNACK return codes, 3.2.2.3."""


class ProtocolProblem(Exception):
    """The other side does not speak MQTT 3.1.1."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes, retained, when this client is lost."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker's answer to CONNECT; 0 is yes."""

    code: int


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker's answer to SUBSCRIBE: 0x80 for each topic refused."""

    packet_id: int
    codes: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """The broker is there."""


Published = tuple[str, bytes]
"""Topic and payload; a bare tuple, for there are thousands a second."""
Packet = Published | Connected | Subscribed | Pong


def connect(
    client_id: str, user: str | None, password: str | None, keepalive: int, will: Will | None
) -> bytes:
    """CONNECT with a clean session; ``keepalive`` in s."""
    flags, payload = 0x02, _text(client_id)
    if will is not None:
        flags |= 0x24
        payload += _text(will.topic) + _bytes(will.payload)
    if user is not None:
        flags |= 0x80
        payload += _text(user)
        if password is not None:
            flags |= 0x40
            payload += _text(password)
    return _packet(_CONNECT, _text("MQTT") + struct.pack(">BBH", 4, flags, keepalive) + payload)


def publish(topic: str, payload: bytes, *, retain: bool = False) -> bytes:
    """PUBLISH at QoS 0."""
    return _packet(_PUBLISH | retain, _text(topic) + payload)


def subscribe(packet_id: int, topics: Sequence[str]) -> bytes:
    """SUBSCRIBE at QoS 0."""
    return _packet(_SUBSCRIBE, struct.pack(">H", packet_id) + b"".join(_text(t) + b"\0" for t in topics))


class PacketReader:
    """Packets out of a stream of bytes."""

    def __init__(self) -> None:
        self._rest = b""
        self._skip = 0

    def feed(self, chunk: bytes) -> Iterator[Packet]:
        """Every packet that is complete now.

        Raises:
            ProtocolProblem: not MQTT.
        """
        if self._skip:
            skipped = min(self._skip, len(chunk))
            self._skip -= skipped
            chunk = chunk[skipped:]
        stream = self._rest + chunk if self._rest else chunk
        start = 0
        while (found := _header(stream, start)) is not None:
            body, length = found
            end = body + min(length, LONGEST)
            if end > len(stream):
                break
            packet = _parse(stream[start], stream, body, end)
            start = body + length
            if start > len(stream):
                self._skip, start = start - len(stream), len(stream)
            if packet is not None:
                yield packet
        self._rest = stream[start:]


def _header(stream: bytes, start: int) -> tuple[int, int] | None:
    """(where the body begins, its length) of the packet at ``start``; None while that is not there (2.2.3)."""
    length = shift = 0
    for place in range(start + 1, min(len(stream), start + 5)):
        length |= (stream[place] & 0x7F) << shift
        if stream[place] < 0x80:
            return place + 1, length
        shift += 7
    if len(stream) >= start + 5:
        raise ProtocolProblem("a packet's length never ends")
    return None


def _parse(first: int, stream: bytes, start: int, end: int) -> Packet | None:
    if first & 0xF0 == _PUBLISH:
        return _published(first, stream, start, end)
    if first == _CONNACK and end - start == 2:
        return Connected(stream[start + 1])
    if first == _SUBACK and end - start >= 3:
        return Subscribed(int.from_bytes(stream[start : start + 2], "big"), stream[start + 2 : end])
    if first == _PINGRESP:
        return Pong()
    raise ProtocolProblem(f"it sends a packet of kind {first:#04x}, which is not expected")


def _published(first: int, stream: bytes, start: int, end: int) -> Published | None:
    if end - start < 2:
        raise ProtocolProblem("a message without a topic")
    topic_end = start + 2 + (stream[start] << 8 | stream[start + 1])
    payload = topic_end + (2 if first & 0x06 else 0)  # a packet id; we never ask for QoS above 0
    if payload > end:
        raise ProtocolProblem("a message shorter than its topic")
    try:
        return stream[start + 2 : topic_end].decode(), stream[payload:end]
    except UnicodeDecodeError:
        return None  # nobody's topic


def _packet(first: int, body: bytes) -> bytes:
    length, header = len(body), bytearray([first])
    while length > 0x7F:
        header.append(length & 0x7F | 0x80)
        length >>= 7
    header.append(length)
    return bytes(header) + body


def _text(text: str) -> bytes:
    return _bytes(text.encode())


def _bytes(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content
