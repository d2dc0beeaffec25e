"""Does the access point keep its clients apart?  As much of it as one machine can see.

Only a pad that connects proves that it does not: our own multicast coming back shows that we speak, not that anybody hears.
So neighbours are asked, by one multicast question that every device with mDNS answers, and the pads that were made for
this circle are looked for in it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import sys
from dataclasses import dataclass
from pathlib import Path

from drumcircle import config
from drumcircle.cli._doctor import Check
from drumcircle.errors import DrumcircleError
from drumcircle.link.files import read_link

REACHABLE = 0x2  # ATF_COM of an entry in Linux's ARP table: it has answered
ASK_S, VIEW_S = 0.8, 1.0
MOST_NAMED = 6
CURE = "turn off 'client isolation' (also 'AP isolation', 'guest mode') on the access point, or use one of your own"
TO_TRY = f"To be sure, start 'drumcircle hub --listen' and let one pad connect; if it cannot, {CURE}."


@dataclass(frozen=True, slots=True)
class Network:
    """What this machine knows of the network that pads would be on."""

    address: str | None
    """Our own address there; None: only loopback."""
    wireless: bool | None
    """None: cannot be told."""
    gateway: str | None
    others: tuple[str, ...] | None
    """Machines of this network, other than the gateway, that have answered us; None: cannot be told."""
    heard: int = 0
    """Network pads that are connected to the circle that runs here."""
    silent: tuple[str, ...] = ()
    """Pads that were made for it and are not."""


def wifi(network: Network | None = None) -> Check:
    """One sentence, and what to do."""
    seen = look_around() if network is None else network
    if seen.address is None:
        words = "no network but this machine's own: USB pads only"
        return Check("Wi-Fi", "ok", words, "Join the pads' network to use network pads.")
    here = f"{seen.address}{_kind(seen.wireless)}"
    if seen.heard:
        return _with_silent(f"{here}; {seen.heard} network pads are heard: no isolation", seen.silent)
    if seen.others:
        return _with_silent(
            f"{here}; {len(seen.others)} other machines have answered: no sign of isolation", seen.silent
        )
    if seen.silent:
        words = f"{here}; no neighbour answers, and neither do the pads made for this circle: {_named(seen.silent)}"
        return Check("Wi-Fi", "warning", words, f"Switch one on; if it stays silent, {CURE}.")
    if seen.wireless is False:
        words = f"{here}; whether Wi-Fi pads reach this machine cannot be seen from here"
        return Check("Wi-Fi", "ok", words, TO_TRY)
    who = "nobody but the gateway has answered" if seen.others is not None else "nobody has answered"
    return Check("Wi-Fi", "warning", f"{here}; {who}: client isolation is possible", TO_TRY)


def _with_silent(words: str, silent: tuple[str, ...]) -> Check:
    if not silent:
        return Check("Wi-Fi", "ok", words)
    remedy = (
        "Switch them on; one that is on and stays silent is on another network, or has an old pad.toml "
        "('drumcircle pads add' makes a new one)."
    )
    return Check("Wi-Fi", "warning", f"{words}; not heard: {_named(silent)}", remedy)


def _named(pads: tuple[str, ...]) -> str:
    more = len(pads) - MOST_NAMED
    return ", ".join(pads[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _kind(wireless: bool | None) -> str:
    return {True: " by Wi-Fi", False: " by cable", None: ""}[wireless]


# ---------------------------------------------------------------- looking


def look_around() -> Network:
    """Neighbours from their answers, and on Linux from the routing and ARP tables."""
    from drumcircle.net.own_network import answering_mdns, own_addresses

    addresses = own_addresses(config.settings({}, config.config_folder()).interface)
    address = next((one for one in addresses if not ipaddress.ip_address(one).is_loopback), None)
    if address is None:
        return Network(None, None, None, None)
    interface, gateway = default_route(_text("/proc/net/route"))
    others = answering_mdns(address, ASK_S) - {*addresses, gateway or ""}
    heard, silent = _pads()
    if not sys.platform.startswith("linux"):
        return Network(address, None, None, tuple(sorted(others)) or None, heard, silent)
    others |= set(answering(_text("/proc/net/arp"), interface, gateway))
    wireless = Path(f"/sys/class/net/{interface}/wireless").exists() if interface else None
    return Network(address, wireless, gateway, tuple(sorted(others)), heard, silent)


def _pads() -> tuple[int, tuple[str, ...]]:
    """(how many network pads the circle that runs here hears, which of those made for it it does not)."""
    from drumcircle.cli._pads.list import pads_now
    from drumcircle.net.keyring import pad_users

    state = config.state_folder()
    try:
        link = read_link(state)
        if link is None or link.network is None:
            return 0, ()
        pads = asyncio.run(asyncio.wait_for(pads_now(state), VIEW_S))
        connected = {pad.id.removeprefix("mqtt:") for pad in pads if pad.kind == "mqtt" and pad.connected}
        made = {user.pad for user in pad_users(Path(link.network.trust)) if user.circle == link.circle}
    except (DrumcircleError, TimeoutError):
        return 0, ()
    return len(connected), tuple(sorted(made - connected))


def default_route(table: str) -> tuple[str | None, str | None]:
    """(interface, gateway) from the text of ``/proc/net/route``."""
    for line in table.splitlines()[1:]:
        columns = line.split()
        if len(columns) > 2 and columns[1] == "00000000":
            return columns[0], str(ipaddress.ip_address(bytes.fromhex(columns[2])[::-1]))
    return None, None


def answering(table: str, interface: str | None, gateway: str | None) -> tuple[str, ...]:
    """The neighbours that have answered, from the text of ``/proc/net/arp``."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return tuple(
        row[0]
        for row in rows
        if len(row) >= 6 and row[5] == interface and row[0] != gateway and int(row[2], 16) & REACHABLE
    )


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
