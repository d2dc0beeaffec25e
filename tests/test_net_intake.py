"""The intake in virtual time, without a broker: pace of acks and of link news, bounds, what outlives a broker."""

from __future__ import annotations

import pytest

from drumcircle.core.events import MS, NS, Event, Hit, PadFound, PadGone, PadLink, Perform
from drumcircle.net import intake as intake_module
from drumcircle.net import topics, wire
from drumcircle.net.clock_sync import FittedClock
from drumcircle.net.intake import ACK_AFTER, ANNOUNCED_WITHIN, LINK_EVERY, RETURN_WITHIN, Intake
from drumcircle.net.offset import NEEDED
from drumcircle.net.pad import (
    LIMITED_FOR,
    MESSAGES_AT_ONCE,
    OFTEN,
    OFTEN_WITHIN,
    SENT_AGAIN_WITHIN,
)
from drumcircle.net.placing import ASKS_WITHIN


class Room:
    """An intake whose clock stands where the test puts it, and everything that left it."""

    def __init__(self) -> None:
        self.time = 1000 * NS
        self.events: list[Event] = []
        self.sent: list[tuple[str, bytes]] = []
        self.intake = Intake("circle", self.events.append, self._send, lambda: self.time)

    def _send(self, topic: str, payload: bytes) -> bool:
        self.sent.append((topic, payload))
        return True

    def hear(self, pad: str, leaf: str, payload: bytes) -> None:
        self.intake.hear(topics.pad_topic("circle", pad, leaf), payload, self.time)

    def hit(self, pad: str, seq: int, t_us: int | None = None) -> None:
        self.hear(pad, "hit", wire.encode_hit(wire.HitMessage(1, 1, seq, 38, 100, t_us)))

    def let_go(self) -> None:
        """Time passes: pads that ask for no time are judged by arrival."""
        self.time += ASKS_WITHIN
        self.intake.look_after(self.time, 100)

    def hits(self) -> list[Hit]:
        return [event for event in self.events if isinstance(event, Hit)]

    def acks(self) -> list[tuple[str, int]]:
        """(pad, seq) of the acks sent since the last look."""
        sent, self.sent = self.sent, []
        return [
            (topic.split("/")[3], wire.decode_ack(body).seq) for topic, body in sent if topic.endswith("/ack")
        ]

    def synchronise(self, pad: str, offset: int, there: int, back: int, boot: int = 1) -> None:
        """Exchanges of a pad whose clock is ``offset`` ns behind, with these ways there and back."""
        for number in range(NEEDED):
            asked = self.time - there - offset
            self.hear(
                pad, "sync/req", wire.encode_sync_request(wire.SyncRequest(1, boot, number, asked // 1000))
            )
            heard = (self.time + back - offset) // 1000
            self.time += back + 50 * MS
            state = wire.PadState(1, boot, wire.SyncReport(number, heard))
            self.hear(pad, "state", wire.encode_json(state))


def test_hits_that_become_safe_together_share_one_ack() -> None:
    room = Room()
    for seq in range(5):
        room.hit("anna", seq)
    room.intake.safe(room.hits()[:2])
    room.time += ACK_AFTER // 2
    room.intake.safe(room.hits()[2:])
    room.intake.acknowledge(room.time, 9)
    assert room.acks() == [], "not yet"
    room.time += ACK_AFTER // 2
    room.intake.acknowledge(room.time, 9)
    room.intake.acknowledge(room.time + NS, 9)
    assert room.acks() == [("anna", 4)]


def test_acks_take_turns_when_there_are_many() -> None:
    room = Room()
    for pad in ("a", "b", "c"):
        room.hit(pad, 0)
    room.intake.safe(room.hits())
    room.time += ACK_AFTER
    room.intake.acknowledge(room.time, 2)
    assert room.acks() == [("a", 0), ("b", 0)]
    room.intake.acknowledge(room.time, 2)
    assert room.acks() == [("c", 0)]


def test_hits_of_other_transports_are_nobody_s_business() -> None:
    room = Room()
    room.intake.safe([Hit(0, "usb:anna", 38, 100), Hit(0, "mqtt:stranger", 38, 100, boot=1, seq=1)])
    room.intake.acknowledge(room.time + NS, 9)
    assert room.acks() == []


def test_a_link_is_told_of_when_it_changes_and_at_most_once_a_second() -> None:
    room = Room()
    room.hit("anna", 0)
    for _ in range(20):
        room.time += LINK_EVERY // 10
        room.hear("anna", "hit", b"rubbish!")
        room.intake.look_after(room.time, 100)
    links = [event for event in room.events if isinstance(event, PadLink)]
    assert len(links) == 2
    assert "not understood: there is no wire version 114" in links[-1].words
    room.time += 10 * LINK_EVERY
    room.intake.look_after(room.time, 100)
    room.intake.look_after(room.time + 5 * LINK_EVERY, 100)
    assert len([event for event in room.events if isinstance(event, PadLink)]) == 3, "nothing new to tell"


def test_a_pad_s_report_halves_the_round_trip_however_late_the_way_there() -> None:
    room = Room()
    offset, there, back = 123 * NS, 4 * MS, 2 * MS
    room.synchronise("anna", offset, there, back)
    happened = room.time - 20 * MS
    room.hit("anna", 0, t_us=(happened - offset) // 1000)
    (hit,) = room.hits()
    assert hit.uncertainty is not None
    assert (there + back) // 2 - 2000 <= hit.uncertainty < (there + back) // 2 + MS // 5
    assert abs(hit.time - happened) <= (there - back) // 2 + 2000
    assert hit.raw_time == happened - offset


def test_a_pad_that_never_reports_is_badged_as_timed_one_way() -> None:
    room = Room()
    for number in range(NEEDED):
        room.time += NS
        asked = wire.SyncRequest(1, 1, number, (room.time - 7 * NS) // 1000)
        room.hear("anna", "sync/req", wire.encode_sync_request(asked))
    room.intake.look_after(room.time, 100)
    (link,) = [event for event in room.events if isinstance(event, PadLink)]
    assert link.words == "timed one way only"
    assert link.uncertainty is not None
    assert link.uncertainty >= MS


def test_hits_of_a_rebooted_pad_wait_until_it_has_synchronised_again() -> None:
    room = Room()
    room.synchronise("anna", 5 * NS, MS, MS)
    happened = room.time
    room.hear("anna", "hit", wire.encode_hit(wire.HitMessage(1, 2, 0, 38, 100, 77)))
    assert not room.hits()
    room.time += 10 * MS
    room.synchronise("anna", happened - 77_000, MS, MS, boot=2)
    (hit,) = room.hits()
    assert not hit.by_arrival
    assert abs(hit.time - happened) <= 2000


def test_a_pad_that_sends_more_than_anybody_plays_is_limited_and_named() -> None:
    room = Room()
    for seq in range(20_000):
        room.hit("anna", seq)
    room.hit("ben", 0)
    room.intake.look_after(room.time, 100)
    assert MESSAGES_AT_ONCE <= sum(hit.pad == "mqtt:anna" for hit in room.hits()) <= MESSAGES_AT_ONCE + 1
    assert sum(hit.pad == "mqtt:ben" for hit in room.hits()) == 1
    words = {event.pad: event.words for event in room.events if isinstance(event, PadLink)}
    assert "sends more than anybody plays" in words["mqtt:anna"]
    assert "more than anybody" not in words["mqtt:ben"]
    room.time += 20 * NS
    room.hit("anna", 20_000)
    room.intake.look_after(room.time, 100)
    assert "more than anybody" not in [e for e in room.events if isinstance(e, PadLink)][-1].words


def come(room: Room, pad: str, *, online: bool = True) -> None:
    room.hear(pad, "info", wire.encode_json(wire.PadInfo(1, online)))


def last_words(room: Room) -> str:
    room.time += LINK_EVERY
    room.intake.look_after(room.time, 100)
    return [event for event in room.events if isinstance(event, PadLink)][-1].words


def test_a_pad_that_comes_again_and_again_and_never_went_may_be_pushed_off_by_another() -> None:
    room = Room()
    for times in range(1 + OFTEN):
        come(room, "anna")
        room.hit("anna", times)
        room.time += NS
    room.let_go()
    assert "another device with its client id" in last_words(room)
    room.time += OFTEN_WITHIN
    assert "client id" not in last_words(room)


def test_two_devices_with_one_name_are_told_of() -> None:
    room = Room()
    for seq in range(3):
        for boot in (1, 2):
            room.hear("anna", "hit", wire.encode_hit(wire.HitMessage(1, boot, seq, 38, 100, 1000)))
            room.time += NS
    assert "two devices with one name" in last_words(room)
    room.time += OFTEN_WITHIN
    assert "one name" not in last_words(room)


def test_a_pad_that_goes_and_comes_or_a_broker_that_does_is_no_theft() -> None:
    room = Room()
    for seq in range(2 * OFTEN):
        come(room, "anna")
        room.hit("anna", seq)
        come(room, "anna", online=False)
        come(room, "ben")
        room.hit("ben", seq)
        room.intake.broker_back(room.time)
        come(room, "ben")
    room.let_go()
    room.time += LINK_EVERY
    room.intake.look_after(room.time, 100)
    words = [event.words for event in room.events if isinstance(event, PadLink)]
    assert words
    assert not any("client id" in told for told in words)


@pytest.mark.parametrize(("lie", "judged"), [(3 * NS, True), (-7200 * NS, False)])
def test_a_pad_that_claims_times_that_cannot_be_is_named_until_it_is_sound_again(
    lie: int, judged: bool
) -> None:
    room = Room()
    room.time += 7200 * NS
    room.synchronise("anna", 5 * NS, MS, MS)
    room.time += NS
    room.hit("anna", 0, t_us=(room.time + lie - 5 * NS) // 1000)
    room.time += NS
    room.synchronise("anna", 5 * NS, MS, MS)
    assert [(hit.by_arrival, hit.doubtful) for hit in room.hits()] == [(judged, not judged)]
    assert last_words(room) == "tells times that cannot be; time of arrival only"
    room.hit("anna", 1, t_us=(room.time - 5 * NS) // 1000)
    assert last_words(room) == ""


def test_a_gap_that_is_filled_soon_is_not_told_and_one_that_stays_is() -> None:
    room = Room()
    room.hit("anna", 0)
    room.hit("anna", 9)
    room.hit("ben", 0)
    room.hit("ben", 4)
    room.let_go()
    for seq in range(1, 9):
        room.hit("anna", seq)
    room.time += SENT_AGAIN_WITHIN
    room.intake.look_after(room.time, 100)
    lost = [(event.pad, event.lost) for event in room.events if isinstance(event, PadLink) and event.lost]
    assert lost == [("mqtt:ben", 3)]
    assert room.intake.counts()["lost"] == 3


def test_of_a_pad_that_once_sent_too_much_nothing_empty_is_said() -> None:
    room = Room()
    for seq in range(20_000):
        room.hit("anna", seq)
    assert last_words(room).endswith("the rest is not heard")
    room.time += LIMITED_FOR
    assert "not understood" not in last_words(room)


def test_a_pad_that_comes_and_goes_all_the_time_does_not_fill_the_log() -> None:
    room = Room()
    for _ in range(500):
        for online in (True, False):
            room.hear("anna", "info", wire.encode_json(wire.PadInfo(1, online)))
    assert len([event for event in room.events if isinstance(event, PadFound)]) <= 12


def test_a_low_battery_and_a_weak_radio_are_told_in_words() -> None:
    room = Room()
    room.hear("anna", "state", wire.encode_json(wire.PadState(1, 1, battery=9, rssi=-82)))
    room.intake.look_after(room.time, 100)
    (link,) = [event for event in room.events if isinstance(event, PadLink)]
    assert link.words == "battery 9 %; weak Wi-Fi"


def test_a_pad_that_does_not_come_back_with_the_broker_is_gone() -> None:
    room = Room()
    room.hit("anna", 0)
    room.hit("ben", 0)
    room.time += NS
    room.intake.broker_back(room.time)
    room.hit("ben", 1)
    room.intake.look_after(room.time + RETURN_WITHIN - 1, 100)
    assert not any(isinstance(event, PadGone) for event in room.events)
    room.intake.look_after(room.time + RETURN_WITHIN, 100)
    gone = [event for event in room.events if isinstance(event, PadGone)]
    assert gone == [PadGone("mqtt:anna", "it did not come back with the broker")]
    room.hit("anna", 1)
    assert room.events[-2] == PadFound("mqtt:anna", "anna", "mqtt")


def test_more_pads_than_one_hub_listens_to_are_counted_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "MOST_PADS", 2)
    room = Room()
    for pad in ("a", "b", "c"):
        room.hit(pad, 0)
    counts = room.intake.counts()
    assert (counts["received"], counts["rejected"]) == (2, 1)
    assert len(room.hits()) == 2


def test_what_is_held_is_looked_at_again_only_when_the_clock_has_told_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Room()
    room.synchronise("anna", 5 * NS, MS, MS)
    looked = 0
    map_really = FittedClock.map

    def counted(clock: FittedClock, pad_us: int) -> tuple[int, int] | None:
        nonlocal looked
        looked += 1
        return map_really(clock, pad_us)

    monkeypatch.setattr(FittedClock, "map", counted)
    room.time += NS
    for seq in range(100):
        room.hit("anna", seq, t_us=(room.time - 8 * NS) // 1000)
    for number in range(100):
        room.time += MS
        asked = wire.SyncRequest(1, 1, 100 + number, (room.time - 5 * NS) // 1000)
        room.hear("anna", "sync/req", wire.encode_sync_request(asked))
    assert not room.hits()
    assert looked == 100, "at each hit, and at no question that was not answered"
    report = wire.PadState(1, 1, wire.SyncReport(199, (room.time + 2 * MS - 5 * NS) // 1000))
    room.hear("anna", "state", wire.encode_json(report))
    assert len(room.hits()) == 100


# ---------------------------------------------------------------- performances


def announce(room: Room, pad: str, start: int, title: str = "Samba") -> None:
    room.hear(pad, "state", wire.encode_json(wire.PadState(1, 1, None, start, title)))


def performances(room: Room) -> list[Perform]:
    return [event for event in room.events if isinstance(event, Perform)]


def test_a_performance_of_many_pads_is_announced_to_the_circle_once() -> None:
    room = Room()
    start = room.time + 2 * NS
    for pad in ("anna", "ben", "anna"):
        announce(room, pad, start)
    announce(room, "cleo", start + NS, "Samba\n" + 50 * "x")
    announce(room, "ben", start)
    assert performances(room) == [Perform(start, "Samba"), Perform(start + NS, "Samba" + 35 * "x")]


def test_a_performance_may_have_begun_and_is_not_announced_for_another_day() -> None:
    room = Room()
    announce(room, "anna", -5)
    announce(room, "anna", room.time + ANNOUNCED_WITHIN)
    announce(room, "anna", room.time + ANNOUNCED_WITHIN + 1)
    assert [performance.start for performance in performances(room)] == [-5, room.time + ANNOUNCED_WITHIN]
    assert room.intake.counts()["rejected"] == 1


def test_a_pad_that_announces_nothing_tells_of_no_performance() -> None:
    room = Room()
    room.synchronise("anna", 5 * NS, MS, MS)
    assert performances(room) == []


# ---------------------------------------------------------------- after a restart


def test_what_is_on_record_is_a_duplicate_when_it_is_sent_again_and_is_acknowledged() -> None:
    before = Room()
    for seq in (0, 1, 2):
        before.hit("anna", seq, t_us=1000 + seq)
    before.hit("ben", 7)
    before.hit("cleo", 0, t_us=2**60)
    before.let_go()
    after = Room()
    after.intake.prime([*before.hits(), Hit(0, "usb:kit", 38, 100)])
    for seq in range(5):
        after.hit("anna", seq, t_us=1000 + seq)
    after.hit("ben", 7)
    after.hit("cleo", 0, t_us=2**60)
    after.let_go()
    assert [(hit.pad, hit.seq) for hit in after.hits()] == [("mqtt:anna", 3), ("mqtt:anna", 4)]
    after.intake.safe(after.hits())
    after.time += 5 * NS
    after.intake.acknowledge(after.time, 9)
    assert sorted(after.acks()) == [("anna", 4), ("ben", 7), ("cleo", 0)]
    counts = after.intake.counts()
    assert (counts["received"], counts["lost"], counts["duplicate"]) == (7, 0, 5)


def test_a_hole_in_the_record_is_filled_by_what_is_sent_again() -> None:
    before = Room()
    for seq in (0, 1, 3):
        before.hit("anna", seq)
    after = Room()
    after.intake.prime(before.hits())
    assert after.intake.counts()["lost"] == 1
    for seq in (2, 4):
        after.hit("anna", seq)
    assert [hit.seq for hit in after.hits()] == [2, 4]
    assert after.intake.counts()["lost"] == 0


def test_a_pad_that_was_booted_while_the_hub_was_away_begins_anew() -> None:
    before = Room()
    before.hit("anna", 0, t_us=1000)
    before.let_go()
    after = Room()
    after.intake.prime(before.hits())
    after.hit("anna", 0, t_us=9000)
    after.hear("anna", "hit", wire.encode_hit(wire.HitMessage(1, 2, 0, 38, 100, 5)))
    after.let_go()
    assert len(after.hits()) == 2
