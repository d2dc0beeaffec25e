"""``drumcircle pads add NAME``: a user of its own for one pad, and all that the pad needs to join, in one folder."""

from __future__ import annotations

import argparse
import io
import ipaddress
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from drumcircle import config
from drumcircle.errors import FileProblem, UsageError
from drumcircle.formats.pad_file import CERTIFICATE_NAME, NAME, PadFile

if TYPE_CHECKING:
    from drumcircle.cli._pads.here import Here
    from drumcircle.link.certificate import Certificate

ABOUT = "a user of its own for a pad, its pad.toml and a QR code"
TLS_PORT, PLAIN_PORT = 8883, 1883
WIFI_PASSWORD_VARIABLE = "DRUMCIRCLE_WIFI_PASSWORD"
PIN, NOTE = 34, 38
"""Of the sensor, as the boards' guides wire it; a snare."""
LONGEST_SSID, WIFI_PASSWORD = 32, range(8, 64)
"""Bytes, by IEEE 802.11 and WPA."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The pad, its network, and where it all goes."""
    from drumcircle.cli._pads.here import add_place_argument

    add = parser.add_argument
    add("name", metavar="NAME", help="the pad's id: 1 to 32 of a-z, 0-9, -")
    add("--label", metavar="WORDS", default=None, help="what the pad is called on screens (default: NAME)")
    add("--circle", metavar="NAME", default=None, help="its circle (default: the one that runs here)")
    add("--out", metavar="DIR", type=Path, default=None, help="folder for its files (default: pad-NAME)")
    add("--ssid", metavar="WORDS", default="", help="the Wi-Fi it is to join")
    add(
        "--wifi-password",
        metavar="WORDS",
        default=os.environ.get(WIFI_PASSWORD_VARIABLE, ""),
        help=f"and that Wi-Fi's password (or, unseen by others on this machine, in {WIFI_PASSWORD_VARIABLE})",
    )
    add("--host", metavar="ADDRESS", default="", help="where it finds the broker (default: it looks itself)")
    add("--port", metavar="N", type=int, default=None, help="the broker's port (default: the running one's)")
    add("--plain", action="store_true", default=False, help="without TLS, for a circle that listens so")
    add("--pin", metavar="N", type=int, default=PIN, help=f"the sensor's pin on the board (default {PIN})")
    add("--note", metavar="N", type=int, default=NOTE, help=f"the note it plays (default {NOTE})")
    add("--json", action="store_true", default=False, help="one JSON document, without the QR code")
    add_place_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Make the user, write the files, tell the broker that runs, show the code."""
    from drumcircle.cli._pads.here import here
    from drumcircle.link.certificate import own_certificate

    _check(options)
    place = here(options.config)
    folder = options.out or Path(f"pad-{options.name}")
    _check_free(folder)
    certificate = own_certificate(place.trust)
    made = _add(options, place, folder, certificate)
    place.tell_broker()
    url = _join_url(made, certificate)
    if options.json:
        print(json.dumps(_document(made, url, folder), ensure_ascii=False))
    else:
        print("\n".join([*_words(made, place, folder), "", _code(url), url]))
    return 0


def _add(options: argparse.Namespace, place: Here, folder: Path, certificate: Certificate) -> PadFile:
    """The user and its files, both or none."""
    from drumcircle.link.files import write_owner_only
    from drumcircle.net.keyring import add_pad, revoke_pad

    made = _pad_file(options, place)
    secrets = add_pad(place.trust, made.pad, made.circle)
    made = made.with_secrets(secrets.password, secrets.client_id)
    try:
        write_owner_only(folder / NAME, made.text().encode())
        write_owner_only(folder / CERTIFICATE_NAME, certificate.der())
    except FileProblem:
        revoke_pad(place.trust, made.pad)
        raise
    return made


def _pad_file(options: argparse.Namespace, place: Here) -> PadFile:
    """All but the secrets: as the circle that runs listens, else as one started with ``--listen`` will."""
    from drumcircle.link.certificate import NAME as SERVER_NAME

    settings = config.settings({}, options.config or config.config_folder())
    running = place.running
    open_now = running if running is not None and running.listen else None
    tls = not options.plain and (open_now is None or open_now.tls)
    usual = open_now.port if open_now is not None else settings.port or (TLS_PORT if tls else PLAIN_PORT)
    return PadFile(
        pad=options.name,
        label=options.label or options.name,
        circle=options.circle or (settings.circle if running is None else running.circle),
        ssid=options.ssid,
        wifi_password=options.wifi_password,
        host=options.host,
        port=usual if options.port is None else options.port,
        tls=tls,
        server_name=SERVER_NAME,
        user=f"pad-{options.name}",
        password="",
        client_id="",
        pin=options.pin,
        note=options.note,
    )


def _check(options: argparse.Namespace) -> None:
    """What would otherwise only fail on the board."""
    words = options.label or "", options.ssid, options.wifi_password, options.host
    if not all(word.isprintable() for word in words):
        raise UsageError("--label, --ssid, --wifi-password and --host take printable characters only.")
    if len(options.ssid.encode()) > LONGEST_SSID:
        raise UsageError(f"--ssid takes at most {LONGEST_SSID} bytes.")
    if options.wifi_password and len(options.wifi_password.encode()) not in WIFI_PASSWORD:
        raise UsageError("--wifi-password takes 8 to 63 characters.")
    if options.host and not _is_address(options.host):
        raise UsageError(
            f"--host takes an address such as 192.168.1.20, not {options.host!r}: boards ask no name server. "
            "Without --host a pad looks for the circle itself."
        )
    if options.port is not None and not 1 <= options.port <= 65535:
        raise UsageError("--port takes 1 to 65535.")
    if not 0 <= options.note <= 127 or options.pin < 0:
        raise UsageError("--note takes 0 to 127, --pin 0 or more.")


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False


def _check_free(folder: Path) -> None:
    for name in (NAME, CERTIFICATE_NAME):
        if (folder / name).exists():
            raise FileProblem(
                folder / name,
                "is there already, and may be a pad's only copy; name another folder with --out.",
            )


# ---------------------------------------------------------------- what is shown


def _join_url(made: PadFile, certificate: Certificate) -> str:
    """Broker, user, password, circle and the certificate's SHA-256: what a phone needs to be this pad."""
    from base64 import urlsafe_b64encode

    from drumcircle.net.address import Address
    from drumcircle.net.broker_control import own_host

    host = made.host or own_host()
    address = Address(host, made.port, made.tls, made.user, made.password, made.circle)
    pin = urlsafe_b64encode(certificate.fingerprint()).decode().rstrip("=")
    return address.full_url() + (f"?sha256={quote(pin)}" if made.tls else "")


