"""For every test: the user's own folders are out of reach, and Hypothesis asserts nothing about time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from jack_fixtures import jack

__all__ = ["jack"]  # one server for all

settings.register_profile("drumcircle", deadline=None)
settings.load_profile("drumcircle")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of this test alone, for it and for every process it starts."""
    home = tmp_path_factory.mktemp("home")
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"DRUMCIRCLE_{name}", str(home / name.lower()))
    monkeypatch.setenv("DRUMCIRCLE_INTERFACE", "127.0.0.1")  # nothing is announced or looked for elsewhere
    return home
