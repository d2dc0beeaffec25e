"""The wire: what is written is read back, and nothing that arrives can do more than be refused."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcircle.errors import NewerFormat, UsageError
from drumcircle.net import topics, wire
from drumcircle.net.wire import WireError

BYTE = st.integers(0, 255)
COUNTER = st.integers(0, 65535)
STAMP = st.integers(0, 2**63)
DECODERS: list[Callable[[bytes], Any]] = [
    wire.decode_hit, wire.decode_sync_request, wire.decode_sync_response, wire.decode_ack,
    wire.decode_pulse, wire.decode_info, wire.decode_state,
]  # fmt: skip
FIELDS = st.sampled_from(
    ["v", "boot", "seq", "note", "vel", "t_us", "id", "online", "label", "sync", "rx_us"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=8,
)


def hits(t_us: st.SearchStrategy[int | None]) -> st.SearchStrategy[wire.HitMessage]:
    return st.builds(
        wire.HitMessage, st.just(1), BYTE, COUNTER, st.integers(0, 127), st.integers(1, 127), t_us
    )


@settings(deadline=None)
@given(hits(STAMP), st.booleans())
def test_a_hit_is_read_back_in_either_form(hit: wire.HitMessage, as_json: bool) -> None:
    payload = wire.encode_hit(hit, as_json=as_json)
    assert wire.decode_hit(payload) == hit
    assert wire.speaks_json(payload) is as_json


@settings(deadline=None)
@given(hits(st.none()))
def test_a_hit_without_a_time_is_read_back(hit: wire.HitMessage) -> None:
    assert wire.decode_hit(wire.encode_hit(hit)) == hit


@settings(deadline=None)
@given(st.builds(wire.SyncRequest, st.just(1), BYTE, COUNTER, STAMP), st.booleans())
def test_a_sync_request_is_read_back(request: wire.SyncRequest, as_json: bool) -> None:
    assert wire.decode_sync_request(wire.encode_sync_request(request, as_json=as_json)) == request


@settings(deadline=None)
@given(st.builds(wire.SyncResponse, st.just(1), BYTE, COUNTER, STAMP, STAMP, STAMP), st.booleans())
def test_a_sync_response_is_read_back(response: wire.SyncResponse, as_json: bool) -> None:
    assert wire.decode_sync_response(wire.encode_sync_response(response, as_json=as_json)) == response


@settings(deadline=None)
@given(st.builds(wire.Ack, st.just(1), BYTE, COUNTER), st.booleans())
def test_an_ack_is_read_back(ack: wire.Ack, as_json: bool) -> None:
    assert wire.decode_ack(wire.encode_ack(ack, as_json=as_json)) == ack


@settings(deadline=None)
@given(STAMP, st.integers(1, 9999), st.integers(1, 16), st.floats(30, 240))
def test_a_pulse_is_read_back(t_ns: int, bar: int, beat: int, bpm: float) -> None:
    pulse = wire.PulseMessage(1, t_ns, bar, beat, bpm, "6/8")
    assert wire.decode_pulse(wire.encode_json(pulse)) == pulse


@pytest.mark.parametrize("decode", DECODERS)
@settings(deadline=None)
@given(payload=st.binary(max_size=40) | st.builds(lambda v: json.dumps(v).encode(), VALUES))
def test_whatever_arrives_is_read_or_refused(decode: Callable[[bytes], Any], payload: bytes) -> None:
    try:
        decode(payload)
    except WireError as problem:
        assert str(problem)  # noqa: PT017 - the point is that nothing else is raised


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("payload", [b"", b"{", b"[" * 3000, b'{"a":' * 700, b'{"v":"\xff"}', b"\xff" * 14])
def test_crafted_rubbish_is_refused(decode: Callable[[bytes], Any], payload: bytes) -> None:
    with pytest.raises(WireError):
        decode(payload)


def test_the_bytes_of_a_hit_are_those_of_the_document() -> None:
    payload = bytes([1, 7, 0x34, 0x12, 38, 100]) + (5_000_000).to_bytes(8, "little")
    assert wire.decode_hit(payload) == wire.HitMessage(1, 7, 0x1234, 38, 100, 5_000_000)
    assert wire.encode_hit(wire.HitMessage(1, 7, 0x1234, 38, 100, 5_000_000)) == payload
    assert wire.decode_hit(b'{"v":1,"boot":7,"seq":3,"note":38,"vel":100,"mood":"good"}').t_us is None


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (struct.pack("<BBHBBQ", 1, 0, 0, 38, 0, 1), "velocity 0"),
        (struct.pack("<BBHBBQ", 1, 0, 0, 38, 128, 1), "velocity 128"),
        (struct.pack("<BBHBBQ", 1, 0, 0, 128, 9, 1), "note 128"),
        (struct.pack("<BBHBB", 1, 0, 0, 38, 9), "14 bytes, not 6"),
        (b'{"v":1,"boot":0,"seq":0,"note":38,"vel":0}', "vel"),
        (b'{"v":1,"boot":0,"seq":0,"note":38,"vel":128}', "vel"),
        (b'{"boot":0,"seq":0,"note":38,"vel":9}', "`v`"),
        (b'{"v":1,"boot":0,"seq":0,"note":38,"vel":9,"t_us":-1}', "t_us"),
        (b"{" + b" " * 4096 + b"}", "longer than 4096"),
        (b'{"v":0}', "no wire version 0"),
    ],
)
def test_a_refusal_says_what_is_wrong(payload: bytes, says: str) -> None:
    with pytest.raises(WireError, match=says):
        wire.decode_hit(payload)


@pytest.mark.parametrize("payload", [b"\x02anything at all", b'{"v":2,"whatever":"comes"}'])
def test_a_newer_version_is_refused_in_words(payload: bytes) -> None:
    with pytest.raises(WireError, match="newer than 1") as refusal:
        wire.decode_hit(payload)
    assert isinstance(refusal.value, NewerFormat)


def test_a_label_cannot_carry_control_characters_to_a_terminal() -> None:
    told = wire.decode_info(json.dumps({"v": 1, "label": "\x1b[2JSnare\n" + "x" * 99}).encode())
    assert told.label == ("[2JSnare" + "x" * 99)[:40]


def test_topics_are_taken_apart_only_for_this_circle_and_allowed_names() -> None:
    assert topics.parse_pad_topic("room", topics.pad_topic("room", "anna", "sync/req")) == (
        "anna",
        "sync/req",
    )
    for topic in ("drumcircle/v1/other/anna/hit", "drumcircle/v1/room/Anna/hit", "drumcircle/v1/room/pulse"):
        assert topics.parse_pad_topic("room", topic) is None
    with pytest.raises(UsageError, match="'Big Room'"):
        topics.checked_id("Big Room", "The circle")