def _code(url: str) -> str:
    import segno

    code = segno.make(url, micro=False, error="l", boost_error=False)  # as few lines as can be
    drawn = io.StringIO()
    code.terminal(drawn, border=2, compact=True)
    text = drawn.getvalue()
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "(This terminal cannot show a QR code.)"
    return text


def _words(made: PadFile, place: Here, folder: Path) -> list[str]:
    lines = [
        f"Pad {made.pad!r} may join the circle {made.circle!r}.",
        f"  {folder / NAME}  its settings and its password: copy it to the board",
        f"  {folder / CERTIFICATE_NAME}  the certificate it trusts: copy it too",
    ]
    if place.running is None:
        lines.append("No circle runs here now; start one with --listen.")
    elif not place.running.listen:
        lines.append("The circle that runs is open to this machine only; end it and start it with --listen.")
    if place.elsewhere():
        lines.append(f"Only circles that keep their users in {place.trust} know it.")
    return [*lines, "Whoever photographs this code can be this pad:"]


def _document(made: PadFile, url: str, folder: Path) -> dict[str, object]:
    return {
        "pad": made.pad, "circle": made.circle, "user": made.user, "password": made.password,
        "client_id": made.client_id, "url": url, "files": [str(folder / NAME), str(folder / CERTIFICATE_NAME)],
    }  # fmt: skip
