"""Messages between pads and hub, wire version 1: a small little-endian struct, or JSON if the first byte is ``{``.

``docs/wire.md`` tells makers of pads the same.  Unknown JSON fields are ignored; times in ``…_us`` are µs of
the pad's clock, in ``…_ns`` ns of the hub's.  Every ``decode_…`` raises :class:`WireError` and nothing else.
"""

from __future__ import annotations

import struct
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from drumcircle.errors import DrumcircleError, NewerFormat
from drumcircle.net import wire_constants
from drumcircle.net.wire_constants import LONGEST

VERSION: Literal[1] = 1
assert wire_constants.VERSION == VERSION  # a type must name the number itself
LATEST_US = 2**53
"""Pad times from here on (285 years) are no times: such a hit is judged by its arrival."""

_HIT = struct.Struct(wire_constants.HIT)
_SYNC_REQUEST = struct.Struct(wire_constants.SYNC_REQUEST)
_SYNC_RESPONSE = struct.Struct(wire_constants.SYNC_RESPONSE)
_ACK = struct.Struct(wire_constants.ACK)

_FIRST_TEXT = 0x20
"""A first byte from here on is text or noise, and no version we shall ever use."""

Byte = Annotated[int, Meta(ge=0, le=0xFF)]
Counter = Annotated[int, Meta(ge=0, le=0xFFFF)]
Stamp = Annotated[int, Meta(ge=0)]


class WireError(DrumcircleError):
    """A message that is not understood; it is counted as rejected and changes nothing."""


class NewerWire(WireError, NewerFormat):
    """A message in a later version of the wire."""


class HitMessage(msgspec.Struct, frozen=True, gc=False):
    """One hit.  ``t_us`` is when the pad's own clock saw it (JSON only: may be absent)."""

    v: Literal[1]
    boot: Byte
    seq: Counter
    note: Annotated[int, Meta(ge=0, le=127)]
    vel: Annotated[int, Meta(ge=1, le=127)]
    t_us: Stamp | None = None


class SyncRequest(msgspec.Struct, frozen=True, gc=False):
    """What time is it?  Sent at ``t_us``."""

    v: Literal[1]
    boot: Byte
    id: Counter
    t_us: Stamp


class SyncResponse(msgspec.Struct, frozen=True, gc=False):
    """The request again, with when the hub received it and sent this."""

    v: Literal[1]
    boot: Byte
    id: Counter
    t_us: Stamp
    rx_ns: Stamp
    tx_ns: Stamp


class Ack(msgspec.Struct, frozen=True, gc=False):
    """All hits of this boot up to ``seq`` (modulo 2^16) are safe."""

    v: Literal[1]
    boot: Byte
    seq: Counter


class PulseMessage(msgspec.Struct, frozen=True, gc=False):
    """Beat ``beat`` of bar ``bar`` (both from 1) is at ``t_ns``."""

    v: Literal[1]
    t_ns: Stamp
    bar: int
    beat: int
    bpm: Annotated[float, Meta(gt=0)]
    meter: str


class PadInfo(msgspec.Struct, frozen=True, gc=False):
    """Who a pad is; retained, and with ``online`` false its last will.  ``cues``: it has a light or a motor for them."""

    v: Literal[1]
    online: bool = True
    label: str = ""
    voiced: bool = False
    cues: bool = False


class SyncReport(msgspec.Struct, frozen=True, gc=False):
    """When the pad received ``sync/res`` number ``id``."""

    id: Counter
    rx_us: Stamp


class PadState(msgspec.Struct, frozen=True, gc=False):
    """What a pad tells now and then; with ``start_ns``, that a performance begins then (its time 0)."""

    v: Literal[1]
    boot: Byte
    sync: SyncReport | None = None
    start_ns: int | None = None
    title: str = ""
    battery: Annotated[int, Meta(ge=0, le=100)] | None = None
    """%."""
    rssi: Annotated[int, Meta(ge=-128, le=0)] | None = None
    """Strength of the radio as the pad hears it, dBm."""


