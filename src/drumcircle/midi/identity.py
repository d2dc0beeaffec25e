"""Which device is which, from one list of port names to the next.

A device whose name nobody else has is ``usb:<name>``, today and next week.  Once two devices of one name
have been seen together, nothing tells them apart after a replug: from then on each that appears gets an
id never used before (``usb:<name>~2``), so that its hits are nobody's until somebody says whose they are.
A device that stays connected keeps its id, whatever appears beside it, wherever the MIDI system tells
equal names apart; where it does not (Windows, macOS) all equals are new as soon as their number changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drumcircle.midi.ports import PortName


@dataclass(frozen=True, slots=True)
class Device:
    """A connected device.  ``place``: which of the ports listed under the same raw name it is, from 0."""

    id: str
    label: str
    port: PortName
    place: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """From one list to the next; what is ``gone`` goes before what is ``found`` comes."""

    gone: tuple[Device, ...]
    found: tuple[Device, ...]


class Identities:
    """The devices connected now, and the names that more than one device has had.

    ``run`` goes into every id that is only good while this program runs, so that a later run never takes
    one equal device for another's id.
    """

    def __init__(self, run: str = "") -> None:
        self._run = run
        self._connected: dict[str, list[Device]] = {}
        self._appearances: dict[str, int] = {}
        """For each name that equal devices have had: how many such devices have appeared."""

    @property
    def connected(self) -> tuple[Device, ...]:
        """All devices that are connected now."""
        return tuple(device for devices in self._connected.values() for device in devices)

    def see(self, ports: Sequence[PortName]) -> Change:
        """Take the list of ports as it is now."""
        by_base: dict[str, list[PortName]] = {base: [] for base in self._connected}
        for port in ports:
            by_base.setdefault(port.base, []).append(port)
        changes = [self._see_equals(base, now) for base, now in by_base.items()]
        return Change(
            gone=tuple(device for change in changes for device in change.gone),
            found=tuple(device for change in changes for device in change.found),
        )

    def drop(self, device: Device) -> None:
        """Forget that this device is connected: when next listed it has appeared anew."""
        devices = self._connected.get(device.port.base, [])
        self._keep(device.port.base, [other for other in devices if other is not device])

    def _see_equals(self, base: str, now: Sequence[PortName]) -> Change:
        """All ports of one base name."""
        before = self._connected.get(base, [])
        stay = _staying(before, now)
        kept = {device.port.serial for device in stay}
        fresh = [] if stay and None in kept else [port for port in now if port.serial not in kept]
        if len(stay) + len(fresh) > 1:
            self._appearances.setdefault(base, len(before))
        found = [self._appear(port, place) for port, place in _places(fresh)]
        self._keep(base, [*stay, *found])
        return Change(tuple(device for device in before if device not in stay), tuple(found))

    def _appear(self, port: PortName, place: int) -> Device:
        base = port.base
        if base not in self._appearances:
            return Device(f"usb:{base}", base, port, place)
        self._appearances[base] += 1
        number = self._appearances[base]
        return Device(f"usb:{base}~{self._run}{number}", f"{base} ({number})", port, place)

    def _keep(self, base: str, devices: list[Device]) -> None:
        if devices:
            self._connected[base] = devices
        else:
            self._connected.pop(base, None)


def _staying(before: Sequence[Device], now: Sequence[PortName]) -> list[Device]:
    """The devices that certainly are still the same."""
    serials = {port.serial for port in now}
    if None in serials:
        return list(before) if len(before) == len(now) else []
    return [device for device in before if device.port.serial in serials]


def _places(ports: Iterable[PortName]) -> list[tuple[PortName, int]]:
    seen: dict[str, int] = {}
    placed = []
    for port in ports:
        place = seen.get(port.raw, 0)
        seen[port.raw] = place + 1
        placed.append((port, place))
    return placed
