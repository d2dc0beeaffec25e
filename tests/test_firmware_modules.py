"""The parts of a pad's program that need no board, under this Python."""

from __future__ import annotations

import itertools
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.formats.firmware_files import firmware_folder
from drumcircle.net import wire
from drumcircle.net.wire_constants import (
    BURST,
    BURST_PAUSE_MS,
    FADE_AFTER_BARS,
    HUB_AWAY_AFTER_MS,
    LEAST_KEPT,
    RESEND_AFTER_MS,
    SYNC_PAUSE_MS,
)
from firmware_fixtures import module

battery = module("battery")
boot_counter = module("boot_counter")
cue_book = module("cue_book")
hit_store = module("hit_store")
hub_finder = module("hub_finder")
mdns = module("mdns")
packets = module("mqtt_packets")
mqtt_client = module("mqtt_client")
pad_clock = module("pad_clock")
pad_link = module("pad_link")
pad_settings = module("pad_settings")
settings = module("settings")
status_light = module("status_light")
sync_asker = module("sync_asker")

# ---------------------------------------------------------------- what is said first


class Radio:
    """A board without pins whose network is always there."""

    shows_cues = False

    def finder(self) -> object:
        return finder("10.0.0.1", Answering())

    def online(self, now_ms: int) -> bool:
        return True


class Wire:
    """A connection that is there, and takes everything."""

    state = mqtt_client.UP

    def __init__(self) -> None:
        self.said: list[str] = []

    def step(self, now_ms: int) -> None:
        pass

    def ready(self) -> bool:
        return True

    def publish(self, before: bytes, payload: bytes) -> bool:
        self.said.append(bytes(before).decode(errors="replace").rpartition("snare/")[2])
        return True

    def subscribe(self, topics: list[str]) -> None:
        self.said.append("subscribe")


def test_of_a_thousand_kept_hits_the_hub_is_asked_for_the_time_between_them() -> None:
    counter = Counter(0)
    known = pad_settings.PadSettings(json.loads(json.dumps(PAD_TOML)))
    link = pad_link.PadLink(Radio(), known, 7, pad_clock.PadClock(counter), lambda cue: None)
    link._client = wire = Wire()
    for number in range(1000):
        link.hits.add(38, 100, number)
    for now in range(0, 1000, 2):
        link.step(now)
    assert wire.said.count("sync/req") >= BURST - 2
    assert wire.said.count("hit") >= 400


# ---------------------------------------------------------------- hits that are kept


def everything_unsent(store: object) -> list[int]:
    """Numbers of all that would be sent now, in order."""
    numbers = []
    while (record := store.unsent()) is not None:
        numbers.append(wire.decode_hit(bytes(record)).seq)
        store.sent(0)
    return numbers


def test_a_hit_is_kept_as_the_hub_reads_it() -> None:
    store = hit_store.HitStore(7)
    store.add(38, 100, 2**40 + 5)
    assert wire.decode_hit(bytes(store.unsent())) == wire.HitMessage(1, 7, 0, 38, 100, 2**40 + 5)


def test_hits_without_an_ack_are_sent_again_oldest_first() -> None:
    store = hit_store.HitStore(7)
    for number in range(5):
        store.add(38, 100, number)
    assert everything_unsent(store) == [0, 1, 2, 3, 4]
    store.ack(7, 1, 0)
    store.again()
    assert everything_unsent(store) == [2, 3, 4]


def test_an_ack_of_another_boot_or_of_hits_never_made_means_nothing() -> None:
    store = hit_store.HitStore(7)
    for number in range(3):
        store.add(38, 100, number)
    for boot, seq in ((6, 2), (7, 3), (7, 0xFFFF)):
        store.ack(boot, seq, 0)
    assert len(store) == 3


def test_at_least_as_many_are_kept_as_the_wire_asks_for_and_beyond_that_the_oldest_go() -> None:
    assert hit_store.CAPACITY >= LEAST_KEPT
    store = hit_store.HitStore(7, capacity=8)
    for number in range(11):
        store.add(38, 100, number)
    assert everything_unsent(store) == list(range(3, 11))


def test_numbers_go_on_past_the_end_of_sixteen_bits() -> None:
    store = hit_store.HitStore(7, capacity=8)
    for number in range(0x10002):
        store.add(38, 100, number)
        store.ack(7, (number - 2) & 0xFFFF, 0)
    assert everything_unsent(store) == [0, 1]


