"""The running circle, the broker and its port, and as much of the Wi-Fi as one machine can see.

Only this machine is asked: its own ports, tables and files.  Nothing is sent to any other.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
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
