"""What structures declare of themselves, as plain values: for lists, dashboards and whoever checks a plan."""

from __future__ import annotations

from typing import Any

from drumcircle.core.structures.base import Setting, Structure


def declared(structure: type[Structure]) -> dict[str, Any]:
    """All that is declared of a structure, as JSON values."""
    return {
        "name": structure.name,
        "title": structure.title,
        "say": structure.sentence,
        "why": structure.why,
        "method": structure.method,
        "domains": list(structure.domains),
        "measures": list(structure.measures),
        "settings": [_setting(setting) for setting in structure.settings],
        "next_key": structure.next_key,
        "keys": [{"name": key.name, "words": key.words} for key in structure.keys],
        "lets_pulse_go": structure.lets_pulse_go,
        "pulse": structure.pulse,
    }


def _setting(setting: Setting) -> dict[str, Any]:
    return {
        "name": setting.name,
        "words": setting.words,
        "kind": {bool: "switch", int: "whole number", float: "number"}.get(type(setting.default), "text"),
        "default": setting.default,
        "choices": list(setting.choices),
        "free": setting.free,
        "low": setting.low,
        "high": setting.high,
        "live": setting.live,
    }


def in_force(setting: Setting) -> str:
    """From when on another value is in force while the structure runs, in words."""
    return f"from {setting.live} on" if setting.live else "begins anew on the next bar line"


def allowed(setting: Setting) -> str:
    """What a setting may be, in words: ``1 to 64``, ``circle, random, nominated or your own``."""
    if isinstance(setting.default, bool):
        return "yes or no"
    if setting.choices:
        named = [str(choice) for choice in setting.choices]
        return _or([*named, "your own"] if setting.free else named)
    if isinstance(setting.default, (int, float)):
        low, high = setting.low, setting.high
        if low is None or high is None:
            return "a number"
        return f"{low:g} to {high:g}"
    return "any text"


def written(value: object) -> str:
    """A value as it is written in settings; nothing at all as a dash."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) or "–"


def _or(words: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
