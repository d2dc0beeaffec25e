"""The firmware bench: the ESP32's program runs under MicroPython, fits, and allocates nothing while it only samples."""

from __future__ import annotations

import json

import pytest

from drumcircle import cli


def test_the_program_fits_and_samples_without_allocating(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "firmware", "--seconds", "1", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    found = {row["metric"].partition(" (")[0]: row["value"] for row in rows}
    assert found["memory allocated by 1000 turns with samples alone"] == 0
    assert 0 < found["memory, both"] <= 100_000
    assert found["a turn of the loop without its wait, p50"] > 0
