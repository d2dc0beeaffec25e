"""What the bytes of a terminal say: taps, and the wish to stop.

A terminal repeats a key that is held, and by default a repeat looks like a tap.  Terminals that know the keyboard protocol
of kitty (https://sw.kovidgoyal.net/kitty/keyboard-protocol/) are asked to tell them apart; others leave that to time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TELL_APART, AS_BEFORE = b"\x1b[>11u", b"\x1b[<u"
"""Every key as an escape code, with press, repeat and release apart (flags 1, 2 and 8); and back.  Ignored elsewhere."""
HELD_NS = 100_000_000
"""The same key again within this is a repeat: systems repeat every 30 to 92 ms, no finger does."""

_TOLD = re.compile(rb"\x1b\[(\d+)[\d:]*(?:;(\d*)(?::(\d))?)?[\d:;]*u")
_OTHER = re.compile(rb"\x1b(?:[\[O][0-?]*[ -/]*[@-~]|.)", re.DOTALL)
_TEXT = re.compile(rb"[^\x1b]+")
_SHIFTED = str.maketrans("!@#$%^&*():<>?", "1234567890;,./")
_ESC, _CTRL_C = 27, 3
_SHIFT, _CTRL = 1, 4
_WITH_OTHERS = 2 | _CTRL | 8 | 16 | 32
"""Alt, Ctrl and their kin; the locks of capitals and digits are not."""
_NO_CHARACTERS = 0xE000
"""From this code on: keys without one."""
_PRESSED = 1


@dataclass(frozen=True, slots=True)
class Tap:
    """A key, unshifted; ``loud``: with Shift."""

    key: str
    loud: bool = False


class Stop:
    """Esc or Ctrl-C."""


def read_strokes(read: bytes) -> Iterator[Tap | Stop]:
    """What one read of the terminal holds; arrows, function keys and releases are nothing."""
    at = 0
    while at < len(read):
        if told := _TOLD.match(read, at):
            yield from _told(*(int(part or 1) for part in told.groups()))
        elif text := _TEXT.match(read, at):
            yield from _typed(text[0].decode(errors="ignore"))
        elif not _OTHER.match(read, at):  # Esc alone
            yield Stop()
        found = told or _TEXT.match(read, at) or _OTHER.match(read, at)
        at = found.end() if found else len(read)


def _told(code: int, modifiers: int, kind: int) -> Iterator[Tap | Stop]:
    """By kitty's protocol; modifiers are counted from 1."""
    held = modifiers - 1
    if kind != _PRESSED:
        return
    if code == _ESC or (held & _CTRL and code == ord("c")):
        yield Stop()
    elif code < _NO_CHARACTERS and chr(code).isprintable() and not held & _WITH_OTHERS:
        yield Tap(chr(code).lower(), bool(held & _SHIFT))


def _typed(text: str) -> Iterator[Tap | Stop]:
    for letter in text:
        if ord(letter) == _CTRL_C:
            yield Stop()
        elif letter.isprintable():
            key = letter.lower().translate(_SHIFTED)
            yield Tap(key, key != letter)


class Held:
    """Knows taps from the repeats of a key that is held, where the terminal does not tell."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def repeats(self, key: str, at: int) -> bool:
        """Whether ``key`` at ``at`` ns only repeats; every coming of it counts."""
        last, self._last[key] = self._last.get(key, at - HELD_NS), at
        return at - last < HELD_NS
