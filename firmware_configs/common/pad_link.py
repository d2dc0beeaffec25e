"""The pad on the wire: finds the hub, sends hits until they are safe, asks for the time, hears cues.

One small thing a step, and none of them waits, so that samples are taken in between.
"""

import json
import struct

import status_light
from hit_store import RECORD, HitStore
from mqtt_client import DOWN, UP, MqttClient
from mqtt_packets import before_payload, connect
from sync_asker import REQUEST_BYTES, SyncAsker
from wire_constants import ACK, HEARD_BY_PAD, ROOT, VERSION

TELL_EVERY_MS = 30000
"""Battery and radio."""
REFUSED_PAUSE_MS = 10000
CALM_MS, LONGEST_WAIT_MS = 500, 5000
"""A handshake is computed in pieces that hold up samples: it waits for a pause in playing, and not for ever."""
LONGEST_LABEL = 40
"""The hub shows no more."""


class PadLink:
    """``board`` has the network; ``cues`` takes what the light shall do; ``clock`` is the pad's."""

    def __init__(self, board, settings, boot, clock, cues):
        self._board = board
        self._boot = boot
        self._clock = clock
        self._cues = cues
        self._topic = f"{ROOT}/{settings.pad['circle']}/{settings.pad['name']}/"
        self._label = settings.pad["label"][:LONGEST_LABEL]
        self._finder = board.finder()
        self.hits = HitStore(boot)
        self.asker = SyncAsker(boot)
        broker = settings.broker
        login = connect(
            broker["client_id"], broker["user"], broker["password"], self._topic + "info", self._info(False)
        )
        self._client = MqttClient(login, self._hear, clock.us)
        self._before_hit = before_payload(self._topic + "hit", RECORD)
        self._before_request = before_payload(self._topic + "sync/req", REQUEST_BYTES)
        self._to_do = []
        self._report = None
        self._told_ms = 0
        self._now_ms = 0
        self._was = DOWN
        self._down_ms = self._struck_ms = -LONGEST_WAIT_MS
        self._tls = broker["tls"]

    def struck(self, note, velocity, t_us, now_ms):
        """A hit, to be sent with the next step."""
        self.hits.add(note, velocity, t_us)
        self.asker.hit(now_ms)
        self._struck_ms = now_ms

    def step(self, now_ms):
        """Do what is next."""
        self._now_ms = now_ms
        if not self._board.online(now_ms):
            if self._client.state != DOWN:
                self._client.close()
        elif self._client.state == DOWN:
            self._seek(now_ms)
        self._client.step(now_ms)
        if self._client.state != self._was:
            self._turned(now_ms)
        if self._client.ready():
            self._send(now_ms)

    def status(self, now_ms):
        """What the status light shows."""
        if not self._board.online(now_ms):
            return status_light.NO_WIFI
        if self._client.refused:
            return status_light.REFUSED
        if self._client.wrong_hub:
            return status_light.WRONG_HUB
        if self._client.state != UP:
            return status_light.NO_BROKER
        return status_light.READY if self.asker.hub_heard(now_ms) else status_light.NO_HUB

    def hurried(self, now_ms):
        """Whether an answer to be stamped may come at any moment."""
        return self.asker.listens(now_ms)

    # ------------------------------------------------------------ the connection

    def _seek(self, now_ms):
        self._finder.step(now_ms)
        if self._tls and now_ms - self._struck_ms < CALM_MS and now_ms - self._down_ms < LONGEST_WAIT_MS:
            return
        address = self._finder.address(now_ms)
        if address is None:
            return
        try:
            socket = self._board.connect(address)
        except OSError:
            return
        self._client.begin(socket, self._board.secure, now_ms)

    def _turned(self, now_ms):
        """The connection is made or lost."""
        self._was = self._client.state
        if self._was == UP:
            self._finder.welcome(now_ms)
            self._finder.rest()
            self.hits.again()
            self.asker.connected(now_ms)
            self._report = None
            self._to_do = [self._introduce, self._subscribe]
        elif self._was == DOWN:
            self._down_ms = now_ms
            self._finder.later(
                now_ms, REFUSED_PAUSE_MS if self._client.refused or self._client.wrong_hub else 0
            )

    def _subscribe(self):
        self._client.subscribe([self._topic + leaf for leaf in HEARD_BY_PAD if leaf != "cfg"])

    def _introduce(self):
        info = self._info(True)
        self._client.publish(before_payload(self._topic + "info", len(info), retain=True), info)

    def _info(self, online):
        told = {"v": VERSION, "online": online, "label": self._label, "cues": self._board.shows_cues}
        return json.dumps(told).encode()

    # ------------------------------------------------------------ what is said

    def _send(self, now_ms):
        """The one thing that is most urgent: a hit carries its time and can wait a step, and where a thousand of them are
        sent again the hub must know the clock that they were stamped with."""
        if self._to_do:
            self._to_do.pop()()
        elif self._report is not None:
            if self._say_state(b'"sync":{"id":%d,"rx_us":%d}' % self._report):
                self._report = None
        elif self.asker.due(now_ms):
            self._client.publish(self._before_request, self.asker.ask(now_ms, self._clock.us()))
        elif self.hits.unsent() is not None:
            if self._client.publish(self._before_hit, self.hits.unsent()):
                self.hits.sent(now_ms)
        elif self.hits.overdue(now_ms):
            self.hits.again()
        elif now_ms - self._told_ms > TELL_EVERY_MS:
            self._told_ms = now_ms
            self._tell_health()

    def _tell_health(self):
        told = (("battery", self._board.battery()), ("rssi", self._board.rssi()))
        said = b",".join(b'"%s":%d' % (name.encode(), value) for name, value in told if value is not None)
        if said:
            self._say_state(said)

    def _say_state(self, what):
        payload = b'{"v":%d,"boot":%d,%s}' % (VERSION, self._boot, what)
        return self._client.publish(before_payload(self._topic + "state", len(payload)), payload)

    # ------------------------------------------------------------ what is heard

    def _hear(self, topic, payload, arrived_us):
        leaf = topic[len(self._topic) :]
        if leaf == b"ack":
            self._ack(payload)
        elif leaf == b"sync/res":
            number = self.asker.answer(payload, self._now_ms)
            if number is not None:
                self._report = (number, arrived_us)
        elif leaf == b"cue":
            self._cue(payload)

    def _cue(self, payload):
        try:
            cue = json.loads(payload)
            if cue["v"] == VERSION and cue["boot"] == self._boot:  # another boot had another clock
                self._cues(cue)
        except (ValueError, KeyError, TypeError):
            pass  # noise

    def _ack(self, payload):
        if len(payload) == struct.calcsize(ACK):
            version, boot, seq = struct.unpack(ACK, payload)
            if version == VERSION:
                self.hits.ack(boot, seq, self._now_ms)
