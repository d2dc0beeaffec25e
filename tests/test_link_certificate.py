"""The hub's certificate: made once, for its owner only, and nothing else is trusted in its place."""

from __future__ import annotations

import asyncio
import ssl
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from drumcircle.errors import FileProblem
from drumcircle.link import certificate
from drumcircle.link.certificate import (
    Certificate,
    client_context,
    own_certificate,
    trust_folder,
)


async def handshake(server: Certificate, trusted: Path) -> bytes:
    """The certificate that a client with this trust is shown; it connects to a bare address."""

    async def bye(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(bye, "127.0.0.1", 0, ssl=server.server_context()) as listening:
        port = listening.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_context(trusted))
        shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        await writer.wait_closed()
    return shown


async def test_whoever_has_a_copy_knows_the_hub_under_any_address(tmp_path: Path) -> None:
    own = own_certificate(trust_folder(tmp_path))
    copy = tmp_path / "drumcircle.der"
    copy.write_bytes(own.der())
    assert await handshake(own, own.public) == own.der()
    assert await handshake(own, copy) == own.der()


async def test_another_hubs_certificate_is_refused(tmp_path: Path) -> None:
    own, other = own_certificate(tmp_path / "a"), own_certificate(tmp_path / "b")
    assert own.fingerprint() != other.fingerprint()
    with pytest.raises(ssl.SSLCertVerificationError):
        await handshake(other, own.public)


async def test_the_name_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = own_certificate(tmp_path)
    monkeypatch.setattr(certificate, "NAME", "drummer.local")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"drummer\.local"):
        await handshake(own, own.public)


def test_it_stays_the_same_for_years_and_begins_before_any_clock(tmp_path: Path) -> None:
    first, second = own_certificate(tmp_path), own_certificate(tmp_path)
    assert first.der() == second.der()
    assert first.expires() - datetime.now(UTC) > timedelta(days=19 * 365)
    assert x509.load_der_x509_certificate(first.der()).not_valid_before_utc.year == 1970


def test_the_copy_for_clients_holds_no_key_and_is_written_again_where_it_is_lost(tmp_path: Path) -> None:
    own = own_certificate(tmp_path)
    before = own.der()
    assert b"PRIVATE KEY" in own.private.read_bytes()
    assert b"PRIVATE KEY" not in own.public.read_bytes()
    own.public.unlink()
    assert own_certificate(tmp_path).der() == before


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes")
def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    trust = trust_folder(tmp_path)
    own = own_certificate(trust)
    assert stat.S_IMODE(own.private.stat().st_mode) == 0o600
    assert stat.S_IMODE(trust.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", ["", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n", "é"])
def test_what_is_no_certificate_is_said_with_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "hub-key.pem").write_text(content, encoding="utf-8")
    with pytest.raises(FileProblem, match="move it away and a new one is made"):
        own_certificate(tmp_path)
    with pytest.raises(FileProblem, match="this is no certificate"):
        client_context(tmp_path / "hub-key.pem")
