"""Circles on this network by DNS-SD (RFC 6763, by ``zeroconf``): what one says of itself, and finding those that do.

What others announce is believed only as far as it is well formed, and never trusted: who joins checks the certificate.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from drumcircle.net import wire_constants
from drumcircle.net.own_network import opening_mdns, own_addresses
from drumcircle.net.topics import is_id
from drumcircle.net.wire_constants import VERSION

if TYPE_CHECKING:
    from zeroconf import ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

SERVICE = f"{wire_constants.SERVICE}."
MOST_CIRCLES = 64
RESOLVE_MS = 1500
HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a circle says of itself."""

    circle: str
    id: str
    """The same for as long as its state folder; tells circles of one name apart."""
    port: int
    """The broker's."""
    tls: bool = False
    link: int = 0
    """Port of the link; 0: it is not open to the network."""
    mark: str = ""
    """How the fingerprint of the hub's certificate begins, hex."""

    @property
    def instance(self) -> str:
        """Its name in a list of services."""
        return f"{self.circle} {self.id}"

    def txt(self) -> dict[str, str]:
        """As DNS-SD carries it."""
        said = {"v": str(VERSION), "circle": self.circle, "id": self.id, "tls": str(int(self.tls))}
        return said | ({"link": str(self.link), "mark": self.mark} if self.link else {})


@dataclass(frozen=True, slots=True)
class FoundCircle:
    """A circle that announces itself, and where it is."""

    said: Announcement
    addresses: tuple[str, ...]
    version: int
    """Of the wire its pads speak."""

    def link_url(self) -> str:
        """Where a dashboard joins."""
        return f"wss://{self.addresses[0]}:{self.said.link}/link"

    def words(self) -> str:
        """For a list."""
        return f"'{self.said.circle}' at {self.addresses[0]}"


def read_circle(info: ServiceInfo) -> FoundCircle | None:
    """What another machine announced; None where it is not as ours are."""
    addresses = tuple(info.parsed_addresses())
    txt = {key: value or "" for key, value in info.decoded_properties.items()}
    version, tls, link = (_number(txt.get(name, "0")) for name in ("v", "tls", "link"))
    circle, its_id, mark = txt.get("circle", ""), txt.get("id", ""), txt.get("mark", "")
    if version is None or tls is None or link is None or not info.port or not addresses:
        return None
    if not (is_id(circle) and is_id(its_id) and (is_id(mark) or not mark)):
        return None
    return FoundCircle(Announcement(circle, its_id, info.port, bool(tls), link, mark), addresses, version)


def _number(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(HIGHEST_PORT)) else -1
    return number if 0 <= number <= HIGHEST_PORT else None


class CircleWatch:
    """Circles as they come, change and go, while it is open; on threads of its own.

    Open and close it on a thread without a running loop, or zeroconf would work on that one.

    Raises:
        MissingPart: zeroconf is not installed.
        PortTaken: another program keeps the port of mDNS for itself.
    """

    def __init__(self, interface: str = "") -> None:
        """``interface``: our address on the network meant, where this machine is on several."""
        self._changed = threading.Condition()
        self._found: dict[str, FoundCircle] = {}
        self._zeroconf: Zeroconf | None = None
        self._browser: ServiceBrowser | None = None
        addresses = own_addresses(interface)
        if addresses:
            with opening_mdns(addresses):
                from zeroconf import IPVersion, ServiceBrowser, Zeroconf

                self._zeroconf = Zeroconf(interfaces=list(addresses), ip_version=IPVersion.V4Only)
            self._browser = ServiceBrowser(self._zeroconf, SERVICE, handlers=[self._heard])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of sockets and threads."""
        if self._browser is not None:
            self._browser.cancel()
        if self._zeroconf is not None:
            self._zeroconf.close()

    def circles(self) -> tuple[FoundCircle, ...]:
        """Those that announce themselves now, by name."""
        with self._changed:
            return tuple(sorted(self._found.values(), key=lambda circle: circle.said.instance))

    def wait(self, wanted: Callable[[FoundCircle], bool], timeout: float) -> FoundCircle | None:
        """The first circle that is ``wanted``; None where none came within ``timeout`` seconds."""

        def first() -> FoundCircle | None:
            return next((circle for circle in self._found.values() if wanted(circle)), None)

        with self._changed:
            return self._changed.wait_for(first, timeout)

    def _heard(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        """A circle appeared, said something new, or said goodbye (or nothing while its records lived)."""
        gone = state_change.name == "Removed"
        info = None if gone else zeroconf.get_service_info(service_type, name, RESOLVE_MS)
        found = None if info is None else read_circle(info)
        with self._changed:
            if gone:
                self._found.pop(name, None)
            elif found is not None and (name in self._found or len(self._found) < MOST_CIRCLES):
                self._found[name] = found
            self._changed.notify_all()


def find_circles(timeout: float, interface: str = "") -> tuple[FoundCircle, ...]:
    """Every circle that answers within ``timeout`` seconds.

    Raises:
        MissingPart, PortTaken: none can be looked for, and why.
    """
    with CircleWatch(interface) as watch:
        watch.wait(lambda _circle: False, timeout)
        return watch.circles()
