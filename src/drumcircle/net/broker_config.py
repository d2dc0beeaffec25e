"""What ``nats-server`` is told: its doors, and what each user may do.  No password stands in it, only hashes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from drumcircle.net.keyring import PadUser, Users, hashed
from drumcircle.net.wire_constants import HEARD_BY_HUB, HEARD_BY_PAD, LONGEST, PULSE, ROOT

USERS_NAME = "users.conf"
KEEPER = "keeper"
"""The user of the broker's own account who may have it read its users again, and nothing else."""

# Twice the longest message of the wire: what is only a little too long reaches the hub and is counted there.
# A TLS handshake may take a board 2 s, and thirty boards may come at once to a slow machine; who connects and says
# nothing is let go after as long (5000 of them: 70 MB, and pads come in and are served meanwhile).
_SERVER = """\
server_name: drumcircle
host: "127.0.0.1"  # NATS's own protocol cannot be switched off: on loopback, any free port, for the keeper only
port: -1
max_payload: {max_payload}
jetstream {{ store_dir: {store}, max_mem: 32MB, max_file: 128MB }}
mqtt {{ host: {host}, port: {port}, reject_qos2_publish: true{tls} }}  # half-sent ones would be kept on disk
accounts {{ "$SYS": {{ users: [ {{
  user: {keeper}, password: {keeper_hash}, allowed_connection_types: ["STANDARD"]
  permissions: {{ publish: ["$SYS.REQ.SERVER.*.RELOAD"], subscribe: ["_INBOX.>"] }}
}} ] }} }}
authorization {{ include {users} }}
"""
_TLS = ", tls {{ cert_file: {file}, key_file: {file}, timeout: 10 }}"
_USER = """\
  {{ user: {user}, password: {password}, allowed_connection_types: ["MQTT"]
    permissions: {{ publish: {publish}, subscribe: {subscribe} }} }}
"""


def server_text(*, store: Path, host: str, port: int, certificate: Path | None, keeper_password: str) -> str:
    """``nats.conf``; ``port`` 0: any free one; ``certificate``: PEM with its key, and TLS with it."""
    return _SERVER.format(
        max_payload=2 * LONGEST,
        store=_quoted(store.as_posix()),
        host=_quoted(host),
        port=port or -1,
        tls="" if certificate is None else _TLS.format(file=_quoted(certificate.absolute().as_posix())),
        keeper=KEEPER,
        keeper_hash=_quoted(hashed(keeper_password)),
        users=_quoted(USERS_NAME),
    )


def users_text(users: Users, pads: Iterable[PadUser], circle: str) -> str:
    """``users.conf``.  The shared user may speak for any pad of the circle, each pad's own only for itself."""
    listed = [
        _user("hub", hashed(users.hub), [_subject(circle, ">")], [_subject(circle, ">")]),
        _pad("pads", hashed(users.pads), circle, "*"),
        *(_pad(pad.user, pad.password_hash, pad.circle, pad.pad) for pad in pads),
    ]
    return "users: [\n" + "".join(listed) + "]\n"


def _pad(user: str, password_hash: str, circle: str, pad: str) -> str:
    hears = [_subject(circle, PULSE), *(_subject(circle, pad, leaf) for leaf in HEARD_BY_PAD)]
    return _user(user, password_hash, [_subject(circle, pad, leaf) for leaf in HEARD_BY_HUB], hears)


def _user(user: str, password_hash: str, publish: list[str], subscribe: list[str]) -> str:
    return _USER.format(
        user=_quoted(user),
        password=_quoted(password_hash),
        publish=_quoted(publish),
        subscribe=_quoted(subscribe),
    )


def _subject(*levels: str) -> str:
    return "/".join((ROOT, *levels)).replace("/", ".")  # in a permission MQTT's a/b is a.b


def _quoted(words: str | list[str]) -> str:
    return msgspec.json.encode(words).decode()
