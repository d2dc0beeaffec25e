"""What pads say over MQTT becomes events: times mapped, duplicates dropped, losses counted, hits acknowledged.

Knows topics and payloads, and no connection: answers go out through ``send``, events through ``post``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from drumcircle.core.events import MS, NS, Event, Hit, PadFound, PadGone, Perform
from drumcircle.net import topics, wire
from drumcircle.net.lights import Lights
from drumcircle.net.offset import Exchange
from drumcircle.net.pad import PREFIX, Pad, differs
from drumcircle.net.placing import Placed, Stamped
from drumcircle.net.wire import WireError
from drumcircle.net.wire_constants import LONGEST

MOST_PADS = 2048
"""Pads one hub listens to; messages of further ones are counted as rejected."""
ACK_AFTER = 500 * MS
"""Hits that become safe within this time share one ack."""
LINK_EVERY = 1 * NS
"""How often, at most, a change of one pad's link is told."""
RETURN_WITHIN = 10 * NS
"""A pad that has said nothing this long after the broker came back is gone."""
ANNOUNCED_WITHIN = 600 * NS
"""No performance is announced longer ahead."""
_OPEN_EXCHANGES = 32
_ANNOUNCEMENTS = 32

Post = Callable[[Event], None]
Send = Callable[[str, bytes], bool]
"""Publish to a topic; False if it could not be sent."""
_Take = Callable[[Pad, bytes, int], None]


