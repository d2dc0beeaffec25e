"""Run as a program: a tiny hub or dashboard, or the supervisor that keeps them.

    supervisor_crew.py keep STATE [--broker]
    supervisor_crew.py hub|dash STATE

Each tiny process calls the test at the port in ``CREW_PORT``, says who it is, and does what it is told; the
connection closes when the process ends, however it ends.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path
from queue import SimpleQueue

HERE = Path(__file__)


def dial() -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(os.environ["CREW_PORT"])))


def name_oneself(line: socket.socket, name: str) -> None:
    """Only now does the test know of this process: it must be ready for anything."""
    line.sendall(f"{name} {os.getpid()}\n".encode())


def obey(line: socket.socket) -> int:
    """Wait for ``exit N`` or ``say WORDS``; the test being gone is an end too."""
    for order in line.makefile():
        word, _, rest = order.strip().partition(" ")
        if word == "exit":
            return int(rest)
        print(rest, file=sys.stderr, flush=True)
    return 0


def hub(state: Path) -> int:
    from drumcircle.link.files import remove_link, write_link

    write_link(state, url="ws://127.0.0.1:1/link", token="t", circle_token="c", circle="circle", data=state)
    line = dial()

    def end(*_: object) -> None:
        # A parent of several threads that is killed may be heard of several times.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        line.sendall(b"ending\n")
        remove_link(state)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    name_oneself(line, "hub")
    return obey(line)


def dash() -> int:
    line = dial()
    name_oneself(line, "dash")
    return obey(line)


def keep(state: Path, *, broker: bool) -> int:
    from drumcircle.cli._supervisor.broker import BrokerChild
    from drumcircle.cli._supervisor.child import Dashboard, HubChild, environment
    from drumcircle.cli._supervisor.claim import Claim
    from drumcircle.cli._supervisor.front import Front, in_front
    from drumcircle.cli._supervisor.keeper import Crew, Happened, Keeper
    from drumcircle.cli._supervisor.terminal import Terminal
    from drumcircle.config import Settings
    from drumcircle.errors import DrumcircleError

    claim, terminal = Claim.take(state), Terminal()
    if claim is None:
        return 3

    def words(name: str) -> list[str]:
        return [sys.executable, str(HERE), name, str(state)]

    def keep_as(front: Front) -> int:
        claim.sign()
        happened: SimpleQueue[Happened] = SimpleQueue()
        crew = Crew(
            BrokerChild(state, Settings(port=0)) if broker else None,
            HubChild(words("hub"), environment(), state / "hub-output.log", happened.put),
            Dashboard(words("dash"), environment(), happened.put),
        )
        return Keeper(crew, happened, front, terminal, state).run()

    try:
        return in_front(keep_as, terminal)
    except DrumcircleError as problem:
        print(f"drumcircle: {problem}", file=sys.stderr)
        return problem.exit_code


if __name__ == "__main__":
    role, folder = sys.argv[1], Path(sys.argv[2])
    if role == "keep":
        sys.exit(keep(folder, broker="--broker" in sys.argv))
    sys.exit(hub(folder) if role == "hub" else dash())
