"""Who else is on the network by mDNS, and whether OSC can be heard."""

from __future__ import annotations

import importlib.util

from drumcircle import config
from drumcircle.cli._doctor import Check
from drumcircle.errors import DrumcircleError
from drumcircle.link.files import read_link

BROWSE_S = 1.5


def discovery() -> Check:
    """Can circles be found by mDNS, is our own heard, and which others are there?"""
    from drumcircle.net.discovery import find_circles
    from drumcircle.net.own_network import own_addresses

    interface = config.settings({}, config.config_folder()).interface
    addresses = own_addresses(interface)
    try:
        found = find_circles(BROWSE_S, interface)
    except DrumcircleError as problem:
        return Check("discovery", "warning", "circles cannot be found on the network", str(problem))
    if not addresses:
        return Check("discovery", "ok", "no network to look for circles on")
    others = [circle for circle in found if not set(circle.addresses) & set(addresses)]
    words = (
        f"other circles: {', '.join(circle.words() for circle in others)}" if others else "no other circle"
    )
    if _announces() and len(others) == len(found):
        return Check(
            "discovery",
            "warning",
            f"{words}; the one that runs here is not heard on its own network",
            "Permit UDP port 5353 in this machine's firewall; or give pads and dashboards its address.",
        )
    return Check("discovery", "ok", words)


def _announces() -> bool:
    try:
        link = read_link(config.state_folder())
    except DrumcircleError:
        return False
    return link is not None and link.network is not None


def osc() -> Check:
    """Is the library there by which pads that speak OSC are heard?"""
    if importlib.util.find_spec("pythonosc") is None:
        return Check("OSC", "warning", "python-osc is not there: no OSC pads", "pip install python-osc.")
    return Check("OSC", "ok", "heard with --osc PORT")
