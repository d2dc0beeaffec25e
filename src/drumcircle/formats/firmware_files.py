"""Where ``firmware_configs/`` is: beside the source in a checkout, under the environment's ``share`` when installed."""

from __future__ import annotations

import site
import sys
from pathlib import Path

from drumcircle.errors import MissingPart

_NAME = "firmware_configs"


def firmware_folder() -> Path:
    """The folder with one folder a board, ``common`` and ``profiles``.

    Raises:
        MissingPart: it was not installed with the program.
    """
    places = (
        Path(__file__).resolve().parents[3] / _NAME,
        Path(sys.prefix) / "share" / "drumcircle" / _NAME,
        Path(site.getuserbase()) / "share" / "drumcircle" / _NAME,  # pip install --user
    )
    for place in places:
        if place.is_dir():
            return place
    raise MissingPart(
        "The folder firmware_configs was not installed with drumcircle; run it from a checkout of the source."
    )
