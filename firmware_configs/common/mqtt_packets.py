"""MQTT 3.1.1 as far as a pad needs it: packets to be sent, and packets found in what arrives."""

PUBLISH, CONNACK = 0x30, 0x20
RETAIN = 0x01
KEEPALIVE_S = 10
"""Half as long again, and the broker takes a silent pad for lost."""
PINGREQ = b"\xc0\x00"
LONGEST_LENGTH = 4
"""Bytes a packet's length may take (2.2.3)."""
_CLEAN, _WILL, _WILL_RETAIN, _PASSWORD, _USER = 0x02, 0x04, 0x20, 0x40, 0x80


class MalformedPacket(Exception):
    """What arrives is no MQTT."""


def connect(client_id, user, password, will_topic, will):
    """CONNECT with a clean session and a retained last will."""
    flags = _CLEAN | _WILL | _WILL_RETAIN | (_USER | _PASSWORD if user else 0)
    body = _text("MQTT") + bytes((4, flags)) + KEEPALIVE_S.to_bytes(2, "big")
    body += _text(client_id) + _text(will_topic) + _text(will)
    if user:
        body += _text(user) + _text(password)
    return b"\x10" + _length(len(body)) + body


def subscribe(topics):
    """SUBSCRIBE to all of them at QoS 0."""
    body = b"\x00\x01" + b"".join(_text(topic) + b"\x00" for topic in topics)
    return b"\x82" + _length(len(body)) + body


def before_payload(topic, size, retain=False):
    """What a PUBLISH at QoS 0 has before a payload of so many bytes."""
    named = _text(topic)
    return bytes((PUBLISH | (RETAIN if retain else 0),)) + _length(len(named) + size) + named


def _text(text):
    coded = text if isinstance(text, bytes) else text.encode()
    return len(coded).to_bytes(2, "big") + coded


def _length(number):
    coded = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        coded.append(low | (0x80 if number else 0))
        if not number:
            return bytes(coded)


class Incoming:
    """A buffer of fixed size that bytes arrive in; packets longer than it are skipped."""

    def __init__(self, size):
        self._buffer = bytearray(size)
        self._view = memoryview(self._buffer)
        self._size = size
        self.clear()

    def clear(self):
        """A new connection."""
        self._filled = 0
        self._skip = 0

    def room(self):
        """Where the next bytes may be read into; never empty."""
        return self._view[self._filled :]

    def arrived(self, count):
        """So many bytes are in :meth:`room` now."""
        self._filled += count
        if self._skip:
            self._drop(0)

    def packet(self):
        """``(first byte, body)`` of a whole packet, or None; the body is overwritten when more arrives.

        Raises:
            MalformedPacket: a length that is none.
        """
        while True:
            head, length = self._head()
            if head is None:
                return None
            if head + length > self._size:
                self._drop(head + length)
            elif self._filled < head + length:
                return None
            else:
                break
        found = self._buffer[0], bytes(self._view[head : head + length])
        self._drop(head + length)
        return found

    def _drop(self, count):
        """Forget the first so many bytes, and those still to come of a packet that is skipped."""
        count += self._skip
        here = min(count, self._filled)
        self._skip = count - here
        self._filled -= here
        self._buffer[: self._filled] = self._buffer[here : here + self._filled]

    def _head(self):
        """Bytes before the body and bytes in it; ``(None, 0)`` as long as that is not known."""
        length = 0
        for place in range(LONGEST_LENGTH):
            if place + 1 >= self._filled:
                return None, 0
            byte = self._buffer[place + 1]
            length |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                return place + 2, length
        raise MalformedPacket


def published(first, body):
    """``(topic, payload)`` of a PUBLISH at QoS 0; None for any other packet."""
    if first & 0xF6 != PUBLISH or len(body) < 2:
        return None
    end = 2 + (body[0] << 8 | body[1])
    return None if end > len(body) else (body[2:end], body[end:])
