"""What a structure declares of itself: settings, keys, method and goals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from drumcircle.errors import UsageError

Value = str | int | float | bool
Method = Literal["receptive", "re-creational", "compositional", "improvisational"]
"""Bruscia's four methods of music therapy."""
Domain = Literal["motor", "cognitive", "communication", "social", "emotional"]
"""What an activity is for."""
BAR = "the next bar"
METHODS: tuple[Method, ...] = get_args(Method)
DOMAINS: tuple[Domain, ...] = get_args(Domain)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a structure: what it may be and what it means."""

    name: str
    default: Value
    words: str
    choices: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None
    free: bool = False
    """Any text may stand beside the choices (a player, a pattern)."""
    live: str = ""
    """From when on another value is in force while the structure runs; empty: it begins anew."""

    def check(self, value: object) -> Value:
        """The value in its own type.

        Raises:
            UsageError: not one of the choices, out of range, or no number.
        """
        read = self._read(value)
        if self.choices and not self.free and read not in self.choices:
            raise UsageError(f"{self.name} cannot be {read!r}; it is one of {listed(self.choices)}.")
        if isinstance(read, (int, float)) and not isinstance(read, bool):
            low, high = self.low, self.high
            if (low is not None and read < low) or (high is not None and read > high):
                raise UsageError(f"{self.name} cannot be {read:g}; it is from {low:g} to {high:g}.")
        return read

    def _read(self, value: object) -> Value:
        kind = type(self.default)
        try:
            if kind is bool:
                return {"yes": True, "true": True, "no": False, "false": False}[str(value).lower()]
            if kind in (int, float) and isinstance(value, bool):
                raise ValueError(value)
            if kind is int and float(str(value)) != int(float(str(value))):
                raise ValueError(value)
            return kind(float(str(value))) if kind in (int, float) else str(value)
        except (ValueError, KeyError, OverflowError):
            wanted = {bool: "yes or no", int: "a whole number", float: "a number"}.get(kind, "text")
            raise UsageError(f"{self.name} must be {wanted}, not {value!r}.") from None


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a structure's own, which means something while it runs."""

    name: str
    words: str
    """What it does."""


def listed(names: tuple[Value, ...]) -> str:
    """Values as people list them."""
    return ", ".join(str(name) for name in names)