def test_what_waits_too_long_for_its_ack_is_overdue_until_an_ack_comes() -> None:
    store = hit_store.HitStore(7)
    store.add(38, 100, 0)
    assert not store.overdue(10**6)  # it was not even sent
    store.sent(1000)
    assert not store.overdue(1000 + RESEND_AFTER_MS - 1)
    assert store.overdue(1000 + RESEND_AFTER_MS)
    store.ack(7, 0, 1000 + RESEND_AFTER_MS)
    assert not store.overdue(10**6)


# ---------------------------------------------------------------- time


class Counter:
    """A board's counters, of 2^30."""

    def __init__(self, us: int) -> None:
        self.us = us

    def ticks_us(self) -> int:
        return self.us % 2**30

    def ticks_ms(self) -> int:
        return self.us // 1000 % 2**30

    def ticks_diff(self, later: int, earlier: int) -> int:
        return (later - earlier + 2**29) % 2**30 - 2**29


@given(st.integers(0, 2**30), st.lists(st.integers(0, 2**29 - 1), max_size=20))
def test_the_clock_goes_on_where_the_counter_wraps(begins: int, steps: list[int]) -> None:
    counter = Counter(begins)
    clock = pad_clock.PadClock(counter)
    for step in steps:
        counter.us += step
        assert clock.us() == counter.us - begins
        assert clock.at((counter.us - 1000) % 2**30) == counter.us - begins - 1000
    assert abs(clock.ms() - (counter.us - begins) // 1000) <= 1


def test_the_time_is_asked_for_in_a_burst_then_once_a_second_and_after_each_hit() -> None:
    asker = sync_asker.SyncAsker(7)
    asker.connected(1000)
    asked = []
    for now in range(1000, 6000):
        if asker.due(now):
            request = wire.decode_sync_request(bytes(asker.ask(now, now * 1000)))
            asked.append(now)
            asker.answer(struct.pack("<BBHQQQ", 1, 7, request.id, request.t_us, 5, 6), now)
    pauses = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert pauses[: BURST - 1] == [BURST_PAUSE_MS] * (BURST - 1)
    assert set(pauses[BURST - 1 :]) == {SYNC_PAUSE_MS}
    asker.hit(6000)
    assert not asker.due(asked[-1] + 1)
    assert asker.due(6020)


def test_a_hub_that_answers_after_a_silence_may_be_another_one() -> None:
    asker = sync_asker.SyncAsker(7)
    asker.answer(struct.pack("<BBHQQQ", 1, 7, 0, 0, 5, 6), 0)
    assert asker.hub_heard(HUB_AWAY_AFTER_MS - 1)
    assert not asker.hub_heard(HUB_AWAY_AFTER_MS)
    asker.answer(struct.pack("<BBHQQQ", 1, 7, 0, 0, 5, 6), 10_000)
    asked = [now for now in range(10_000, 11_000) if asker.due(now) and asker.ask(now, now)]
    assert len(asked) == BURST


@pytest.mark.parametrize("payload", [b"", b"{}", b"\x01\x07", struct.pack("<BBHQQQ", 1, 6, 0, 0, 5, 6)])
def test_answers_to_others_and_noise_are_no_answers(payload: bytes) -> None:
    assert sync_asker.SyncAsker(7).answer(payload, 0) is None


# ---------------------------------------------------------------- MQTT


def found(incoming: object, arriving: bytes, piece: int) -> list[tuple[int, bytes]]:
    """Packets in bytes that arrive so many at a time."""
    packets_found = []
    while arriving:
        room = incoming.room()
        now, arriving = arriving[: min(piece, len(room))], arriving[min(piece, len(room)) :]
        room[: len(now)] = now
        incoming.arrived(len(now))
        while (packet := incoming.packet()) is not None:
            packets_found.append(packet)
    return packets_found


@given(st.lists(st.binary(max_size=200), max_size=8), st.integers(1, 70))
def test_packets_are_found_however_they_are_cut_and_those_too_long_are_skipped(
    payloads: list[bytes], piece: int
) -> None:
    sent = b"".join(packets.before_payload("a/b", len(payload)) + payload for payload in payloads)
    heard = [packets.published(*packet) for packet in found(packets.Incoming(100), sent, piece)]
    fits = [
        payload for payload in payloads if len(packets.before_payload("a/b", len(payload)) + payload) <= 100
    ]
    assert heard == [(b"a/b", payload) for payload in fits]


@given(st.binary(max_size=400))
def test_noise_is_packets_or_malformed_and_nothing_else(noise: bytes) -> None:
    try:
        for packet in found(packets.Incoming(64), noise, 50):
            packets.published(*packet)
    except packets.MalformedPacket:
        pass


def test_who_connects_says_name_password_and_last_will() -> None:
    packet = packets.connect("me", "user", "word", "t/info", b"{}")
    assert packet == (
        b"\x10\x26\x00\x04MQTT\x04\xe6\x00\x0a\x00\x02me\x00\x06t/info\x00\x02{}\x00\x04user\x00\x04word"
    )


# ---------------------------------------------------------------- finding the hub


def label(*names: str) -> bytes:
    return b"".join(bytes((len(name),)) + name.encode() for name in names) + b"\0"


def announcement(address: str = "192.168.8.20", port: int = 8883) -> bytes:
    """What a hub answers: PTR, SRV and A, with names that end in each other."""
    service = 12 + 0
    instance = label("circle 1")[:-1] + struct.pack(">H", 0xC000 | service)
    ptr = label("_drumcircle", "_tcp", "local") + struct.pack(">HHIH", 12, 1, 120, len(instance)) + instance
    at_instance = 12 + len(ptr) - len(instance)
    host = label("Hub", "local")
    srv = struct.pack(">HHHIH", 0xC000 | at_instance, 33, 1, 120, 6 + len(host))
    srv += struct.pack(">HHH", 0, 0, port) + host
    a = label("hub", "local") + struct.pack(">HHIH", 1, 1, 120, 4) + bytes(map(int, address.split(".")))
    return struct.pack(">HHHHHH", 1, 0x8400, 0, 1, 0, 2) + ptr + srv + a


def test_a_circle_that_announces_itself_is_found() -> None:
    assert mdns.hub_in(announcement(), "circle") == ("192.168.8.20", 8883)


def test_a_circle_of_another_name_is_not_ours() -> None:
    assert mdns.hub_in(announcement(), "circ") is None


def test_a_question_is_no_answer_and_names_that_bite_their_tails_are_none() -> None:
    assert mdns.hub_in(mdns.question(), "circle") is None
    loop = struct.pack(">HHHHHH", 1, 0x8400, 0, 1, 0, 0) + struct.pack(">H", 0xC00C)
    assert mdns.hub_in(loop, "circle") is None


@given(st.binary(max_size=300), st.integers(0, 200))
def test_noise_finds_no_hub_and_harms_nobody(noise: bytes, cut: int) -> None:
    mdns.hub_in(noise, "circle")
    mdns.hub_in(announcement()[:cut] + noise, "circle")


class Answering:
    """A network on which a hub answers by name, or does not."""

    def __init__(self) -> None:
        self.answer = b""
        self.looks = 0

    def sendto(self, what: bytes, where: object) -> None:
        pass

    def recv(self, most: int) -> bytes:
        self.looks += 1
        if not self.answer:
            raise OSError
        return self.answer

    def close(self) -> None:
        pass


def finder(host: str, network: Answering) -> object:
    return hub_finder.HubFinder("circle", host, 8883, lambda: network, None, lambda below: 0)


def tried(looking: object, until_ms: int) -> list[tuple[int, tuple[str, int]]]:
    """When which address is tried, none of which answers."""
    tries = []
    for now in range(0, until_ms, 10):
        looking.step(now)
        address = looking.address(now)
        if address is not None:
            tries.append((now, address))
    return tries


def test_an_answer_is_looked_for_often_enough_and_not_at_every_step() -> None:
    network = Answering()
    looking = finder("", network)
    for now in range(1000):
        looking.step(now)
    assert network.looks == 1000 // hub_finder.LISTEN_EVERY_MS


def test_tries_come_ever_more_rarely() -> None:
    times = [now for now, _ in tried(finder("10.0.0.1", Answering()), 32_000)]
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == [
        500, 1000, 2000, 4000, 8000, 8000, 8000,
    ]  # fmt: skip


def test_a_hub_that_moved_is_found_by_name_and_tried_at_once() -> None:
    network = Answering()
    looking = finder("10.0.0.1", network)
    tried(looking, 5000)
    network.answer = announcement("10.0.0.9")
    looking.step(5010)
    assert looking.address(5010) == ("10.0.0.9", 8883)


def test_without_an_address_the_name_alone_finds_it() -> None:
    network = Answering()
    looking = finder("", network)
    assert tried(looking, 3000) == []
    network.answer = announcement()
    looking.step(3000)
    assert looking.address(3000) == ("192.168.8.20", 8883)


# ---------------------------------------------------------------- light

PERIOD = 500_000
START = 10_000_000


def pulse(at_us: int = START, beat: int = 1, beats: int = 4, period_us: float = PERIOD) -> dict[str, object]:
    return {
        "cue": "pulse", "id": "pulse", "at_us": at_us, "beat": beat, "beats": beats, "period_us": period_us,
    }  # fmt: skip


def edges(book: object, since: int, until: int) -> list[tuple[int, int]]:
    """(time, level) whenever the light changes, looked at only when the book says so."""
    seen, now, level = [], since, 0
    while now < until:
        light, _, again = book.look(now)
        if light != level:
            seen.append((now, light))
            level = light
        assert again > now
        now = again
    return seen


def flashes(book: object, since: int, until: int) -> list[tuple[int, int]]:
    return [(at, level) for at, level in edges(book, since, until) if level]


def test_every_beat_is_lit_at_its_time_and_the_first_of_a_bar_brighter() -> None:
    book = cue_book.CueBook()
    book.take(pulse(), 0)
    seen = flashes(book, 0, START + 8 * PERIOD)
    assert [at for at, _ in seen] == [START + n * PERIOD for n in range(8)]
    assert [level for _, level in seen] == 2 * [cue_book.BAR_LEVEL, *3 * [cue_book.BEAT_LEVEL]]


@given(st.integers(100_000, 2_000_000), st.integers(0, 30))
def test_no_beat_drifts(period_us: int, number: int) -> None:
    book = cue_book.CueBook()
    book.take(pulse(period_us=period_us), 0)
    beat = START + number * period_us
    assert book.look(beat)[0] > 0
    assert book.look(beat - 1)[0] == 0 or number == 0 or period_us <= cue_book.BAR_US


def test_a_new_pulse_holds_from_its_own_time_on_and_the_old_one_until_then() -> None:
    book = cue_book.CueBook()
    book.take(pulse(), 0)
    change = START + 4 * PERIOD
    book.take(pulse(change, period_us=400_000), START + 2 * PERIOD + 1000)
    book.take(pulse(change, period_us=300_000), START + 2 * PERIOD + 2000)  # changed again before it began
    seen = [at for at, _ in flashes(book, START + 2 * PERIOD + 200_000, change + 700_000)]
    assert seen == [START + 3 * PERIOD, change, change + 300_000, change + 600_000]


def test_without_news_the_light_goes_on_for_eight_bars_and_fades_out_over_one() -> None:
    book = cue_book.CueBook()
    book.take(pulse(), 0)
    bar = 4 * PERIOD
    seen = flashes(book, 0, START + 20 * bar)
    beats = {at: level for at, level in seen if (at - START) % PERIOD == 0}
    assert beats[START + FADE_AFTER_BARS * bar - PERIOD] == cue_book.BEAT_LEVEL
    fading = [beats[START + FADE_AFTER_BARS * bar + n * PERIOD] for n in range(4)]
    assert fading == [cue_book.BAR_LEVEL, *(cue_book.BEAT_LEVEL * (4 - n) // 4 for n in (1, 2, 3))]
    assert max(beats) < START + (FADE_AFTER_BARS + 1) * bar
    assert not book.alive()


def test_a_count_is_two_flashes_and_darkens_what_is_below() -> None:
    book = cue_book.CueBook()
    book.take({"cue": "count", "id": "c1", "at_us": START}, 0)
    blink = cue_book.BLINK_US
    assert edges(book, 0, START + PERIOD) == [
        (START, cue_book.FULL), (START + blink, 0), (START + 2 * blink, cue_book.FULL), (START + 3 * blink, 0),
    ]  # fmt: skip


def test_a_later_cue_with_the_same_id_replaces_the_earlier_one() -> None:
    book = cue_book.CueBook()
    book.take({"cue": "count", "id": "c1", "at_us": START}, 0)
    book.take({"cue": "count", "id": "c1", "at_us": START + PERIOD}, 0)
    assert flashes(book, 0, START + 2 * PERIOD)[0][0] == START + PERIOD


def test_what_is_withdrawn_is_not_shown_and_what_was_due_before_is() -> None:
    book = cue_book.CueBook()
    book.take(pulse(), 0)
    book.take({"cue": "count", "id": "count-1", "at_us": START + 50_000}, 0)
    book.take({"cue": "withdraw", "id": "", "at_us": START + 2 * PERIOD}, 0)
    assert max(at for at, _ in flashes(book, 0, START + 8 * PERIOD)) < START + 2 * PERIOD


def test_a_turn_glows_from_its_time_until_its_end_or_until_it_is_withdrawn() -> None:
    book = cue_book.CueBook()
    book.take({"cue": "turn", "id": "turn", "at_us": START, "until_us": START + PERIOD}, 0)
    assert edges(book, 0, START + 2 * PERIOD) == [(START, cue_book.TURN_LEVEL), (START + PERIOD, 0)]
    book.take({"cue": "turn", "id": "turn", "at_us": START, "until_us": None}, 0)
    book.take({"cue": "withdraw", "id": "turn", "at_us": START + 3 * PERIOD}, 0)
    assert edges(book, START, START + 9 * PERIOD) == [(START, cue_book.TURN_LEVEL), (START + 3 * PERIOD, 0)]


def test_stop_is_dark_at_once() -> None:
    book = cue_book.CueBook()
    book.take(pulse(), 0)
    book.take({"cue": "turn", "id": "turn", "at_us": 0}, 0)
    book.take({"cue": "stop", "id": "stop"}, START)
    assert book.look(START) == (0, 0, cue_book.FOREVER)


@given(st.dictionaries(st.sampled_from(["cue", "id", "at_us", "beat", "beats", "period_us", "until_us"]),
                       st.one_of(st.sampled_from(["pulse", "count", "turn", "withdraw", "stop"]), st.integers(0, 10**9), st.none()),
                       max_size=7))  # fmt: skip
def test_a_cue_that_is_none_changes_nothing_that_is_shown(cue: dict[str, object]) -> None:
    book = cue_book.CueBook()
    book.take(cue, 0)
    book.look(START)


def test_a_pad_forgets_the_earliest_of_too_many_flashes() -> None:
    book = cue_book.CueBook()
    for number in range(40):
        book.take({"cue": "count", "id": f"c{number}", "at_us": START + number * PERIOD}, 0)
    assert flashes(book, 0, START + 60 * PERIOD)[0][0] == START + 24 * PERIOD


@pytest.mark.parametrize("code", range(6))
def test_the_status_is_as_many_blinks_as_its_code(code: int) -> None:
    now, before, blinks = 0, 0, 0
    while now < 2_000_000:
        level, now = status_light.look(code, now)
        blinks += level > before
        before = level
    assert blinks == code


# ---------------------------------------------------------------- small things


def test_boots_are_counted_through_two_hundred_and_fifty_six(tmp_path: Path) -> None:
    kept = str(tmp_path / "boot.txt")
    first = boot_counter.next_boot(kept)
    assert [boot_counter.next_boot(kept) for _ in range(256)] == [(first + n) & 255 for n in range(1, 257)]


def test_a_boot_counter_that_cannot_be_read_or_kept_begins_anywhere(tmp_path: Path) -> None:
    (tmp_path / "boot.txt").write_text("half a num")
    assert 0 <= boot_counter.next_boot(str(tmp_path / "boot.txt")) <= 255
    assert 0 <= boot_counter.next_boot(str(tmp_path / "no folder" / "boot.txt")) <= 255


def test_a_cell_is_full_at_4200_mv_empty_at_3300_and_never_fuller_when_lower() -> None:
    shown = [battery.percent(mv) for mv in range(3000, 4400)]
    assert (shown[0], shown[-1], battery.percent(0)) == (0, 100, None)
    assert shown == sorted(shown)


PAD_TOML = {"pad": {"name": "snare"}, "sensor": [{"pin": 34, "threshold": 60}]}


def test_settings_fill_in_what_is_not_said() -> None:
    known = pad_settings.PadSettings(json.loads(json.dumps(PAD_TOML)))
    assert known.broker["server_name"] == "drumcircle.local"
    [(pin, note, channel)] = known.sensors
    assert (pin, note, channel["threshold"]) == (34, 38, 60)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pad": {"name": ""}},
        {"sensor": []},
        {"sensor": [{"note": 38}]},
        {"sensor": [{"pin": 34, "note": 128}]},
        {"sensor": [{"pin": 34, "treshold": 60}]},
        {"lihgt": {"pin": 4}},
        {"light": {"pin": "4"}},
        {"broker": {"host": "hub.example"}},
    ],
)
def test_a_mistake_in_the_settings_is_said_in_a_sentence(wrong: dict[str, object]) -> None:
    with pytest.raises(settings.SettingsError, match=r"\.$"):
        pad_settings.PadSettings({**PAD_TOML, **wrong})


def test_the_example_beside_the_guide_is_one_a_board_takes() -> None:
    known = pad_settings.load(str(firmware_folder() / "esp32" / "pad.toml"))
    assert known.pad["label"] == "Snare"
    assert known.light == {"pin": 4}


def test_a_cue_the_hub_makes_is_one_a_pad_takes() -> None:
    made = wire.PadCue(1, 7, "pulse", "pulse", START, bar=1, beat=1, beats=4, period_us=float(PERIOD))
    book = cue_book.CueBook()
    book.take(json.loads(wire.encode_json(made)), 0)
    assert book.look(START)[0] == cue_book.BAR_LEVEL
