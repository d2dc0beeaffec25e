"""``pad.toml``: what a board needs to know to be one pad of one circle."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Self

NAME = "pad.toml"
CERTIFICATE_NAME = "drumcircle.der"
"""Beside it: the only certificate the pad trusts."""

_FORM = """\
# The settings of one pad.  They hold its password: copy them to the board, and keep no other copy.

[pad]
name = {pad}
label = {label}
circle = {circle}

[wifi]
ssid = {ssid}
password = {wifi_password}

[broker]
host = {host}  # "": the pad looks for the circle itself
port = {port}
tls = {tls}
server_name = {server_name}
user = {user}
password = {password}
client_id = {client_id}  # a secret as well: whoever knows it can push the pad off
certificate = {certificate}  # beside this file

[[sensor]]
pin = {pin}
note = {note}

# What the board has beside its disc; take away the "# " of what is wired so.
# [light]
# pin = 4
# [vibration]
# pin = 18
# [battery]
# pin = 35
# divider = 2.0
"""


@dataclass(frozen=True, slots=True)
class PadFile:
    """Every field as it stands there; texts are printable."""

    pad: str
    label: str
    circle: str
    ssid: str
    wifi_password: str
    host: str
    port: int
    tls: bool
    server_name: str
    user: str
    password: str
    client_id: str
    pin: int
    note: int
    certificate: str = CERTIFICATE_NAME

    def with_secrets(self, password: str, client_id: str) -> Self:
        """The same pad, able to join."""
        return replace(self, password=password, client_id=client_id)

    def text(self) -> str:
        """TOML, in the part of it that boards read."""
        # A JSON text, number or truth value of printable characters is TOML's, too.
        values = {name: json.dumps(getattr(self, name), ensure_ascii=False) for name in self.__slots__}
        return _FORM.format(**values)
