"""Which MIDI system there is here, and what its ports are called."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal, get_args

from drumcircle.errors import MissingPart, UsageError

Api = Literal["alsa", "jack", "coremidi", "winmm"]

_RTMIDI_NAME: dict[Api, str] = {
    "alsa": "API_LINUX_ALSA",
    "jack": "API_UNIX_JACK",
    "coremidi": "API_MACOSX_CORE",
    "winmm": "API_WINDOWS_MM",
}

OWN_INPUT = "drumcircle-in"
"""Our clients that hear are called this, followed by the process id."""
OWN_OUTPUT = "drumcircle-out"
"""Our clients that sound are called this, followed by the process id; no hub ever reads them."""

ALSA_SEQUENCER = Path("/dev/snd/seq")


@dataclass(frozen=True, slots=True)
class PortName:
    """One port as the MIDI system lists it.

    ``base`` is the device's readable name, the same each time it is plugged in.  ``serial`` tells equal
    devices apart as long as they stay connected; None where the system has nothing that does.
    """

    raw: str
    base: str
    serial: str | None


def rtmidi() -> ModuleType:
    """The library, ready to be used quietly.

    Raises:
        MissingPart: it is not installed, or a library of the system's that it needs is not.
    """
    # Merely looking must not start a JACK server.
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    os.environ.setdefault("JACK_NO_AUDIO_RESERVATION", "1")
    try:
        import rtmidi as module
    except ImportError as problem:
        raise MissingPart(_how_to_add_rtmidi(str(problem))) from None
    if sys.platform == "linux":
        from drumcircle.midi import jack

        jack.library()  # silences it
    found: ModuleType = module
    return found


def find_api() -> Api:
    """The MIDI system to use here: ``DRUMCIRCLE_MIDI_API`` if set, else what this kind of machine has.

    Raises:
        MissingPart: there is none, or rtmidi is missing.
        UsageError: ``DRUMCIRCLE_MIDI_API`` names no MIDI system.
    """
    module = rtmidi()
    api = _chosen_api() or _usual_api()
    if getattr(module, _RTMIDI_NAME[api]) not in module.get_compiled_api():
        raise MissingPart(
            f"This python-rtmidi was built without {api} on {platform.system()}; choose another."
        )
    return api


def rtmidi_constant(api: Api) -> int:
    """What rtmidi calls this MIDI system."""
    return int(getattr(rtmidi(), _RTMIDI_NAME[api]))


def input_names(api: Api | None = None) -> list[str]:
    """Readable names of the ports a hub here would listen to; for people and ``doctor``.

    Raises:
        MissingPart: as :func:`find_api`.
    """
    from drumcircle.midi.watch import open_watch

    watch = open_watch(api or find_api())
    try:
        return [port.base for port in readable_ports(watch.names(), watch.api)]
    finally:
        watch.close()


def readable_ports(names: list[str], api: Api) -> list[PortName]:
    """The ports that may be pads: all but our own outputs and ALSA's loop-back port."""
    return [parse(name, api) for name in names if not name.startswith((OWN_OUTPUT, "Midi Through"))]


def parse(raw: str, api: Api) -> PortName:
    """Take a port's listed name apart.

    ALSA lists ``client:port 20:0``, JACK ``client:port``, Windows ``name 3`` (its place in the list, which
    moves when another device is pulled out), macOS the bare name.
    """
    if api == "alsa":
        found = re.fullmatch(r"(.*?) (\d+:\d+)", raw, re.DOTALL)
        name, serial = (found[1], found[2]) if found else (raw, raw)
        return PortName(raw, _device_name(name), serial)
    if api == "jack":
        return PortName(raw, _device_name(raw), raw)
    if api == "winmm":
        return PortName(raw, _tidy(re.sub(r" \d+$", "", raw)), None)
    return PortName(raw, _tidy(raw), None)


def _device_name(name: str) -> str:
    """``MPD218:MPD218 MIDI 1`` is MPD218, ``maria:midi_out`` is maria, ``kit:snare`` is kit snare."""
    client, _, port = name.partition(":")
    if not port or re.fullmatch(r"(midi[ _]?)?(out(put)?|capture|rtmidi.*)([ _]?[01])?", port, re.IGNORECASE):
        return _tidy(client)
    if re.fullmatch(r"RtMidi ?Out(put)? Client(-\d\d)?", client) or port.startswith(client):
        return _tidy(re.sub(r" MIDI 1$", "", port))
    return _tidy(f"{client} {port}")


def _tidy(name: str) -> str:
    """Without what device ids and pad keys use themselves (``#``, ``~``) and what no line can show."""
    shown = "".join(c if c.isprintable() and c not in "#~" else " " for c in name)
    return " ".join(shown.split()) or "unnamed"


def _chosen_api() -> Api | None:
    chosen = os.environ.get("DRUMCIRCLE_MIDI_API")
    if not chosen:
        return None
    for api in get_args(Api):
        if chosen == api:
            found: Api = api
            return found
    raise UsageError(f"DRUMCIRCLE_MIDI_API is {chosen!r}; it can be {', '.join(get_args(Api))}.")


def _usual_api() -> Api:
    if sys.platform == "darwin":
        return "coremidi"
    if sys.platform == "win32":
        return "winmm"
    if ALSA_SEQUENCER.exists():
        if not os.access(ALSA_SEQUENCER, os.R_OK | os.W_OK):
            raise MissingPart(
                f"{ALSA_SEQUENCER} may not be used by this user; 'sudo usermod -aG audio $USER' and a new login "
                "allow it, then USB pads are found."
            )
        return "alsa"
    if jack_runs():
        return "jack"
    raise MissingPart(
        "There is no MIDI system here, so no USB pads: load ALSA's with 'sudo modprobe snd-seq', or start a "
        "JACK server; it is found by itself then."
    )


def jack_runs() -> bool:
    """A JACK server answers."""
    from drumcircle.midi.jack import JackWatch

    try:
        JackWatch().close()
    except MissingPart:
        return False
    return True


def _how_to_add_rtmidi(problem: str) -> str:
    if "libasound" in problem:
        return "USB pads need the system's libasound2: 'sudo apt-get install libasound2' (or alsa-lib), then start again."
    if sys.version_info < (3, 13):
        return "USB pads need python-rtmidi: 'pip install python-rtmidi', then start again."
    compiler = {
        "linux": "'sudo apt-get install g++ pkg-config libasound2-dev libjack-jackd2-dev'",
        "darwin": "'xcode-select --install'",
        "win32": "Microsoft's C++ build tools",
    }.get(sys.platform, "a C++ compiler")
    return (
        "USB pads need python-rtmidi, which is ready-made for Python 3.11 and 3.12; use one of those, or add "
        f"{compiler} and then 'pip install drumcircle[midi]'."
    )
