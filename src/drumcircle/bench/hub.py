"""Many networked pads at once: broker, hub process, recording, sound.

The hub is ``drumcircle hub --record`` as anybody starts it.  The pads stamp each hit with the machine's own
clock, and the journal keeps that stamp beside the time at which the core took the hit: so publish to core is
read from the record, and nothing is added to the hub to measure it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import Popen
from typing import Any

from drumcircle.bench import children
from drumcircle.bench.catalogue import Teller, Wanted
from drumcircle.bench.row import Aim, Row, compared, percentile
from drumcircle.core.events import MS, Hit
from drumcircle.net.address import PASSWORD_VARIABLE, Address
from drumcircle.net.broker import Broker
from drumcircle.store.journal import read_journal

PADS = (50, 200, 800)
SECONDS = 10.0
WARM_S = 1.0
"""Before measuring: every pad has played and is somebody's."""
SETTLE_S = 0.5
"""After the last hit, before anybody is asked what was heard."""
AIMS_FROM = 800
"""Pads from which on the aims are told; fewer are easier in time and dearer a hit, as a loop wakes for each."""
PADS_LATE_MS = 10.0
BARE = "bare aiomqtt"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one listener made of one load; times from publish, ms; CPU time a hit, µs."""

    cpu_us: float
    p50_ms: float
    p99_ms: float
    lost: int
    late_sound: int = 0


def measure(wanted: Wanted, tell: Teller) -> Iterator[Row]:
    """For each number of pads: the hub, then aiomqtt alone, on the same broker under the same load."""
    seconds = wanted.seconds or SECONDS
    with ExitStack() as stack:
        folder = stack.enter_context(children.own_folder())
        broker = Broker.start(folder / "broker-state", port=0)
        stack.callback(broker.stop)
        for pads in wanted.pads or PADS:
            tell.doing(f"{pads} pads into the hub, {seconds:g} s")
            ours = _hub(folder / f"hub-{pads}", broker, pads, seconds, tell)
            tell.doing(f"{pads} pads into aiomqtt alone, {seconds:g} s")
            bare = _aiomqtt(broker, pads, seconds)
            yield from _rows(f"{pads} pads", ours, bare, aims=pads >= AIMS_FROM)


def _rows(case: str, ours: Heard, bare: Heard, *, aims: bool) -> Iterator[Row]:
    def aim(at_most: float) -> Aim | None:
        return Aim(at_most) if aims else None

    yield compared(Row(case, "CPU a hit", ours.cpu_us, "µs", aim=aim(150)), BARE, bare.cpu_us)
    yield compared(Row(case, "publish to core p50", ours.p50_ms, "ms"), BARE, bare.p50_ms)
    yield compared(Row(case, "publish to core p99", ours.p99_ms, "ms", aim=aim(10)), BARE, bare.p99_ms)
    yield Row(case, "hits lost", ours.lost, "", aim=Aim(0))
    yield Row(case, "late sound callbacks", ours.late_sound, "", aim=Aim(0))
    yield Row(f"{case}, {BARE}", "CPU a hit", bare.cpu_us, "µs")
    yield Row(f"{case}, {BARE}", "publish to callback p50", bare.p50_ms, "ms")
    yield Row(f"{case}, {BARE}", "publish to callback p99", bare.p99_ms, "ms")
    yield Row(f"{case}, {BARE}", "hits lost", bare.lost, "")


def _hub(folder: Path, broker: Broker, pads: int, seconds: float, tell: Teller) -> Heard:
    login = broker.hub_login
    options = ("--broker", _shown(login), "--circle", login.circle, "--no-midi", "--record")
    with (
        children.running_hub(folder, *options, **_secret(login)) as hub,
        _pads(broker.pads_login, pads) as player,
    ):
        warm = _play(player, WARM_S)
        before = hub.ask("load")
        done = _play(player, seconds)
        sent = round(warm["sent"] + done["sent"])
        after = _all_heard(hub, sent)
        hub.summary()
    if done["late_p99_ms"] > PADS_LATE_MS:
        tell.remark(
            f"This machine is too busy: the {pads} pads themselves were {done['late_p99_ms']:.0f} ms late."
        )
    took = _took(hub.journal(), done["began"], done["ended"])
    return Heard(
        cpu_us=1e6 * (after["cpu_s"] - before["cpu_s"]) / done["sent"],
        p50_ms=percentile(took, 0.5) / MS,
        p99_ms=percentile(took, 0.99) / MS,
        lost=sent - after["received"],
        late_sound=after["late_sound_callbacks"] - before["late_sound_callbacks"],
    )


def _all_heard(hub: children.RunningHub, sent: int) -> dict[str, Any]:
    """The hub's load once it has heard every hit, or hears no more of them: what is late is not lost."""
    told = hub.ask("load")
    before = -1
    while before < told["received"] < sent:
        time.sleep(SETTLE_S)
        before, told = told["received"], hub.ask("load")
    return told


def _took(journal: Path, began: float, ended: float) -> list[int]:
    """From publish to core, ns, of every hit published in this time."""
    return [
        now - event.raw_time
        for now, event in read_journal(journal).rows()
        if isinstance(event, Hit) and event.raw_time is not None and began <= event.raw_time <= ended
    ]


def _aiomqtt(broker: Broker, pads: int, seconds: float) -> Heard:
    login = broker.hub_login
    listens = children.module("bare_aiomqtt", _shown(login))
    with (
        children.running(listens, {**os.environ, **_secret(login)}) as listener,
        _pads(broker.pads_login, pads) as player,
    ):
        children.answer(listener, "aiomqtt")
        warm = _play(player, WARM_S)
        children.tell(listener, "begin")
        done = _play(player, seconds)
        children.tell(listener, "end")
        heard = children.answer(listener, "aiomqtt")
    return Heard(
        cpu_us=1e6 * heard["cpu_s"] / done["sent"],
        p50_ms=heard["p50_ms"],
        p99_ms=heard["p99_ms"],
        lost=round(warm["sent"] + done["sent"]) - heard["received"],
    )


@contextmanager
def _pads(login: Address, pads: int) -> Iterator[Popen[bytes]]:
    """Pads that are connected and have synchronised."""
    plays = children.module("pads_at_work", _shown(login), str(pads))
    with children.running(plays, {**os.environ, **_secret(login)}) as player:
        children.answer(player, "The pads' program")
        yield player


def _play(player: Popen[bytes], seconds: float) -> dict[str, float]:
    """Let them play; what they did.  Nothing is under way any more when it returns, unless the hub lags."""
    children.tell(player, str(seconds))
    done = children.answer(player, "The pads' program")
    time.sleep(SETTLE_S)
    return done


def _shown(login: Address) -> str:
    """Without the password: anybody on the machine can read a command line."""
    return replace(login, password=None).full_url()


def _secret(login: Address) -> dict[str, str]:
    return {PASSWORD_VARIABLE: login.password or ""}
