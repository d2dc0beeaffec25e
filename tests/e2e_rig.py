"""A real hub in a process of its own, and people (processes) who play into it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumcircle.link.client import LinkClient
from drumcircle.link.files import LinkFile, require_link

GUARD = 60.0
START_SECONDS = 20.0


@dataclass
class Rig:
    """One running hub with folders of its own."""

    folder: Path
    process: asyncio.subprocess.Process

    @property
    def link(self) -> LinkFile:
        return require_link(self.folder / "state")

    def pads_url(self) -> str:
        """What a pad types: the broker with the pads' login, and the circle."""
        login = self.link.broker
        assert login is not None, "this hub has no broker"
        scheme, _, place = login.url.partition("://")
        return f"{scheme}://{login.user}:{login.password}@{place}/{login.circle}"

    async def play(self, file: Path, *options: str) -> dict[str, Any]:
        """``drumcircle play`` to its end; its report."""
        player = await asyncio.create_subprocess_exec(
            *drumcircle("play", str(file), "--json", *options),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment(self.folder),
        )  # fmt: skip
        out, err = await asyncio.wait_for(player.communicate(), GUARD)
        assert player.returncode == 0, err.decode()
        report: dict[str, Any] = json.loads(out)
        return report

    async def summary(self) -> dict[str, Any]:
        """End the circle; what it wrote about itself."""
        async with LinkClient.here(self.folder / "state", "facilitator") as facilitator:
            await facilitator.request("quit")
        assert await asyncio.wait_for(self.process.wait(), GUARD) == 0
        summary: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return summary


def drumcircle(*words: str) -> list[str]:
    """A command of this checkout's drumcircle."""
    return [sys.executable, "-m", "drumcircle", *words]


def environment(folder: Path) -> dict[str, str]:
    """Everything a circle keeps goes under ``folder``."""
    own = {f"DRUMCIRCLE_{name.upper()}": str(folder / name) for name in ("config", "data", "state")}
    return {**os.environ, **own}


@contextlib.asynccontextmanager
async def running_hub(folder: Path, *options: str) -> AsyncIterator[Rig]:
    """A hub with these options that judges every hit, from when it answers to when it is gone."""
    words = ("--summary", str(folder / "summary.json"), "--double-trigger", "0", "--no-sound", *options)
    log = (folder / "hub.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *drumcircle("hub", *words), stdout=log, stderr=log, env=environment(folder)
    )
    try:
        async with LinkClient.here(folder / "state", "facilitator", patience=START_SECONDS):
            pass
        yield Rig(folder, process)
    finally:
        log.close()
        if process.returncode is None:
            process.kill()
        await process.wait()


async def all_at_once(rig: Rig, performances: Sequence[tuple[Path, Sequence[str]]]) -> list[dict[str, Any]]:
    """Several people play at the same time."""
    return await asyncio.gather(*(rig.play(file, *options) for file, options in performances))
