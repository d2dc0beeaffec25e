"""Children end with their parent, however it ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading

import pytest

from drumcircle.hub.children import spawn

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX process rules; Windows has its own")

# The parent says its child's pid, then waits for ever; the child holds the pipe that the test reads.
PARENT = """
import subprocess, sys, time
sys.platform = {platform!r}
from drumcircle.hub.children import spawn
child = spawn([sys.executable, "-c", {child!r}], stdout=1, at_once={at_once})
while True:
    time.sleep(60)
"""
OBEDIENT = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
STUBBORN = (
    "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print(os.getpid(), flush=True); time.sleep(60)"
)


def reads_end(stream: int, seconds: float = 20) -> bool:
    """True once nobody holds the other end of the pipe any more."""
    ready, _, _ = select.select([stream], [], [], seconds)
    return bool(ready) and os.read(stream, 1) == b""


@pytest.mark.parametrize(
    ("platform", "child", "at_once"),
    [
        ("linux", OBEDIENT, False),
        ("linux", STUBBORN, True),
        ("darwin", OBEDIENT, False),
        ("darwin", STUBBORN, True),
    ],
)
def test_a_child_ends_when_its_parent_is_killed(platform: str, child: str, at_once: bool) -> None:
    if platform == "linux" and not sys.platform.startswith("linux"):
        pytest.skip("the death signal is Linux's")
    source = PARENT.format(platform=platform, child=child, at_once=at_once)
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        try:
            parent.kill()
            assert reads_end(parent.stdout.fileno()), "the child outlived its parent"
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            raise


def test_a_child_has_a_session_of_its_own_unless_it_needs_the_terminal() -> None:
    ask = [sys.executable, "-c", "import os; print(os.getsid(0))"]
    apart = spawn(ask, stdout=subprocess.PIPE)
    with_us = spawn(ask, stdout=subprocess.PIPE, own_session=False)
    assert int(apart.communicate(timeout=20)[0]) == apart.pid
    assert int(with_us.communicate(timeout=20)[0]) == os.getsid(0)


def test_spawning_from_another_thread_is_refused_because_the_child_would_end_with_it() -> None:
    caught: list[BaseException] = []

    def attempt() -> None:
        try:
            spawn([sys.executable, "-c", ""])
        except RuntimeError as problem:
            caught.append(problem)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert caught
