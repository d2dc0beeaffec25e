"""``drumcircle pads check``: a guided test of each pad, about seven seconds each, with advice."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from drumcircle.errors import DrumcircleError

if TYPE_CHECKING:
    from drumcircle.cli._listening.checking import Check, Round
    from drumcircle.cli._listening.ear import Ear
    from drumcircle.cli._listening.findings import Finding

ABOUT = "test each pad: double triggers, misses, neighbours that sound along, force, link; with advice"
REDRAW_S = 0.05
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
        from drumcircle.cli._listening.drawing import table

        print("\n".join(table(findings)) if findings else "No pad was tested.")
    return 0


def document(findings: list[Finding]) -> dict[str, Any]:
    """``{"good", "pads": [{…, "good", "advice", "why_not"}]}``: a figure that is null has its reason in ``why_not``."""
    pads = [asdict(finding) | {"good": finding.good} for finding in findings]
    return {"good": bool(pads) and all(pad["good"] for pad in pads), "pads": pads}


async def _check(wanted: str | None, out: Any) -> list[Finding] | None:
    """None: left before the end."""
    from drumcircle.cli._listening.checking import Check
    from drumcircle.cli._listening.ear import ear

    check = Check()
    print("One moment: looking for pads …", file=out, flush=True)
    async with ear(check.hear) as heard:
        if wanted is not None:
            check.only = (await heard.device(wanted)).id
        return await _guide(check, heard, out)


async def _guide(check: Check, heard: Ear, out: Any) -> list[Finding] | None:
    """Draw, wait, conclude, until all is tested or somebody ends it."""
    from drumcircle.cli._listening import drawing, terminal

    findings: dict[str, Finding] = {}
    left: list[bool] = []

    def pressed(key: str) -> None:
        if key in terminal.LEAVE:
            left.append(True)
        elif key in terminal.ENTER:
            check.finish()
        elif key == " ":
            check.skip()
        heard.changed.set()

    screen, shown = terminal.Screen(out), None
    with terminal.keys(pressed):
        while not check.over and not left:
            check.expect(_expected(heard, check.only))
            check.advance(heard.client.hub_now())
            if check.last is not None and check.last is not shown:
                shown = check.last
                findings.pop(shown.key, None)
                findings[shown.key] = _concluded(shown, heard)
            last = findings[shown.key] if shown is not None else None
            guide = drawing.checked(check, heard.client.hub_now(), heard.name, last)
            screen.show([*drawing.trouble(heard.trouble), *guide])
            await _something(heard)
    screen.clear()
    return None if left else list(findings.values())


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
    from drumcircle.cli._listening.findings import Link, conclude

    device = tested.key.partition("#")[0]
    pad = heard.pad(device)
    link = Link(device.partition(":")[0], pad.jitter_ms if pad is not None else None)
    return conclude(tested, heard.name, link)
