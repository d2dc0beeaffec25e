"""From ``--into`` to an open :class:`Target`; each way is imported only when it is taken."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from drumcircle.cli._perform.target import StampedTarget, Target
from drumcircle.errors import UsageError

WAYS = (
    "'mqtt[s]://user:password@host:port/circle', 'circle:NAME' for one on this network, for a file also "
    "'midi:PORT', or nothing for the circle that runs here"
)


def open_target(
    into: str, state: Path, pads: Sequence[str], label: str
) -> contextlib.AbstractAsyncContextManager[Target]:
    """The way into a circle that ``into`` names (empty: the hub whose ``link.json`` is in ``state``).

    Raises:
        UsageError: there is no such way.
    """
    scheme, _, port = into.partition(":")
    if scheme == "midi" and port:
        from drumcircle.cli._perform.midi_target import into_midi

        return into_midi(port, state)
    return open_stamped(into, state, pads, label)


def open_stamped(
    into: str, state: Path, pads: Sequence[str], label: str
) -> contextlib.AbstractAsyncContextManager[StampedTarget]:
    """The same, for pads that stamp their hits: not over MIDI.

    Raises:
        UsageError: there is no such way.
    """
    if not into:
        from drumcircle.cli._perform.link_target import into_link

        return into_link(state, pads, label)
    scheme, _, name = into.partition(":")
    if scheme == "circle" and name:
        from drumcircle.cli._perform.link_target import into_circle

        return into_circle(name, pads, label)
    if scheme in ("mqtt", "mqtts"):
        from drumcircle.cli._perform.mqtt_target import into_mqtt

        return into_mqtt(into, pads)
    # What follows the scheme may hold a password.
    raise UsageError(f"--into cannot begin with {scheme!r} here; it is {WAYS}.")
