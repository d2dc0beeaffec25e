"""The link's messages as types, and their bytes (see :mod:`drumcircle.link.protocol`)."""

from __future__ import annotations

from typing import Any

import msgspec

from drumcircle.core.view import Happening, SessionView
from drumcircle.link.protocol import Role


class Message(msgspec.Struct, tag_field="kind", tag=str.lower, frozen=True, kw_only=True):
    """Anything on the link; ``kind`` is the name of the class in small letters."""


# ---------------------------------------------------------------- client to hub


class Hello(Message, frozen=True):
    version: int
    token: str
    role: Role
    name: str = ""


class Command(Message, frozen=True):
    id: int
    command: dict[str, Any]


class Request(Message, frozen=True):
    id: int
    what: str
    arguments: dict[str, Any] = {}


class Hit(Message, frozen=True):
    pad: str
    note: int
    velocity: int
    t: int


class Found(Message, frozen=True):
    pad: str
    label: str = ""
    voiced: bool = False
    keys: bool = False


class Gone(Message, frozen=True):
    pad: str


class Ping(Message, frozen=True):
    id: int
    t: int


# ---------------------------------------------------------------- hub to client


class Welcome(Message, frozen=True):
    version: int
    software: str
    pid: int
    role: Role
    session: str


class View(Message, frozen=True):
    view: SessionView


class Log(Message, frozen=True):
    entries: list[Happening]


class Result(Message, frozen=True):
    id: int
    ok: bool
    message: str = ""
    answer: dict[str, Any] = {}


class Pong(Message, frozen=True):
    id: int
    t: int
    received: int
    sent: int


class Pulse(Message, frozen=True):
    t: int
    bar: int
    beat: int
    bpm: float
    meter: str


class HeardHit(msgspec.Struct, frozen=True):
    """One hit as the circle heard it; times in ns on the hub's clock."""

    time: int
    pad: str
    note: int
    velocity: int
    uncertainty: int | None = None
    by_arrival: bool = False


class Hits(Message, frozen=True):
    hits: list[HeardHit]


class Error(Message, frozen=True):
    message: str


class Ended(Message, frozen=True):
    message: str


ToHub = Hello | Command | Request | Hit | Found | Gone | Ping
ToClient = Welcome | View | Log | Result | Pong | Pulse | Hits | Error | Ended


class _Opening(msgspec.Struct):
    """What every version of ``hello`` has, however it grows."""

    kind: str
    version: int


_encoder = msgspec.json.Encoder()
_to_hub: msgspec.json.Decoder[ToHub] = msgspec.json.Decoder(ToHub)
_to_client: msgspec.json.Decoder[ToClient] = msgspec.json.Decoder(ToClient)
_opening = msgspec.json.Decoder(_Opening)


def encode(message: ToHub | ToClient) -> str:
    """The text frame of a message."""
    return _encoder.encode(message).decode()


def decode_to_hub(text: str | bytes) -> ToHub:
    """Raises: msgspec.DecodeError (its words name the field that is wrong)."""
    return _to_hub.decode(text)


def decode_to_client(text: str | bytes) -> ToClient:
    """Raises: msgspec.DecodeError."""
    return _to_client.decode(text)


def opening_version(text: str | bytes) -> int:
    """The version a client says it speaks, read before anything else of its ``hello``.

    Raises:
        msgspec.DecodeError: this is no hello.
    """
    opening = _opening.decode(text)
    if opening.kind != "hello":
        raise msgspec.ValidationError("the first message must be hello")
    return opening.version
