"""Which boot of the machine this is: times of ``perf_counter`` mean nothing in another one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def boot_id() -> str:
    """A word that is the same until the machine is started again; empty where the system tells none."""
    if sys.platform == "win32":
        return _windows_boot()
    if sys.platform == "darwin":
        return _mac_boot()
    return _linux_boot()


def _linux_boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _mac_boot() -> str:
    asked = ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=False, timeout=5).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _windows_boot() -> str:
    if sys.platform != "win32":  # narrows the platform for the type checker
        return ""
    import winreg

    # Windows counts its starts here.
    where = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, where) as key:
            return str(winreg.QueryValueEx(key, "BootId")[0])
    except OSError:
        return ""
