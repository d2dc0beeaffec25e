"""This machine on its networks: at which addresses others see it, and its sockets for mDNS."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import time
from collections.abc import Iterator

from drumcircle.errors import MissingPart, PortTaken

MDNS = ("224.0.0.251", 5353)
MOST_ANSWERS = 32
_WHICH_SERVICES = b"\0\0\0\0\0\1\0\0\0\0\0\0\x09_services\x07_dns-sd\x04_udp\x05local\0\0\x0c\0\1"  # PTR, IN
NOT_INSTALLED = (
    "zeroconf is not installed, so circles and pads cannot find each other: 'pip install zeroconf'."
)


def own_addresses(chosen: str = "") -> tuple[str, ...]:
    """IPv4 addresses at which others see this machine; none: no network but its own.

    ``chosen`` is one of them where the machine is on several networks.  Else the one the default route leaves by
    counts (others may be a container's or a tunnel's), and without such a route all.
    """
    if chosen:
        return (chosen,) if _is_loopback(chosen) or chosen in _all_addresses() else ()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # sends nothing: it only chooses the way out
        way_out = str(probe.getsockname()[0])
        if not _is_loopback(way_out):
            return (way_out,)
    return _all_addresses()


def _is_loopback(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(address).is_loopback
    return False


def _all_addresses() -> tuple[str, ...]:
    try:
        import ifaddr  # comes with zeroconf
    except ImportError:
        return ()
    found = {str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4}
    return tuple(sorted(address for address in found if not _is_loopback(address)))


def answering_mdns(address: str, seconds: float) -> set[str]:
    """Addresses of all that answer one multicast question, asked from ``address``: which services are there?

    A one-shot query as of RFC 6762, 5.1: from a port of our own, so that answers come to us alone.
    """
    answered: set[str] = set()
    until = time.monotonic() + seconds
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking, contextlib.suppress(OSError):
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        asking.bind((address, 0))
        asking.sendto(_WHICH_SERVICES, MDNS)
        while len(answered) < MOST_ANSWERS and (left := until - time.monotonic()) > 0:
            asking.settimeout(left)
            answered.add(asking.recvfrom(9000)[1][0])
    return answered


@contextlib.contextmanager
def opening_mdns(addresses: tuple[str, ...]) -> Iterator[None]:
    """Around the import of zeroconf and the opening of its sockets.

    Raises:
        MissingPart: zeroconf is not installed.
        PortTaken: another program keeps the port of mDNS for itself.
    """
    try:
        yield
    except ImportError:
        raise MissingPart(NOT_INSTALLED) from None
    except OSError as problem:
        raise PortTaken(
            f"Nothing can be announced or looked for at {', '.join(addresses)} ({problem.strerror}); "
            "another program may keep UDP port 5353 for itself."
        ) from None
