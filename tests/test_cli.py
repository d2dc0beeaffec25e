"""The command line as a whole: what every command does alike."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "asked", [("structures", "--json"), ("--help",), ("demo", "--help"), ("plan", "list")]
)
def test_every_command_ends_quietly_where_nobody_reads_on(asked: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-c", "from drumcircle.cli import main; raise SystemExit(main())", *asked],
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")
