"""``drumcircle pads check``: a guided test of each pad, about seven seconds each, with advice."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TextIO

from drumcircle.cli._listening import drawing, terminal
from drumcircle.cli._listening.checking import Check, Round
from drumcircle.cli._listening.findings import Finding, Link, conclude
from drumcircle.core.events import NS
from drumcircle.errors import DrumcircleError, UsageError

if TYPE_CHECKING:
    from drumcircle.cli._listening.ear import Ear

ABOUT = "test each pad: double triggers, misses, neighbours that sound along, force, link; with advice"
REDRAW_S = 0.05
NOBODY = 10 * NS
"""Without a terminal nobody can end the wait for a pad: none within so long, and there is none."""
TESTED_KINDS = ("usb", "mqtt", "key")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which pads, and how the findings are printed."""
    parser.add_argument("--device", metavar="NAME", default=None, help="only the pads of this device")
    parser.add_argument(
        "--json", action="store_true", help="the findings as one JSON document; the guide on stderr"
    )


def run(options: argparse.Namespace) -> int:
    """Guide through the test and print what was found; 0 also where a pad is not good."""
    findings = asyncio.run(_check(options.device, sys.stderr if options.json else sys.stdout))
    if findings is None:
        return 0
    if options.json:
        print(json.dumps(document(findings), ensure_ascii=False))
    else:
        print("\n".join(drawing.table(findings)) if findings else "No pad was tested.")
    return 0


def document(findings: list[Finding]) -> dict[str, Any]:
    """``{"good", "pads": [{…, "good", "advice", "why_not"}]}``: a figure that is null has its reason in ``why_not``."""
    pads = [asdict(finding) | {"good": finding.good} for finding in findings]
    return {"good": bool(pads) and all(pad["good"] for pad in pads), "pads": pads}


class _Talk:
    """Somebody who is guided through a test: their keys, and what has been found so far."""

    def __init__(self) -> None:
        self.check = Check()
        self.changed = asyncio.Event()
        self.left = False
        self.findings: dict[str, Finding] = {}
        self.last: Finding | None = None
        self._concluded: Round | None = None

    def pressed(self, key: str) -> None:
        if key in terminal.LEAVE:
            self.left = True
        elif key in terminal.ENTER:
            self.check.finish()
        elif key == " ":
            self.check.skip()
        self.changed.set()

    def conclude(self, heard: Ear) -> None:
        """What the last round says, if nobody has asked it yet."""
        tested = self.check.last
        if tested is not None and tested is not self._concluded:
            self._concluded, self.last = tested, _concluded(tested, heard)
            self.findings.pop(tested.key, None)  # tested anew, it is the last
            self.findings[tested.key] = self.last


async def _check(wanted: str | None, out: TextIO) -> list[Finding] | None:
    """None: left before the end."""
    from drumcircle.cli._listening.ear import ear

    talk = _Talk()
    print("One moment: looking for pads …", file=out, flush=True)
    with terminal.keys(talk.pressed):
        async with ear(talk.check.hear, talk.changed) as heard:
            if wanted is not None:
                talk.check.only = (await heard.device(wanted)).id
            await _guide(talk, heard, terminal.Screen(out))
            talk.conclude(heard)
    return None if talk.left else list(talk.findings.values())


async def _guide(talk: _Talk, heard: Ear, screen: terminal.Screen) -> None:
    """Draw and wait until all is tested or somebody ends it."""
    check, began = talk.check, heard.client.hub_now()
    while not check.over and not talk.left:
        now = heard.client.hub_now()
        check.expect(_expected(heard, check.only))
        if now - began >= NOBODY and not check.total and not sys.stdin.isatty():
            raise UsageError(
                "No pad is here to be tested; plug one in, or let it join the circle, and try again."
            )
        check.advance(now)
        talk.conclude(heard)
        guide = drawing.checked(check, now, heard.name, talk.last)
        screen.show([*drawing.trouble(heard.trouble), *guide])
        await _something(heard)
    screen.clear()


async def _something(heard: Ear) -> None:
    """Wait until something is heard or a dot may have lit."""
    heard.changed.clear()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REDRAW_S):
            await heard.changed.wait()
    if heard.ended:
        raise DrumcircleError(heard.ended)


def _expected(heard: Ear, only: str | None) -> list[str]:
    """The pads that are known to be there: those of a profile, and devices that are one pad."""
    keys: list[str] = []
    for pad in heard.pads:
        if pad.connected and pad.kind in TESTED_KINDS and only in (None, pad.id):
            if pad.kind != "usb":
                keys.append(pad.id)
            elif pad.layout is not None:
                keys += [f"{pad.id}#{note}" for note in pad.layout.first_bank()]
    return keys


def _concluded(tested: Round, heard: Ear) -> Finding:
    device = tested.key.partition("#")[0]
    pad = heard.pad(device)
    link = Link(device.partition(":")[0], pad.jitter_ms if pad is not None else None)
    return conclude(tested, heard.name, link)
