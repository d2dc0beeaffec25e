"""What pyproject.toml cannot say: the whole of ``firmware_configs`` goes under ``share/drumcircle`` of the environment.

``tool.setuptools.data-files`` wants each folder by name; a board that is added would be forgotten there.
"""

from pathlib import Path

from setuptools import setup

FIRMWARE = Path("firmware_configs")


def data_files() -> list[tuple[str, list[str]]]:
    """(folder in the environment, files of the source) for each folder with files in it."""
    by_folder: dict[Path, list[str]] = {}
    for file in sorted(FIRMWARE.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            by_folder.setdefault(file.parent, []).append(file.as_posix())
    return [(f"share/drumcircle/{folder.as_posix()}", files) for folder, files in by_folder.items()]


setup(data_files=data_files())
