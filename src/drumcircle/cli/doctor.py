"""``drumcircle doctor``: is everything here that this room needs; if not, what to do."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict

from drumcircle.cli._doctor import Check, devices, discovery, isolation, machine, network, trust

CHECKS: tuple[Callable[[], Check], ...] = (
    machine.python,
    machine.packages,
    machine.clock,
    machine.settings_folder,
    machine.data_folder,
    machine.state_folder,
    devices.midi,
    devices.sound,
    network.broker,
    network.broker_port,
    network.tls_port,
    trust.certificate,
    isolation.wifi,
    discovery.discovery,
    discovery.osc,
    machine.punctuality,
    machine.terminal,
    network.circle,
)
PATIENCE_S = 2.0
REPORT = "A circle may run all the same; please report what this machine is."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``drumcircle doctor``."""
    parser.add_argument("--json", action="store_true", help="the findings as one JSON document")


def run(options: argparse.Namespace) -> int:
    """Look at everything; 2 if something is missing without which no circle can run."""
    checks = examine(CHECKS)
    missing = [check for check in checks if check.state == "missing"]
    if options.json:
        print(
            json.dumps({"ok": not missing, "checks": [asdict(check) for check in checks]}, ensure_ascii=False)
        )
    else:
        print("\n".join(lines(checks)))
        print(f"\n{verdict(checks)}")
    return 2 if missing else 0


def examine(looks: Sequence[Callable[[], Check]]) -> list[Check]:
    """Look at each thing; a look that fails or hangs is a finding too, and keeps no other from being made."""
    return [_look(look) for look in looks]


def _look(look: Callable[[], Check]) -> Check:
    name = look.__name__.replace("_", " ")
    found: list[Check] = []

    def try_it() -> None:
        try:
            found.append(look())
        except Exception as problem:  # whatever a strange machine does, the other findings are wanted
            words = f"could not be looked at ({type(problem).__name__}: {problem})"
            found.append(Check(name, "warning", words, REPORT))

    # A daemon, because a driver that hangs must not keep the program from ending.
    thread = threading.Thread(target=try_it, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return found[0] if found else Check(name, "warning", f"did not answer within {PATIENCE_S:g} s", REPORT)


def lines(checks: list[Check]) -> list[str]:
    """One line a finding, and one below it for what to do."""
    width = max(len(check.name) for check in checks)
    out = []
    for check in checks:
        out.append(f"{check.state:<7}  {check.name:<{width}}  {check.words}")
        if check.remedy:
            out.append(f"{'':7}  {'':{width}}  → {check.remedy}")
    return out


def verdict(checks: list[Check]) -> str:
    """The one sentence that counts."""
    missing = [check.name for check in checks if check.state == "missing"]
    warnings = [check.name for check in checks if check.state == "warning"]
    if missing:
        return f"No circle can run here yet: see {', '.join(missing)}."
    if warnings:
        return f"A circle can run here; with less than everything: see {', '.join(warnings)}."
    return "Everything is here."
