"""What a bench ran on, as far as it matters for its figures; nothing that tells whose machine it is."""

from __future__ import annotations

import os
import platform
from pathlib import Path

CPU_FILE = Path("/proc/cpuinfo")


def machine() -> dict[str, object]:
    """Python, processor, cores, system, and how busy it is with other things (``load``: 1 min average)."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "os": f"{platform.system()} {platform.release()}",
        "load": None if load is None else round(load, 2),
    }


def words(described: dict[str, object]) -> str:
    """The same as one line for a person."""
    load = described["load"]
    busy = "" if load is None else f", load {load} as it began"
    return f"{described['python']}, {described['cpu']}, {described['cores']} cores, {described['os']}{busy}"


def _cpu() -> str:
    """Its model; Linux tells it only in a file."""
    if CPU_FILE.is_file():
        for line in CPU_FILE.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, model = line.partition(":")
            if name.strip() == "model name":
                return model.strip()
    return platform.processor() or platform.machine()
