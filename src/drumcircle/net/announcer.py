"""Announces a hub on the network: services by DNS-SD, the host name ``drumcircle.local`` by mDNS.

Whoever is on the network reads it, so it holds the circle's name on the wire and never its title.  ``python -m
drumcircle.net.announcer`` is the process that a hub starts for it (:mod:`drumcircle.net.announce`).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from drumcircle.errors import DrumcircleError
from drumcircle.link.certificate import NAME
from drumcircle.net.discovery import SERVICE, Announcement, FoundCircle, read_circle
from drumcircle.net.own_network import opening_mdns, own_addresses
from drumcircle.net.wire_constants import ROOT

if TYPE_CHECKING:
    from zeroconf import Zeroconf
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

HOST = f"{NAME}."
LOOK_S = 5.0
"""Between looks at our addresses and at who else announces."""
LISTEN_MS = 1500
"""How long to hear whether the host name is somebody's already; an answer may take a second (RFC 6762, 6)."""
MOST_OTHERS = 64
NO_NETWORK = (
    "This machine is on no network: pads and dashboards there cannot reach the circle until it is back. "
    "USB pads and this screen go on."
)


AGAIN_S = 30.0
"""Until the next try where it cannot be done."""

Tell = Callable[[bool, str], None]
"""Is told whether all is well, and in which words; the same again and again."""


class Order(msgspec.Struct):
    """What the process is to do; one line of JSON on its standard input."""

    said: Announcement
    interface: str = ""


class Announcer:
    """Announces a circle for as long as there is a network, and anew where our address has changed."""

    def __init__(self, announcement: Announcement, interface: str = "", host: str = HOST) -> None:
        """``interface``: our address on the network meant, where this machine is on several."""
        self._said, self._interface, self._host = announcement, interface, host
        self._others: dict[str, None] = {}

    async def run(self, tell: Tell) -> None:
        """Until cancelled."""
        while True:
            addresses = own_addresses(self._interface)
            try:
                if addresses:
                    await self._announce(tell, addresses)
                else:
                    tell(False, NO_NETWORK)
                    await asyncio.sleep(LOOK_S)
            except DrumcircleError as problem:
                tell(False, str(problem))
                await asyncio.sleep(AGAIN_S)

    async def _announce(self, tell: Tell, addresses: tuple[str, ...]) -> None:
        """Until our addresses are others."""
        async with _speaking(addresses) as mdns:
            self._listen(mdns)
            host = await self._free_host(mdns.zeroconf, addresses)
            for service in self._services(host, addresses):
                # Its name holds our id: nobody else's is the same, and after a crash it is ours again at once.
                await mdns.async_register_service(service, cooperating_responders=True)
            while own_addresses(self._interface) == addresses:
                tell(*self._state(mdns.zeroconf, host, addresses))
                await asyncio.sleep(LOOK_S)

    def _services(self, host: str, addresses: tuple[str, ...]) -> Iterator[AsyncServiceInfo]:
        """Ours, and the general one by which any MQTT client finds a broker (both registered at IANA)."""
        from zeroconf.asyncio import AsyncServiceInfo

        general = "_secure-mqtt._tcp.local." if self._said.tls else "_mqtt._tcp.local."
        topics: dict[str, str] = {"topic": f"{ROOT}/{self._said.circle}"}
        for kind, txt in ((SERVICE, self._said.txt()), (general, topics)):
            name = f"{self._said.instance}.{kind}"
            yield AsyncServiceInfo(
                kind, name, port=self._said.port, properties=txt, server=host, parsed_addresses=list(addresses)
            )  # fmt: skip

    async def _free_host(self, zeroconf: Zeroconf, addresses: tuple[str, ...]) -> str:
        """The usual host name, or one of our own where another machine has that one."""
        from zeroconf import AddressResolver  # type: ignore[attr-defined]  # public, but not in __all__

        resolver = AddressResolver(self._host)
        await resolver.async_request(zeroconf, LISTEN_MS)
        if set(resolver.parsed_addresses()) <= set(addresses):
            return self._host
        name, _, rest = self._host.partition(".")
        return f"{name}-{self._said.id}.{rest}"

    # ------------------------------------------------------------ who else is there

    def _listen(self, mdns: AsyncZeroconf) -> None:
        from zeroconf import ServiceStateChange
        from zeroconf.asyncio import AsyncServiceBrowser

        self._others.clear()

        def changed(name: str, state_change: ServiceStateChange, **_: Any) -> None:
            if state_change is ServiceStateChange.Removed:
                self._others.pop(name, None)
            elif len(self._others) < MOST_OTHERS and not name.startswith(f"{self._said.instance}."):
                self._others[name] = None

        AsyncServiceBrowser(mdns.zeroconf, SERVICE, handlers=[changed])

    def _namesake(self, zeroconf: Zeroconf) -> FoundCircle | None:
        """Another circle of our name, as far as it has told where it is."""
        from zeroconf import ServiceInfo

        for name in self._others:
            info = ServiceInfo(SERVICE, name)
            found = read_circle(info) if info.load_from_cache(zeroconf) else None
            if found is not None and found.said.circle == self._said.circle:
                return found
        return None

    def _state(self, zeroconf: Zeroconf, host: str, addresses: tuple[str, ...]) -> tuple[bool, str]:
        namesake = self._namesake(zeroconf)
        if namesake is not None:
            return False, (
                f"Another circle on this network is called {self._said.circle!r} too (at {namesake.addresses[0]}): "
                "start one of them with another --circle NAME, so that pads and people can tell them apart."
            )
        if host != self._host:
            return False, (
                f"The name {self._host.rstrip('.')} belongs to another machine on this network, so this one is "
                f"{host.rstrip('.')}: pads set to the name reach the other; set them to {addresses[0]}."
            )
        where = " and ".join(addresses)
        return True, f"The circle {self._said.circle!r} can be found on the network, at {where}."


@contextlib.asynccontextmanager
async def _speaking(addresses: tuple[str, ...]) -> AsyncIterator[AsyncZeroconf]:
    """mDNS on these of our addresses; says goodbye for all that was announced.

    Raises:
        MissingPart, PortTaken: it cannot be spoken.
    """
    with opening_mdns(addresses):
        from zeroconf import IPVersion
        from zeroconf.asyncio import AsyncZeroconf

        mdns = AsyncZeroconf(interfaces=list(addresses), ip_version=IPVersion.V4Only)
    try:
        yield mdns
    finally:
        await mdns.async_unregister_all_services()
        await mdns.async_close()


# ---------------------------------------------------------------- as a process


def main() -> None:
    """Announce what standard input orders; what is to be told goes out as lines ``[ok, words]``; SIGTERM ends it."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_announce_until_sigterm(order))


async def _announce_until_sigterm(order: Order) -> None:
    task, last = asyncio.current_task(), (True, "")
    assert task is not None
    with contextlib.suppress(NotImplementedError):  # Windows ends a process without asking
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)

    def tell(ok: bool, words: str) -> None:
        nonlocal last
        if (ok, words) != last:
            last = ok, words
            sys.stdout.buffer.write(msgspec.json.encode(last) + b"\n")
            sys.stdout.buffer.flush()

    await Announcer(order.said, order.interface).run(tell)


if __name__ == "__main__":
    main()
