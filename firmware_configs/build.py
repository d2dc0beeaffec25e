"""Put together all files a board needs: ``python firmware_configs/build.py esp32 FOLDER``.

What is common to boards, the board's own, and the wire's constants, which hub and pads share.  Copy the folder's
files to the board, with the ``pad.toml`` and ``drumcircle.der`` that ``drumcircle pads add`` wrote.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONSTANTS = "wire_constants.py"
CONSTANTS_PLACES = (HERE.parent / "src" / "drumcircle" / "net" / CONSTANTS,)
NO_BOARDS = frozenset({"common", "profiles", "simulated"})


def boards() -> list[str]:
    """Names of the folders that are boards."""
    return sorted(
        place.name for place in HERE.iterdir() if (place / "main.py").exists() and place.name not in NO_BOARDS
    )


def build(board: str, target: Path) -> list[Path]:
    """Copy what ``board`` needs into ``target``, which is made; the files there."""
    target.mkdir(parents=True, exist_ok=True)
    sources = [
        *sorted((HERE / "common").glob("*.py")),
        wire_constants(),
        *sorted((HERE / board).glob("*.py")),
    ]
    return [Path(shutil.copyfile(source, target / source.name)) for source in sources]


def wire_constants() -> Path:
    """The one source of what hub and pads agree on, in the checkout or in the installed package."""
    for place in CONSTANTS_PLACES:
        if place.exists():
            return place
    from drumcircle.net import wire_constants as installed

    return Path(str(installed.__file__))


def main() -> None:
    """As typed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("board", choices=boards())
    parser.add_argument("folder", type=Path)
    wanted = parser.parse_args()
    files = build(wanted.board, wanted.folder)
    for file in files:
        print(f"{file.stat().st_size:7,}  {file.name}")
    print(f"{sum(file.stat().st_size for file in files):7,}  bytes in {len(files)} files, in {wanted.folder}")


if __name__ == "__main__":
    main()