class PadCue(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Something for a pad's light or motor, in the pad's own time; a later one with the same ``id`` replaces it.

    ``pulse``: beat ``beat`` of bar ``bar`` (from 1, of ``beats``) is at ``at_us`` and the next ones every
    ``period_us``; the pad lights them by itself.  ``count``, ``call``: light once at ``at_us``.  ``turn``: the turn of
    whoever has this pad, until ``until_us`` where that is known, else until withdrawn.  ``withdraw``: those whose id
    starts with ``id`` and that are due at ``at_us`` or later are taken back.  ``stop``: dark now, until the next pulse.
    """

    v: Literal[1]
    boot: Byte
    id: str
    cue: Literal["pulse", "count", "call", "turn", "withdraw", "stop"]
    at_us: Stamp = 0
    until_us: Stamp | None = None
    bar: int | None = None
    beat: int | None = None
    beats: int | None = None
    period_us: float | None = None


Message = HitMessage | SyncRequest | SyncResponse | Ack | PulseMessage | PadInfo | PadState | PadCue
M = TypeVar("M", bound=Message)


class _AnyVersion(msgspec.Struct):
    v: int


_VERSION_ONLY = msgspec.json.Decoder(_AnyVersion)
_JSON: dict[type[Any], msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind)
    for kind in (HitMessage, SyncRequest, SyncResponse, Ack, PulseMessage, PadInfo, PadState, PadCue)
}
_encode_json = msgspec.json.encode


def speaks_json(payload: bytes) -> bool:
    """Whether a hit, sync or ack is in the JSON form."""
    return payload[:1] == b"{"


# ---------------------------------------------------------------- struct or JSON


def encode_hit(hit: HitMessage, *, as_json: bool = False) -> bytes:
    """``<BBHBBQ`` (14 bytes; needs ``t_us``) or JSON."""
    if as_json or hit.t_us is None:
        return _encode_json(hit)
    return _HIT.pack(hit.v, hit.boot, hit.seq, hit.note, hit.vel, hit.t_us)


def decode_hit(payload: bytes) -> HitMessage:
    """The hit in a payload of either form."""
    if speaks_json(payload):
        return _decode_json(HitMessage, payload)
    hit = HitMessage(*_unpack(_HIT, "hit", payload))
    if hit.note > 127:
        raise WireError(f"note {hit.note} is above 127")
    if not 1 <= hit.vel <= 127:
        raise WireError(f"velocity {hit.vel} is not between 1 and 127")
    return hit


def encode_sync_request(request: SyncRequest, *, as_json: bool = False) -> bytes:
    """``<BBHQ`` or JSON."""
    if as_json:
        return _encode_json(request)
    return _SYNC_REQUEST.pack(request.v, request.boot, request.id, request.t_us)


def decode_sync_request(payload: bytes) -> SyncRequest:
    """The request in a payload of either form."""
    if speaks_json(payload):
        return _decode_json(SyncRequest, payload)
    return SyncRequest(*_unpack(_SYNC_REQUEST, "sync/req", payload))


def encode_sync_response(response: SyncResponse, *, as_json: bool = False) -> bytes:
    """``<BBHQQQ`` or JSON."""
    if as_json:
        return _encode_json(response)
    return _SYNC_RESPONSE.pack(
        response.v, response.boot, response.id, response.t_us, response.rx_ns, response.tx_ns
    )


def decode_sync_response(payload: bytes) -> SyncResponse:
    """The response in a payload of either form."""
    if speaks_json(payload):
        return _decode_json(SyncResponse, payload)
    return SyncResponse(*_unpack(_SYNC_RESPONSE, "sync/res", payload))


def encode_ack(ack: Ack, *, as_json: bool = False) -> bytes:
    """``<BBH`` or JSON."""
    if as_json:
        return _encode_json(ack)
    return _ACK.pack(ack.v, ack.boot, ack.seq)


def decode_ack(payload: bytes) -> Ack:
    """The ack in a payload of either form."""
    if speaks_json(payload):
        return _decode_json(Ack, payload)
    return Ack(*_unpack(_ACK, "ack", payload))


# ---------------------------------------------------------------- JSON only


def encode_json(message: PulseMessage | PadInfo | PadState | PadCue) -> bytes:
    """``pulse``, ``info``, ``state`` and ``cue`` as they are published."""
    return _encode_json(message)


def decode_pulse(payload: bytes) -> PulseMessage:
    """The content of the retained ``pulse``."""
    return _decode_json(PulseMessage, payload)


def decode_info(payload: bytes) -> PadInfo:
    """The content of ``info``, its label cut to 40 printable characters."""
    told = _decode_json(PadInfo, payload)
    return msgspec.structs.replace(told, label=_shown(told.label))


def decode_cue(payload: bytes) -> PadCue:
    """What a pad's light shall do."""
    return _decode_json(PadCue, payload)


def decode_state(payload: bytes) -> PadState:
    """The content of ``state``, its title cut to 40 printable characters."""
    told = _decode_json(PadState, payload)
    return msgspec.structs.replace(told, title=_shown(told.title)) if told.title else told


def _shown(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()[:40]


def _unpack(layout: struct.Struct, name: str, payload: bytes) -> tuple[Any, ...]:
    if payload and payload[0] != VERSION:
        raise _wrong_version(payload[0])
    if len(payload) != layout.size:
        raise WireError(f"a {name} has {layout.size} bytes, not {len(payload)}")
    return layout.unpack(payload)


def _decode_json(kind: type[M], payload: bytes) -> M:
    if len(payload) > LONGEST:
        raise WireError(f"longer than {LONGEST} bytes")
    try:
        message: M = _JSON[kind].decode(payload)
    except (ValueError, RecursionError) as problem:  # msgspec's errors are ValueErrors, as is bad UTF-8
        raise _version_problem(payload) or WireError(f"JSON not understood: {problem}") from None
    return message


def _version_problem(payload: bytes) -> WireError | None:
    """A later version may differ in anything but ``v``: say that rather than what else is strange."""
    try:
        version = _VERSION_ONLY.decode(payload).v
    except (ValueError, RecursionError):
        return None
    return None if version == VERSION else _wrong_version(version)


def _wrong_version(version: int) -> WireError:
    if VERSION < version < _FIRST_TEXT:
        return NewerWire(
            f"wire version {version} is newer than {VERSION}, the one understood here: update drumcircle"
        )
    return WireError(f"there is no wire version {version}")
