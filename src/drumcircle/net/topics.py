"""MQTT topics, ``drumcircle/v1/<circle>/<pad>/<leaf>``, and the names allowed in them."""

from __future__ import annotations

import re

from drumcircle.errors import UsageError
from drumcircle.net.wire_constants import PULSE, ROOT

_ID = re.compile(r"[a-z0-9-]{1,32}")


def is_id(text: str) -> bool:
    """Whether ``text`` may name a pad or a circle (a space would make the broker drop the client)."""
    return _ID.fullmatch(text) is not None


def checked_id(text: str, what: str) -> str:
    """``text`` if it may name a pad or a circle.

    Raises:
        UsageError: it may not.
    """
    if not is_id(text):
        raise UsageError(f"{what} {text!r} must be 1 to 32 of the characters a-z, 0-9 and '-'.")
    return text


def pad_topic(circle: str, pad: str, leaf: str) -> str:
    """The topic of one pad's ``hit``, ``ack``, ``sync/req`` …; ``pad`` may be ``+``."""
    return f"{ROOT}/{circle}/{pad}/{leaf}"


def pulse_topic(circle: str) -> str:
    """Where the hub keeps the retained pulse."""
    return f"{ROOT}/{circle}/{PULSE}"


def parse_pad_topic(circle: str, topic: str) -> tuple[str, str] | None:
    """``(pad, leaf)``, or None where the topic is not one of this circle's pads or the pad's name is not allowed."""
    prefix = f"{ROOT}/{circle}/"
    if not topic.startswith(prefix):
        return None
    pad, slash, leaf = topic[len(prefix) :].partition("/")
    return (pad, leaf) if slash and is_id(pad) else None
