"""``drumcircle pads list``: what a pad needs to join the circle that runs here, and which pads there are."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drumcircle import config
from drumcircle.errors import CircleNotRunning
from drumcircle.link.files import LinkFile, require_link

if TYPE_CHECKING:
    from drumcircle.core.view import PadView

VIEW_WITHIN = 5.0
"""s"""
ABOUT = "the login and the pads"
_LOOPBACK = ("//127.", "//[::1]", "//localhost")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How it is printed."""
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(options: argparse.Namespace) -> int:
    """Print the broker's address, the pads' login and every pad that the circle knows."""
    state = config.state_folder()
    link = require_link(state)
    seen = asyncio.run(pads_now(state))
    pads = [_plain(pad) for pad in seen]
    document: dict[str, Any] = {"url": None, "circle": link.circle, "user": None, "password": None}
    if link.broker is not None:
        document |= {"url": link.broker.url, "user": link.broker.user, "password": link.broker.password}
    if options.json:
        print(json.dumps(document | {"pads": pads}, ensure_ascii=False))
    else:
        lines = [*_login_lines(link), *_added_lines(state), "", *_pad_lines(pads), *_known_lines(seen)]
        print("\n".join(lines))
    return 0


async def pads_now(state: Path) -> tuple[PadView, ...]:
    """The pads in the hub's first view."""
    from drumcircle.core.view import SessionView
    from drumcircle.link.client import LinkClient, Watcher

    first: asyncio.Future[SessionView] = asyncio.get_running_loop().create_future()

    def on_view(view: SessionView) -> None:
        if not first.done():
            first.set_result(view)

    async with LinkClient.here(state, "facilitator", "pads", Watcher(on_view=on_view)):
        try:
            async with asyncio.timeout(VIEW_WITHIN):
                return (await first).pads
        except TimeoutError:
            raise CircleNotRunning(
                f"The circle that runs here shows nothing within {VIEW_WITHIN:g} s; try again."
            ) from None


def _plain(pad: PadView) -> dict[str, Any]:
    return {
        "id": pad.id, "label": pad.label, "kind": pad.kind, "connected": pad.connected,
        "players": list(pad.players), "words": pad.words, "lost": pad.lost, "uncertainty_ms": pad.uncertainty_ms,
        "notes": {str(note): name for note, name in pad.layout.names} if pad.layout is not None else None,
    }  # fmt: skip


def _login_lines(link: LinkFile) -> list[str]:
    if link.broker is None:
        return ["This circle hears no network pads."]
    lines = [
        f"broker    {link.broker.url}",
        f"circle    {link.broker.circle}",
        f"user      {link.broker.user}",
        f"password  {link.broker.password}",
        f"topics    drumcircle/v1/{link.broker.circle}/PAD/hit and so on; PAD: 1 to 32 of a-z, 0-9, -",
    ]
    if link.broker.hubs_own:
        lines.append(
            "This is the same login as the hub's; better give pads a user of their own (permissions: docs/wire.md)."
        )
    if link.broker.certificate:
        lines.append(
            "This login may speak for any pad; better give each its own: 'drumcircle pads add NAME'. "
            f"Programs trust {link.broker.certificate}."
        )
    if any(mark in link.broker.url for mark in _LOOPBACK):
        lines.append("Only programs on this machine reach it; for pads on the network start with --listen.")
    return lines


def _added_lines(state: Path) -> list[str]:
    """Pads with users of their own."""
    from drumcircle.net.broker_control import read_control
    from drumcircle.net.keyring import pad_users

    running = read_control(state)
    names = [user.pad for user in pad_users(Path(running.trust))] if running is not None else []
    return [f"added     {', '.join(names)}"] if names else []


def _pad_lines(pads: list[dict[str, Any]]) -> list[str]:
    if not pads:
        return ["No pad is connected yet: plug one in, or hit one."]
    rows = [("pad", "name", "whose", "link"), *(_row(pad) for pad in pads)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in rows
    ]


def _known_lines(pads: tuple[PadView, ...]) -> list[str]:
    """How the USB devices look whose pads are known, and what else their profiles say."""
    from drumcircle.cli._listening.drawing import layout_lines
    from drumcircle.formats.profiles import load_profiles, profile_for

    lines: list[str] = []
    profiles, _ = load_profiles(config.config_folder())
    for pad in pads:
        if pad.layout is not None and pad.connected:
            lines += ["", pad.label, *(f"  {line}" for line in layout_lines(pad.layout))]
            profile = profile_for(pad.label, profiles)
            lines += [f"  {quirk}" for quirk in (profile.quirks if profile is not None else ())]
        elif pad.kind == "usb" and pad.connected:
            lines += ["", f"{pad.label} goes by its notes: 'drumcircle pads learn' gives its pads names."]
    return lines


def _row(pad: dict[str, Any]) -> tuple[str, str, str, str]:
    quality = [pad["words"]] if pad["words"] else []
    if not pad["connected"]:
        quality.insert(0, "gone")
    if pad["uncertainty_ms"] is not None:
        quality.append(f"true to ±{pad['uncertainty_ms']:.1f} ms")
    if pad["lost"]:
        quality.append(f"{pad['lost']} lost")
    return pad["id"], pad["label"], ", ".join(pad["players"]) or "nobody's", "; ".join(quality) or "good"
