"""What can be hit, and what can be heard."""

from __future__ import annotations

from drumcircle.cli._doctor import Check
from drumcircle.errors import DrumcircleError, MissingPart


def midi() -> Check:
    """Is there a MIDI library, a MIDI system, and a pad on it?"""
    from drumcircle.midi.ports import find_api, input_names

    try:
        api = find_api()
        names = input_names(api)
    except DrumcircleError as problem:
        return Check("MIDI", "warning", "no USB pads can be heard", str(problem))
    if not names:
        remedy = "Plug one in; it is found by itself, also in a running circle."
        return Check("MIDI", "warning", f"{api} is here, but no pad is connected", remedy)
    return Check("MIDI", "ok", f"{api}: {', '.join(names)}")


def sound() -> Check:
    """Is there a device that can be heard?  It is opened for a moment and plays nothing."""
    from drumcircle.audio.output import open_heard

    try:
        output = open_heard()
    except MissingPart as problem:
        return Check("sound", "warning", "the sound library is missing: no click", str(problem))
    if output is None:
        remedy = (
            "Plug in or switch on a loudspeaker; it is used within ten seconds, also in a running circle."
        )
        return Check("sound", "warning", "no sound device: the click is only seen", remedy)
    output.close()
    return Check("sound", "ok", f"heard through {output.name}")
