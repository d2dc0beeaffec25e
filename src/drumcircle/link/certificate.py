"""The hub's own certificate: made once, for the fixed name ``drumcircle.local``, and trusted by being that very one.

It lies in ``trust/`` of the configuration folder, beside the pads' users, because pads hold a copy of it: it must
outlive circles, and a spare machine that is given the folder is known to the pads.  No authority signs it and a
name server need not know the name: a client pins the certificate and asks for the name, whatever the address is.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drumcircle.errors import FileProblem
from drumcircle.link.files import write_owner_only

NAME = "drumcircle.local"
"""What a client sends as ``server_hostname`` and checks."""
LIFETIME = timedelta(days=20 * 365)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Valid from here on: a board without a clock begins in 1970 or 2000, and so may a small computer."""
_BEGIN = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where it lies; made by :func:`own_certificate`."""

    private: Path
    """PEM of the key and the certificate, for a server; owner-only."""
    public: Path
    """PEM of the certificate alone, for clients."""

    def der(self) -> bytes:
        """The certificate as boards take it."""
        return ssl.PEM_cert_to_DER_cert(self.public.read_text("ascii"))

    def fingerprint(self) -> bytes:
        """SHA-256 of the DER."""
        return hashlib.sha256(self.der()).digest()

    def expires(self) -> datetime:
        """Until when it is valid, UTC."""
        from cryptography import x509

        return x509.load_der_x509_certificate(self.der()).not_valid_after_utc

    def server_context(self) -> ssl.SSLContext:
        """For a server of ours."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.private)
        return context


def trust_folder(config: Path) -> Path:
    """Where certificate and pads' users of a configuration folder lie."""
    return config / "trust"


def certificate_at(trust: Path) -> Certificate:
    """Where the certificate of a trust folder is, or would be."""
    return Certificate(trust / "hub-key.pem", trust / "drumcircle.pem")


def own_certificate(trust: Path) -> Certificate:
    """The certificate of this trust folder, made at first use.

    Raises:
        FileProblem: it cannot be written, or what lies there is no certificate with its key.
    """
    found = certificate_at(trust)
    if not found.private.exists():
        write_owner_only(found.private, _make())
        trust.chmod(0o700)
    try:
        text = found.private.read_text("ascii")
        found.server_context()
    except (OSError, ValueError) as problem:  # ssl.SSLError is an OSError
        raise FileProblem(
            found.private,
            f"this is no certificate with its key ({problem}); move it away and a new one is made, "
            "and copy the new one to every pad.",
        ) from None
    public = text[text.index(_BEGIN) :]
    if not found.public.exists() or found.public.read_text("ascii", errors="replace") != public:
        write_owner_only(found.public, public.encode())
    return found


class Pinned(ssl.SSLContext):
    """Asks for :data:`NAME`, whatever host the connection was made to."""

    def wrap_socket(
        self,
        sock: socket.socket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLSocket:
        return super().wrap_socket(
            sock, server_side, do_handshake_on_connect, suppress_ragged_eofs, NAME, session
        )

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        return super().wrap_bio(incoming, outgoing, server_side, NAME, session)


def client_context(certificate: Path) -> Pinned:
    """Trusts exactly this certificate (PEM or DER) and nothing else, under :data:`NAME` and no other.

    Raises:
        FileProblem: there is no certificate in that file.
    """
    context = Pinned(ssl.PROTOCOL_TLS_CLIENT)
    try:
        content = certificate.read_bytes()
        pem = content.startswith(b"-----")
        context.load_verify_locations(cadata=content.decode("ascii") if pem else content)
    except (OSError, ValueError) as problem:
        raise FileProblem(
            certificate,
            f"this is no certificate ({problem}); copy drumcircle.pem from the hub's machine again.",
        ) from None
    return context


def _make() -> bytes:
    """A new key (EC P-256, which boards do quickest) and its self-signed certificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGINNING)
        .not_valid_after(datetime.now(UTC) + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)
