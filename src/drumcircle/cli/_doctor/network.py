"""The running circle, the broker and its port, and as much of the Wi-Fi as one machine can see.

Only this machine is asked: its own ports, tables and files.  Nothing is sent to any other.
"""

from __future__ import annotations

import contextlib
import ipaddress
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from drumcircle import config
from drumcircle.cli._doctor import Check
from drumcircle.errors import DrumcircleError
from drumcircle.link.files import LinkFile, read_link

BROKER_PORT, TLS_PORT = 1883, 8883
REACHABLE = 0x2  # ATF_COM of an entry in Linux's ARP table: it has answered


def circle() -> Check:
    """Does a circle run here, and where?"""
    try:
        link = read_link(config.state_folder())
    except DrumcircleError as problem:
        return Check("circle", "warning", "one of another version runs here", str(problem))
    if link is None:
        return Check("circle", "ok", "none runs here now; 'drumcircle' starts one")
    return Check("circle", "ok", f"'{link.circle}' runs here (process {link.pid})")


def tls_port(port: int = TLS_PORT) -> Check:
    """Is the port free that pads on the network come to?"""
    return broker_port(port, "TLS port", "mqtts")


def broker_port(port: int = BROKER_PORT, name: str = "port", scheme: str = "mqtt") -> Check:
    """Is the broker's usual port free, or ours already?"""
    if _is_free(port):
        return Check(name, "ok", f"{port} is free")
    with contextlib.suppress(DrumcircleError):
        if _is_ours(read_link(config.state_folder()), port):
            return Check(name, "ok", f"{port} is used by the circle that runs here")
    return Check(
        name,
        "warning",
        f"{port} is used by another program",
        f"If that is an MQTT broker of yours: --broker {scheme}://USER@localhost:{port}. "
        "Else end it, or take another port: --port 0 takes any.",
    )


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # there the option would let two programs share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _is_ours(link: LinkFile | None, port: int) -> bool:
    return link is not None and link.broker is not None and link.broker.url.endswith(f":{port}")


def broker() -> Check:
    """Does the broker that network pads meet the hub at exist, and run?"""
    remedy = "Install drumcircle again with pip; or use a broker you have: --broker mqtt://USER@HOST:PORT."
    binary = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if binary is None:
        return Check("broker", "warning", "nats-server is not there: no network pads", remedy)
    try:
        told = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=2, check=True)
    except (OSError, subprocess.SubprocessError) as problem:
        return Check("broker", "warning", f"nats-server does not run: {problem}", remedy)
    return Check("broker", "ok", told.stdout.strip())


# ---------------------------------------------------------------- Wi-Fi


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


def wifi(network: Network | None = None) -> Check:
    """Does the access point keep its clients apart?  Only a pad that connects can prove that it does not."""
    network = look_around() if network is None else network
    to_try = (
        "To be sure, start 'drumcircle hub --listen' and let one pad connect; if it cannot, turn off "
        "'client isolation' (also 'AP isolation', 'guest mode') on the access point, or use one of your own."
    )
    if network.address is None:
        words = "no network but this machine's own: USB pads only"
        return Check("Wi-Fi", "ok", words, "Join the pads' network to use network pads.")
    here = f"{network.address}{_kind(network.wireless)}"
    if network.others:
        return Check(
            "Wi-Fi", "ok", f"{here}; {len(network.others)} other machines have answered: no sign of isolation"
        )
    if network.wireless is False:
        words = f"{here}; whether Wi-Fi pads reach this machine cannot be seen from here"
        return Check("Wi-Fi", "ok", words, to_try)
    seen = (
        "nobody but the gateway has answered" if network.others is not None else "who answers cannot be seen"
    )
    return Check("Wi-Fi", "warning", f"{here}; {seen}: client isolation is possible", to_try)


def _kind(wireless: bool | None) -> str:
    return {True: " by Wi-Fi", False: " by cable", None: ""}[wireless]


def look_around() -> Network:
    """From the routing and ARP tables on Linux; elsewhere only our own address."""
    address = own_address()
    if not sys.platform.startswith("linux"):
        return Network(address, None, None, None)
    interface, gateway = default_route(_text("/proc/net/route"))
    others = answering(_text("/proc/net/arp"), interface, gateway)
    wireless = Path(f"/sys/class/net/{interface}/wireless").exists() if interface else None
    return Network(address, wireless, gateway, others)


def own_address() -> str | None:
    """The address others would see; connecting a UDP socket chooses a route and sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address kept for documentation
            address: str = probe.getsockname()[0]
        except OSError:
            return None
    return None if ipaddress.ip_address(address).is_loopback else address


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
