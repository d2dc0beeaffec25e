"""Options of the hub, shared by ``hub``, ``circle`` and ``demo``; unset ones fall to config and defaults."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

VALUES = (
    "bpm", "meter", "structure", "subdivision", "double_trigger_ms", "title", "simulate", "circle",
    "port", "latency_ms", "midi_out", "osc", "config", "data", "seed", "plan",
)  # fmt: skip


def add_hub_arguments(parser: argparse.ArgumentParser, *plain: str, plan: bool = True) -> None:
    """Everything about the circle itself; ``plain``: other ways to write ``--plain-wire``; ``plan``: also which plan it
    follows."""
    pulse = parser.add_argument_group("pulse and playing")
    pulse.add_argument("--bpm", type=float, metavar="F", help="tempo, 30 to 240 beats a minute")
    pulse.add_argument("--meter", metavar="N/4|N/8", help="metre, such as 4/4 or 6/8")
    pulse.add_argument("--structure", metavar="NAME[:key=value,…]", help="begin with this, without count-in")
    if plan:
        pulse.add_argument("--plan", metavar="PLAN", help="follow this plan: its name, or a file")
        pulse.add_argument(
            "--wait", action="store_true", help="and wait for the key before each of its steps"
        )
    pulse.add_argument(
        "--subdivision", type=_subdivision, metavar="N", help="judged points a beat, for new players"
    )
    pulse.add_argument(
        "--double-trigger",
        dest="double_trigger_ms",
        type=float,
        metavar="MS",
        help="a second hit within this is a double one",
    )
    pulse.add_argument("--title", metavar="WORDS", help="what this circle is called")
    pads = parser.add_argument_group("pads")
    pads.add_argument("--simulate", type=int, metavar="N", help="N virtual players")
    pads.add_argument("--broker", metavar="URL", help="another broker: mqtt[s]://user:password@host:port")
    pads.add_argument("--circle", metavar="NAME", help="name of the circle on the wire, [a-z0-9-]")
    pads.add_argument(
        "--port",
        type=int,
        metavar="N",
        help="port of our broker (0: any free one; default 8883 with TLS, else 1883)",
    )
    pads.add_argument(
        "--listen", action="store_true", default=None, help="let pads on the local network in, by TLS"
    )
    pads.add_argument(
        "--plain-wire",
        *plain,
        dest="plain_wire",
        action="store_true",
        default=None,
        help="with --listen: without TLS; whoever is on the network can read along",
    )
    pads.add_argument(
        "--osc",
        type=int,
        metavar="PORT",
        help="hear pads that speak OSC at this UDP port (with --listen: from the network)",
    )
    pads.add_argument(
        "--midi", action=argparse.BooleanOptionalAction, default=None, help="listen to USB pads"
    )
    sound = parser.add_argument_group("sound")
    sound.add_argument(
        "--no-sound", dest="sound", action="store_false", default=None, help="no click, no drum"
    )
    sound.add_argument(
        "--latency",
        dest="latency_ms",
        type=float,
        metavar="MS",
        help="output latency of the sound, if it is known",
    )
    sound.add_argument("--midi-out", metavar="PORT", help="send the click as notes to this MIDI port")
    record = parser.add_argument_group("record")
    record.add_argument("--record", action="store_true", default=None, help="record from the first moment")
    record.add_argument(
        "--config", type=Path, metavar="DIR", help="folder of settings and the circle's people"
    )
    record.add_argument("--data", type=Path, metavar="DIR", help="folder of recorded sessions")
    record.add_argument("--seed", type=int, metavar="N", help="seed of everything drawn by chance")


def hub_argv(options: argparse.Namespace) -> list[str]:
    """The same options as words for another process; what was not given is left out, and so is the broker's
    address, which may hold a password: it goes by ``DRUMCIRCLE_BROKER``."""
    words: list[str] = []
    for name in VALUES:
        value = getattr(options, name)
        if value is not None:
            words += [f"--{name.removesuffix('_ms').replace('_', '-')}", str(value)]
    for name in ("listen", "plain_wire", "record", "wait"):
        if getattr(options, name):
            words.append(f"--{name.replace('_', '-')}")
    if options.midi is not None:
        words.append("--midi" if options.midi else "--no-midi")
    if options.sound is False:
        words.append("--no-sound")
    return words


def _subdivision(text: str) -> float:
    try:
        value = float(Fraction(text))
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number such as 2 or 1/4") from None
    if not 1 / 32 <= value <= 16:
        raise argparse.ArgumentTypeError(f"{text} is outside 1/32 to 16")
    return value
