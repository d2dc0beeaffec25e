"""``drumcircle keys``: the keys of this terminal as pads, for trying out without any; several people at one keyboard.

In a process of its own, which does nothing else: inside a dashboard that draws, a key may wait 60 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import signal
import sys
import time

from drumcircle.cli._find import add_find_arguments, finding
from drumcircle.cli._keys.layout import PEOPLE, Keyboard
from drumcircle.cli._keys.strokes import Held, Stop, read_strokes
from drumcircle.cli._keys.terminal import Reads, key_reads
from drumcircle.errors import CircleNotRunning, UsageError
from drumcircle.formats.performance import checked_prefix
from drumcircle.link.client import Find, LinkClient, Watcher

START_SECONDS = 3.0
"""How long a hub may take that is just being started."""
USUAL, LOUD = 90, 120
HOW_TO = "Keys as pads, for trying out. Tap, do not hold; with Shift it is loud. Esc or Ctrl-C ends."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who plays, and where."""
    parser.add_argument(
        "--people", type=int, choices=PEOPLE, default=1, help="how many share the keyboard (default: 1)"
    )
    parser.add_argument(
        "--name", metavar="P", help="what the pads are called (default: keys and two hex digits)"
    )
    add_find_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Play until Esc or Ctrl-C."""
    if not sys.stdin.isatty():
        raise UsageError("Keys are read from a terminal, and this is none.")
    name = checked_prefix(options.name) or f"keys-{secrets.token_hex(1)}"
    keyboard = Keyboard.of(options.people, name)
    with finding(options, "pad") as find, asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(_play(find, keyboard))
    return 0


async def _play(find: Find, keyboard: Keyboard) -> None:
    over = asyncio.Event()
    _end_on_sigterm(over)

    def ended(words: str) -> None:
        _say(words)
        over.set()

    watcher = Watcher(on_state=lambda _connected, words: _say(words), on_end=ended)
    async with LinkClient.following(find, "pad", "keys", watcher, patience=START_SECONDS) as client:
        for pad in keyboard.pads:
            await client.found(pad, pad, keys=True)
        with key_reads() as reads:
            _say("\n".join([HOW_TO, *keyboard.drawn()]))
            playing = asyncio.create_task(_pass_on(reads, client, keyboard), name="keys")
            ending = asyncio.create_task(over.wait(), name="end")
            await asyncio.wait((playing, ending), return_when=asyncio.FIRST_COMPLETED)
            for task in (playing, ending):
                task.cancel()
        if playing.done() and not playing.cancelled():
            playing.result()
            with contextlib.suppress(CircleNotRunning):
                await client.settled()


async def _pass_on(reads: Reads, client: LinkClient, keyboard: Keyboard) -> None:
    """Every tap to the hub, at the time its bytes came; until there is a wish to stop."""
    held = Held()
    while True:
        stamp, read = await reads.get()
        if not read:
            return
        at = client.hub_now() - (time.perf_counter_ns() - stamp)
        for stroke in read_strokes(read):
            if isinstance(stroke, Stop):
                return
            its = keyboard.pad(stroke.key)
            if its is not None and not held.repeats(stroke.key, stamp):
                await client.hit(*its, LOUD if stroke.loud else USUAL, at)


def _end_on_sigterm(over: asyncio.Event) -> None:
    with contextlib.suppress(NotImplementedError):  # Windows has no such signal
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
