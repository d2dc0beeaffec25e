"""Puts a keeper together from options."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from queue import SimpleQueue

from drumcircle import INTENDED_USE, config
from drumcircle.cli._broker import BROKER_FILE
from drumcircle.cli._supervisor.attach import attach
from drumcircle.cli._supervisor.broker import BrokerChild
from drumcircle.cli._supervisor.child import Dashboard, HubChild, environment, python
from drumcircle.cli._supervisor.claim import Claim
from drumcircle.cli._supervisor.ending import end_circle
from drumcircle.cli._supervisor.front import Front, in_front
from drumcircle.cli._supervisor.keeper import HUB_LOG, Crew, Happened, Keeper
from drumcircle.cli._supervisor.terminal import Terminal
from drumcircle.cli.hub_options import hub_argv
from drumcircle.errors import CircleAlreadyRunning
from drumcircle.link.certificate import trust_folder
from drumcircle.link.files import read_link

BROKER_URL = "DRUMCIRCLE_BROKER"
"""An address may hold a password, and everybody on a machine can read the words of a command."""
SUPERVISED = "DRUMCIRCLE_SUPERVISED"
"""Set for a dashboard that is opened together with its hub: it waits for it."""

STILL_ENCRYPTED = (
    "--plain is the dashboard's here, pads still speak TLS; --plain-wire opens the network without it."
)


def keep_or_join(options: argparse.Namespace, *, plain: bool) -> int:
    """Keep a circle; where one runs already, say so and open a dashboard on it."""
    state = config.state_folder()
    _greet(state)
    claim = None if read_link(state) else Claim.take(state)
    if claim is not None:
        return _keep(options, state, claim, plain)
    print("A circle runs here already; this is another dashboard on it.", file=sys.stderr)
    if hub_argv(options) or options.broker:
        print("It keeps the options it was started with.", file=sys.stderr)
    return attach(_dashboard(plain), environment(**{SUPERVISED: "1"}))


def keep(options: argparse.Namespace, *, plain: bool) -> int:
    """Keep a circle.

    Raises:
        CircleAlreadyRunning: another one runs here.
    """
    state = config.state_folder()
    _greet(state)
    claim = None if read_link(state) else Claim.take(state)
    if claim is None:
        raise CircleAlreadyRunning(
            "A circle runs here already: 'drumcircle' opens a dashboard on it, 'drumcircle circle --end' ends it."
        )
    return _keep(options, state, claim, plain)


def _greet(state: Path) -> None:
    """The first time ever: what this is for; it stands in the terminal when the dashboard is left."""
    if not state.exists():
        print(INTENDED_USE, flush=True)


def end() -> int:
    """End the circle that runs here, from any terminal."""
    end_circle(config.state_folder())
    print("The circle has ended.")
    return 0


def _keep(options: argparse.Namespace, state: Path, claim: Claim, plain: bool) -> int:
    settings_folder = options.config or config.config_folder()
    settings = config.settings(vars(options), settings_folder)
    if plain and settings.listen and not settings.plain_wire:
        print(STILL_ENCRYPTED, file=sys.stderr)
    terminal = Terminal()

    def keep_as(front: Front) -> int:
        claim.sign()
        happened: SimpleQueue[Happened] = SimpleQueue()
        broker, more = None, {}
        if settings.broker:
            more[BROKER_URL] = settings.broker
        else:
            broker = BrokerChild(state, settings, trust_folder(settings_folder))
            more[BROKER_FILE] = str(broker.login)
        ask = ["--ask"] if terminal.interactive else []  # somebody is there to say whose an unknown pad is
        hub = HubChild(
            python("hub", *ask, *hub_argv(options)), environment(**more), state / HUB_LOG, happened.put
        )
        dashboard = Dashboard(_dashboard(plain), environment(**{SUPERVISED: "1"}), happened.put)
        return Keeper(Crew(broker, hub, dashboard), happened, front, terminal, state).run()

    return in_front(keep_as, terminal)


def _dashboard(plain: bool) -> list[str]:
    """Drawn on a terminal; a line a happening where the output goes elsewhere."""
    drawn = not plain and sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return python("dash") if drawn else python("dash", "--plain")
