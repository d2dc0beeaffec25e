"""Where things are kept; options > ``DRUMCIRCLE_*`` > ``config.toml`` > defaults."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from drumcircle.core.fields import (
    CIRCLE,
    JUDGED,
    Check,
    Mistake,
    examine,
    from_words,
    shown,
    switch,
    text,
    whole,
)
from drumcircle.core.toml_text import TomlText
from drumcircle.errors import FileProblem, UsageError


def config_folder() -> Path:
    """Settings and the circle's people (aliases only)."""
    return _folder("DRUMCIRCLE_CONFIG", platformdirs.user_config_dir("drumcircle", appauthor=False))


def data_folder() -> Path:
    """Recorded sessions."""
    return _folder("DRUMCIRCLE_DATA", platformdirs.user_data_dir("drumcircle", appauthor=False))


def state_folder() -> Path:
    """What lives as long as a circle: link.json, broker store, recovery journal, logs."""
    return _folder("DRUMCIRCLE_STATE", platformdirs.user_state_dir("drumcircle", appauthor=False))


def _folder(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or default)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a circle is started with, after every source of settings has had its say."""

    title: str = "Drum circle"
    circle: str = "circle"
    """Its name on the broker."""
    bpm: float = 100.0
    meter: str = "4/4"
    subdivision: float = 1.0
    """For players who join without one of their own; so is the next."""
    double_trigger_ms: float = 50.0
    sound: bool = True
    latency_ms: float | None = None
    """Output latency of the sound; ``None``: not known."""
    midi: bool = True
    midi_out: str | None = None
    """MIDI port the pulse is sent to as notes."""
    listen: bool = False
    """The broker is open to the local network, with TLS."""
    plain_wire: bool = False
    """Where it is, without TLS: everybody on the network can read along and, with a pad's password, take part."""
    port: int | None = None
    """The broker's; None: 8883 with TLS, else 1883; 0: any free one."""
    broker: str | None = None
    """Another broker in place of our own, ``mqtt[s]://user:password@host:port``."""
    interface: str = ""
    """Our address on the network that is meant, where this machine is on several."""
    osc: int | None = None
    """UDP port that OSC is heard at; None: it is not."""
    data: Path = field(default_factory=data_folder)
    problems: tuple[str, ...] = ()
    """A sentence for each mistake in ``config.toml``; what it is about is as if it did not stand there."""


def settings(
    options: Mapping[str, object], config: Path, kept: Mapping[str, object] | None = None
) -> Settings:
    """The settings of a circle: the first of these that says something counts, setting by setting.

    1. ``options``, by the names of :class:`Settings`; others and ``None`` are passed over;
    2. the environment: ``DRUMCIRCLE_BPM`` and so on;
    3. ``config.toml`` in the folder ``config``;
    4. ``kept``, what the circle's own file remembers of the last time;
    5. the defaults.

    Raises:
        UsageError: an option or an environment variable cannot be used.
    """
    written, problems = _file(config / "config.toml")
    typed = {name: value for name, value in options.items() if name in CHECKS and value is not None}
    chosen: dict[str, Any] = {
        **(kept or {}),
        **written,
        **{name: _spoken(words, name, _variable(name)) for name, words in _environment()},
        **{
            name: _spoken(value, name, f"--{name.removesuffix('_ms').replace('_', '-')}")
            for name, value in typed.items()
        },
    }
    return Settings(**chosen, problems=tuple(problems))


def _file(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        document = TomlText.parse(path.read_bytes(), str(path))
    except FileNotFoundError:
        return {}, []
    except OSError as problem:
        return {}, [f"{path}: cannot be read ({problem.strerror}); the usual settings are used."]
    except FileProblem as problem:
        return {}, [f"{problem} Until then the usual settings are used."]
    good, wrong = examine(document.tables, CHECKS)
    return good, [
        document.mistake((key,), f"{what}; it is passed over until this is mended.") for key, what in wrong
    ]


def _environment() -> list[tuple[str, str]]:
    return [(name, words) for name in CHECKS if (words := os.environ.get(_variable(name)))]


def _variable(name: str) -> str:
    return f"DRUMCIRCLE_{name.upper()}"


def _spoken(value: object, name: str, where: str) -> object:
    try:
        return from_words(value, CHECKS[name]) if isinstance(value, str) else CHECKS[name](value)
    except Mistake as mistake:
        raise UsageError(f"{where} {mistake}.") from None


def _path(value: object) -> Path:
    if isinstance(value, (str, Path)) and str(value).strip():
        return Path(value).expanduser()
    raise Mistake(f"must be the path of a folder, not {shown(value)}")


def _broker(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"mqtts?://\S+", value):
        return value
    # What stands here is not repeated: a mistyped address may hold a password.
    raise Mistake("must be a broker's address, mqtt[s]://user:password@host:port")


CHECKS: dict[str, Check] = {
    **CIRCLE,
    "subdivision": JUDGED["subdivision"],
    "double_trigger_ms": JUDGED["double_trigger_ms"],
    "midi": switch,
    "midi_out": text(),
    "listen": switch,
    "plain_wire": switch,
    "port": whole(0, 65535),
    "broker": _broker,
    "interface": text(),
    "osc": whole(1, 65535),
    "data": _path,
}
"""What ``config.toml``, the environment and the command line may set, by name."""
