"""Where things are kept; options > ``DRUMCIRCLE_*`` > ``config.toml`` > defaults."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def config_folder() -> Path:
    """Settings and the circle's people (aliases only)."""
    return _folder("DRUMCIRCLE_CONFIG", platformdirs.user_config_dir("drumcircle", appauthor=False))


def data_folder() -> Path:
    """Recorded sessions."""
    return _folder("DRUMCIRCLE_DATA", platformdirs.user_data_dir("drumcircle", appauthor=False))


def state_folder() -> Path:
    """What lives as long as a circle: link.json, broker store, recovery journal, logs."""
    return _folder("DRUMCIRCLE_STATE", platformdirs.user_state_dir("drumcircle", appauthor=False))


def _folder(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or default)
