"""Events, effects and views as plain JSON values and back: what the journal keeps and the link sends."""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from drumcircle.core import events, view
from drumcircle.errors import UsageError

Plain = dict[str, Any]

_EVENTS: dict[str, type[Any]] = {c.__name__: c for c in get_args(events.Event)}
_HINTS: dict[type[Any], dict[str, Any]] = {}


def plain(value: Any) -> Any:
    """Dataclasses to dicts, tuples to lists, recursively."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def encode_event(event: events.Event) -> Plain:
    """``{"type": class name, field: value …}``; fields at their default are left out."""
    out: Plain = {"type": type(event).__name__}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.default is MISSING or value != field.default:
            out[field.name] = plain(value)
    return out


def decode_event(raw: Plain) -> events.Event:
    """The event that :func:`encode_event` wrote.

    Raises:
        UsageError: no such event, a field missing, unknown, or of the wrong kind.
    """
    cls = _EVENTS.get(str(raw.get("type")))
    if cls is None:
        raise UsageError(f"There is no event or command called {raw.get('type')!r}.")
    built: events.Event = build(cls, {k: v for k, v in raw.items() if k != "type"})
    return built


def decode_view(raw: Plain) -> view.SessionView:
    """A :class:`SessionView` from its plain form."""
    built: view.SessionView = build(view.SessionView, raw)
    return built


def build(cls: type[Any], raw: Plain) -> Any:
    """An instance of the dataclass ``cls`` from its plain form; every field is checked."""
    hints = _hints(cls)
    unknown = [name for name in raw if name not in hints]
    if unknown:
        raise UsageError(f"{cls.__name__} has no field {unknown[0]!r}.")
    values = {name: _convert(hints[name], value, f"{cls.__name__}.{name}") for name, value in raw.items()}
    try:
        return cls(**values)
    except TypeError as problem:
        raise UsageError(f"{cls.__name__} lacks a field: {problem}.") from None


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        return _convert(next(a for a in get_args(hint) if a is not type(None)), value, where)
    if origin is typing.Literal:
        if value not in get_args(hint):
            raise UsageError(
                f"{where} cannot be {value!r}; it is one of {', '.join(map(str, get_args(hint)))}."
            )
        return value
    if origin is tuple:
        args = get_args(hint)
        if not isinstance(value, (list, tuple)):
            raise UsageError(f"{where} must be a list, not {value!r}.")
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_convert(args[0], item, where) for item in value)
        return tuple(_convert(a, item, where) for a, item in zip(args, value, strict=True))
    if is_dataclass(hint) and isinstance(hint, type):
        return build(hint, value)
    if origin is dict:
        if not isinstance(value, dict):
            raise UsageError(f"{where} must be a table, not {value!r}.")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and (not isinstance(value, hint) or (hint is int and isinstance(value, bool))):
        raise UsageError(f"{where} must be {hint.__name__}, not {value!r}.")
    return value


def _hints(cls: type[Any]) -> dict[str, Any]:
    known = _HINTS.get(cls)
    if known is None:
        known = _HINTS[cls] = get_type_hints(cls)
    return known