class Intake:
    """Every pad of one circle.  ``now`` is ns on the hub's clock."""

    def __init__(self, circle: str, post: Post, send: Send, now: Callable[[], int]) -> None:
        self._circle = circle
        self._post = post
        self._send = send
        self._now = now
        self._pads: dict[str, Pad] = {}
        self._routes: dict[str, tuple[Pad, _Take]] = {}
        self._leaves: dict[str, _Take] = {
            "hit": self._hit,
            "sync/req": self._sync_request,
            "state": self._state,
            "info": self._introduction,
        }
        self._nobodys = 0
        self._announced: deque[Perform] = deque(maxlen=_ANNOUNCEMENTS)
        self._to_acknowledge: dict[Pad, int] = {}
        self._rounds: list[Pad] = []
        self._back_at: int | None = None
        self.lights = Lights(self._lit_pads, self._tell_light)

    def hear(self, topic: str, payload: bytes, arrival: int) -> None:
        """One message, stamped when it arrived; never raises for what it says."""
        route = self._routes.get(topic) or self._route(topic)
        if route is None:
            self._nobodys += 1
            return
        pad, take = route
        pad.heard_at = arrival
        if not pad.messages.spend(arrival):
            pad.rejected += 1
            return
        try:
            if len(payload) > LONGEST:
                raise WireError(f"longer than {LONGEST} bytes")
            take(pad, payload, arrival)
        except WireError as problem:
            pad.rejected += 1
            pad.trouble = str(problem)
            self._present(pad)

    def _route(self, topic: str) -> tuple[Pad, _Take] | None:
        parsed = topics.parse_pad_topic(self._circle, topic)
        if parsed is None or parsed[1] not in self._leaves:
            return None
        name, leaf = parsed
        pad = self._pad(name)
        if pad is None:
            return None
        self._routes[topic] = route = (pad, self._leaves[leaf])
        return route

    def _pad(self, name: str) -> Pad | None:
        """The pad of this name, new or known; None where there are too many."""
        if name not in self._pads:
            if len(self._pads) >= MOST_PADS:
                return None
            self._pads[name] = Pad(name)
            self._rounds.append(self._pads[name])
        return self._pads[name]

    def prime(self, hits: Iterable[Hit]) -> None:
        """These hits were received and made safe before the hub was restarted: sent again they are duplicates."""
        now = self._now()
        for hit in hits:
            pad = self._pad(hit.pad.removeprefix(PREFIX)) if hit.pad.startswith(PREFIX) else None
            if pad is not None and hit.boot is not None and hit.seq is not None:
                pad.sequence.receive(hit.boot, hit.seq, now, hit.raw_time)
                pad.sequence.safe(hit.boot, hit.seq)

    # ------------------------------------------------------------ what pads say

    def _hit(self, pad: Pad, payload: bytes, arrival: int) -> None:
        said = wire.decode_hit(payload)
        pad.as_json = wire.speaks_json(payload)
        self._present(pad)
        self._booted(pad, said.boot)
        stamped = Stamped(said, arrival)
        raw_time = None if stamped.pad_us is None else stamped.pad_us * 1000
        if not pad.sequence.receive(said.boot, said.seq, arrival, raw_time):
            pad.acked = None  # it sends again, so the ack was lost
            self._to_acknowledge.setdefault(pad, arrival)
            return
        placed = pad.placing.place(stamped)
        if placed is not None:
            self._take_in(pad, stamped, placed)

    def _take_in(self, pad: Pad, stamped: Stamped, placed: Placed) -> None:
        said, pad_us = stamped.said, stamped.pad_us
        pad.by_arrival = placed.by_arrival or placed.doubtful
        pad.impossible = placed.impossible
        self._post(
            Hit(
                time=placed.time,
                pad=pad.device,
                note=said.note,
                velocity=said.vel,
                raw_time=None if pad_us is None else pad_us * 1000,
                uncertainty=placed.uncertainty,
                by_arrival=placed.by_arrival,
                boot=said.boot,
                seq=said.seq,
                doubtful=placed.doubtful,
            )
        )

    def _sync_request(self, pad: Pad, payload: bytes, arrival: int) -> None:
        asked = wire.decode_sync_request(payload)
        sent = self._now()
        answer = wire.SyncResponse(wire.VERSION, asked.boot, asked.id, asked.t_us, arrival, sent)
        self._send(
            topics.pad_topic(self._circle, pad.name, "sync/res"),
            wire.encode_sync_response(answer, as_json=wire.speaks_json(payload)),
        )
        self._present(pad)
        self._booted(pad, asked.boot)
        if asked.t_us >= wire.LATEST_US:
            return
        pad.placing.asked()
        self._learn(pad, Exchange(asked.t_us, arrival))
        pad.open_exchanges[asked.id] = Exchange(asked.t_us, arrival, sent)
        if len(pad.open_exchanges) > _OPEN_EXCHANGES:
            del pad.open_exchanges[next(iter(pad.open_exchanges))]

    def _state(self, pad: Pad, payload: bytes, arrival: int) -> None:
        told = wire.decode_state(payload)
        self._present(pad)
        self._booted(pad, told.boot)
        begun = pad.open_exchanges.pop(told.sync.id, None) if told.sync else None
        if begun is not None and told.sync is not None:
            whole = Exchange(begun.pad_sent_us, begun.hub_received, begun.hub_sent, told.sync.rx_us)
            self._learn(pad, whole)
        if told.battery is not None:
            pad.battery = told.battery
        if told.rssi is not None:
            pad.rssi = told.rssi
        if told.start_ns is not None:
            self._announce(Perform(told.start_ns, told.title), arrival)

    def _learn(self, pad: Pad, exchange: Exchange) -> None:
        """One more exchange; what was held for it, and a light that can be told the beat now."""
        if pad.clock.exchange(exchange) and pad.placing.holds:
            for stamped, placed in pad.placing.learned():
                self._take_in(pad, stamped, placed)
        known = pad.clock.uncertainty is not None
        if known and not pad.synchronised and pad.cues:
            self.lights.welcome(pad)
        pad.synchronised = known

    def _announce(self, performance: Perform, arrival: int) -> None:
        """Every pad of a performance announces it; the circle hears it once."""
        if performance.start > arrival + ANNOUNCED_WITHIN:
            raise WireError(f"a performance cannot be announced more than {ANNOUNCED_WITHIN // NS} s ahead")
        if performance not in self._announced:
            self._announced.append(performance)
            self._post(performance)

    def _introduction(self, pad: Pad, payload: bytes, arrival: int) -> None:
        if not payload:
            self._gone(pad, "it left")
            return
        told = wire.decode_info(payload)
        if not told.online:
            self._gone(pad, "its connection is lost")
            return
        label = told.label or pad.name
        pad.cues = told.cues
        if (label, told.voiced) != (pad.label, pad.voiced):
            pad.label, pad.voiced, pad.connected = label, told.voiced, False
        pad.introduced(arrival)
        self._present(pad)
        if pad.cues and pad.synchronised and pad.welcomes.spend(arrival):
            self.lights.welcome(pad, back=True)

    def _present(self, pad: Pad) -> None:
        if not pad.connected and pad.appearances.spend(self._now()):
            pad.connected = True
            self._post(PadFound(pad.device, pad.label, "mqtt", pad.voiced))

    def _gone(self, pad: Pad, reason: str) -> None:
        pad.left()
        if pad.connected:
            pad.connected = False
            self._post(PadGone(pad.device, reason))

    def _booted(self, pad: Pad, boot: int) -> None:
        if boot != pad.boot:
            pad.booted(boot, self._now())
            for stamped, placed in pad.placing.rebooted():
                self._take_in(pad, stamped, placed)
            pad.clock.reset()
            pad.synchronised = False
            pad.open_exchanges.clear()

    # ------------------------------------------------------------ what the hub says

    def safe(self, hits: Iterable[Hit]) -> None:
        """These hits need not be kept by their pads any more."""
        now = self._now()
        for hit in hits:
            pad = self._pads.get(hit.pad.removeprefix(PREFIX)) if hit.pad.startswith(PREFIX) else None
            if pad is not None and hit.boot is not None and hit.seq is not None:
                pad.sequence.safe(hit.boot, hit.seq)
                self._to_acknowledge.setdefault(pad, now)

    def acknowledge(self, now: int, most: int) -> None:
        """Send the acks that are due, the longest waiting first, at most so many."""
        for _ in range(min(most, len(self._to_acknowledge))):
            pad = next(iter(self._to_acknowledge))
            if now - self._to_acknowledge[pad] < ACK_AFTER:
                return
            del self._to_acknowledge[pad]
            self._acknowledge(pad, now)

    def _acknowledge(self, pad: Pad, now: int) -> None:
        ack = pad.sequence.ack(now)
        if ack is None or ack == pad.acked:
            return
        payload = wire.encode_ack(wire.Ack(wire.VERSION, *ack), as_json=pad.as_json)
        if self._send(topics.pad_topic(self._circle, pad.name, "ack"), payload):
            pad.acked = ack

    def look_after(self, now: int, most: int) -> None:
        """See to so many of the pads, in turn: changed links, pads that did not come back, old gaps."""
        for pad in self._rounds[:most]:
            self._look_after(pad, now)
        self._rounds = self._rounds[most:] + self._rounds[:most]

    def _look_after(self, pad: Pad, now: int) -> None:
        if pad.placing.holds:
            for stamped, placed in pad.placing.expired(now):
                self._take_in(pad, stamped, placed)
        if pad.sequence.waits:
            self._to_acknowledge.setdefault(pad, now)
        if self._back_at is not None and pad.heard_at < self._back_at <= now - RETURN_WITHIN:
            self._gone(pad, "it did not come back with the broker")
        if now - pad.told_at >= LINK_EVERY:
            link = pad.link(now)
            if differs(pad.told, link):
                pad.told, pad.told_at = link, now
                self._post(link)

    def end(self) -> None:
        """The circle ends: hits that still wait for their pad's clock count as they are."""
        for pad in self._pads.values():
            for stamped, placed in pad.placing.ended():
                self._take_in(pad, stamped, placed)

    def _lit_pads(self) -> Iterator[Pad]:
        return (pad for pad in self._pads.values() if pad.cues and pad.connected)

    def _tell_light(self, pad: Pad, cue: wire.PadCue) -> None:
        self._send(topics.pad_topic(self._circle, pad.name, "cue"), wire.encode_json(cue))

    def broker_back(self, now: int) -> None:
        """Connected (again): pads that were there must be heard again."""
        self._back_at = now
        for pad in self._pads.values():
            pad.broker_back()

    def counts(self) -> dict[str, object]:
        """``{received, lost, duplicate, rejected, pads: {id: the same}}``."""
        pads = {name: pad.counts() for name, pad in self._pads.items()}
        total: dict[str, object] = {
            key: sum(counts[key] for counts in pads.values())
            for key in ("received", "lost", "duplicate", "rejected")
        }
        total["rejected"] = sum(counts["rejected"] for counts in pads.values()) + self._nobodys
        return total | {"pads": pads}
