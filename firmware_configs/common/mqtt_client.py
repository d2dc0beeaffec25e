"""One connection to a broker that never waits: each step does what can be done at once and returns.

A packet is one write, so that no half of it waits for the other's acknowledgement.
"""

import select

import mqtt_packets
from mqtt_packets import CONNACK, Incoming, MalformedPacket, published

ASK_AFTER_MS = 2000
"""Silence after which the broker is asked whether it is there."""
GIVE_UP_AFTER_MS = 6000
"""Silence, or a connection in the making, for so long: the network is gone, whatever the socket says."""
INCOMING_BYTES = 1024
LONGEST_PACKET = 512
DOWN, CONNECTING, GREETING, UP = range(4)
_TROUBLE = select.POLLERR | select.POLLHUP


class MqttClient:
    """``login`` is a CONNECT.  ``hear(topic, payload, stamp())`` gets each message, stamped when it was read.

    Times are ms of one clock.
    """

    def __init__(self, login, hear, stamp):
        self._login = login
        self._hear = hear
        self._stamp = stamp
        self._arrived = 0
        self._incoming = Incoming(INCOMING_BYTES)
        self._out = memoryview(bytearray(LONGEST_PACKET))
        self._from = self._to = 0  # what of the last packet is not written yet
        self._socket = self._stream = None
        self._secure = None
        self._poll = select.poll()
        self._began_ms = self._heard_ms = self._asked_ms = 0
        self.state = DOWN
        self.refused = 0
        """The broker's reason for not letting us in (3.2.2.3); 0 where it gave none."""
        self.wrong_hub = False
        """What was last reached is not the hub this pad was made for."""

    def begin(self, socket, secure, now_ms):
        """Take a socket that is being connected; ``secure`` makes the stream of it once it is."""
        self.close()
        self._socket = self._stream = socket
        self._secure = secure
        self._poll.register(socket, select.POLLOUT)
        self._began_ms = now_ms
        self.refused, self.wrong_hub = 0, False
        self.state = CONNECTING

    def close(self):
        """Let go, as if the network had."""
        if self._socket is not None:
            self._poll.unregister(self._socket)
            for stream in (self._stream, self._socket):
                try:
                    stream.close()
                except OSError:
                    pass
        self._socket = self._stream = None
        self._from = self._to = 0
        self._incoming.clear()
        self.state = DOWN

    def step(self, now_ms):
        """Go on as far as can be at once."""
        try:
            if self.state == CONNECTING:
                self._connect(now_ms)
            elif self.state != DOWN:
                self._flush()
                self._read(now_ms)
                self._watch(now_ms)
        except ValueError:  # as MicroPython says that a certificate is not the one trusted
            self.wrong_hub = True
            self.close()
        except (OSError, MalformedPacket):
            self.close()

    def ready(self):
        """Whether a packet can be taken."""
        return self.state == UP and self._from == self._to

    def publish(self, before, payload):
        """Send a message, in one write; False where nothing was sent or kept.

        ``before`` is of :func:`mqtt_packets.before_payload`, for as many bytes as ``payload`` has.
        """
        if not self.ready():
            return False
        try:
            return self._send(before, payload)
        except OSError:
            self.close()
            return False

    def subscribe(self, topics):
        """After each connection; it must be :meth:`ready`."""
        self.publish(mqtt_packets.subscribe(topics), b"")

    # ------------------------------------------------------------ within a step

    def _connect(self, now_ms):
        for _, event in self._poll.poll(0):
            if event & _TROUBLE:
                raise OSError(event)
            self._stream = self._secure(self._socket)
            self._heard_ms = now_ms
            self.state = GREETING
            self._send(self._login, b"")
            return
        if now_ms - self._began_ms > GIVE_UP_AFTER_MS:
            self.close()

    def _send(self, before, payload):
        size = len(before) + len(payload)
        self._out[: len(before)] = before
        self._out[len(before) : size] = payload
        self._from, self._to = 0, size
        self._flush()
        if self._from == 0 and self._stream is self._socket and self.state == UP:
            self._to = 0  # nothing was taken, and only TLS must be offered the same again
            return False
        return True

    def _flush(self):
        if self._from < self._to:
            self._from += self._stream.write(self._out[self._from : self._to]) or 0

    def _read(self, now_ms):
        count = self._stream.readinto(self._incoming.room())
        if count is None:
            return
        self._arrived = self._stamp()
        if count == 0:
            raise OSError(0)
        self._incoming.arrived(count)
        self._heard_ms = now_ms
        while self.state != DOWN:
            packet = self._incoming.packet()
            if packet is None:
                break
            self._take(packet[0], packet[1])

    def _take(self, first, body):
        if self.state == GREETING:
            if first != CONNACK or len(body) != 2:
                raise MalformedPacket
            self.refused = body[1]
            if self.refused:
                self.close()
            else:
                self.state = UP
            return
        message = published(first, body)
        if message is not None:
            self._hear(message[0], message[1], self._arrived)

    def _watch(self, now_ms):
        silent = now_ms - self._heard_ms
        if silent > GIVE_UP_AFTER_MS:
            self.close()
        elif silent > ASK_AFTER_MS and now_ms - self._asked_ms > ASK_AFTER_MS and self.ready():
            self._asked_ms = now_ms
            self._send(mqtt_packets.PINGREQ, b"")
