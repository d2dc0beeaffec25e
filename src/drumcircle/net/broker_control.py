"""How another process of this machine finds our running broker and has it read its users again, nobody leaving.

By a request to the broker itself, not by SIGHUP: it works on Windows as well, and it is answered.
"""

from __future__ import annotations

import ipaddress
import shutil
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

import msgspec

from drumcircle import config
from drumcircle.errors import BrokerUnreachable
from drumcircle.link.certificate import certificate_at
from drumcircle.link.files import write_owner_only
from drumcircle.net.broker_config import KEEPER, USERS_NAME, users_text
from drumcircle.net.keyring import PadUser, pad_users, shared_users
from drumcircle.net.own_network import own_addresses

PATIENCE = 5.0
"""s for the broker to answer."""
ATTEMPTS = 5
"""When several commands ask at the same time, one reload may cut off who asked for the next."""
_INBOX = "_INBOX.reload"


class Control(msgspec.Struct):
    """What is known of our running broker; in an owner-only file for as long as it runs."""

    port: int
    """MQTT's."""
    tls: bool
    listen: bool
    circle: str
    trust: str
    """Folder of the certificate and the pads' users."""
    nats_port: int
    keeper_password: str


def broker_folder(state: Path) -> Path:
    """Configuration, store and control of our broker: all of it goes when it ends."""
    return state / "broker"


def wipe(state: Path) -> None:
    """Remove what a broker left (its store holds hits); the users stay."""
    shutil.rmtree(broker_folder(state), ignore_errors=True)


def write_control(state: Path, control: Control) -> None:
    """Say that it runs."""
    write_owner_only(_file(state), msgspec.json.encode(control))


def read_control(state: Path) -> Control | None:
    """The broker that runs in this state folder; None where none answers."""
    try:
        control = msgspec.json.decode(_file(state).read_bytes(), type=Control)
        socket.create_connection(("127.0.0.1", control.nats_port), PATIENCE).close()
    except (OSError, msgspec.DecodeError):
        return None
    return control


def write_users(state: Path, trust: Path, circle: str) -> list[PadUser]:
    """The users' part of the broker's configuration, from what is known now; the pads in it.

    Raises:
        FileProblem, NewerFormat: the folder or the file of a pad's user refuses.
    """
    pads = pad_users(trust)
    text = users_text(shared_users(state / "users.json"), pads, circle)
    write_owner_only(broker_folder(state) / USERS_NAME, text.encode())
    return pads


def reload_users(state: Path, control: Control) -> None:
    """Users that are new can come, those that are gone are cut off, and all else stays as it is.

    Raises:
        BrokerUnreachable: it does not do it; the sentence holds what it says.
        FileProblem, NewerFormat: as :func:`write_users`.
    """
    trust = Path(control.trust)
    pads = write_users(state, trust, control.circle)
    _reload(control)
    while pad_users(trust) != pads:  # another command made or took away a pad meanwhile
        pads = write_users(state, trust, control.circle)
        _reload(control)


class _Server(msgspec.Struct):
    server_id: str


class _Refusal(msgspec.Struct):
    description: str


class _Answer(msgspec.Struct):
    error: _Refusal | None = None


def _reload(control: Control) -> None:
    problem: Exception | None = None
    for _ in range(ATTEMPTS):
        try:
            answer = _request_reload(control)
        except (OSError, ValueError) as failure:
            problem = failure
            continue
        if answer.error is None:
            return
        raise BrokerUnreachable(
            f"The running broker refuses its users ({answer.error.description}); start the circle again."
        )
    raise BrokerUnreachable(
        f"The running broker did not read its users again ({problem}); start the circle again."
    )


def _request_reload(control: Control) -> _Answer:
    """Raises OSError or ValueError where it is not answered."""
    with (
        closing(socket.create_connection(("127.0.0.1", control.nats_port), PATIENCE)) as nats,
        nats.makefile("rb") as answers,
    ):
        return _converse(nats, answers, control.keeper_password)


def _converse(nats: socket.socket, answers: IO[bytes], password: str) -> _Answer:
    """NATS's own protocol: lines, and the answer's payload after ``MSG``."""
    greeting = answers.readline().removeprefix(b"INFO ")
    server = msgspec.json.decode(greeting, type=_Server).server_id
    login = msgspec.json.encode({"user": KEEPER, "pass": password, "verbose": False, "pedantic": False})
    subject = f"$SYS.REQ.SERVER.{server}.RELOAD"
    nats.sendall(b"CONNECT %b\r\nSUB %b 1\r\n" % (login, _INBOX.encode()))
    nats.sendall(f"PUB {subject} {_INBOX} 0\r\n\r\n".encode())
    while line := answers.readline():
        if line.startswith(b"MSG "):
            return msgspec.json.decode(answers.readline(), type=_Answer)
        if line.startswith(b"-ERR"):
            raise ValueError(line.decode(errors="replace").strip())
    raise ValueError("it hung up")


def own_host() -> str:
    """This machine's address as pads see it, on the network that is meant; loopback where there is no network."""
    meant = config.settings({}, config.config_folder()).interface
    return next(iter(own_addresses(meant)), "127.0.0.1")


def own_certificate_at(host: str, port: int) -> Path | None:
    """The certificate of the broker that drumcircle runs on this machine, if that is what this address means."""
    if not _is_here(host):
        return None
    control = read_control(config.state_folder())
    if control is None or not control.tls or control.port != port:
        return None
    return certificate_at(Path(control.trust)).public


def _is_here(host: str) -> bool:
    if host in ("localhost", own_host(), socket.gethostname()):
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _file(state: Path) -> Path:
    return broker_folder(state) / "control.json"
