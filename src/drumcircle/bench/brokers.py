"""Debian's mosquitto for a while: another broker than the one the program brings."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drumcircle.bench.catalogue import BenchFailed
from drumcircle.bench.children import running

READY_S = 10.0
_CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
message_size_limit 4096
persistence false
user {user}
"""
# Started by root it would become another user, and a process that does no longer ends with its parent.


def mosquitto() -> str | None:
    """Where it is; Debian keeps it where only root looks."""
    return shutil.which("mosquitto", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")


@contextmanager
def running_mosquitto(program: str, folder: Path) -> Iterator[str]:
    """On loopback, open to this machine while it lasts; its URL.

    Raises:
        BenchFailed: it does not listen.
    """
    port = _free_port()
    config = folder / "mosquitto.conf"
    config.write_text(_CONFIG.format(port=port, user=getpass.getuser()), encoding="utf-8")
    with running([program, "-c", str(config)]):
        end = time.monotonic() + READY_S
        while not _listens(port):
            if time.monotonic() > end:
                raise BenchFailed(f"mosquitto does not listen within {READY_S:g} s.")
            time.sleep(0.02)
        yield f"mqtt://127.0.0.1:{port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
