"""TLS as paho needs it: which certificate is trusted, sockets that close themselves, and what has been read ahead."""

from __future__ import annotations

import ssl

from drumcircle.errors import BrokerRefused, FileProblem
from drumcircle.link.certificate import client_context
from drumcircle.net.address import Address
from drumcircle.net.broker_control import own_certificate_at


def tls_context(address: Address) -> ssl.SSLContext:
    """Trusts the one certificate that is known for this address, else what this system trusts.

    Raises:
        BrokerRefused: the file is no certificate.
    """
    known = address.certificate or own_certificate_at(address.host, address.port)
    try:
        context = ssl.create_default_context() if known is None else client_context(known)
    except FileProblem as problem:
        raise BrokerRefused(str(problem)) from None
    context.sslsocket_class = _Handshaking
    return context


def read_ahead(connected: object) -> bool:
    """Whether this socket has deciphered more than was asked for yet."""
    return isinstance(connected, ssl.SSLSocket) and connected.pending() > 0


class _Handshaking(ssl.SSLSocket):
    """paho forgets a socket whose handshake failed; this one closes itself then."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise
